// One host: what it has, what is reserved, allocated and used, what runs on it, what is wrong with it, and what may be done to it.
import { useNavigate, useParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { HostDetail } from '#server/http/contract/index.ts';
import { can } from '../../api/can.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { hostState, toneOf } from '../../format/tone.ts';
import { DrainDialog } from '../../forms/DrainDialog.tsx';
import { HostEditDialog } from '../../forms/HostEditDialog.tsx';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { because, useSession } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Empty, Loaded } from '../../ui/Loaded.tsx';
import { MeterLine } from '../../ui/Meter.tsx';
import { Fact, PageHead, Panel } from '../../ui/Panel.tsx';
import { Badge, Chip } from '../../ui/State.tsx';
import { DrainPanel } from './DrainPanel.tsx';
import { EventList } from '../EventList.tsx';
import { HostEvidencePanel } from './HostEvidencePanel.tsx';
import { HostTimeline } from './HostTimeline.tsx';
import { MetricsPanel } from '../services/MetricsPanel.tsx';
import { ReplicaTable } from '../services/ReplicaTable.tsx';

export default function HostPage(): JSX.Element {
  const params = useParams<{ name: string }>();
  const host = useQuery(() => queries.host(params.name));
  return (
    <Loaded query={host}>
      {(now) => (
        <>
          <PageHead
            title={now().name}
            crumbs={[{ href: paths.hosts(), text: t().fleet.title }]}
            lead={
              <span class="flex flex-wrap items-center gap-2">
                <Badge tone={toneOf.host(now())} title={now().stateReason}>
                  {t().states.host[hostState(now())]}
                </Badge>
                <span>
                  {t().states.kind[now().kind]} · {now().site} / {now().rack}
                </span>
              </span>
            }
            cli={[`firn host show ${now().name}`, now().cordoned ? `firn host uncordon ${now().name}` : `firn host cordon ${now().name} --why '…'`, now().drain === null ? `firn host drain ${now().name} --why '…'` : `firn host undrain ${now().name}`]}
            actions={<Actions host={now()} />}
          />
          <Notices host={now()} />
          <div class="grid grid-cols-1 gap-5 min-[88rem]:grid-cols-[minmax(0,1fr)_18rem]">
            <div class="flex min-w-0 flex-col gap-5">
              <Show when={now().state !== 'ready'}>
                <HostEvidencePanel host={now().name} />
              </Show>
              <Show when={now().drain}>{(drain) => <DrainPanel drain={drain()} maintenance={now().maintenance ?? null} />}</Show>
              <Capacity host={now()} />
              <Panel flush title={t().fleet.replicas} aside={show.number(now().runs.length)}>
                <Show when={now().runs.length > 0} fallback={<Empty icon="services" title={t().fleet.noReplicas}>{t().fleet.noReplicasLead}</Empty>}>
                  <ReplicaTable of="host" replicas={now().runs} />
                </Show>
              </Panel>
              <MetricsPanel of={{ host: now().name }} />
              <HostTimeline host={now().name} />
            </div>
            <div class="grid min-w-0 grid-cols-1 content-start items-start gap-5 md:grid-cols-2 min-[88rem]:grid-cols-1">
              <Show when={now().state === 'ready'}>
                <HostEvidencePanel host={now().name} />
              </Show>
              <Facts host={now()} />
              <Panel flush title={t().fleet.events}>
                <EventList subject={now().name} limit={12} none={t().fleet.noEvents} compact />
              </Panel>
            </div>
          </div>
        </>
      )}
    </Loaded>
  );
}

function Actions(props: { readonly host: HostDetail }): JSX.Element {
  const { me } = useSession();
  const act = useAct();
  const navigate = useNavigate();
  const [asking, setAsking] = createSignal<'cordon' | 'uncordon' | 'drain' | 'undrain' | 'forget' | 'edit' | null>(null);
  const close = () => setAsking(null);
  const name = () => props.host.name;
  return (
    <>
      <Button tone="quiet" icon="edit" refused={because(can.editHost(me()))} onClick={() => setAsking('edit')}>
        {t().common.edit}
      </Button>
      <Button tone="quiet" refused={because(can.forgetHost(me(), props.host))} onClick={() => setAsking('forget')}>
        {t().fleet.forget}
      </Button>
      <Show when={props.host.cordoned} fallback={<Button icon="stop" refused={because(can.cordon(me(), props.host))} onClick={() => setAsking('cordon')}>{t().fleet.cordon}</Button>}>
        <Button tone="primary" refused={because(can.uncordon(me(), props.host))} onClick={() => setAsking('uncordon')}>
          {t().fleet.uncordon}
        </Button>
      </Show>
      <Show when={props.host.drain !== null} fallback={<Button icon="defragment" refused={because(can.drain(me(), props.host))} onClick={() => setAsking('drain')}>{t().fleet.drain}</Button>}>
        <Button tone="primary" refused={because(can.undrain(me(), props.host))} onClick={() => setAsking('undrain')}>
          {t().fleet.undrain}
        </Button>
      </Show>
      <Show when={asking() === 'drain'}>
        <DrainDialog host={name()} onClose={close} />
      </Show>
      <ReasonDialog open={asking() === 'undrain'} onClose={close} title={t().fleet.undrainTitle(name())} lead={t().fleet.undrainLead} confirm={t().fleet.undrain} reason="none" onConfirm={() => act(mutations.undrain(name()), { topics: ['hosts'], done: t().fleet.undrained(name()) })} />
      <ReasonDialog open={asking() === 'cordon'} onClose={close} title={t().fleet.cordonTitle(name())} lead={t().fleet.cordonLead} confirm={t().fleet.cordon} reason="required" placeholder={t().fleet.cordonPlaceholder} onConfirm={(reason) => act(mutations.cordon(name(), reason), { topics: ['hosts'], done: t().fleet.cordoned(name()) })} />
      <ReasonDialog open={asking() === 'uncordon'} onClose={close} title={t().fleet.uncordonTitle(name())} lead={t().fleet.uncordonLead} confirm={t().fleet.uncordon} reason="none" onConfirm={() => act(mutations.uncordon(name()), { topics: ['hosts'], done: t().fleet.uncordoned(name()) })} />
      <ReasonDialog open={asking() === 'forget'} onClose={close} title={t().fleet.forgetTitle(name())} lead={t().fleet.forgetLead} confirm={t().fleet.forget} tone="danger" reason="none" onConfirm={() => act(mutations.forgetHost(name()), { topics: ['hosts'], done: t().fleet.forgotten(name()), onDone: () => navigate(paths.hosts()) })} />
      <HostEditDialog open={asking() === 'edit'} onClose={close} host={props.host} />
    </>
  );
}

