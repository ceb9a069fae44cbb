// The report of a drill: its figures, the day as charts on one time axis, what ran out when, what would have helped, and each workload.
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { DrillReport } from '#server/http/contract/index.ts';
import { DRILL_ZONE, mendedText, remedyText } from '../../format/drill.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Select } from '../../ui/Field.tsx';
import { Fact, Figure, Panel } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';
import { DrillCharts } from './DrillCharts.tsx';

const clockText = (instant: string) => show.hourMinute(instant, DRILL_ZONE);

export function DrillReportView(props: { readonly report: DrillReport }): JSX.Element {
  const [of, setOf] = createSignal('');
  const words = () => t().drills.report;
  const series = () => props.report.workloads.find(({ workloadId }) => workloadId === of())?.series ?? props.report.series;
  return (
    <>
      <Totals report={props.report} />
      <Panel
        aside={
          <Show when={props.report.workloads.length > 1}>
            <Select label={words().of} value={of()} options={[{ value: '', text: words().all }, ...props.report.workloads.map(({ workloadId, workload }) => ({ value: workloadId, text: workload }))]} onInput={setOf} />
          </Show>
        }
        title={words().day}
      >
        <DrillCharts series={series()} events={props.report.runsOut} isWhole={of() === '' || props.report.workloads.length === 1} />
      </Panel>
      <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-2">
        <RunsOut report={props.report} />
        <Remedies report={props.report} />
      </div>
      <Show when={props.report.workloads.length > 1}>
        <Workloads report={props.report} />
      </Show>
      <Ran report={props.report} />
    </>
  );
}

function Totals(props: { readonly report: DrillReport }): JSX.Element {
  const words = () => t().drills.report;
  const totals = () => props.report.totals;
  return (
    <div class="grid grid-cols-1 gap-4 min-[28rem]:grid-cols-2 xl:grid-cols-4">
      <Figure
        name={words().shed}
        value={show.finePercent(totals().shedPercent)}
        note={
          <>
            {words().shedNote(show.number(Math.round(totals().shedRequests)), totals().minutesShedding)}
            <Show when={totals().worstMinute}>{(worst) => <span class="block">{words().worst(show.finePercent(worst().shedPercent), clockText(worst().at))}</span>}</Show>
          </>
        }
      />
      <Figure name={words().peak} value={show.number(Math.round(totals().peakQps))} unit={words().peakUnit} note={words().peakNote(show.number(totals().peakReplicas), show.number(totals().peakHosts))} />
      <Figure name={words().bought} value={show.number(totals().boughtVms)} note={words().boughtNote(show.number(totals().vmHours))} />
      <Figure name={words().cost} value={show.money(totals().cloudCents)} note={words().costNote(show.money(totals().fleetCents))} />
    </div>
  );
}

function RunsOut(props: { readonly report: DrillReport }): JSX.Element {
  const words = () => t().drills.report;
  return (
    <Panel flush title={words().runsOut} aside={DRILL_ZONE}>
      <ol class="divide-line divide-y">
        <For each={props.report.runsOut} fallback={<li class="text-ok px-4 py-5">{words().runsOutNone}</li>}>
          {(event) => (
            <li class="grid grid-cols-[3.5rem_minmax(0,1fr)] gap-3 px-4 py-3">
              <span class="font-semibold">{clockText(event.at)}</span>
              <span class="min-w-0">
                <span class="flex flex-wrap items-center gap-x-2 gap-y-1">
                  <Badge tone={event.shedRequests > 0 ? 'bad' : 'wait'}>{words().what[event.what]}</Badge>
                  <span class="font-medium break-words">{event.workload ?? ''}</span>
                  <span class="text-faint text-sm">{event.until === null ? words().untilEnd : words().span(clockText(event.at), clockText(event.until))}</span>
                </span>
                <span class="text-muted block text-sm">{language() === 'en' ? event.sentence : (words().ranOut[event.what]?.(show.number(event.wanted), show.number(event.available)) ?? event.sentence)}</span>
                <Show when={event.shedRequests > 0}>
                  <span class="text-bad block text-sm">{words().shedThen(show.number(Math.round(event.shedRequests)))}</span>
                </Show>
              </span>
            </li>
          )}
        </For>
      </ol>
    </Panel>
  );
}

