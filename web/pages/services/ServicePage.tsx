// One service: its environments, and of the chosen one everything that runs, what was asked, what it uses, its releases, builds and
// configuration, and what can be done to it.
import { A, useParams, useSearchParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Match, Show, Switch, type JSX } from 'solid-js';
import type { ServiceDetail, WorkloadView } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { dataOf } from '../../api/data.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button, ButtonLink } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { Fact, PageHead, Panel } from '../../ui/Panel.tsx';
import { Chip } from '../../ui/State.tsx';
import { FreezeBanner, LockBanner, LockButton } from '../releases/Guards.tsx';
import { MetricsPanel } from './MetricsPanel.tsx';
import { ReplicaTable } from './ReplicaTable.tsx';
import { RolloutTable } from '../releases/RolloutsPage.tsx';
import { ServiceAutoscale } from './ServiceAutoscale.tsx';
import { ServiceBuilds } from '../releases/ServiceBuilds.tsx';
import { ServiceConfiguration } from './ServiceConfiguration.tsx';
import { ServiceReleases } from '../releases/ServiceReleases.tsx';
import { RunningMeter } from './ServicesPage.tsx';
import { UnplacedList } from '../placement/UnplacedList.tsx';
import { WhyNotPanel } from '../placement/WhyNotPanel.tsx';

export default function ServicePage(): JSX.Element {
  const params = useParams<{ name: string }>();
  const [search] = useSearchParams<{ environment?: string; tab?: string }>();
  const service = useQuery(() => queries.service(params.name));
  const chosen = (all: ServiceDetail) => all.workloads.find(({ environment }) => environment === search.environment) ?? all.workloads.find(({ environment }) => environment === 'production') ?? all.workloads[0];
  const tab = () => TABS.find((each) => each === search.tab) ?? 'overview';
  return (
    <Loaded query={service}>
      {(all) => (
        <>
          <PageHead title={all().name} crumbs={[{ href: paths.services(), text: t().services.title }]} lead={all().team} cli={[...commandsOf(tab(), all().name, chosen(all())?.environment ?? ''), ...all().workloads.filter(({ wanted, placed }) => placed < wanted).map(({ name }) => `firn why ${name}`)]} actions={<Show when={chosen(all())}>{(workload) => <Actions workload={workload()} />}</Show>} />
          <Show when={all().workloads.length > 1}>
            <nav aria-label={t().services.environments} class="border-line mb-4 flex gap-1 overflow-x-auto border-b">
              <For each={all().workloads}>
                {(workload) => (
                  <A
                    href={paths.service(all().name, { environment: workload.environment, ...(tab() === 'overview' ? {} : { tab: tab() as Exclude<Tab, 'overview'> }) })}
                    aria-current={workload.id === chosen(all())?.id ? 'page' : undefined}
                    class={`-mb-px border-b-2 px-3 py-2 whitespace-nowrap ${workload.id === chosen(all())?.id ? 'border-accent text-accent font-medium' : 'text-muted hover:text-ink border-transparent'}`}
                  >
                    {workload.environment}
                  </A>
                )}
              </For>
            </nav>
          </Show>
          <Show when={chosen(all())} fallback={<Panel flush><Empty icon="services" title={t().services.noReplicas}>{t().services.emptyLead}</Empty></Panel>}>
            {(workload) => (
              <>
                <Tabs workload={workload()} tab={tab()} />
                <LockBanner workloadId={workload().id} workload={workload().name} team={workload().team} />
                <FreezeBanner environment={workload().environment} />
                <UnderWay workload={workload()} />
                <Switch fallback={<Workload workload={workload()} service={all()} />}>
                  <Match when={tab() === 'autoscale'}>
                    <ServiceAutoscale workload={workload()} />
                  </Match>
                  <Match when={tab() === 'releases'}>
                    <ServiceReleases workload={workload()} />
                  </Match>
                  <Match when={tab() === 'builds'}>
                    <ServiceBuilds workload={workload()} />
                  </Match>
                  <Match when={tab() === 'configuration'}>
                    <ServiceConfiguration workload={workload()} />
                  </Match>
                </Switch>
              </>
            )}
          </Show>
        </>
      )}
    </Loaded>
  );
}

