// CPU and memory of a workload or a host over the last minutes, from the server's short memory. The chart's code is loaded when it is needed.
import { useQuery } from '@tanstack/solid-query';
import { lazy, Show, Suspense, type JSX } from 'solid-js';
import { queries } from '../api/queries.ts';
import { t } from '../shell/preferences.ts';
import { show } from '../shell/show.ts';
import { Loaded } from '../ui/Loaded.tsx';
import { Panel } from '../ui/Panel.tsx';

const Chart = lazy(async () => ({ default: (await import('../ui/Chart.tsx')).Chart }));

export function UsagePanel(props: { readonly of: { workload: string } | { host: string }; readonly lead?: string; readonly none: string }): JSX.Element {
  const usage = useQuery(() => queries.usage(props.of));
  return (
    <Panel title={t().services.usage} aside={props.lead}>
      <Loaded query={usage} skeleton={<div class="skeleton h-40" />} isEmpty={({ points }) => points.length < 2} empty={<p class="text-muted py-6 text-center text-sm">{props.none}</p>}>
        {(history) => (
          <Suspense fallback={<div class="skeleton h-40" />}>
            <div class="grid grid-cols-1 gap-5 md:grid-cols-2">
              <Line name={t().common.cpu} now={history().points.at(-1)?.cpuMilli} format={show.cores} times={times(history().points)} values={history().points.map(({ cpuMilli }) => cpuMilli)} />
              <Line name={t().common.memory} now={history().points.at(-1)?.memoryMib} format={show.memory} times={times(history().points)} values={history().points.map(({ memoryMib }) => memoryMib)} />
            </div>
          </Suspense>
        )}
      </Loaded>
    </Panel>
  );
}

const times = (points: readonly { readonly at: string }[]) => points.map(({ at }) => Date.parse(at) / 1000);

function Line(props: { readonly name: string; readonly now: number | undefined; readonly format: (value: number) => string; readonly times: number[]; readonly values: number[] }): JSX.Element {
  return (
    <div class="min-w-0">
      <div class="mb-1 flex items-baseline justify-between text-sm">
        <span class="text-muted">{props.name}</span>
        <Show when={props.now !== undefined}>
          <span class="font-semibold">{props.format(props.now ?? 0)}</span>
        </Show>
      </div>
      <Chart label={props.name} times={props.times} values={props.values} format={props.format} formatTime={(seconds) => show.clock(new Date(seconds * 1000).toISOString())} height={140} />
    </div>
  );
}
