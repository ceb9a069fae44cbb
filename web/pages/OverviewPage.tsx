// The first page: the fleet now in a few figures, what needs somebody, and what happened last.
import { A, useNavigate } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { For, Match, Show, Switch, type JSX } from 'solid-js';
import type { CapacityRequest, HostView, ProposalView, RolloutView, ServiceView, Status } from '#server/http/contract/index.ts';
import { dataOf } from '../api/data.ts';
import { queries } from '../api/queries.ts';
import { WAITS_FOR_PERSON, workloadName } from '../format/rollout.ts';
import { paths } from '../paths.ts';
import { t } from '../shell/preferences.ts';
import { useSession } from '../shell/session.ts';
import { show } from '../shell/show.ts';
import { unwrap } from '../solid.ts';
import { ButtonLink } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { Empty, Failure, Loaded, Skeleton } from '../ui/Loaded.tsx';
import { Meter } from '../ui/Meter.tsx';
import { Figure, PageHead, Panel } from '../ui/Panel.tsx';
import { Dot, type Tone } from '../ui/State.tsx';
import { EventList } from './EventList.tsx';
import { FleetMap } from './fleet/FleetMap.tsx';
import { mapHeight } from './fleet/HostsPage.tsx';
import { ProofGauge } from './placement/ProofGauge.tsx';
import { SurvivalPanel } from './fleet/SurvivalPanel.tsx';

export default function OverviewPage(): JSX.Element {
  const { status } = useSession();
  const navigate = useNavigate();
  const hosts = useQuery(() => ({ ...queries.hosts(), reconcile: false as const }));
  const services = useQuery(() => queries.services());
  const requests = useQuery(() => queries.requests());
  const proposals = useQuery(() => queries.proposals());
  const rollouts = useQuery(() => queries.activeRollouts());
  /** Where one of them is missing, nobody can say that nothing waits. */
  const failed = () => [requests, services, hosts, proposals, rollouts].find((query) => query.isLoadingError);
  const matters = () => mattersOf({ status: status(), requests: dataOf(requests) ?? [], services: dataOf(services) ?? [], hosts: unwrap(dataOf(hosts) ?? []), proposals: dataOf(proposals) ?? [], rollouts: dataOf(rollouts) ?? [] });
  return (
    <>
      <PageHead title={t().shell.overview.title} cli={['firn status', 'firn survival', 'firn proof']} actions={<ButtonLink href={paths.ask()} tone="primary" icon="ask">{t().shell.nav.ask}</ButtonLink>} />
      <div class="flex flex-col gap-5">
        <Show when={status()} fallback={<div class="skeleton h-28" />}>
          {(now) => <Figures status={now()} hosts={dataOf(hosts) === undefined ? null : unwrap(dataOf(hosts)!)} />}
        </Show>
        <div class="grid grid-cols-1 gap-5 xl:grid-cols-[minmax(0,1fr)_24rem]">
          <div class="flex min-w-0 flex-col gap-5">
            <Panel flush title={t().shell.overview.attention} aside={matters().length > 0 ? show.number(matters().length) : undefined}>
              <Switch fallback={<Attention matters={matters()} />}>
                <Match when={failed()}>{(query) => <Failure error={query().error} onRetry={() => void query().refetch()} />}</Match>
                <Match when={requests.isPending || services.isPending || hosts.isPending || proposals.isPending || rollouts.isPending}>
                  <Skeleton lines={3} />
                </Match>
              </Switch>
            </Panel>
            <Panel title={t().shell.overview.fleet} aside={<A href={paths.hosts()} class="text-accent hover:underline">{t().shell.overview.allHosts}</A>}>
              <Loaded
                query={hosts}
                skeleton={<div class="skeleton h-52" />}
                empty={
                  <Empty icon="hosts" title={t().shell.overview.noHosts} action={<ButtonLink href={paths.networks()} tone="primary">{t().shell.overview.joinHost}</ButtonLink>}>
                    {t().shell.overview.noHostsLead}
                  </Empty>
                }
              >
                {(all) => <FleetMap hosts={unwrap(all())} measure="cpuMilli" basis="allocated" height={Math.min(300, mapHeight(all().length))} onOpen={(host) => navigate(paths.host(host.name))} />}
              </Loaded>
            </Panel>
          </div>
          <div class="flex min-w-0 flex-col gap-5">
            <SurvivalPanel />
            <Panel flush title={t().shell.overview.recent} aside={<A href={paths.events()} class="text-accent hover:underline">{t().shell.overview.allEvents}</A>}>
              <EventList compact limit={10} none={t().plans.events.emptyLead} />
            </Panel>
          </div>
        </div>
      </div>
    </>
  );
}

