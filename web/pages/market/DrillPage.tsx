// One drill: how far it is, and when it is done its report; beside another one where that is asked for. The address is the link to share.
import { useParams, useSearchParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { DrillDetail } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { drillMutations, drillQueries } from '../../api/drills.ts';
import { compareTotals, DRILL_ZONE, drillTone, phaseText, verdictText, verdictTone, type Compared } from '../../format/drill.ts';
import { toldText } from '../../format/said.ts';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { language, t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button, ButtonLink } from '../../ui/Button.tsx';
import { Copy } from '../../ui/Copy.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Select } from '../../ui/Field.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { MeterLine } from '../../ui/Meter.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';
import { drillDay, drillTitle } from './DrillsPage.tsx';
import { DrillReportView } from './DrillReportView.tsx';

export default function DrillPage(): JSX.Element {
  const params = useParams<{ id: string }>();
  const [search] = useSearchParams<{ against?: string }>();
  const drill = useQuery(() => ({ ...drillQueries.drill(params.id), reconcile: false as const }));
  const words = () => t().drills;
  return (
    <Loaded query={drill}>
      {(now) => (
        <>
          <PageHead
            title={drillTitle(now())}
            crumbs={[{ href: paths.drills(), text: words().title }]}
            lead={
              <span class="flex flex-wrap items-center gap-x-3 gap-y-1">
                <Show when={now().state === 'done' ? now().verdict : null} fallback={<Badge tone={drillTone(now().state)}>{words().states[now().state]}</Badge>}>
                  {(verdict) => <Badge tone={verdictTone(verdict().code)}>{words().verdicts[verdict().code]}</Badge>}
                </Show>
                <Show when={now().verdict} fallback={<span>{drillDay(now())}</span>}>
                  {(verdict) => <span>{verdictText(verdict(), words().said, language(), (at) => show.hourMinute(at, DRILL_ZONE))}</span>}
                </Show>
                <span class="text-faint text-sm">
                  {now().createdBy}, {show.ago(now().createdAt)}
                </span>
              </span>
            }
            cli={`firn drill show ${now().id}`}
            actions={<Actions drill={now()} />}
          />
          <div class="flex flex-col gap-5">
            <Show when={now().state === 'waiting' || now().state === 'running'}>
              <Panel>
                <MeterLine name={words().progress} whole={1000} parts={[{ amount: now().progressPermille, tone: 'used' }]} text={show.permille(now().progressPermille)} note={phaseText(now(), words())} />
              </Panel>
            </Show>
            <Show when={now().state === 'failed'}>
              <p role="alert" class="bg-bad-soft text-bad rounded-md px-3 py-2">
                {toldText(now().stateSaid, now().stateReason, words().said, language())}
              </p>
            </Show>
            <Show when={now().report}>
              {(report) => (
                <>
                  <Against drill={now()} />
                  <Show when={search.against}>{(other) => <Comparison drill={now()} against={other()} />}</Show>
                  <DrillReportView report={report()} />
                </>
              )}
            </Show>
          </div>
        </>
      )}
    </Loaded>
  );
}

function Actions(props: { readonly drill: DrillDetail }): JSX.Element {
  const { me } = useSession();
  const act = useAct();
  const [asking, setAsking] = createSignal(false);
  const words = () => t().drills;
  return (
    <>
      <Copy text={location.href} />
      <Show when={props.drill.mayCancel}>
        <Button tone="danger" onClick={() => setAsking(true)}>
          {words().cancel}
        </Button>
      </Show>
      <Show when={can.runDrills(me()) === null} fallback={<Button refused={because(can.runDrills(me()))}>{words().again}</Button>}>
        <ButtonLink icon="retry" href={paths.drills({ from: props.drill.id })}>
          {words().again}
        </ButtonLink>
      </Show>
      <ReasonDialog open={asking()} onClose={() => setAsking(false)} title={words().cancelTitle} lead={words().cancelLead} confirm={words().cancel} tone="danger" reason="none" onConfirm={() => act(drillMutations.cancel(props.drill.id), { topics: ['drills'], done: words().cancelled })} />
    </>
  );
}

/** Which other drill this one is laid beside. */
function Against(props: { readonly drill: DrillDetail }): JSX.Element {
  const [search, setSearch] = useSearchParams<{ against?: string }>();
  const drills = useQuery(() => drillQueries.drills());
  const others = () => (dataOf(drills) ?? []).filter(({ id, state }) => state === 'done' && id !== props.drill.id);
  return (
    <Show when={others().length > 0}>
      <Select class="max-w-md" label={t().drills.compare} value={search.against ?? ''} options={[{ value: '', text: t().drills.compareNone }, ...others().map((each) => ({ value: each.id, text: `${drillTitle(each)} · ${show.when(each.createdAt)}` }))]} onInput={(against) => setSearch({ against: against === '' ? undefined : against }, { replace: true, scroll: false })} />
    </Show>
  );
}

function figureText(figure: Compared, value: number): string {
  if (figure === 'cloudCents' || figure === 'fleetCents') return show.money(value);
  if (figure === 'shedPercent' || figure === 'riskPercent') return show.finePercent(value);
  return show.number(figure === 'vmHours' ? value : Math.round(value));
}

function Comparison(props: { readonly drill: DrillDetail; readonly against: string }): JSX.Element {
  const other = useQuery(() => ({ ...drillQueries.drill(props.against), reconcile: false as const }));
  const words = () => t().drills.report;
  return (
    <Panel flush title={words().compared}>
      <Loaded query={other} isEmpty={(there) => there.totals === null || props.drill.totals === null} empty={<p class="text-muted px-4 py-6 text-center">{t().common.noData}</p>}>
        {(there) => (
          <Table
            label={words().compared}
            head={
              <>
                <Th>{t().common.what}</Th>
                <Th right>{drillTitle(props.drill)}</Th>
                <Th right>{drillTitle(there())}</Th>
                <Th>
                  <span class="sr-only">{t().common.state}</span>
                </Th>
              </>
            }
          >
            <For each={compareTotals(props.drill.totals!, there().totals!)}>
              {(row) => (
                <Tr>
                  <Td class="py-1.5">{words().figures[row.figure]}</Td>
                  <Td right class="py-1.5 font-medium">{figureText(row.figure, row.here)}</Td>
                  <Td right class="py-1.5">{figureText(row.figure, row.there)}</Td>
                  <Td class={`py-1.5 text-sm ${row.tone === 'better' ? 'text-ok' : 'text-bad'}`}>{row.tone === 'same' ? '' : words()[row.tone]}</Td>
                </Tr>
              )}
            </For>
          </Table>
        )}
      </Loaded>
    </Panel>
  );
}
