// Decisions, settings and the present of the autoscaler as the API tells them.
import { costDriftPermille } from '#scheduler/autoscale/capacity.ts';
import { explainDecision } from '#scheduler/autoscale/explain.ts';
import type { Decision, Observation } from '#scheduler/autoscale/model.ts';
import type { Workload } from '#scheduler/model.ts';
import { isRefusal } from '#scheduler/size.ts';
import { heatOf, usualQps } from '../../autoscale/heat.ts';
import type { Remembered } from '../../autoscale/memory.ts';
import { desiredNow, grantedReplicas, startDelayOf } from '../../autoscale/observe.ts';
import { quotaLeft } from '../../autoscale/quota-left.ts';
import type { RoundRead } from '../../autoscale/round.ts';
import { settingsOf } from '../../autoscale/rules.ts';
import { p95 } from '../../autoscale/starts.ts';
import { standingOf } from '../../autoscale/state-of.ts';
import type { Context } from '../../context.ts';
import type { Present } from '../../control/present.ts';
import type { AlertRow, DecisionHead, SettingsRow } from '../../db/autoscale.ts';
import type { AutoscaleAlert, AutoscaleRow, AutoscaleVersion, AutoscaleView, DecisionView } from '../contract/autoscale.ts';
import type { Actor } from '../secured.ts';
import { instant, instantOrNull } from './show.ts';

type Figures = Omit<DecisionView, 'id' | 'workloadId' | 'workload' | 'team' | 'mode' | 'settingsVersion' | 'ready' | 'pending'>;

/** The decision itself, whoever it is about. */
export function showFigures(decision: Decision): Figures {
  const { at, suppressed, opening, floors, alerts, witnesses, ...rest } = decision;
  return {
    ...rest,
    at: instant(at),
    explanation: explainDecision(decision),
    floors: [...floors],
    suppressed: suppressed.map(({ until, ...each }) => ({ ...each, until: instantOrNull(until) })),
    alerts: [...alerts],
    witnesses: [...witnesses],
    opening: opening === null ? null : { ...opening, at: instant(opening.at) },
  };
}

export function showDecision({ id, workloadId, workload, team, mode, settingsVersion, ready, pending, body }: DecisionHead): DecisionView {
  return { id, workloadId, workload, team, mode, settingsVersion, ready, pending, ...showFigures(body) };
}

export const showVersion = ({ version, settings, changedBy, changedAt, why }: SettingsRow): AutoscaleVersion => ({ version, settings, changedBy, changedAt: instant(changedAt), why });

const showAlerts = (rows: readonly AlertRow[], workloadId: string): AutoscaleAlert[] => rows.filter((row) => row.workloadId === workloadId).map(({ kind, message, value, since }) => ({ kind, message, value, since: instant(since) }));

/** What views of workloads share. */
export interface AutoscaleSeen {
  readonly present: Present;
  readonly read: RoundRead;
  readonly decisions: ReadonlyMap<string, DecisionHead>;
}

interface Counted {
  readonly wanted: number;
  readonly ready: number;
  readonly pending: number;
  readonly wouldWant: number | null;
  readonly granted: number;
  readonly min: number;
  readonly max: number;
  readonly quota: number | null;
}

/** @returns undefined for a workload whose sum cannot be done */
function count(context: Context, { present, read }: AutoscaleSeen, workload: Workload, remembered: Remembered): Counted | undefined {
  const sizing = present.sizingOf(workload);
  if (isRefusal(sizing)) return undefined;
  const { settings } = read.settings(workload.id);
  const granted = grantedReplicas(workload, sizing);
  const quota = quotaLeft(present, read.quotas, workload);
  const wanted = settings.mode === 'on' ? desiredNow(settingsOf(settings), remembered, workload, granted) : granted;
  const ready = context.metrics.latest(workload.id)?.ready ?? 0;
  const max = Math.min(granted, settings.max ?? Number.POSITIVE_INFINITY, quota === null ? Number.POSITIVE_INFINITY : Math.max(wanted, quota));
  // What is wanted is with what survival adds, since that is what serves as well.
  return { wanted: sizing.replicas, ready, pending: Math.max(0, sizing.replicas - ready), wouldWant: settings.mode === 'off' ? null : (remembered.last?.decision.wouldWant ?? null), granted, min: Math.min(max, Math.max(1, workload.ask.minReplicas, settings.min)), max, quota };
}

const NOTHING: Counted = { wanted: 0, ready: 0, pending: 0, wouldWant: null, granted: 0, min: 0, max: 0, quota: null };

export function showRow(context: Context, seen: AutoscaleSeen, workload: Workload): AutoscaleRow {
  const { settings } = seen.read.settings(workload.id);
  const remembered = context.autoscale.of(workload.id);
  const latest = context.metrics.latest(workload.id);
  const { wanted, ready, pending, wouldWant, min, max } = count(context, seen, workload, remembered) ?? NOTHING;
  const usually = usualQps(remembered.state, context.market.momentOf(settings.markets, context.clock.now()));
  const qps = latest?.qps ?? null;
  const decision = settings.mode === 'off' ? null : (remembered.last?.decision ?? null);
  const stored = seen.decisions.get(workload.id);
  const sizing = seen.present.sizingOf(workload);
  const full = isRefusal(sizing) ? 0 : ready * (sizing.qpsPerReplica.q / sizing.utilisation);
  return {
    workloadId: workload.id,
    workload: workload.name,
    service: workload.service,
    environment: workload.environment,
    team: workload.team,
    mode: settings.mode,
    ...standingOf(settings, remembered),
    qps,
    usualQps: usually,
    heat: heatOf(qps, usually),
    forecast: decision?.forecast ?? null,
    bound: decision?.bound ?? null,
    wanted,
    ready,
    pending,
    min,
    max,
    wouldWant,
    usedPermille: qps === null || full <= 0 ? null : Math.round((1000 * qps) / full),
    alerts: showAlerts(seen.read.alerts, workload.id),
    lastDecision: stored === undefined ? null : { id: stored.id, at: instant(stored.at), action: stored.action, before: stored.body.before, replicas: stored.body.replicas, explanation: explainDecision(stored.body) },
  };
}

