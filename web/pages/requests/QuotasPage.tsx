// What each team may take in each environment, what it takes, and what it waits for. SREs set the limits here.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { QuotaView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { queries } from '../../api/queries.ts';
import { QuotaDialog } from '../../forms/QuotaDialog.tsx';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { CommandLine } from '../../ui/Cli.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { Meter, type MeterPart } from '../../ui/Meter.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';

export default function QuotasPage(): JSX.Element {
  const { me, status } = useSession();
  const quotas = useQuery(() => queries.quotas());
  const teams = useQuery(() => queries.teams());
  const [editing, setEditing] = createSignal<{ readonly team: string; readonly environment: string } | null>(null);
  const refused = () => because(can.editQuota(me()));
  const edited = () => dataOf(quotas)?.find(({ team, environment }) => team === editing()?.team && environment === editing()?.environment);
  const first = () => ({ team: dataOf(teams)?.[0]?.name ?? '', environment: status()?.environments[0] ?? '' });
  return (
    <>
      <PageHead title={t().requests.quotas.title} lead={t().requests.quotas.lead} cli={['firn quota list', 'firn quota set TEAM ENVIRONMENT --cpu 64 --memory 128Gi']} actions={<Button icon="ask" refused={refused()} onClick={() => setEditing(first())}>{t().requests.quotas.set}</Button>} />
      <Loaded
        query={quotas}
        empty={
          <Panel flush>
            <Empty icon="quotas" title={t().requests.quotas.empty} action={<CommandLine command="firn quota set TEAM production --cpu 64 --memory 128Gi" />}>
              {t().requests.quotas.emptyLead}
            </Empty>
          </Panel>
        }
      >
        {(all) => (
          <div class="flex flex-col gap-5">
            <For each={[...Map.groupBy(all(), ({ team }) => team)]}>
              {([team, ofTeam]) => (
                <Panel flush title={team}>
                  <ul class="divide-line divide-y">
                    <For each={ofTeam}>{(quota) => <Row quota={quota} refused={refused()} onEdit={() => setEditing({ team: quota.team, environment: quota.environment })} />}</For>
                  </ul>
                </Panel>
              )}
            </For>
          </div>
        )}
      </Loaded>
      <Show when={editing()}>{(of) => <QuotaDialog team={of().team} environment={of().environment} quota={edited()} teams={(dataOf(teams) ?? []).map(({ name }) => name)} environments={status()?.environments ?? []} onClose={() => setEditing(null)} />}</Show>
    </>
  );
}

function Row(props: { readonly quota: QuotaView; readonly refused: string | null; readonly onEdit: () => void }): JSX.Element {
  return (
    <li class="grid grid-cols-1 items-center gap-x-6 gap-y-3 px-4 py-3 md:grid-cols-[8rem_1fr_1fr_auto]">
      <span class="font-medium">{props.quota.environment}</span>
      <Bar name={t().common.cpu} quota={props.quota} resource="cpuMilli" format={show.cores} />
      <Bar name={t().common.memory} quota={props.quota} resource="memoryMib" format={show.memory} />
      <Button size="sm" tone="quiet" icon="edit" refused={props.refused} onClick={() => props.onEdit()}>
        {t().common.edit}
      </Button>
    </li>
  );
}

function Bar(props: { readonly name: string; readonly quota: QuotaView; readonly resource: 'cpuMilli' | 'memoryMib'; readonly format: (value: number) => string }): JSX.Element {
  const used = () => props.quota.used[props.resource];
  const limit = () => props.quota.limit[props.resource];
  const waiting = () => props.quota.waiting[props.resource];
  const parts = (): MeterPart[] => [
    { amount: Math.min(used(), limit()), tone: 'allocated' },
    { amount: Math.max(0, used() - limit()), tone: 'over' },
    { amount: waiting(), tone: 'added' },
  ];
  const text = () => t().requests.quotas.line(props.format(used()), props.format(limit()));
  return (
    <div class="flex min-w-0 flex-col gap-1">
      <div class="flex flex-wrap items-baseline justify-between gap-x-3 text-sm">
        <span class="text-muted">{props.name}</span>
        <span>{text()}</span>
      </div>
      <Meter label={`${props.quota.team} ${props.quota.environment} ${props.name}`} text={text()} whole={limit()} parts={parts()} />
      <div class="flex flex-wrap gap-x-3 text-xs">
        <Show when={used() > limit()} fallback={<span class="text-faint">{t().requests.quotas.left(props.format(limit() - used()))}</span>}>
          <span class="text-bad font-medium">{t().requests.quotas.over(props.format(used() - limit()))}</span>
        </Show>
        <Show when={waiting() > 0}>
          <span class="text-warn">{t().requests.quotas.waiting(props.format(waiting()))}</span>
        </Show>
      </div>
    </div>
  );
}
