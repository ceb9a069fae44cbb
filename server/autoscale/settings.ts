// What people set: checked whole, stored as a new version with its reason, and followed at once. What they asked for as capacity is not touched.
// Switching off gives the number back to the request; a pause leaves it as it is.
import { isRefusal } from '#scheduler/size.ts';
import type { Workload } from '#scheduler/model.ts';
import type { Context } from '../context.ts';
import type { Present } from '../control/present.ts';
import type { Actor } from '../requests/submit.ts';
import { endAlert, endInForce, insertSettings, listAlerts, settingsVersions, type SettingsRow } from '../db/autoscale.ts';
import { appendEvent } from '../db/events.ts';
import { listSignals } from '../db/signals.ts';
import type { Reader, Tx } from '../db/store.ts';
import { workloadById, workloadName, type WorkloadRow } from '../db/workloads.ts';
import { ConflictError, type FieldError, InvalidError, NotFoundError } from '../errors.ts';
import type { AutoscaleAsk, AutoscaleSettings } from '../http/contract/autoscale.ts';
import { scheduleOf } from '../market/schedules.ts';
import { grantedReplicas } from './observe.ts';
import { DEFAULT_AUTOSCALE } from './rules.ts';

/** The settings that hold; version 0 for the defaults. */
export async function currentSettings(reader: Reader, workloadId: string): Promise<Pick<SettingsRow, 'version' | 'settings'> & Partial<SettingsRow>> {
  const [row] = await settingsVersions(reader, workloadId, 1);
  return row ?? { version: 0, settings: DEFAULT_AUTOSCALE };
}

/** @throws InvalidError naming each field that cannot be, ConflictError where somebody else changed them meanwhile */
export async function changeSettings(context: Context, actor: Actor, workload: WorkloadRow, { settings, why, version }: AutoscaleAsk): Promise<SettingsRow> {
  await refuseImpossible(context, workload.id, settings);
  return await store(context, actor, workload, why, (before) => {
    if (version !== undefined && version !== before.version) throw new ConflictError('autoscale-changed', `version is ${version}: somebody made it ${before.version} meanwhile. Look at the settings again.`, [{ field: 'version', value: version, message: 'is not the newest', allowed: String(before.version) }]);
    return settings;
  });
}

/** @param what `all`: nothing changes any more; `scale-in`: nothing is taken away */
export async function setPaused(context: Context, actor: Actor, workload: WorkloadRow, { what, why, isPaused }: { readonly what: 'all' | 'scale-in'; readonly why: string; readonly isPaused: boolean }): Promise<SettingsRow> {
  return await store(context, actor, workload, why, ({ settings }) => {
    if (settings.mode === 'off') throw new ConflictError('autoscale-off', `The autoscaler of ${workloadName(workload)} is off: there is nothing to pause.`);
    return what === 'all' ? { ...settings, isPaused } : { ...settings, pauseScaleIn: isPaused };
  });
}

async function store(context: Context, actor: Actor, workload: WorkloadRow, why: string, next: (before: Pick<SettingsRow, 'version' | 'settings'>) => AutoscaleSettings): Promise<SettingsRow> {
  const row = await context.store.tx(async (tx) => {
    if ((await workloadById(tx, workload.id)) === undefined) throw new NotFoundError('workload-unknown', `There is no workload ${workload.id}.`);
    const before = await currentSettings(tx, workload.id);
    const settings = next(before);
    const now = context.clock.now();
    const row: SettingsRow = { workloadId: workload.id, version: before.version + 1, settings, changedBy: actor.name, changedAt: now, why };
    await insertSettings(tx, row);
    if (settings.mode !== 'on') await letGo(tx, workload, now);
    await appendEvent(tx, { at: now, actor: actor.name, kind: kindOf(before.settings, settings), subjectType: 'workload', subjectId: workload.id, subject: workloadName(workload), team: workload.team, message: `${actor.name} ${verbOf(before.settings, settings)} of ${workloadName(workload)}`, why });
    return row;
  });
  // A preview lives in a world of its own, which ends with it.
  context.autoscale.of(workload.id).previewed = null;
  context.autoscale.isAsked = true;
  context.loops.wake('autoscale');
  context.loops.wake('planner');
  return row;
}