type Tab = 'overview' | 'autoscale' | 'releases' | 'builds' | 'configuration';
const TABS: readonly Tab[] = ['overview', 'autoscale', 'releases', 'builds', 'configuration'];

function commandsOf(tab: Tab, service: string, environment: string): string[] {
  switch (tab) {
    case 'overview':
      return [`firn service show ${service}`, `firn lock ${service} -e ${environment} --why '…'`];
    case 'autoscale':
      return [`firn autoscale show ${service}.${environment}`, `firn autoscale decisions ${service}.${environment}`, `firn autoscale pause ${service}.${environment} --why '…'`];
    case 'releases':
      return [`firn release list ${service} -e ${environment}`, `firn rollback ${service} -e ${environment} --why '…'`];
    case 'builds':
      return [`firn build list --service ${service}`];
    case 'configuration':
      return ['firn secret list', `firn secret set NAME --team TEAM --service ${service} -e ${environment}`];
  }
}

function Tabs(props: { readonly workload: WorkloadView; readonly tab: Tab }): JSX.Element {
  return (
    <nav aria-label={t().releases.tabs.label} class="mb-5 flex gap-1 overflow-x-auto">
      <For each={TABS}>
        {(tab) => (
          <A
            href={paths.service(props.workload.service, { environment: props.workload.environment, ...(tab === 'overview' ? {} : { tab }) })}
            aria-current={tab === props.tab ? 'page' : undefined}
            class={`rounded-md px-3 py-1.5 whitespace-nowrap ${tab === props.tab ? 'bg-accent-soft text-accent font-medium' : 'text-muted hover:bg-sunken hover:text-ink'}`}
          >
            {t().releases.tabs[tab]}
          </A>
        )}
      </For>
    </nav>
  );
}

/** The rollout that changes this workload now, wherever one looks at it. */
function UnderWay(props: { readonly workload: WorkloadView }): JSX.Element {
  const active = useQuery(() => queries.activeRollouts());
  const rollout = () => (dataOf(active) ?? []).find(({ workloadId }) => workloadId === props.workload.id);
  return (
    <Show when={rollout()}>
      {(now) => (
        <Panel flush class="mb-5">
          <RolloutTable rollouts={[now()]} />
        </Panel>
      )}
    </Show>
  );
}

function Actions(props: { readonly workload: WorkloadView }): JSX.Element {
  const { me } = useSession();
  const act = useAct();
  const [asking, setAsking] = createSignal(false);
  return (
    <>
      <Button tone="quiet" refused={because(can.giveBack(me(), props.workload))} onClick={() => setAsking(true)}>
        {t().services.giveBack}
      </Button>
      <LockButton workloadId={props.workload.id} workload={props.workload.name} team={props.workload.team} />
      <ButtonLink href={paths.ask({ service: props.workload.service, environment: props.workload.environment })} icon="edit">
        {t().services.resize}
      </ButtonLink>
      <ButtonLink href={paths.makeRelease(props.workload.service, { environment: props.workload.environment })} tone="primary" icon="rollouts">
        {t().releases.release}
      </ButtonLink>
      <ReasonDialog
        open={asking()}
        onClose={() => setAsking(false)}
        title={t().services.giveBackTitle(props.workload.name)}
        lead={t().services.giveBackLead(t().common.countReplicas(props.workload.wanted), show.money(props.workload.costCentsPerHour))}
        confirm={t().services.giveBack}
        tone="danger"
        reason="required"
        placeholder={t().services.giveBackPlaceholder}
        onConfirm={(reason) => act(mutations.giveBack(props.workload.id, reason), { topics: ['services', 'plans', 'requests'], done: t().services.givenBack })}
      />
    </>
  );
}

