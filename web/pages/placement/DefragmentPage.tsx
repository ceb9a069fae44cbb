// Defragmentation as a price list: how many moves free how many hosts or save how much money. One picks a point of the frontier, sees what
// is emptied and what moves where, and proposes it.
import { useQuery, useQueryClient } from '@tanstack/solid-query';
import { createSignal, For, Match, Show, Switch, type JSX } from 'solid-js';
import type { Frontier } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { queries } from '../../api/queries.ts';
import { ProposeDialog } from '../../forms/ProposeDialog.tsx';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Segmented } from '../../ui/Field.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Empty, Failure } from '../../ui/Loaded.tsx';
import { PageHead, Panel } from '../../ui/Panel.tsx';
import { Table, Td, Th } from '../../ui/Table.tsx';
import { paceText } from './ConsequenceView.tsx';
import { FrontierChart, type Scale } from './FrontierChart.tsx';
import { HostLink } from './StepTable.tsx';

type Point = Frontier['points'][number];

const MOST_EMPTIED = 24;
const MOST_MOVES = 60;

export default function DefragmentPage(): JSX.Element {
  const { status } = useSession();
  const client = useQueryClient();
  const frontier = useQuery(() => ({ ...queries.frontier(), reconcile: false as const, staleTime: Number.POSITIVE_INFINITY }));
  const isOld = (now: Frontier) => status() !== undefined && status()!.revision !== now.revision;
  const again = () => void client.invalidateQueries({ queryKey: ['frontier'] });
  return (
    <>
      <PageHead
        title={t().defragment.title}
        lead={t().defragment.lead}
        cli={['firn defrag', 'firn defrag --point 1 --propose']}
        actions={
          <Button icon="retry" busy={frontier.isFetching} onClick={again}>
            {t().defragment.again}
          </Button>
        }
      />
      <Switch
        fallback={
          <Panel>
            <p class="text-muted mb-4 flex items-center gap-2" role="status">
              <span class="border-accent size-4 animate-spin rounded-full border-2 border-r-transparent" />
              {t().defragment.computing}
            </p>
            <div class="skeleton h-72" />
          </Panel>
        }
      >
        <Match when={dataOf(frontier)}>
          {(now) => (
            <>
              <p class="text-faint -mt-2 mb-4 flex flex-wrap items-center gap-x-3 text-sm">
                {t().defragment.computed(show.number(Math.round(now().seconds * 100) / 100), show.number(now().revision))}
                <Show when={isOld(now())}>
                  <span class="text-warn">{t().defragment.old}</span>
                </Show>
              </p>
              <Show
                when={now().points.length > 0}
                fallback={
                  <Panel flush>
                    <Empty icon="check" title={t().defragment.none}>
                      {t().defragment.noneLead}
                    </Empty>
                  </Panel>
                }
              >
                <Chosen frontier={now()} />
              </Show>
            </>
          )}
        </Match>
        <Match when={frontier.isError}>
          <Panel flush>
            <Failure error={frontier.error} onRetry={again} />
          </Panel>
        </Match>
      </Switch>
    </>
  );
}

function Chosen(props: { readonly frontier: Frontier }): JSX.Element {
  const [chosen, setScale] = createSignal<Scale>();
  // Where dear hosts only change places with cheaper ones, money is what there is to see.
  const scale = (): Scale => chosen() ?? (props.frontier.points.some(({ hostsFreed }) => hostsFreed > 0) ? 'hosts' : 'money');
  const [picked, setPicked] = createSignal(0);
  /** Another frontier may have fewer points. */
  const at = () => Math.min(picked(), props.frontier.points.length - 1);
  return (
    <div class="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
      <div class="flex min-w-0 flex-col gap-5">
        <Panel title={t().defragment.chart} aside={<Segmented hideLabel label={t().defragment.scale} value={scale()} options={(['hosts', 'money'] as const).map((value) => ({ value, text: t().defragment.scales[value] }))} onInput={(value) => setScale(value as Scale)} />}>
          <FrontierChart points={props.frontier.points} scale={scale()} at={at()} onPick={setPicked} />
          <p class="text-faint mt-2 text-xs">{t().defragment.bound(show.money(props.frontier.boundCentsPerHour))}</p>
        </Panel>
        <Panel flush title={t().defragment.table}>
          <PointTable points={props.frontier.points} at={at()} onPick={setPicked} />
        </Panel>
      </div>
      <PointPanel point={props.frontier.points[at()]!} />
    </div>
  );
}

