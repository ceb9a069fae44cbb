// What follows from a round, in one transaction: numbers that hold from now on, decisions worth keeping, alerts that begin and end, and their events.
// Only then is what was decided remembered.
import { explainDecision } from '#scheduler/autoscale/explain.ts';
import type { ScaleAlert } from '#scheduler/autoscale/model.ts';
import type { Context } from '../context.ts';
import { type AlertRow, type DecisionRow, endAlert, insertDecisions, listAutoscaleSettings, putAlert, putInForce } from '../db/autoscale.ts';
import { appendEvent } from '../db/events.ts';
import type { Tx } from '../db/store.ts';
import { teamsOf } from '../db/workloads.ts';
import { VERSION } from '../version.ts';
import { MOST_TRAIL } from './memory.ts';
import { linkTo, packInputs } from './packed.ts';
import type { Decided, RoundRead } from './round.ts';

/** What says something new without changing anything is kept once in so long. */
const NEWS_EVERY_MS = 60_000;
const DAY_MS = 86_400_000;
/** What comes and goes within a minute is one alert; silence counts once it was there for two looks, since a server that starts has heard nobody yet. */
const ALERT_LASTS_MS = 60_000;
const SILENCE_MS = 15_000;
const SILENCES: ReadonlySet<string> = new Set(['metricLoss', 'noForecast']);
/** Reasons to hold back that come and go all the time say nothing new. */
const USUAL: ReadonlySet<string> = new Set(['window', 'pace', 'smallChange', 'starting', 'beforeRise', 'preview', 'tolerance', 'rate']);

export interface Committed {
  /** Numbers that changed. */
  readonly changed: number;
  readonly stored: number;
}

export async function commitRound(context: Context, decided: readonly Decided[], read: RoundRead): Promise<Committed> {
  const done = decided.map((each) => ({ ...each, id: isWorthKeeping(context, each) ? context.ids.next() : null, changes: isChange(each) }));
  const alerts = done.map((each) => alertsToWrite(context, each, read.alerts));
  const isQuiet = done.every(({ id, changes }) => id === null && !changes) && alerts.every(({ begun, ended, altered }) => begun.length + ended.length + altered.length === 0);
  const left = isQuiet ? new Set<string>() : await context.store.tx((tx) => write(context, tx, done, alerts));
  for (const each of done) if (!left.has(each.workload.id)) remember(context, each);
  const changed = done.filter(({ workload, changes }) => changes && !left.has(workload.id)).length;
  if (changed > 0) context.loops.wake('planner');
  return { changed, stored: done.filter(({ id, workload }) => id !== null && !left.has(workload.id)).length };
}

type Done = Decided & { readonly id: string | null; readonly changes: boolean };

/** A number that is to hold and does not yet. */
function isChange({ settings, workload, decision, observation }: Decided): boolean {
  return settings.mode === 'on' && decision.replicas !== (workload.decision?.replicas ?? observation.bounds.max);
}

/** @returns ids of workloads that people changed meanwhile: nothing of them is written */
async function write(context: Context, tx: Tx, done: readonly Done[], alerts: readonly AlertChanges[]): Promise<Set<string>> {
  const settings = await listAutoscaleSettings(tx);
  const teams = await teamsOf(tx, done.map(({ workload }) => workload.id));
  const left = new Set(done.flatMap(({ workload, version }) => ((settings.get(workload.id)?.version ?? 0) === version && teams.has(workload.id) ? [] : [workload.id])));
  const kept = done.filter(({ workload }) => !left.has(workload.id));
  await insertDecisions(tx, kept.flatMap((each) => (each.id === null ? [] : [rowOf(context, each, each.id)])));
  await putInForce(tx, kept.filter(({ changes }) => changes).map(({ workload, id, decision }) => ({ workloadId: workload.id, decisionId: id!, replicas: decision.replicas, reason: explainDecision(decision), since: decision.at })));
  for (const each of kept) if (each.changes && each.decision.action !== 'hold') await appendEvent(tx, { ...subjectOf(each), at: each.decision.at, actor: 'firn', kind: `autoscale.${each.decision.action}`, message: `${each.workload.name}: ${explainDecision(each.decision)}` });
  for (const [index, each] of done.entries()) if (!left.has(each.workload.id)) await writeAlerts(tx, each, alerts[index]!);
  if (kept.some(({ changes }) => changes) || alerts.some(({ begun, ended }) => begun.length + ended.length > 0)) tx.changed('autoscale', ...kept.filter(({ changes }) => changes).map(({ workload }) => workload.id));
  return left;
}

const subjectOf = ({ workload }: Decided) => ({ subjectType: 'workload' as const, subjectId: workload.id, subject: workload.name, team: workload.team });

const linkOf = ({ autoscale }: Context, { workload, settings, before, observation, decision }: Decided, id: string) => linkTo(autoscale.of(workload.id).link, id, decision.at, { settings, state: before, observation });

function rowOf(context: Context, decided: Decided, id: string): DecisionRow {
  const { workload, version, settings, observation, decision } = decided;
  const { link, before } = linkOf(context, decided, id);
  return {
    id,
    workloadId: workload.id,
    workload: workload.name,
    team: workload.team,
    at: decision.at,
    mode: settings.mode === 'on' ? 'on' : 'preview',
    settingsVersion: version,
    action: decision.action,
    alerts: decision.alerts.length === 0 ? '' : `,${decision.alerts.map(({ kind }) => kind).join(',')},`,
    ready: observation.ready,
    pending: observation.pending,
    body: decision,
    input: packInputs(link.inputs, before),
    inputChain: link.chain,
    software: VERSION,
  };
}