function Workload(props: { readonly workload: WorkloadView; readonly service: ServiceDetail }): JSX.Element {
  const replicas = () => props.service.replicas.filter(({ workloadId }) => workloadId === props.workload.id);
  const waiting = () => props.workload.pending.reduce((sum, { count }) => sum + count, 0);
  return (
    <div class="grid grid-cols-1 gap-5 min-[88rem]:grid-cols-[minmax(0,1fr)_18rem]">
      <div class="flex min-w-0 flex-col gap-5">
        <Show when={waiting() > 0}>
          <UnplacedList unplaced={props.workload.pending} title={t().services.pendingTitle(t().common.countReplicas(waiting()))} />
          <WhyNotPanel workloadId={props.workload.id} workload={props.workload.name} />
        </Show>
        <Panel flush title={t().services.replicas} aside={t().services.runningOf(show.number(props.workload.running), show.number(props.workload.wanted))}>
          <Show when={replicas().length > 0} fallback={<Empty icon="services" title={t().services.noReplicas}>{t().services.noReplicasLead}</Empty>}>
            <ReplicaTable replicas={replicas()} />
          </Show>
        </Panel>
        <MetricsPanel of={{ workload: props.workload.id }} />
      </div>
      <div class="grid min-w-0 grid-cols-1 content-start items-start gap-5 md:grid-cols-2 min-[88rem]:grid-cols-1">
        <Asked workload={props.workload} />
        <Release workload={props.workload} />
      </div>
    </div>
  );
}

function Asked(props: { readonly workload: WorkloadView }): JSX.Element {
  const { status } = useSession();
  const shape = () => status()?.shapes[props.workload.shape];
  const survive = () => t().states.survive[props.workload.survive as 'host'] ?? props.workload.survive;
  return (
    <Panel title={t().services.asked}>
      <div class="mb-4">
        <RunningMeter workload={props.workload} />
      </div>
      <dl class="grid grid-cols-2 gap-x-4 gap-y-3 min-[88rem]:grid-cols-1">
        <Fact name={t().services.facts.asked}>
          {t().services.qps(show.number(props.workload.peakQps))} <span class="text-faint text-sm">+ {show.percent(props.workload.headroomPermille, 1000)}</span>
        </Fact>
        <Fact name={t().services.facts.profile}>{t().services.profile(show.number(props.workload.profile.cpuMsPerRequest), show.memory(props.workload.profile.memoryBaseMib), `${show.number(props.workload.profile.memoryKibPerQps)} KiB`)}</Fact>
        <Fact name={t().services.facts.survive}>{survive()}</Fact>
        <Fact name={t().services.facts.shape}>
          {props.workload.shape}
          <Show when={shape()}>{(known) => <span class="text-muted"> · {show.shape(known())}</span>}</Show>
        </Fact>
        <Fact name={t().services.facts.minimum}>{show.number(props.workload.minReplicas)}</Fact>
        <Fact name={t().services.facts.cloud}>{t().services.cloud[props.workload.cloud]}</Fact>
        <Fact name={t().services.facts.cost}>
          {show.money(props.workload.costCentsPerHour)} {t().common.perHour}, {show.moneyAMonth(props.workload.costCentsPerHour)} {t().common.perMonth}
        </Fact>
        <Fact name={t().services.facts.request}>
          <A href={paths.request(props.workload.requestId)} class="text-accent hover:underline">
            {show.ago(props.workload.updatedAt)}
          </A>
        </Fact>
      </dl>
    </Panel>
  );
}

function Release(props: { readonly workload: WorkloadView }): JSX.Element {
  const run = () => props.workload.run;
  return (
    <Panel title={t().services.release}>
      <dl class="grid grid-cols-2 gap-x-4 gap-y-3">
        <Fact wide name={t().services.image}>
          <code class="code break-all">{run().image}</code>
        </Fact>
        <Fact wide name={t().services.command}>
          <Show when={run().command.length > 0} fallback={<span class="text-muted">{t().services.ownCommand}</span>}>
            <code class="code break-all">{run().command.join(' ')}</code>
          </Show>
        </Fact>
        <Fact name={t().services.port}>{run().port}</Fact>
        <Fact name={t().services.health}>
          <code class="code">{run().healthPath ?? t().common.nothing}</code>
        </Fact>
        <Show when={Object.keys(run().env).length > 0}>
          <Fact wide name={t().services.env}>
            <div class="flex flex-wrap gap-1 pt-0.5">
              <For each={Object.entries(run().env)}>{([key, value]) => <Chip mono>{`${key}=${value}`}</Chip>}</For>
            </div>
          </Fact>
        </Show>
      </dl>
    </Panel>
  );
}