function Remedies(props: { readonly report: DrillReport }): JSX.Element {
  const words = () => t().drills.report;
  return (
    <Panel flush title={words().remedies} aside={words().remediesLead}>
      <Show when={props.report.remedies.length > 0} fallback={<p class="text-muted px-4 py-5">{words().remediesNone}</p>}>
        <Table
          label={words().remedies}
          class="min-w-md"
          head={
            <>
              <Th>{words().remedyColumns.what}</Th>
              <Th right>{words().remedyColumns.shed}</Th>
              <Th right>{words().remedyColumns.saved}</Th>
              <Th right>{words().remedyColumns.cost}</Th>
            </>
          }
        >
          <For each={props.report.remedies}>
            {(remedy) => (
              <Tr>
                <Td class="align-top">
                  <span class={remedy.helps ? 'font-medium' : 'text-muted'}>{words().remedy[remedy.code]}</span>
                  <span class={`block text-xs ${remedy.helps ? 'text-ok' : 'text-faint'}`}>{remedy.helps ? words().helps : words().helpsNot}</span>
                  <span class="text-muted block text-sm">{language() === 'en' ? remedy.sentence : remedyText(remedy, words(), show.finePercent(remedy.shedPercent))}</span>
                </Td>
                <Td right class="align-top">{show.finePercent(remedy.shedPercent)}</Td>
                <Td right class="align-top">{show.number(Math.round(remedy.savedRequests))}</Td>
                <Td right class="align-top whitespace-nowrap">{show.money(remedy.extraCents)}</Td>
              </Tr>
            )}
          </For>
        </Table>
      </Show>
    </Panel>
  );
}

function Workloads(props: { readonly report: DrillReport }): JSX.Element {
  const words = () => t().drills.report;
  return (
    <Panel flush title={words().workloads}>
      <Table
        label={words().workloads}
        class="min-w-xl"
        head={
          <>
            <Th>{t().common.service}</Th>
            <Th right>{words().shed}</Th>
            <Th right>{words().peak}</Th>
            <Th right>{words().replicas}</Th>
            <Th>{words().openings}</Th>
          </>
        }
      >
        <For each={props.report.workloads}>
          {(each) => (
            <Tr>
              <Td class="font-medium">{each.workload}</Td>
              <Td right>{show.finePercent(each.totals.shedPercent)}</Td>
              <Td right>{show.number(Math.round(each.totals.peakQps))} QPS</Td>
              <Td right>{show.number(each.totals.peakReplicas)}</Td>
              <Td class="text-sm">{each.openings.map((opening) => `${clockText(opening.at)} ${show.finePercent(opening.shedPercent)}`).join(', ')}</Td>
            </Tr>
          )}
        </For>
      </Table>
    </Panel>
  );
}

function Ran(props: { readonly report: DrillReport }): JSX.Element {
  const words = () => t().drills.report;
  const fleet = () => props.report.fleet;
  return (
    <Panel title={words().ran}>
      <dl class="grid grid-cols-1 gap-3 sm:grid-cols-3">
        <Fact name={t().common.host}>{words().ranText(show.number(fleet().hosts), show.cores(fleet().cores * 1000), show.cores(fleet().freeCores * 1000))}</Fact>
        <Fact name={t().policy.pools.title}>{words().pools(fleet().pools, fleet().poolVms)}</Fact>
        <Fact name={t().shell.nav.policy}>
          {words().policy(show.number(props.report.policyVersion))}, {words().revision(show.number(props.report.revision))}
        </Fact>
        <Show when={props.report.day.warnings.length > 0}>
          <Fact wide name={words().warnings}>
            <ul>
              <For each={mendedText(props.report.day, t().drills.said, language())}>{(warning) => <li>{warning}</li>}</For>
            </ul>
          </Fact>
        </Show>
      </dl>
    </Panel>
  );
}
