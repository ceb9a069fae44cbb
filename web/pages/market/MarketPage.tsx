// The market: sessions of today, how hot it is, every workload that follows demand, what was decided last, and what is known to come: signals
// and announced surges. Each part loads and fails by itself.
import { A } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { For, Show, type JSX } from 'solid-js';
import type { AutoscaleOverview } from '#server/http/contract/index.ts';
import { queries } from '../../api/queries.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Empty, Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { Figure, PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';
import { DecisionList } from './DecisionList.tsx';
import { MarketSessions } from './MarketSessions.tsx';
import { MarketWorkloads } from './MarketWorkloads.tsx';

const RECENT = 12;

export default function MarketPage(): JSX.Element {
  const words = () => t().market;
  // Both tell the present: figures that stand still would be believed.
  const markets = useQuery(() => ({ ...queries.markets(), refetchInterval: 60_000 }));
  const overview = useQuery(() => ({ ...queries.autoscaleOverview(), refetchInterval: 10_000 }));
  const decisions = useQuery(() => queries.decisions({ action: 'changes', limit: RECENT }));
  return (
    <>
      <PageHead title={words().title} lead={words().lead} cli={['firn calendar today', 'firn autoscale list', 'firn autoscale decisions']} />
      <div class="flex flex-col gap-5">
        <Loaded query={overview} skeleton={<Skeleton lines={2} />}>
          {(all) => <Figures overview={all()} />}
        </Loaded>
        <Panel title={words().sessions} aside={words().sessionsAside(show.ownZone())}>
          <Loaded query={markets} isEmpty={({ items }) => items.length === 0} empty={<Empty icon="clock" title={words().sessionsEmpty}>{words().sessionsEmptyLead}</Empty>}>
            {(all) => <MarketSessions markets={all()} />}
          </Loaded>
        </Panel>
        <div class="grid grid-cols-1 gap-5 min-[88rem]:grid-cols-[minmax(0,1fr)_22rem]">
          <div class="flex min-w-0 flex-col gap-5">
            <Loaded query={overview} skeleton={<Panel title={words().workloads}><Skeleton /></Panel>}>
              {(all) => <MarketWorkloads overview={all()} />}
            </Loaded>
            <Panel title={words().recent}>
              <Loaded query={decisions} empty={<p class="text-muted py-4 text-center text-sm">{words().recentNone}</p>}>
                {(all) => <DecisionList decisions={all()} withWorkload />}
              </Loaded>
            </Panel>
          </div>
          <div class="grid min-w-0 grid-cols-1 content-start items-start gap-5 md:grid-cols-2 min-[88rem]:grid-cols-1">
            <SurgesPanel />
            <SignalsPanel />
          </div>
        </div>
      </div>
    </>
  );
}

function Figures(props: { readonly overview: AutoscaleOverview }): JSX.Element {
  const words = () => t().market;
  const sums = () => props.overview.sums;
  return (
    <div class="grid grid-cols-2 gap-3 lg:grid-cols-4">
      <Figure name={words().heat} value={props.overview.heat === null ? t().common.nothing : words().heatTimes(show.number(Math.round(props.overview.heat * 100) / 100))} note={props.overview.heat === null ? words().heatUnknown : words().heatNote} />
      <Figure name={words().demand} value={show.number(Math.round(sums().qps))} unit={words().qps} note={sums().usualQps === null ? undefined : words().usual(show.number(Math.round(sums().usualQps ?? 0)))} />
      <Figure name={words().replicasReady} value={show.number(sums().ready)} unit={words().ofWanted(show.number(sums().wanted))} note={sums().pending > 0 ? words().pending(sums().pending) : undefined} />
      <Figure
        name={words().following}
        value={show.number(sums().on)}
        unit={words().ofWorkloads(show.number(props.overview.items.length))}
        note={
          <>
            <span class={sums().alerts > 0 ? 'text-bad font-medium' : ''}>{sums().alerts > 0 ? words().alertCount(sums().alerts) : words().noAlerts}</span>
            {' · '}
            {props.overview.loop.lastRunAt === null ? words().loopNever : words().loop(show.ago(props.overview.loop.lastRunAt), show.number(Math.round((props.overview.loop.decidedMs ?? 0) * 10) / 10))}
          </>
        }
      />
    </div>
  );
}

function SurgesPanel(): JSX.Element {
  const words = () => t().market;
  const surges = useQuery(() => queries.surges());
  return (
    <Panel flush title={words().surges}>
      <Loaded query={surges} isEmpty={(all) => all.every(({ state }) => state === 'over')} empty={<p class="text-muted px-4 py-6 text-center text-sm">{words().surgesNone}</p>}>
        {(all) => (
          <ul class="divide-line divide-y">
            <For each={all().filter(({ state }) => state !== 'over')}>
              {(surge) => (
                <li class="flex flex-col gap-1 px-4 py-3 text-sm">
                  <span class="flex flex-wrap items-center justify-between gap-2">
                    <span class="font-medium break-words">{surge.reason}</span>
                    <Badge tone={surge.state === 'active' ? 'busy' : 'wait'}>{words().surgeStates[surge.state]}</Badge>
                  </span>
                  <span class="text-muted">{words().surgeLine(show.number(surge.factor), show.when(surge.from), show.when(surge.to))}</span>
                  <span class="text-faint text-xs break-words">{surge.services.length + surge.environments.length === 0 ? words().everywhere : show.listed([...surge.services, ...surge.environments])}</span>
                </li>
              )}
            </For>
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}

function SignalsPanel(): JSX.Element {
  const words = () => t().market;
  const signals = useQuery(() => queries.signals());
  return (
    <Panel flush title={words().signals} aside={<A href={paths.signals()} class="textlink">{words().toSignals}</A>}>
      <Loaded query={signals} empty={<p class="text-muted px-4 py-6 text-center text-sm">{words().signalsNone}</p>}>
        {(all) => (
          <ul class="divide-line divide-y">
            <For each={all()}>
              {(signal) => (
                <li class="flex items-baseline justify-between gap-3 px-4 py-3 text-sm">
                  <span class="min-w-0 break-words">
                    <span class="font-medium">{signal.title || signal.name}</span>
                    <Show when={signal.rules.filter(({ isActive }) => isActive).length > 0}>
                      <span class="text-warn block text-xs">{words().signalActive(signal.rules.filter(({ isActive }) => isActive).length)}</span>
                    </Show>
                  </span>
                  <span class="text-right whitespace-nowrap">
                    <Show when={signal.last} fallback={<Chip>{words().signalSilent}</Chip>}>
                      {(last) => (
                        <>
                          {show.number(last().value)} {signal.unit}
                          <span class="text-faint block text-xs">{signal.isSilent ? words().signalSilent : signal.usual === null ? show.ago(last().at) : words().signalUsual(show.number(signal.usual))}</span>
                        </>
                      )}
                    </Show>
                  </span>
                </li>
              )}
            </For>
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}