export function showAutoscale(context: Context, seen: AutoscaleSeen, workload: Workload, reader: Actor): AutoscaleView {
  const { version, settings } = seen.read.settings(workload.id);
  const row = seen.read.rows.get(workload.id);
  const remembered = context.autoscale.of(workload.id);
  const latest = context.metrics.latest(workload.id);
  const counted = count(context, seen, workload, remembered) ?? NOTHING;
  const moment = context.market.momentOf(settings.markets, context.clock.now());
  const stored = seen.decisions.get(workload.id);
  const mayManage = reader.can('autoscale.manage', workload.team);
  const live = settings.mode === 'off' ? null : remembered.last;
  return {
    workloadId: workload.id,
    workload: workload.name,
    service: workload.service,
    environment: workload.environment,
    team: workload.team,
    settings,
    version,
    changedBy: row?.changedBy ?? null,
    changedAt: instantOrNull(row?.changedAt ?? null),
    why: row?.why ?? null,
    ...standingOf(settings, remembered),
    bounds: {
      min: counted.min,
      max: counted.max,
      minFrom: settings.min > workload.ask.minReplicas ? 'settings' : 'request',
      maxFrom: counted.max === counted.granted ? 'request' : counted.max === settings.max ? 'settings' : 'quota',
      granted: counted.granted,
      requestMin: Math.max(1, workload.ask.minReplicas),
      quota: counted.quota,
    },
    replicas: { wanted: counted.wanted, ready: counted.ready, pending: counted.pending, wouldWant: counted.wouldWant },
    demand: { qps: latest?.qps ?? null, at: instantOrNull(latest?.qpsAt ?? null), cpuMilli: latest?.cpuMilli ?? null, p99Ms: latest?.p99Ms ?? null, heat: heatOf(latest?.qps ?? null, usualQps(remembered.state, moment)) },
    decision: live === null ? null : { id: live.id ?? stored?.id ?? '', workloadId: workload.id, workload: workload.name, team: workload.team, mode: live.mode, settingsVersion: version, ready: live.observation.ready, pending: live.observation.pending, ...showFigures(live.decision) },
    alerts: showAlerts(seen.read.alerts, workload.id),
    floors: [...(live?.decision.floors ?? [])],
    startDelay: showDelay(context, workload, remembered, settings.startDelaySeconds),
    cost: showCost(workload, remembered, context.clock.now()),
    mayManage,
    whyNotManage: mayManage ? null : `It takes the permission autoscale.manage in ${workload.team}.`,
  };
}

function showDelay({ waiting }: Context, { id }: Workload, remembered: Remembered, set: number | null): AutoscaleView['startDelay'] {
  const measured = startDelayOf(remembered, waiting.current.unplaced.some(({ workloadId }) => workloadId === id));
  const classes = (['warm', 'cold'] as const).flatMap((name) => {
    const ms = p95(remembered.starts[name]);
    return ms === null ? [] : [{ class: name, p95Seconds: ms / 1000, samples: remembered.starts[name].length }];
  });
  return { usedSeconds: set ?? (measured === null ? DEFAULT_DELAY_SECONDS : measured / 1000), from: set !== null ? 'settings' : measured === null ? 'default' : 'measured', classes };
}
/** What a decision counts with where nothing was measured. */
const DEFAULT_DELAY_SECONDS = 60;

/** Fewer readings of ten seconds say nothing. */
const LEAST_READINGS = 60;

function showCost({ ask }: Workload, { state: { cost }, kept }: Remembered, now: number): AutoscaleView['cost'] {
  const declared = ask.profile.cpuMsPerRequest;
  const drift = costDriftPermille(cost, declared);
  const isLearnt = cost.weight >= LEAST_READINGS;
  const isKept = kept !== null && now < kept.until;
  const used = Math.max((declared * Math.min(2000, Math.max(500, drift))) / 1000, isKept ? Math.min(2 * declared, kept.msPerRequest) : 0);
  return {
    declaredMsPerRequest: declared,
    learntMsPerRequest: isLearnt ? Math.round(declared * drift) / 1000 : null,
    requests: Math.round(cost.qps * 10),
    usedMsPerRequest: Math.round(used * 1000) / 1000,
    warning: drift > 2000 || drift < 500 ? `A request costs ${Math.round(drift / 10)} % of the declared CPU: ${drift > 2000 ? 'twice' : 'half'} of it is counted. Change the profile of the request.` : null,
    keptUntil: isKept ? instant(kept.until) : null,
  };
}

/** Settings, state and observation as they were given to the function. */
export const showInput = (input: { readonly settings: object; readonly state: object; readonly observation: Observation }) => input as unknown as { settings: Record<string, unknown>; state: Record<string, unknown>; observation: Record<string, unknown> };