/** Whatever changes is kept; and what is said otherwise than before, though not more often than once a minute. */
function isWorthKeeping(context: Context, decided: Decided): boolean {
  const { decision, workload } = decided;
  if (decision.action !== 'hold' || isChange(decided)) return true;
  const { said, saidAt } = context.autoscale.of(workload.id);
  return said !== sayingOf(decided) && decision.at - saidAt >= NEWS_EVERY_MS;
}

function sayingOf({ decision: { isPanic, alerts, suppressed, opening } }: Decided): string {
  return JSON.stringify([isPanic, alerts.map(({ kind }) => kind), suppressed.flatMap(({ by }) => (USUAL.has(by) ? [] : [by])), opening === null ? null : [opening.market, opening.kind, opening.at]]);
}

interface AlertChanges {
  readonly begun: readonly ScaleAlert[];
  readonly altered: readonly ScaleAlert[];
  readonly ended: readonly AlertRow[];
}

/** Of workloads that follow demand only: what a preview would be alarmed about is in its decisions. */
function alertsToWrite({ autoscale }: Context, { workload, settings, decision }: Decided, rows: readonly AlertRow[]): AlertChanges {
  const remembered = autoscale.of(workload.id);
  const known = rows.filter(({ workloadId }) => workloadId === workload.id);
  const now = settings.mode === 'on' ? decision.alerts.filter(({ kind }) => !SILENCES.has(kind) || decision.at - (remembered.alerts[kind]?.since ?? decision.at) >= SILENCE_MS) : [];
  const lasts = (kind: string) => settings.mode === 'on' && decision.at - (remembered.alerts[kind]?.at ?? Number.NEGATIVE_INFINITY) < ALERT_LASTS_MS;
  return {
    begun: now.filter(({ kind }) => !known.some((row) => row.kind === kind)),
    altered: now.filter(({ kind, value }) => known.some((row) => row.kind === kind && row.value !== Math.round(value))),
    ended: known.filter(({ kind }) => !now.some((alert) => alert.kind === kind) && !lasts(kind)),
  };
}

async function writeAlerts(tx: Tx, each: Done, { begun, altered, ended }: AlertChanges): Promise<void> {
  const { workload, decision } = each;
  for (const { kind, message, value } of [...begun, ...altered]) await putAlert(tx, { workloadId: workload.id, kind, message, value: Math.round(value), since: decision.at });
  for (const { kind } of ended) await endAlert(tx, workload.id, kind);
  for (const { kind, message } of begun) await appendEvent(tx, { ...subjectOf(each), at: decision.at, actor: 'firn', kind: 'autoscale.alert', message: `${workload.name}: ${message}`, why: kind });
  for (const { kind, message } of ended) await appendEvent(tx, { ...subjectOf(each), at: decision.at, actor: 'firn', kind: 'autoscale.alert-ended', message: `${workload.name}: no longer so: ${message}`, why: kind });
}

function remember(context: Context, each: Done): void {
  const { workload, state, decision, observation, settings, id } = each;
  const remembered = context.autoscale.of(workload.id);
  remembered.state = state;
  remembered.isAwake = true;
  remembered.fresh = [];
  remembered.alerts = Object.fromEntries([...Object.entries(remembered.alerts).filter(([, { at }]) => decision.at - at < ALERT_LASTS_MS), ...decision.alerts.map(({ kind }) => [kind, { since: remembered.alerts[kind]?.since ?? decision.at, at: decision.at }] as const)]);
  remembered.previewed = settings.mode === 'on' ? null : decision.replicas;
  if (id !== null) [remembered.said, remembered.saidAt, remembered.link] = [sayingOf(each), decision.at, linkOf(context, each, id).link];
  remembered.last = { id: id ?? remembered.last?.id ?? null, decision, observation, mode: settings.mode === 'on' ? 'on' : 'preview' };
  const minute = Math.floor(decision.at / 60_000) * 60_000;
  if (remembered.trail.at(-1)?.at !== minute) {
    const { level, forecast, bound, replicas, replicaQps } = decision;
    remembered.trail = [...remembered.trail.filter(({ at }) => at < minute), { at: minute, qps: level, forecast, bound, wanted: replicas, ready: observation.ready, pending: observation.pending, capacityQps: observation.ready * replicaQps }].slice(-MOST_TRAIL);
  }
}

/** What was learnt of a request's cost before another release came counts for a day, where it is more. @returns whether it came now */
export function noteRelease(context: Pick<Context, 'autoscale'>, { workload, at }: { readonly workload: Pick<Decided['workload'], 'id' | 'releaseId'>; readonly at: number }, learntMs: number | null): boolean {
  const remembered = context.autoscale.of(workload.id);
  if (remembered.releaseId === workload.releaseId) return false;
  const isAnother = remembered.releaseId !== null;
  remembered.releaseId = workload.releaseId;
  if (!isAnother) return false;
  const before = Math.max(learntMs ?? 0, remembered.kept !== null && remembered.kept.until > at ? remembered.kept.msPerRequest : 0);
  remembered.kept = before > 0 ? { msPerRequest: before, until: at + DAY_MS } : null;
  remembered.state = { ...remembered.state, cost: { weight: 0, qps: 0, cpu: 0, qpsQps: 0, qpsCpu: 0 } };
  return true;
}