/** `hosts` null: not known yet, so that no use is claimed. */
function Figures(props: { readonly status: Status; readonly hosts: readonly HostView[] | null }): JSX.Element {
  const totals = () => props.status.totals;
  const used = (resource: 'cpuMilli' | 'memoryMib') => (props.hosts ?? []).reduce((sum, { usedNow }) => sum + (usedNow?.[resource] ?? 0), 0);
  const capacity = (name: string, resource: 'cpuMilli' | 'memoryMib', format: (value: number) => string) => (
    <Figure name={`${name}: ${t().shell.overview.allocated.toLowerCase()}`} value={show.percent(totals().allocated[resource], totals().capacity[resource])} unit={t().shell.overview.ofCapacity(format(totals().allocated[resource]), format(totals().capacity[resource]))}>
      <div class="my-1 flex flex-col gap-1">
        <Meter label={`${name}: ${t().shell.overview.allocated}`} text={format(totals().allocated[resource])} whole={totals().capacity[resource]} parts={[{ amount: totals().allocated[resource], tone: 'allocated' }]} />
        <Meter thin label={`${name}: ${t().shell.overview.used}`} text={format(used(resource))} whole={totals().capacity[resource]} parts={[{ amount: used(resource), tone: 'used' }]} />
      </div>
      <div class="text-muted text-xs">
        {props.hosts === null ? t().common.nothing : format(used(resource))} {t().shell.overview.used}
      </div>
    </Figure>
  );
  return (
    <div class="grid grid-cols-1 gap-3 sm:grid-cols-2 lg:grid-cols-3 min-[88rem]:grid-cols-6">
      <Figure name={t().shell.overview.running} value={show.number(totals().running)} unit={t().shell.overview.runningOf(show.number(totals().replicas))}>
        <div class="my-1">
          <Meter label={t().shell.overview.running} text={t().services.runningOf(show.number(totals().running), show.number(totals().replicas))} whole={totals().replicas} parts={[{ amount: totals().running, tone: 'used' }]} />
        </div>
        <Show when={totals().pending > 0}>
          <div class="text-warn text-xs">{t().services.pending(totals().pending)}</div>
        </Show>
      </Figure>
      <Figure name={t().shell.overview.hostsReady} value={show.number(totals().hostsReady)} unit={t().shell.overview.hostsOf(show.number(totals().hosts))}>
        <div class="my-1">
          <Meter label={t().shell.overview.hostsReady} text={show.number(totals().hostsReady)} whole={totals().hosts} parts={[{ amount: totals().hostsReady, tone: 'used' }]} />
        </div>
      </Figure>
      {capacity(t().common.cpu, 'cpuMilli', show.cores)}
      {capacity(t().common.memory, 'memoryMib', show.memory)}
      <Figure name={t().shell.overview.cost} value={show.money(totals().costCentsPerHour)} unit={t().common.perHour} note={t().shell.overview.costMonth(show.moneyAMonth(totals().costCentsPerHour))} />
      <ProofGauge />
    </div>
  );
}

interface Matter {
  readonly tone: Tone;
  readonly text: string;
  readonly note: string;
  readonly href: string;
  readonly go: string;
}

interface Known {
  readonly status: Status | undefined;
  readonly requests: readonly CapacityRequest[];
  readonly services: readonly ServiceView[];
  readonly hosts: readonly HostView[];
  readonly proposals: readonly ProposalView[];
  readonly rollouts: readonly RolloutView[];
}