function Notices(props: { readonly host: HostDetail }): JSX.Element {
  const notices = () => [
    ...(props.host.state === 'lost' || props.host.state === 'suspect' ? [{ tint: 'bg-bad-soft text-bad', text: `${t().states.host[props.host.state]}: ${props.host.stateReason}` }] : []),
    ...(props.host.cordoned ? [{ tint: 'bg-warn-soft text-warn', text: t().fleet.cordonedBecause(props.host.cordonReason ?? '') }] : []),
    ...props.host.problems.map((problem) => ({ tint: 'bg-warn-soft text-warn', text: problem })),
  ];
  return (
    <Show when={notices().length > 0}>
      <ul class="mb-5 flex flex-col gap-2">
        <For each={notices()}>
          {(notice) => (
            <li class={`flex items-start gap-2 rounded-md px-3 py-2 ${notice.tint}`}>
              <Icon name="warning" class="mt-0.5 size-4" />
              {notice.text}
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
}

function Capacity(props: { readonly host: HostDetail }): JSX.Element {
  const line = (name: string, resource: 'cpuMilli' | 'memoryMib', format: (value: number) => string) => (
    <div class="flex flex-col gap-3">
      <MeterLine
        name={name}
        whole={props.host.capacity[resource]}
        parts={[
          { amount: props.host.reserved[resource], tone: 'reserved' },
          { amount: props.host.allocated[resource], tone: 'allocated' },
        ]}
        text={t().fleet.capacityText(format(props.host.allocated[resource]), format(props.host.capacity[resource]))}
        note={t().fleet.restText(format(props.host.reserved[resource]), format(props.host.free[resource]))}
      />
      <MeterLine
        name={t().fleet.usedNow}
        whole={props.host.capacity[resource]}
        parts={[{ amount: props.host.usedNow?.[resource] ?? 0, tone: 'used' }]}
        text={props.host.usedNow === null ? t().common.noData : t().fleet.usedText(format(props.host.usedNow[resource]), format(props.host.capacity[resource]))}
      />
    </div>
  );
  return (
    <Panel title={t().fleet.capacity}>
      <div class="grid grid-cols-1 gap-6 md:grid-cols-2">
        {line(t().common.cpu, 'cpuMilli', show.cores)}
        {line(t().common.memory, 'memoryMib', show.memory)}
      </div>
    </Panel>
  );
}

function Facts(props: { readonly host: HostDetail }): JSX.Element {
  const chips = (values: readonly string[], none: string) => (
    <Show when={values.length > 0} fallback={<span class="text-muted">{none}</span>}>
      <span class="flex flex-wrap gap-1 pt-0.5">
        <For each={values}>{(value) => <Chip mono>{value}</Chip>}</For>
      </span>
    </Show>
  );
  return (
    <Panel title={t().fleet.facts}>
      <dl class="grid grid-cols-2 gap-x-4 gap-y-3">
        <Fact name={t().fleet.fact.address}>
          <code class="code">{props.host.address}</code>
        </Fact>
        <Fact name={t().fleet.fact.mode}>{t().fleet.networks.modes[props.host.networkMode]}</Fact>
        <Fact name={t().fleet.fact.seen}>{props.host.lastSeenAt === null ? t().fleet.never : show.ago(props.host.lastSeenAt)}</Fact>
        <Fact name={t().fleet.fact.generation}>{t().fleet.generation(props.host.reportedGeneration, props.host.generation)}</Fact>
        <Fact name={t().fleet.fact.engine}>{props.host.engineVersion ?? t().common.nothing}</Fact>
        <Fact name={t().fleet.fact.agent}>{props.host.agentVersion ?? t().common.nothing}</Fact>
        <Fact name={t().fleet.fact.cost}>{t().services.perHour(show.money(props.host.costCentsPerHour))}</Fact>
        <Fact name={t().fleet.fact.joined}>{show.ago(props.host.joinedAt)}</Fact>
        <Fact name={t().fleet.fact.performance}>{props.host.performance}</Fact>
        <Fact name={t().fleet.fact.stability}>{props.host.stability}</Fact>
        <Fact name={t().fleet.fact.strangers}>{t().fleet.strangers(props.host.strangers)}</Fact>
        <Fact name={t().fleet.fact.environments}>{chips(props.host.environments, t().fleet.anyEnvironment)}</Fact>
        <Fact wide name={t().fleet.fact.labels}>
          {chips(
            Object.entries(props.host.labels).map(([key, value]) => `${key}=${value}`),
            t().common.none,
          )}
        </Fact>
        <Fact wide name={t().fleet.fact.taints}>
          {chips(props.host.taints, t().common.none)}
        </Fact>
      </dl>
    </Panel>
  );
}
