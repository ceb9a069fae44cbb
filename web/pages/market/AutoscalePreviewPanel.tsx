// What settings of the autoscaler would do: what they decide now, and played over the stored hours against those in force: changes, cost, risk,
// and replicas as a chart. Takes the feed of the form; computes nothing.
import { lazy, Match, Show, Suspense, Switch, For, type JSX } from 'solid-js';
import type { AutoscalePreview, WorkloadView } from '#server/http/contract/index.ts';
import type { Feed } from '../../forms/autoscale-feed.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Segmented } from '../../ui/Field.tsx';
import { Failure, Skeleton } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';
import { DecisionBody } from './DecisionPanel.tsx';

const Chart = lazy(async () => ({ default: (await import('../../ui/Chart.tsx')).Chart }));
const HOURS = ['1', '6', '24', '72'] as const;

export function AutoscalePreviewPanel(props: { readonly feed: Feed<AutoscalePreview>; readonly isReadable: boolean; readonly workload: WorkloadView; readonly hours: number; readonly onHours: (hours: number) => void }): JSX.Element {
  const words = () => t().autoscaleSettings.preview;
  return (
    <Panel flush title={words().title} aside={<Segmented hideLabel label={words().hours} value={String(props.hours)} options={HOURS.map((value) => ({ value, text: words().hourChoices[value] }))} onInput={(next) => props.onHours(Number(next))} />}>
      <Show when={!props.isReadable}>
        <p class="bg-warn-soft text-warn m-4 mb-0 rounded-md px-3 py-2 text-sm">{words().waits}</p>
      </Show>
      <Switch fallback={<Skeleton lines={6} />}>
        <Match when={props.feed.answer()}>
          {(answer) => (
            <div class={`divide-line divide-y transition-opacity ${props.feed.isOld() ? 'opacity-45' : ''}`} data-testid="autoscale-preview" aria-busy={props.feed.isOld()}>
              <Played preview={answer()} workload={props.workload} />
              <div>
                <h3 class="px-4 pt-4 text-sm font-semibold">{words().now}</h3>
                <Show when={answer().now} fallback={<p class="text-muted px-4 py-3 text-sm">{words().nothing}</p>}>
                  {(decision) => (
                    <div class="divide-line divide-y">
                      <DecisionBody decision={decision()} />
                    </div>
                  )}
                </Show>
              </div>
            </div>
          )}
        </Match>
        <Match when={props.feed.error()}>{(error) => <Failure error={error()} onRetry={() => props.feed.retry()} />}</Match>
      </Switch>
      <Show when={props.feed.answer() !== undefined ? props.feed.error() : null}>
        {(error) => (
          <p role="alert" class="text-bad px-4 pb-4 text-sm">
            {words().failed}: {error().message}
          </p>
        )}
      </Show>
    </Panel>
  );
}

function Played(props: { readonly preview: AutoscalePreview; readonly workload: WorkloadView }): JSX.Element {
  const words = () => t().autoscaleSettings.preview;
  const times = () => props.preview.series.at.map((at) => Date.parse(at) / 1000);
  /** What the decision below says of itself as an alert is not said twice. */
  const warnings = () => props.preview.warnings.filter(({ code }) => t().autoscale.alertKinds[code] === undefined);
  const instant = (seconds: number) => new Date(seconds * 1000).toISOString();
  return (
    <div class="px-4 py-4">
      <For each={warnings()}>{(warning) => <p class="bg-warn-soft text-warn mb-3 rounded-md px-3 py-2 text-sm">{words().warnings[warning.code] ?? warning.message}</p>}</For>
      <Show when={props.preview.points > 0 && props.preview.sum} fallback={<p class="text-muted text-sm">{words().noPoints}</p>}>
        <Figures preview={props.preview} workload={props.workload} />
        <Show when={times().length > 1}>
          <div class="mt-4">
            <Suspense fallback={<div class="skeleton h-40" />}>
              <Chart
                label={words().chart}
                times={times()}
                height={150}
                format={show.number}
                formatTime={(seconds) => show.hourMinute(instant(seconds))}
                formatMoment={(seconds) => show.when(instant(seconds))}
                note={words().note(show.ownZone())}
                lines={[
                  { name: words().mine, values: props.preview.series.replicas, ink: 'accent', look: 'step-area' },
                  { name: words().present, values: props.preview.series.presentReplicas, ink: 'faint', look: 'step' },
                ]}
              />
            </Suspense>
          </div>
        </Show>
      </Show>
    </div>
  );
}

function Figures(props: { readonly preview: AutoscalePreview; readonly workload: WorkloadView }): JSX.Element {
  const words = () => t().autoscaleSettings.preview;
  type Sum = NonNullable<AutoscalePreview['sum']>;
  /** At what a replica of the workload costs in an hour now. */
  const cost = (sum: Sum) => show.money(props.workload.wanted === 0 ? 0 : Math.round((sum.replicaHours * props.workload.costCentsPerHour) / props.workload.wanted));
  const rows = (): readonly (readonly [string, (sum: Sum) => string])[] => [
    [words().rows.actions, (sum) => show.number(sum.actions)],
    [words().rows.reversals, (sum) => show.number(sum.reversals)],
    [words().rows.range, (sum) => words().range(show.number(sum.least), show.number(sum.most))],
    [words().rows.hours, (sum) => show.number(Math.round(sum.replicaHours * 10) / 10)],
    [words().rows.cost, cost],
    [words().rows.above, (sum) => show.permille(sum.aboveCeilingPermille)],
    [words().rows.shed, (sum) => show.permille(sum.shedPermille)],
  ];
  return (
    <>
      <div class="border-line rounded-md border">
        <Table
          label={words().title}
          head={
            <>
              <Th>{words().columns.what}</Th>
              <Th right>{words().columns.mine}</Th>
              <Th right>{words().columns.present}</Th>
            </>
          }
        >
          <For each={rows()}>
            {([name, format]) => (
              <Tr>
                <Td>{name}</Td>
                <Td right class="font-semibold">{props.preview.sum === null ? t().common.nothing : format(props.preview.sum)}</Td>
                <Td right>{props.preview.present === null ? t().common.nothing : format(props.preview.present)}</Td>
              </Tr>
            )}
          </For>
        </Table>
      </div>
      <p class="text-faint mt-1 text-xs">
        {show.when(props.preview.from)} – {show.when(props.preview.to)}, {words().points(props.preview.points)}
      </p>
    </>
  );
}
