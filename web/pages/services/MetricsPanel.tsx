// Figures of a workload or a host through time, small charts on one axis with a range to pick, and of a workload who says its requests and how
// long ago. What nobody says is a gap, never zero. Charts' code is loaded when it is needed.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, lazy, Show, Suspense, type JSX } from 'solid-js';
import type { Metric, MetricsHistory } from '#server/http/contract/index.ts';
import { queries } from '../../api/queries.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Segmented } from '../../ui/Field.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Chip, Dot } from '../../ui/State.tsx';

const Chart = lazy(async () => ({ default: (await import('../../ui/Chart.tsx')).Chart }));

type Range = 'minutes' | 'hour' | 'sixHours' | 'today' | 'fiveDays';
const RANGES: readonly Range[] = ['minutes', 'hour', 'sixHours', 'today', 'fiveDays'];
const OF_WORKLOAD: readonly Metric[] = ['qps', 'p99Ms', 'cpuMilli', 'memoryMib', 'connections', 'errorsPerSecond'];
const OF_HOST: readonly Metric[] = ['cpuMilli', 'memoryMib', 'connections', 'receivedBytesPerSecond', 'sentBytesPerSecond', 'writtenBytesPerSecond'];
/** Two of them are drawn even when nobody says them: they are what a page of figures is for. */
const ALWAYS: ReadonlySet<Metric> = new Set<Metric>(['cpuMilli', 'memoryMib']);
const LIVE_MS = 5000;
const SLOW_MS = 60_000;

function minutesOf(range: Range): number {
  switch (range) {
    case 'minutes':
      return 10;
    case 'hour':
      return 60;
    case 'sixHours':
      return 360;
    case 'today':
      // From midnight of the reader on, in whole hours, so that the question stays the same for an hour.
      return (new Date().getHours() + 1) * 60;
    case 'fiveDays':
      return 5 * 24 * 60;
  }
}