/** From now on the request alone says how many; nothing that it raised is left. */
async function letGo(tx: Tx, workload: WorkloadRow, now: number): Promise<void> {
  if (await endInForce(tx, workload.id)) await appendEvent(tx, { at: now, actor: 'firn', kind: 'autoscale.ended', subjectType: 'workload', subjectId: workload.id, subject: workloadName(workload), team: workload.team, message: `${workloadName(workload)} goes back to the number that was asked for` });
  for (const { workloadId, kind } of await listAlerts(tx)) if (workloadId === workload.id) await endAlert(tx, workloadId, kind);
}

const isResumed = (before: AutoscaleSettings, after: AutoscaleSettings) => (before.isPaused && !after.isPaused) || (before.pauseScaleIn && !after.pauseScaleIn);
const isPausedNow = (before: AutoscaleSettings, after: AutoscaleSettings) => (!before.isPaused && after.isPaused) || (!before.pauseScaleIn && after.pauseScaleIn);
const kindOf = (before: AutoscaleSettings, after: AutoscaleSettings): string => (isPausedNow(before, after) ? 'autoscale.paused' : isResumed(before, after) ? 'autoscale.resumed' : 'autoscale.settings');

function verbOf(before: AutoscaleSettings, after: AutoscaleSettings): string {
  if (before.mode !== after.mode) return `set the mode to ${after.mode} for the autoscaler`;
  if (isPausedNow(before, after)) return after.isPaused && !before.isPaused ? 'paused the autoscaler' : 'paused scaling in';
  if (isResumed(before, after)) return before.isPaused && !after.isPaused ? 'resumed the autoscaler' : 'resumed scaling in';
  return 'changed the autoscale settings';
}

/** Everything that cannot be, each with its field. @throws InvalidError */
export async function refuseImpossible(context: Context, workloadId: string, settings: AutoscaleSettings): Promise<void> {
  const present = await context.present.read();
  const signals = new Set((await context.store.read(listSignals)).map(({ name }) => name));
  const workload = present.base.workloads.get(workloadId);
  const problems = [...boundProblems(settings), ...(workload === undefined ? [] : grantProblems(present, workload, settings)), ...scheduleProblems(context, settings), ...signalProblems(settings, signals)];
  if (problems.length === 0) return;
  const [first] = problems;
  throw new InvalidError('autoscale-impossible', `${first!.field} is ${String(first!.value)}: it ${first!.message}.`, problems);
}

function boundProblems({ min, max, onMetricLoss }: AutoscaleSettings): FieldError[] {
  const most = max ?? Number.POSITIVE_INFINITY;
  return [
    ...(min > most ? [{ field: 'settings.min', value: min, message: `is above max, which is ${max}`, allowed: `1 to ${max}` }] : []),
    ...(typeof onMetricLoss === 'object' && onMetricLoss.floor > most ? [{ field: 'settings.onMetricLoss.floor', value: onMetricLoss.floor, message: `is above max, which is ${max}`, allowed: `0 to ${max}` }] : []),
  ];
}

/** More than what was granted can never be had: that is another request. */
function grantProblems(present: Present, workload: Workload, { min }: AutoscaleSettings): FieldError[] {
  const sizing = present.sizingOf(workload);
  if (isRefusal(sizing)) return [];
  const granted = grantedReplicas(workload, sizing);
  return min > granted ? [{ field: 'settings.min', value: min, message: `is above the ${granted} replicas that the request grants: ask for more capacity first`, allowed: `1 to ${granted}` }] : [];
}

function scheduleProblems({ market, clock }: Context, { schedules, min, max }: AutoscaleSettings): FieldError[] {
  return market.problemsOf(schedules.map(scheduleOf), { min, max }, clock.now()).map(({ field, ...rest }) => ({ field: `settings.${field}`, ...rest }));
}

function signalProblems({ signals }: AutoscaleSettings, known: ReadonlySet<string>): FieldError[] {
  return signals.flatMap(({ signal }, index) => (known.has(signal) ? [] : [{ field: `settings.signals[${index}].signal`, value: signal, message: 'is not a signal that is known', allowed: [...known].join(', ') || 'none is: add it first' }]));
}
