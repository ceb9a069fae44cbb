// How a workload follows demand: its state in a sentence, demand against forecast, decisions with what led to each, and what surrounds them.
import { useNavigate, useSearchParams } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createSignal, Match, Show, Switch, type JSX } from 'solid-js';
import type { AutoscaleView, WorkloadView } from '#server/http/contract/index.ts';
import { mutations } from '../../api/mutations.ts';
import { queries } from '../../api/queries.ts';
import { reasonText } from '../../format/decision.ts';
import { paths } from '../../paths.ts';
import { useAct } from '../../shell/act.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button, ButtonLink } from '../../ui/Button.tsx';
import { ReasonDialog } from '../../ui/Dialog.tsx';
import { Checkbox } from '../../ui/Field.tsx';
import { Empty, Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';
import { AutoscaleChartPanel } from '../market/AutoscaleChartPanel.tsx';
import { AutoscaleFacts } from '../market/AutoscaleFacts.tsx';
import { AutoscaleBadge, PreviewMark } from '../market/AutoscaleMarks.tsx';
import { DecisionList } from '../market/DecisionList.tsx';
import { DecisionPanel } from '../market/DecisionPanel.tsx';

const RECENT = 30;

export function ServiceAutoscale(props: { readonly workload: WorkloadView }): JSX.Element {
  const autoscale = useQuery(() => queries.autoscale(props.workload.id));
  const [search] = useSearchParams<{ decision?: string }>();
  const navigate = useNavigate();
  const open = (id: string | undefined) => navigate(paths.service(props.workload.service, { environment: props.workload.environment, tab: 'autoscale', ...(id === undefined ? {} : { decision: id }) }), { scroll: false });
  return (
    <Loaded query={autoscale} skeleton={<Skeleton lines={8} />}>
      {(now) => (
        <div class="flex flex-col gap-5">
          <Head autoscale={now()} />
          <div class="grid grid-cols-1 gap-5 min-[88rem]:grid-cols-[minmax(0,1fr)_19rem]">
            <div class="flex min-w-0 flex-col gap-5">
              <AutoscaleChartPanel workloadId={props.workload.id} markets={now().settings.markets} chosen={search.decision} onPick={open} />
              <Show when={search.decision}>{(id) => <DecisionPanel id={id()} onClose={() => open(undefined)} />}</Show>
              <Show when={now().settings.mode !== 'off' || now().decision !== null}>
                <Decisions workloadId={props.workload.id} chosen={search.decision} />
              </Show>
            </div>
            <div class="grid min-w-0 grid-cols-1 content-start items-start gap-5 md:grid-cols-2 min-[88rem]:grid-cols-1">
              <AutoscaleFacts autoscale={now()} />
            </div>
          </div>
        </div>
      )}
    </Loaded>
  );
}

function Head(props: { readonly autoscale: AutoscaleView }): JSX.Element {
  const words = () => t().autoscale;
  const now = () => props.autoscale;
  const settings = () => paths.autoscaleSettings(now().service, { environment: now().environment });
  const told = () => {
    const decision = now().decision;
    return now().settings.mode !== 'off' && decision !== null ? reasonText(decision, words(), show) : words().stateHints[now().state];
  };
  return (
    <Switch>
      <Match when={now().settings.mode === 'off'}>
        <Panel flush>
          <Empty icon="market" title={words().offTitle} action={<ButtonLink href={settings()} tone="primary" icon="edit">{words().begin}</ButtonLink>}>
            {words().offLead}
          </Empty>
        </Panel>
      </Match>
      <Match when>
        <section class="border-line bg-panel shadow-panel flex flex-wrap items-center justify-between gap-x-6 gap-y-3 rounded-lg border px-4 py-3">
          <div class="min-w-0 flex-1 basis-80">
            <p class="flex flex-wrap items-center gap-x-3 gap-y-1">
              <AutoscaleBadge state={now().state} />
              <PreviewMark mode={now().settings.mode} state={now().state} />
              <Show when={now().settings.pauseScaleIn && !now().settings.isPaused}>
                <Badge tone="wait">{words().inPaused}</Badge>
              </Show>
              <span class="font-semibold">
                {t().market.readyOf(show.number(now().replicas.ready), t().common.countReplicas(now().replicas.wanted))}
              </span>
              <Show when={(now().replicas.wouldWant ?? 0) > now().replicas.wanted}>
                <span class="text-bad">{words().wouldWant(show.number(now().replicas.wouldWant ?? 0))}</span>
              </Show>
            </p>
            <p class="text-muted mt-1">{told()}</p>
          </div>
          <div class="flex flex-wrap items-center gap-2">
            <PauseButtons autoscale={now()} />
            <ButtonLink href={settings()} icon="edit">
              {words().settings}
            </ButtonLink>
          </div>
        </section>
      </Match>
    </Switch>
  );
}

export function PauseButtons(props: { readonly autoscale: AutoscaleView }): JSX.Element {
  const words = () => t().autoscale;
  const act = useAct();
  const [asking, setAsking] = createSignal<'all' | 'scale-in' | 'resume' | null>(null);
  const isPaused = () => props.autoscale.settings.isPaused || props.autoscale.settings.pauseScaleIn;
  const refused = () => (props.autoscale.mayManage ? null : t().refusals.role(t().states.role.developer, props.autoscale.team));
  const close = () => setAsking(null);
  const topics = ['autoscale'];
  return (
    <>
      <Show
        when={isPaused()}
        fallback={
          <Button tone="quiet" refused={refused()} onClick={() => setAsking('scale-in')}>
            {words().pauseIn}
          </Button>
        }
      >
        <Button tone="primary" icon="play" refused={refused()} onClick={() => setAsking('resume')}>
          {words().resume}
        </Button>
      </Show>
      <Show when={!props.autoscale.settings.isPaused}>
        <Button icon="pause" refused={refused()} onClick={() => setAsking('all')}>
          {words().pause}
        </Button>
      </Show>
      <ReasonDialog open={asking() === 'all'} onClose={close} title={words().pauseTitle(props.autoscale.workload)} lead={words().pauseLead} confirm={words().pause} reason="required" placeholder={words().pausePlaceholder} onConfirm={(why) => act(mutations.pauseAutoscale(props.autoscale.workloadId, 'all', why), { topics, done: words().paused })} />
      <ReasonDialog open={asking() === 'scale-in'} onClose={close} title={words().pauseInTitle(props.autoscale.workload)} lead={words().pauseInLead} confirm={words().pauseIn} reason="required" placeholder={words().pausePlaceholder} onConfirm={(why) => act(mutations.pauseAutoscale(props.autoscale.workloadId, 'scale-in', why), { topics, done: words().pausedIn })} />
      <ReasonDialog open={asking() === 'resume'} onClose={close} title={words().resumeTitle(props.autoscale.workload)} lead={words().resumeLead} confirm={words().resume} reason="required" onConfirm={(why) => act(mutations.resumeAutoscale(props.autoscale.workloadId, why), { topics, done: words().resumed })} />
    </>
  );
}

function Decisions(props: { readonly workloadId: string; readonly chosen: string | undefined }): JSX.Element {
  const words = () => t().autoscale;
  const [changesOnly, setChangesOnly] = createSignal(true);
  const decisions = useQuery(() => queries.decisions({ workload: props.workloadId, limit: RECENT, ...(changesOnly() ? { action: 'changes' as const } : {}) }));
  return (
    <Panel title={words().decisions} aside={<Checkbox label={<span class="font-normal">{words().changesOnly}</span>} checked={changesOnly()} onInput={setChangesOnly} />}>
      <Loaded query={decisions} empty={<p class="text-muted py-4 text-center text-sm">{changesOnly() ? t().market.recentNone : words().decisionsNone}</p>}>
        {(all) => <DecisionList decisions={all()} chosen={props.chosen} />}
      </Loaded>
    </Panel>
  );
}
