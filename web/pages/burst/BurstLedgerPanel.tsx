// Where the money went: what was predicted and what was spent by day, under the cap, and every purchase with its reason.
import { useQuery } from '@tanstack/solid-query';
import { For, lazy, Show, Suspense, type JSX } from 'solid-js';
import type { BurstLedger } from '#server/http/contract/index.ts';
import { burstQueries } from '../../api/burst.ts';
import { saidText, vmTone } from '../../format/burst.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Dot } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

const Chart = lazy(async () => ({ default: (await import('../../ui/Chart.tsx')).Chart }));

export function BurstLedgerPanel(): JSX.Element {
  const ledger = useQuery(() => ({ ...burstQueries.ledger(), reconcile: false as const }));
  const words = () => t().burst.ledger;
  return (
    <Panel flush title={words().title}>
      <Loaded query={ledger} isEmpty={({ items, days }) => items.length === 0 && days.every(({ actualCents }) => actualCents === 0)} empty={<Empty icon="quotas" title={words().empty}>{words().emptyLead}</Empty>}>
        {(now) => (
          <>
            <div class="px-4 pt-4 pb-2">
              <p class="text-muted mb-2">{words().totals(show.money(now().totals.actualCents), show.money(now().totals.predictedCents), now().totals.vms, show.number(now().totals.vmHours))}</p>
              <Suspense fallback={<div class="skeleton h-44" />}>
                <Days days={now().days} />
              </Suspense>
            </div>
            <Purchases items={now().items} />
            <Show when={now().next !== null}>
              <p class="text-muted border-line border-t px-4 py-3 text-sm">{words().older}</p>
            </Show>
          </>
        )}
      </Loaded>
    </Panel>
  );
}

const HALF_DAY_SECONDS = 43_200;
/** Days are dates without a time zone here: noon in UTC is that date for the axis whatever zone the reader is in. */
const noonOf = (day: string) => Date.parse(`${day}T00:00:00Z`) / 1000 + HALF_DAY_SECONDS;

function Days(props: { readonly days: BurstLedger['days'] }): JSX.Element {
  const words = () => t().burst.ledger;
  const cap = () => props.days.at(-1)?.capCents ?? 0;
  const dayText = (seconds: number) => show.shortDay(new Date(seconds * 1000).toISOString(), 'UTC');
  return (
    <Chart
      label={words().chart}
      times={props.days.map(({ day }) => noonOf(day))}
      lines={[
        { name: words().predicted, values: props.days.map(({ predictedCents }) => predictedCents), look: 'bars', ink: 'info' },
        { name: words().actual, values: props.days.map(({ actualCents }) => actualCents), look: 'bars-beside', ink: 'accent' },
      ]}
      format={show.money}
      formatTime={dayText}
      timeZone="UTC"
      height={180}
      level={cap() === 0 ? undefined : { value: cap(), text: `${words().cap}: ${show.money(cap())}` }}
      note={words().unit(show.currencySign())}
    />
  );
}

function Purchases(props: { readonly items: BurstLedger['items'] }): JSX.Element {
  const words = () => t().burst.ledger;
  return (
    <Table
      label={words().title}
      class="min-w-3xl"
      head={
        <>
          <Th>{words().columns.vm}</Th>
          <Th>{words().columns.why}</Th>
          <Th>{words().columns.bought}</Th>
          <Th>{words().columns.ended}</Th>
          <Th right>{words().columns.predicted}</Th>
          <Th right>{words().columns.actual}</Th>
        </>
      }
    >
      <For each={props.items}>
        {(item) => (
          <Tr>
            <Td>
              <span class="font-medium whitespace-nowrap">{item.vm}</span>
              <span class="block text-xs">
                <Dot tone={vmTone(item.state)}>{t().burst.vm.states[item.state]}</Dot>
              </span>
            </Td>
            <Td class="max-w-80">
              {saidText(item.why, t().burst.said, language())}
              <span class="text-faint block text-sm">{show.listed(item.forWorkloads.map(({ workload, replicas }) => `${show.number(replicas)} × ${workload}`))}</span>
            </Td>
            <Td class="whitespace-nowrap">
              <span title={show.moment(item.askedAt)}>{show.when(item.askedAt)}</span>
              <span class="text-faint block text-sm">{item.boughtBy}</span>
            </Td>
            <Td class="whitespace-nowrap">
              <Show when={item.endedAt} fallback={<span>{words().still}</span>}>
                {(ended) => <span title={show.moment(ended())}>{show.when(ended())}</span>}
              </Show>
              <Show when={item.endedAt === null ? item.comesBackAt : null}>{(at) => <span class="text-faint block text-sm">{words().expected(show.ago(at()))}</span>}</Show>
            </Td>
            <Td right>{show.money(item.predictedCents)}</Td>
            <Td right class={item.actualCents > item.predictedCents ? 'text-warn font-medium' : ''}>
              {show.money(item.actualCents)}
            </Td>
          </Tr>
        )}
      </For>
    </Table>
  );
}