function PointTable(props: { readonly points: readonly Point[]; readonly at: number; readonly onPick: (at: number) => void }): JSX.Element {
  return (
    <Table
      label={t().defragment.table}
      head={
        <>
          <Th>{t().defragment.columns.moves}</Th>
          <Th right>{t().defragment.columns.hosts}</Th>
          <Th right>{t().defragment.columns.saved}</Th>
          <Th right>{t().defragment.columns.per}</Th>
        </>
      }
    >
      <For each={props.points}>
        {(point, at) => (
          <tr class={`border-line border-b last:border-0 ${at() === props.at ? 'bg-accent-soft' : 'hover:bg-sunken/60'}`}>
            <Td>
              <button type="button" class="text-accent font-medium hover:underline" aria-pressed={at() === props.at} onClick={() => props.onPick(at())}>
                {t().whyNot.moves(point.moves)}
              </button>
            </Td>
            <Td right>{show.number(point.hostsFreed)}</Td>
            <Td right>{show.money(point.savedCentsPerHour)}</Td>
            <Td right class="text-muted">
              {point.hostsFreed === 0 ? t().common.nothing : show.number(Math.round((point.moves / point.hostsFreed) * 10) / 10)}
            </Td>
          </tr>
        )}
      </For>
    </Table>
  );
}

function PointPanel(props: { readonly point: Point }): JSX.Element {
  const { me } = useSession();
  const policy = useQuery(() => ({ ...queries.policy(), reconcile: false as const }));
  const [proposing, setProposing] = createSignal(false);
  const pace = () => {
    const perHour = dataOf(policy)?.record.movesPerHour;
    return perHour === undefined ? '' : paceText({ moves: props.point.moves, hours: perHour === 0 ? null : props.point.moves / perHour });
  };
  return (
    <div class="lg:sticky lg:top-18 lg:max-h-[calc(100vh-5.5rem)] lg:overflow-y-auto" tabindex="0" role="region" aria-label={t().defragment.chosen}>
      <Panel flush title={t().defragment.chosen}>
        <div class="p-4" data-testid="frontier-point">
          <p class="text-lg font-semibold">{props.point.hostsFreed > 0 ? t().defragment.hostsFor(props.point.moves, props.point.hostsFreed) : t().defragment.cheaperFor(props.point.moves, props.point.emptied.length)}</p>
          <p class="text-muted text-sm">{t().defragment.saves(show.money(props.point.savedCentsPerHour), show.moneyAMonth(props.point.savedCentsPerHour))}</p>
          <p class="text-muted text-sm">{pace()}</p>
          <div class="mt-4">
            <Button tone="primary" icon="proposals" refused={because(can.makeProposal(me()))} onClick={() => setProposing(true)}>
              {t().defragment.propose}
            </Button>
          </div>
        </div>
        <section class="border-line border-t px-4 py-3">
          <h3 class="mb-2 text-sm font-semibold">
            {t().defragment.emptied} <span class="text-faint font-normal">· {t().common.countHosts(props.point.emptied.length)}</span>
          </h3>
          <ul class="flex flex-wrap gap-1.5 text-sm">
            <For each={props.point.emptied.slice(0, MOST_EMPTIED)}>
              {(host) => (
                <li class="border-line bg-sunken rounded border px-1.5 py-px">
                  <HostLink name={host} />
                </li>
              )}
            </For>
            <Show when={props.point.emptied.length > MOST_EMPTIED}>
              <li class="text-faint">+ {show.number(props.point.emptied.length - MOST_EMPTIED)}</li>
            </Show>
          </ul>
        </section>
        <section class="border-line border-t pt-3">
          <h3 class="mb-1 px-4 text-sm font-semibold">
            {t().defragment.moves} <span class="text-faint font-normal">· {show.number(props.point.wishes.length)}</span>
          </h3>
          <ul class="divide-line divide-y text-sm">
            <For each={props.point.wishes.slice(0, MOST_MOVES)}>
              {(wish) => (
                <li class="flex flex-wrap items-center justify-between gap-x-3 px-4 py-1.5">
                  <span class="min-w-0 font-medium break-words">{wish.replica}</span>
                  <span class="text-muted flex items-center gap-1.5">
                    <HostLink name={wish.from} />
                    <Icon name="arrow" class="text-faint size-3.5" />
                    <HostLink name={wish.host} />
                  </span>
                </li>
              )}
            </For>
          </ul>
          <Show when={props.point.wishes.length > MOST_MOVES}>
            <p class="text-faint px-4 py-2 text-sm">{t().defragment.more(props.point.wishes.length - MOST_MOVES)}</p>
          </Show>
        </section>
      </Panel>
      <ProposeDialog
        open={proposing()}
        onClose={() => setProposing(false)}
        changes={[{ kind: 'rearrange', wishes: props.point.wishes.map(({ replicaId, host }) => ({ replicaId, host })) }]}
        suggested={t().defragment.suggestedTitle(t().common.countHosts(props.point.hostsFreed), t().whyNot.moves(props.point.moves))}
      />
    </div>
  );
}