/** What a person should look at, most urgent first. */
function mattersOf({ status, requests, services, hosts, proposals, rollouts }: Known): Matter[] {
  const words = t().shell.overview;
  const away = hosts.filter(({ state }) => state === 'lost' || state === 'suspect');
  return [
    ...away.map((host): Matter => ({ tone: host.state === 'lost' ? 'bad' : 'wait', text: host.state === 'lost' ? words.hostLost(host.name) : words.hostSuspect(host.name), note: host.stateReason, href: paths.host(host.name), go: words.look })),
    ...(status?.loops ?? []).filter(({ failing }) => failing).map((loop): Matter => ({ tone: 'bad', text: words.loopFails(loop.name), note: loop.status, href: paths.events(), go: words.look })),
    ...rollouts.filter(({ phase }) => WAITS_FOR_PERSON.has(phase)).map((rollout): Matter => ({ tone: 'wait', text: `${t().rollouts.name(workloadName(rollout), t().releases.version(rollout.from.version), t().releases.version(rollout.to.version))}: ${t().rollouts.phases[rollout.phase].toLowerCase()}`, note: rollout.trouble ?? rollout.wait?.reason ?? '', href: paths.rollout(rollout.id), go: words.look })),
    ...services
      .flatMap(({ workloads }) => workloads)
      .filter(({ wanted, placed }) => placed < wanted)
      .map((workload): Matter => ({ tone: 'wait', text: words.pendingLead(t().common.countReplicas(workload.wanted - workload.placed), workload.name), note: workload.team, href: paths.service(workload.service, { environment: workload.environment }), go: words.look })),
    ...requests.filter(({ state }) => state === 'waiting').map((request): Matter => ({ tone: 'busy', text: words.waits(request.draft.team, `${request.draft.service}.${request.draft.environment}`), note: `${request.submittedBy}, ${show.ago(request.submittedAt)}`, href: paths.request(request.id), go: words.review })),
    ...proposals.filter(({ state }) => state === 'draft').map((proposal): Matter => ({ tone: 'busy', text: t().proposals.waits(proposal.createdBy, proposal.title), note: show.ago(proposal.createdAt), href: paths.proposal(proposal.id), go: words.review })),
    ...hosts.flatMap((host) => host.problems.map((problem): Matter => ({ tone: 'wait', text: words.hostProblem(host.name, problem), note: '', href: paths.host(host.name), go: words.look }))),
  ];
}

const MOST_MATTERS = 8;

function Attention(props: { readonly matters: readonly Matter[] }): JSX.Element {
  return (
    <Show
      when={props.matters.length > 0}
      fallback={
        <div class="flex items-center gap-3 px-4 py-5">
          <span class="bg-ok-soft text-ok rounded-full p-2">
            <Icon name="check" class="size-5" />
          </span>
          <div>
            <p class="font-medium">{t().shell.overview.calm}</p>
            <p class="text-muted text-sm">{t().shell.overview.calmLead}</p>
          </div>
        </div>
      }
    >
      <ul class="divide-line divide-y">
        <For each={props.matters.slice(0, MOST_MATTERS)}>
          {(matter) => (
            <li class="flex items-center justify-between gap-3 px-4 py-2.5">
              <div class="min-w-0">
                <p class="flex items-center gap-2 font-medium">
                  <Dot tone={matter.tone}>
                    <span class="whitespace-normal">{matter.text}</span>
                  </Dot>
                </p>
                <p class="text-muted pl-4 text-sm">{matter.note}</p>
              </div>
              <ButtonLink size="sm" href={matter.href}>
                {matter.go}
              </ButtonLink>
            </li>
          )}
        </For>
      </ul>
      <Show when={props.matters.length > MOST_MATTERS}>
        <p class="text-faint border-line border-t px-4 py-2 text-sm">+ {show.number(props.matters.length - MOST_MATTERS)}</p>
      </Show>
    </Show>
  );
}
