// Requests: those that wait first, then the history.
import { A } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { CapacityRequest } from '#server/http/contract/index.ts';
import { queries } from '../../api/queries.ts';
import { toneOf } from '../../format/tone.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { ButtonLink } from '../../ui/Button.tsx';
import { CommandLine } from '../../ui/Cli.tsx';
import { Segmented } from '../../ui/Field.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

type Tab = 'all' | 'waiting' | 'approved' | 'denied' | 'withdrawn';

export default function RequestsPage(): JSX.Element {
  const requests = useQuery(() => queries.requests());
  const [tab, setTab] = createSignal<Tab>('all');
  const shown = (all: readonly CapacityRequest[]) =>
    all
      .filter(({ state }) => tab() === 'all' || state === tab())
      .toSorted((one, other) => Number(other.state === 'waiting') - Number(one.state === 'waiting') || other.submittedAt.localeCompare(one.submittedAt));
  return (
    <>
      <PageHead title={t().requests.title} lead={t().requests.lead} cli={['firn request list', 'firn request list --state waiting']} actions={<ButtonLink href={paths.ask()} tone="primary" icon="ask">{t().shell.nav.ask}</ButtonLink>} />
      <Loaded
        query={requests}
        empty={
          <Panel flush>
            <Empty icon="requests" title={t().requests.empty} action={<div class="flex flex-col items-center gap-3"><ButtonLink href={paths.ask()} tone="primary" icon="ask">{t().shell.nav.ask}</ButtonLink><CommandLine command="firn request submit --help" /></div>}>
              {t().requests.emptyLead}
            </Empty>
          </Panel>
        }
      >
        {(all) => (
          <Panel flush>
            <div class="border-line overflow-x-auto border-b p-3">
              <Segmented
                hideLabel
                label={t().common.state}
                value={tab()}
                options={(['all', 'waiting', 'approved', 'denied', 'withdrawn'] as const).map((value) => ({ value, text: `${t().requests.tabs[value]} ${show.number(value === 'all' ? all().length : all().filter(({ state }) => state === value).length)}` }))}
                onInput={(value) => setTab(value as Tab)}
              />
            </div>
            <Show when={shown(all()).length > 0} fallback={<p class="text-muted px-4 py-10 text-center">{t().requests.nothingHere}</p>}>
              <Table
                label={t().requests.title}
                class="min-w-3xl"
                head={
                  <>
                    <Th>{t().common.service}</Th>
                    <Th>{t().common.team}</Th>
                    <Th>{t().common.state}</Th>
                    <Th right>{t().services.asked}</Th>
                    <Th right>{t().requests.change}</Th>
                    <Th right>{t().common.cost}</Th>
                    <Th>{t().requests.by}</Th>
                  </>
                }
              >
                <For each={shown(all())}>{(request) => <Row request={request} />}</For>
              </Table>
            </Show>
          </Panel>
        )}
      </Loaded>
    </>
  );
}

function Row(props: { readonly request: CapacityRequest }): JSX.Element {
  return (
    <Tr>
      <Td>
        <A href={paths.request(props.request.id)} class="hover:text-accent font-medium hover:underline">
          {props.request.draft.service}.{props.request.draft.environment}
        </A>
        <Show when={props.request.draft.why}>
          <p class="text-muted max-w-72 truncate text-sm">{props.request.draft.why}</p>
        </Show>
      </Td>
      <Td class="text-muted">{props.request.draft.team}</Td>
      <Td>
        <Badge tone={toneOf.request(props.request.state)}>{t().states.request[props.request.state]}</Badge>
      </Td>
      <Td right>{t().services.qps(show.number(props.request.draft.peakQps))}</Td>
      <Td right class="whitespace-nowrap">
        {show.number(props.request.quote.current.replicas)} → <strong>{show.number(props.request.quote.sizing.replicas)}</strong>
      </Td>
      <Td right>{t().services.perHour(show.money(props.request.quote.costCentsPerHour))}</Td>
      <Td class="whitespace-nowrap">
        {props.request.submittedBy}
        <span class="text-faint block text-sm">{show.ago(props.request.submittedAt)}</span>
      </Td>
    </Tr>
  );
}
