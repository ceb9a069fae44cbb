// A workload's demand against its forecast and bound, and beneath on the same axis of time its replicas, with sessions shaded and each change
// of the number to be opened. Takes the workload and the decision that is open; tells which was picked.
import { keepPreviousData, useQuery } from '@tanstack/solid-query';
import { createMemo, createSignal, lazy, Show, Suspense, type JSX } from 'solid-js';
import type { AutoscaleChart } from '#server/http/contract/index.ts';
import { dataOf } from '../../api/data.ts';
import { queries } from '../../api/queries.ts';
import { columnsOf, isBlank, shadesOf } from '../../format/autoscale-chart.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Segmented } from '../../ui/Field.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';

const Chart = lazy(async () => ({ default: (await import('../../ui/Chart.tsx')).Chart }));

type Range = 'hour' | 'sixHours' | 'today' | 'fiveDays';
const RANGES: readonly Range[] = ['hour', 'sixHours', 'today', 'fiveDays'];
/** The most hours that the server draws. */
const MOST_HOURS = 120;
const DAY_MS = 86_400_000;

function hoursOf(range: Range): number {
  switch (range) {
    case 'hour':
      return 1;
    case 'sixHours':
      return 6;
    case 'today':
      // From midnight of the reader on, in whole hours, so that the question stays the same for an hour.
      return new Date().getHours() + 1;
    case 'fiveDays':
      return MOST_HOURS;
  }
}

/** The day of an instant, such as `2026-11-23`. @param shiftDays markets are up to a day before or after the reader's zone */
const dayOf = (ms: number, shiftDays: number) => new Date(ms + shiftDays * DAY_MS).toISOString().slice(0, 10);

export function AutoscaleChartPanel(props: { readonly workloadId: string; readonly markets: readonly string[]; readonly chosen: string | undefined; readonly onPick: (id: string) => void }): JSX.Element {
  const words = () => t().autoscale;
  const [range, setRange] = createSignal<Range>('sixHours');
  const chart = useQuery(() => ({ ...queries.autoscaleChart(props.workloadId, hoursOf(range())), placeholderData: keepPreviousData<AutoscaleChart>, refetchInterval: 30_000 }));
  const sessions = useQuery(() => queries.sessions(props.markets, dayOf(Date.now() - hoursOf(range()) * 3_600_000, -1), dayOf(Date.now(), 1)));
  const isLong = () => range() === 'fiveDays';
  return (
    <Panel title={words().chart} aside={<Segmented hideLabel label={words().range} value={range()} options={RANGES.map((value) => ({ value, text: words().ranges[value] }))} onInput={(next) => setRange(next as Range)} />}>
      <Loaded query={chart} skeleton={<div class="skeleton h-80" />} isEmpty={(answer) => isBlank(columnsOf(answer))} empty={<Empty icon="market" title={words().chartEmpty}>{words().chartEmptyLead}</Empty>}>
        {(answer) => (
          <Suspense fallback={<div class="skeleton h-80" />}>
            <div class={dataOf(chart) !== undefined && chart.isPlaceholderData ? 'opacity-45' : ''}>
              <Charts chart={answer()} sessions={dataOf(sessions) ?? []} isLong={isLong()} chosen={props.chosen} onPick={props.onPick} />
            </div>
          </Suspense>
        )}
      </Loaded>
    </Panel>
  );
}

function Charts(props: { readonly chart: AutoscaleChart; readonly sessions: readonly { readonly open: string; readonly close: string }[]; readonly isLong: boolean; readonly chosen: string | undefined; readonly onPick: (id: string) => void }): JSX.Element {
  const words = () => t().autoscale;
  const columns = createMemo(() => columnsOf(props.chart));
  const span = () => ({ from: columns().times[0] ?? 0, to: columns().times.at(-1) ?? 0 });
  const instant = (seconds: number) => new Date(seconds * 1000).toISOString();
  const axis = (seconds: number) => (props.isLong ? `${show.shortDay(instant(seconds))} ${show.hourMinute(instant(seconds))}` : show.hourMinute(instant(seconds)));
  const shared = () => ({
    times: columns().times,
    rest: Math.max(0, props.chart.past.at.length - 1),
    formatTime: axis,
    formatMoment: (seconds: number) => show.when(instant(seconds)),
    sync: `autoscale-${props.chart.workloadId}`,
    shades: shadesOf(props.sessions, span().from, span().to),
    marks: [{ at: Date.parse(props.chart.now) / 1000, text: words().nowMark, ink: 'info' as const }],
  });
  const rounded = (value: number) => show.number(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
  return (
    <div class="flex flex-col gap-6">
      <Chart
        {...shared()}
        label={words().demandChart}
        height={230}
        format={rounded}
        note={words().noteDemand(show.ownZone())}
        lines={[
          { name: words().lines.bound, values: columns().bound, ink: 'info', look: 'dashed', bandTo: 1 },
          { name: words().lines.forecast, values: columns().forecast, ink: 'info' },
          { name: words().lines.capacity, values: columns().capacity, ink: 'faint', look: 'step' },
          { name: words().lines.actual, values: columns().qps, ink: 'accent' },
        ]}
      />
      <Chart
        {...shared()}
        label={words().replicasChart}
        height={170}
        format={rounded}
        note={words().noteReplicas(show.ownZone())}
        picks={props.chart.decisions.map((decision) => ({
          id: decision.id,
          at: Date.parse(decision.at) / 1000,
          text: words().decisionMark(show.when(decision.at), show.number(decision.before), show.number(decision.replicas)),
          look: decision.action === 'out' ? ('up' as const) : ('down' as const),
          isLoud: decision.isPanic,
          isChosen: decision.id === props.chosen,
        }))}
        onPick={props.onPick}
        lines={[
          { name: words().lines.floor, values: columns().floor, ink: 'warn', look: 'step-area' },
          { name: words().lines.ready, values: columns().ready, ink: 'ok', look: 'step-area' },
          { name: words().lines.wanted, values: columns().wanted, ink: 'accent', look: 'step' },
          { name: words().lines.pending, values: columns().pending, ink: 'info', look: 'step' },
        ]}
      />
      <Show when={props.chart.past.at.length === 0}>
        <p class="text-muted text-sm">{words().chartEmptyLead}</p>
      </Show>
    </div>
  );
}
