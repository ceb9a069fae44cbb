// The day of a drill on one time axis: demand against capacity with what is shed, replicas, hosts and bought VMs, money an hour. The cursor
// moves in all of them together.
import { lazy, Show, Suspense, type JSX } from 'solid-js';
import type { DrillEvent, DrillSeries } from '#server/http/contract/index.ts';
import { DRILL_ZONE, timesOf } from '../../format/drill.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import type { ChartLine, ChartMark } from '../../ui/Chart.tsx';

const Chart = lazy(async () => ({ default: (await import('../../ui/Chart.tsx')).Chart }));
const SYNC = 'drill';

/** @param props.isWhole the series is of all workloads: hosts and money are known for them alone */
export function DrillCharts(props: { readonly series: DrillSeries; readonly events: readonly DrillEvent[]; readonly isWhole: boolean }): JSX.Element {
  const words = () => t().drills.report;
  const marks = (): ChartMark[] => props.events.map((event) => ({ at: Date.parse(event.at) / 1000, text: words().what[event.what], ink: event.shedRequests > 0 ? 'bad' : 'warn' }));
  return (
    <Suspense fallback={<div class="skeleton h-60" />}>
      <div class="flex flex-col gap-5">
        <Lines
          series={props.series}
          label={words().demand}
          unit={words().qpsUnit}
          height={230}
          marks={marks()}
          lines={[
            { name: words().demandLine, values: props.series.demandQps, look: 'area' },
            { name: words().capacity, values: props.series.capacityQps, look: 'step', ink: 'ok' },
            { name: words().shedLine, values: props.series.shedQps, look: 'area', ink: 'bad' },
          ]}
        />
        <Lines
          series={props.series}
          label={words().replicas}
          unit={words().replicasUnit}
          lines={[
            { name: words().ready, values: props.series.replicas, look: 'step-area' },
            { name: words().wanted, values: props.series.wantedReplicas, look: 'dashed', ink: 'warn' },
          ]}
        />
        <Show when={props.isWhole}>
          <div class="grid grid-cols-1 gap-5 lg:grid-cols-2">
            <Lines
              series={props.series}
              label={words().hosts}
              unit={words().hostsUnit}
              lines={[
                { name: words().hostsLine, values: props.series.hosts, look: 'step-area' },
                { name: words().vms, values: props.series.boughtVms, look: 'step', ink: 'warn' },
              ]}
            />
            <Lines series={props.series} label={words().money} unit={words().moneyUnit(show.currencySign())} format={show.money} lines={[{ name: words().money, values: props.series.centsPerHour, look: 'step-area', ink: 'info' }]} />
          </div>
        </Show>
      </div>
    </Suspense>
  );
}

function Lines(props: { readonly series: DrillSeries; readonly label: string; readonly unit: string; readonly lines: readonly ChartLine[]; readonly marks?: readonly ChartMark[]; readonly height?: number; readonly format?: (value: number) => string }): JSX.Element {
  const clockText = (seconds: number) => show.hourMinute(new Date(seconds * 1000).toISOString(), DRILL_ZONE);
  return (
    <div class="min-w-0">
      <h3 class="mb-1 text-sm font-semibold">{props.label}</h3>
      <Chart label={props.label} times={timesOf(props.series)} lines={props.lines} format={props.format ?? ((value) => show.number(Math.round(value)))} formatTime={clockText} timeZone={DRILL_ZONE} sync={SYNC} height={props.height ?? 150} marks={props.marks ?? []} note={t().chart.note(props.unit, DRILL_ZONE)} />
    </div>
  );
}