function format(metric: Metric, value: number): string {
  const words = t().metrics;
  const rounded = show.number(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
  switch (metric) {
    case 'cpuMilli':
      return show.cores(value);
    case 'memoryMib':
      return show.memory(value);
    case 'p99Ms':
      return words.ms(rounded);
    case 'throttledPermille':
      return show.permille(value);
    case 'receivedBytesPerSecond':
    case 'sentBytesPerSecond':
    case 'readBytesPerSecond':
    case 'writtenBytesPerSecond':
      return words.perSecond(show.bytes(value));
    case 'qps':
    case 'qpsMax':
    case 'errorsPerSecond':
    case 'rejectedPerSecond':
      return words.perSecond(rounded);
    default:
      return rounded;
  }
}

export function MetricsPanel(props: { readonly of: { workload: string } | { host: string } }): JSX.Element {
  const words = () => t().metrics;
  const [range, setRange] = createSignal<Range>('minutes');
  const isWorkload = () => 'workload' in props.of;
  const history = useQuery(() => ({ ...queries.metrics(props.of, isWorkload() ? OF_WORKLOAD : OF_HOST, minutesOf(range())), refetchInterval: range() === 'minutes' ? LIVE_MS : SLOW_MS }));
  const isBlank = (answer: MetricsHistory) => answer.series.every(({ values }) => values.every((value) => value === null));
  return (
    <Panel title={words().title} aside={<Segmented hideLabel label={words().range} value={range()} options={RANGES.map((value) => ({ value, text: t().autoscale.ranges[value] }))} onInput={(next) => setRange(next as Range)} />}>
      <Loaded query={history} skeleton={<div class="skeleton h-40" />} isEmpty={isBlank} empty={<p class="text-muted py-6 text-center text-sm">{words().empty}</p>}>
        {(answer) => (
          <Suspense fallback={<div class="skeleton h-40" />}>
            <Charts history={answer()} isLong={range() === 'fiveDays'} />
          </Suspense>
        )}
      </Loaded>
      <Show when={isWorkload() && 'workload' in props.of ? props.of.workload : null}>{(id) => <Sources workloadId={id()} />}</Show>
    </Panel>
  );
}

function Charts(props: { readonly history: MetricsHistory; readonly isLong: boolean }): JSX.Element {
  const words = () => t().metrics;
  const length = () => props.history.series[0]?.values.length ?? 0;
  const times = (): number[] => {
    const { at: first, stepMs } = props.history;
    return Array.from({ length: length() }, (_, at) => (Date.parse(first) + at * stepMs) / 1000);
  };
  const instant = (seconds: number) => new Date(seconds * 1000).toISOString();
  const axis = (seconds: number) => (props.isLong ? show.shortDay(instant(seconds)) : show.hourMinute(instant(seconds)));
  const shown = () => props.history.series.filter(({ metric, values }) => ALWAYS.has(metric) || values.some((value) => value !== null));
  return (
    <>
      <div class="grid grid-cols-1 gap-x-6 gap-y-5 md:grid-cols-2">
        <For each={shown().map(({ metric }) => metric)}>
          {(metric) => (
            <Show when={props.history.series.find((each) => each.metric === metric)}>
              {(series) => (
                <Show when={series().values.some((value) => value !== null)} fallback={<p class="text-muted text-sm">{words().names[metric]}: {words().none}</p>}>
                  <Chart
                    label={words().chart(words().names[metric], props.history.subject)}
                    times={times()}
                    height={130}
                    rest={Math.max(0, series().values.findLastIndex((value) => value !== null))}
                    sync={`metrics-${props.history.subject}`}
                    format={(value) => format(metric, value)}
                    formatTime={axis}
                    formatMoment={(seconds) => (props.isLong ? show.when(instant(seconds)) : show.clock(instant(seconds)))}
                    lines={[{ name: words().names[metric], values: series().values, look: 'area' }]}
                  />
                </Show>
              )}
            </Show>
          )}
        </For>
      </div>
      <p class="text-faint mt-2 text-xs">{words().note(words().resolutions[props.history.resolution], show.ownZone())}</p>
    </>
  );
}

/** Who says the requests, and whether what they said is still to be trusted. */
function Sources(props: { readonly workloadId: string }): JSX.Element {
  const words = () => t().metrics;
  const latest = useQuery(() => ({ ...queries.latestMetrics(props.workloadId), refetchInterval: LIVE_MS }));
  return (
    <section class="border-line mt-4 border-t pt-3" aria-label={words().sources}>
      <h3 class="mb-2 text-sm font-semibold">{words().sources}</h3>
      <Loaded query={latest} skeleton={<div class="skeleton h-5 w-1/2" />} isEmpty={({ sources }) => sources.length === 0} empty={<p class="text-muted text-sm">{words().noSource}</p>}>
        {(now) => (
          <>
            <ul class="flex flex-col gap-1.5 text-sm">
              <For each={now().sources}>
                {(source) => (
                  <li class="flex flex-wrap items-baseline gap-x-3 gap-y-0.5">
                    <Dot tone={source.isTrusted && source.problem === null ? 'ok' : 'bad'}>{source.source}</Dot>
                    <Chip>{words().kinds[source.kind]}</Chip>
                    <span>{source.qps === null ? t().common.nothing : format('qps', source.qps)}</span>
                    <span class={source.isTrusted ? 'text-faint' : 'text-bad font-medium'}>{source.isTrusted ? words().saidAgo(show.ago(source.at)) : words().silentFor(show.duration(source.ageMs / 1000))}</span>
                    <Show when={source.reporting !== null && source.of !== null}>
                      <span class="text-faint">{words().replicasSay(show.number(source.reporting ?? 0), show.number(source.of ?? 0))}</span>
                    </Show>
                    <Show when={source.problem}>
                      <span class="text-bad basis-full text-xs break-words">{source.problem}</span>
                    </Show>
                  </li>
                )}
              </For>
            </ul>
            <Show when={now().isPartial}>
              <p class="text-warn mt-2 text-sm">{words().partial}</p>
            </Show>
          </>
        )}
      </Loaded>
    </section>
  );
}
