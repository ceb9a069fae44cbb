// Cloud VMs that are bought for a while: what is out and costs, what is proposed, how much room starts in seconds, and where the money went.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { BurstOverview } from '#server/http/contract/index.ts';
import { burstQueries } from '../../api/burst.ts';
import { saidText } from '../../format/burst.ts';
import { BurstBackDialog, BurstBuyDialog } from '../../forms/BurstDialogs.tsx';
import { BurstSettingsDialog } from '../../forms/BurstSettingsDialog.tsx';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Meter } from '../../ui/Meter.tsx';
import { Figure, PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';
import { BurstLedgerPanel } from './BurstLedgerPanel.tsx';
import { BurstProposals } from './BurstProposals.tsx';
import { BurstProvisionersPanel } from './BurstProvisionersPanel.tsx';
import { BurstVms } from './BurstVms.tsx';
import { BurstWarmRoom } from './BurstWarmRoom.tsx';
import { PoolsPanel } from './PoolsPanel.tsx';

export default function BurstPage(): JSX.Element {
  const burst = useQuery(() => ({ ...burstQueries.overview(), reconcile: false as const }));
  const [open, setOpen] = createSignal<'rules' | 'buy' | 'back' | null>(null);
  const words = () => t().burst;
  return (
    <Loaded query={burst}>
      {(now) => {
        const refused = () => (now().mayManage ? null : t().refusals.role(t().states.role.sre, null));
        return (
          <>
            <PageHead
              title={words().title}
              lead={
                <span class="flex flex-wrap items-center gap-x-3 gap-y-1">
                  <Badge tone={now().mode === 'off' ? 'off' : now().mode === 'propose' ? 'wait' : 'ok'}>{words().modes[now().mode]}</Badge>
                  <span>{saidText(now().status, words().said, language())}</span>
                </span>
              }
              cli={['firn burst', 'firn burst buy --dry-run', 'firn burst ledger']}
              actions={
                <>
                  <Button icon="policy" onClick={() => setOpen('rules')}>
                    {words().settings.button}
                  </Button>
                  <Button icon="undo" refused={refused() ?? (now().out.length === 0 ? words().vm.none : null)} onClick={() => setOpen('back')}>
                    {words().back.button}
                  </Button>
                  <Button tone="primary" icon="ask" refused={refused()} onClick={() => setOpen('buy')}>
                    {words().buy.button}
                  </Button>
                </>
              }
            />
            <Alerts now={now()} />
            <Spend now={now()} />
            <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
              <div class="flex min-w-0 flex-col gap-5">
                <BurstVms vms={now().out} />
              </div>
              <div class="flex min-w-0 flex-col gap-5">
                <BurstProposals proposals={now().proposals} />
                <BurstWarmRoom room={now().warmRoom} />
              </div>
            </div>
            <div class="mt-5 flex flex-col gap-5">
              <BurstLedgerPanel />
              <BurstProvisionersPanel refused={refused()} />
              <PoolsPanel sites={now().warmRoom.sites.map(({ site }) => site)} />
            </div>
            <Show when={open() === 'rules'}>
              <BurstSettingsDialog onClose={() => setOpen(null)} />
            </Show>
            <Show when={open() === 'buy'}>
              <BurstBuyDialog onClose={() => setOpen(null)} />
            </Show>
            <Show when={open() === 'back'}>
              <BurstBackDialog onClose={() => setOpen(null)} />
            </Show>
          </>
        );
      }}
    </Loaded>
  );
}

function Alerts(props: { readonly now: BurstOverview }): JSX.Element {
  const words = () => t().burst;
  return (
    <>
      <Show when={props.now.alerts.length > 0}>
        <ul aria-label={words().alerts} class="mb-5 flex flex-col gap-2">
          <For each={props.now.alerts}>
            {(alert) => (
              <li class={`flex items-start gap-2.5 rounded-md px-3 py-2 ${alert.severity === 'critical' ? 'bg-bad-soft text-bad' : 'bg-warn-soft text-warn'}`}>
                <Icon name="warning" class="mt-0.5 size-4" />
                <span class="min-w-0 flex-1">{saidText(alert, words().said, language())}</span>
                <span class="text-sm" title={show.moment(alert.since)}>
                  {show.ago(alert.since)}
                </span>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={props.now.strangers.length > 0}>
        <Panel class="border-bad/50 mb-5" title={words().strangers}>
          <p class="text-muted mb-2">{words().strangersLead}</p>
          <ul class="flex flex-col gap-1.5">
            <For each={props.now.strangers}>
              {(each) => (
                <li class="flex flex-wrap items-baseline gap-x-3">
                  <span class="font-medium">{words().stranger(each.name, each.hook)}</span>
                  <span class="code">{each.providerId}</span>
                  <span class="text-muted">{saidText(each.reason, words().said, language())}</span>
                  <span class="text-faint text-sm">{show.ago(each.firstSeenAt)}</span>
                </li>
              )}
            </For>
          </ul>
        </Panel>
      </Show>
    </>
  );
}

function Spend(props: { readonly now: BurstOverview }): JSX.Element {
  const words = () => t().burst;
  const spans = () => [
    { name: words().spendHour, spend: props.now.spend.hour },
    { name: words().spendToday, spend: props.now.spend.today },
    { name: words().spendMonth, spend: props.now.spend.month },
  ];
  const hourly = () => props.now.out.reduce((sum, vm) => sum + vm.costCentsPerHour, 0);
  const capText = (cap: number | null) => (cap === null ? words().noCap : show.money(cap));
  return (
    <div class="mb-5 grid grid-cols-1 gap-4 min-[28rem]:grid-cols-2 xl:grid-cols-4">
      <Figure name={words().out} value={show.number(props.now.out.length)} unit={words().perHour(show.money(hourly()))} note={<Show when={props.now.out.length > 0}>{words().retreat}: {props.now.retreat.from === null ? saidText(props.now.retreat.reason, words().said, language()) : words().retreatFrom(show.when(props.now.retreat.from))}</Show>} />
      <For each={spans()}>
        {({ name, spend }) => (
          <Figure name={name} value={show.money(spend.actualCents)} unit={spend.capCents === null ? words().predicted(show.money(spend.predictedCents)) : t().common.of('', capText(spend.capCents))} note={<>{spend.promisedCents > 0 ? words().promised(show.money(spend.promisedCents)) : spend.capCents === 0 ? words().capZero : spend.capCents === null ? words().noCap : words().predicted(show.money(spend.predictedCents))}</>}>
            <Show when={spend.capCents !== null}>
              <Meter thin label={name} whole={spend.capCents ?? 0} parts={[{ amount: spend.actualCents, tone: spend.actualCents > (spend.capCents ?? 0) ? 'over' : 'allocated' }, { amount: spend.promisedCents, tone: 'added' }]} text={words().spendText(show.money(spend.actualCents), capText(spend.capCents))} />
            </Show>
          </Figure>
        )}
      </For>
    </div>
  );
}
