// Drills: those that were run, newest first, and the form that starts one.
import { A, useNavigate, useSearchParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { DrillView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { drillQueries } from '../../api/drills.ts';
import { drillTone, verdictTone } from '../../format/drill.ts';
import { DrillDialog } from '../../forms/DrillDialog.tsx';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { Meter } from '../../ui/Meter.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';
import { Table, Td, Th, Tr } from '../../ui/Table.tsx';

/** Shipped days have names in both languages; others are called as they were. */
export const drillDay = (drill: Pick<DrillView, 'day' | 'times'>): string => {
  const shipped: Readonly<Record<string, string>> = t().drills.shippedDays;
  return t().drills.dayText(drill.day.kind === 'shipped' ? (shipped[drill.day.name] ?? drill.day.name) : drill.day.name, show.number(drill.times));
};

/** Its title; one that the server made of day and workloads in the words of the reader. */
export const drillTitle = (drill: DrillView): string => {
  const names = drill.workloads.map(({ workload }) => workload).slice(0, 3).join(', ');
  return drill.title === '' || drill.title === `${drill.day.name} x ${drill.times}, ${names}` ? `${drillDay(drill)} · ${names}` : drill.title;
};

export default function DrillsPage(): JSX.Element {
  const { me } = useSession();
  const navigate = useNavigate();
  const [search, setSearch] = useSearchParams<{ from?: string }>();
  const drills = useQuery(() => drillQueries.drills());
  const [asked, setAsked] = createSignal(false);
  const words = () => t().drills;
  const refused = () => because(can.runDrills(me()));
  const isOpen = () => asked() || search.from !== undefined;
  const close = (): void => {
    setAsked(false);
    setSearch({ from: undefined }, { replace: true });
  };
  const start = () => (
    <Button tone="primary" icon="play" refused={refused()} onClick={() => setAsked(true)}>
      {words().start}
    </Button>
  );
  return (
    <>
      <PageHead title={words().title} lead={words().lead} cli={['firn drill list', 'firn drill run --help']} actions={start()} />
      <Loaded query={drills} empty={<Panel flush><Empty icon="drill" title={words().empty} action={start()}>{words().emptyLead}</Empty></Panel>}>
        {(all) => (
          <Panel flush>
            <Table
              label={words().title}
              class="min-w-3xl"
              head={
                <>
                  <Th>{words().columns.drill}</Th>
                  <Th>{words().columns.day}</Th>
                  <Th right>{words().columns.shed}</Th>
                  <Th right>{words().columns.peak}</Th>
                  <Th right>{words().columns.cost}</Th>
                  <Th>{words().columns.by}</Th>
                </>
              }
            >
              <For each={all()}>{(drill) => <Row drill={drill} />}</For>
            </Table>
          </Panel>
        )}
      </Loaded>
      <Show when={isOpen()}>
        <DrillDialog from={search.from} onClose={close} onStarted={(id) => navigate(paths.drill(id))} />
      </Show>
    </>
  );
}

function Row(props: { readonly drill: DrillView }): JSX.Element {
  const words = () => t().drills;
  const drill = () => props.drill;
  return (
    <Tr>
      <Td>
        <A href={paths.drill(drill().id)} class="hover:text-accent font-medium hover:underline">
          {drillTitle(drill())}
        </A>
        <span class="mt-1 block">
          <Show when={drill().state === 'done' ? drill().verdict : null} fallback={<Badge tone={drillTone(drill().state)}>{words().states[drill().state]}</Badge>}>
            {(verdict) => <Badge tone={verdictTone(verdict().code)}>{words().verdicts[verdict().code]}</Badge>}
          </Show>
        </span>
        <Show when={drill().state === 'running'}>
          <div class="mt-1.5 w-40">
            <Meter thin label={words().progress} whole={1000} parts={[{ amount: drill().progressPermille, tone: 'used' }]} text={show.permille(drill().progressPermille)} />
          </div>
        </Show>
      </Td>
      <Td>
        {drillDay(drill())}
        <span class="text-faint block text-sm">{words().count(drill().workloads.length)}</span>
      </Td>
      <Td right>{drill().totals === null ? t().common.nothing : show.finePercent(drill().totals!.shedPercent)}</Td>
      <Td right class="whitespace-nowrap">{drill().totals === null ? t().common.nothing : `${show.number(Math.round(drill().totals!.peakQps))} QPS`}</Td>
      <Td right>{drill().totals === null ? t().common.nothing : show.money(drill().totals!.cloudCents)}</Td>
      <Td>
        {drill().createdBy}
        <span class="text-faint block text-sm" title={show.moment(drill().createdAt)}>
          {show.ago(drill().createdAt)}
        </span>
      </Td>
    </Tr>
  );
}
