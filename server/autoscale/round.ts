// One round of the autoscaler: every workload that is to be decided is observed and decided, and what follows is written in one transaction, so that the
// planner is woken once. What people changed meanwhile wins: a workload that is gone, or whose settings are others now, is left for the next round.
import { decide } from '#scheduler/autoscale/decide.ts';
import type { Decision, Observation, Settings, State } from '#scheduler/autoscale/model.ts';
import type { Sizing, Workload } from '#scheduler/model.ts';
import { isRefusal } from '#scheduler/size.ts';
import type { Context } from '../context.ts';
import type { Present } from '../control/present.ts';
import { type AlertRow, listAlerts, listAutoscaleSettings, type SettingsRow } from '../db/autoscale.ts';
import { listQuotas, type QuotaRow } from '../db/quotas.ts';
import { listRolloutsUnderWay, type RolloutRow } from '../db/rollouts-under-way.ts';
import type { AutoscaleSettings } from '../http/contract/autoscale.ts';
import { scheduleOf } from '../market/schedules.ts';
import type { Remembered } from './memory.ts';
import { observe } from './observe.ts';
import { quotaLeft } from './quota-left.ts';
import { DEFAULT_AUTOSCALE, settingsOf } from './rules.ts';

/** The settings that hold for a workload, and their version; 0: the defaults. */
export type RoundSettings = (workloadId: string) => { readonly version: number; readonly settings: AutoscaleSettings };

/** What a round reads besides the present, in one look. */
export interface RoundRead {
  readonly settings: RoundSettings;
  readonly rows: ReadonlyMap<string, SettingsRow>;
  readonly alerts: readonly AlertRow[];
  readonly quotas: readonly QuotaRow[];
  readonly rollouts: ReadonlyMap<string, RolloutRow>;
}

/** One workload decided: nothing is written yet. */
export interface Decided {
  readonly workload: Workload;
  readonly version: number;
  readonly settings: Settings;
  /** The state that it was decided from, and the one that follows. */
  readonly before: State;
  readonly state: State;
  readonly observation: Observation;
  readonly decision: Decision;
}

export async function readForRound({ store }: Pick<Context, 'store'>): Promise<RoundRead> {
  return await store.read(async (reader) => {
    const rows = await listAutoscaleSettings(reader);
    return {
      rows,
      settings: (workloadId) => {
        const row = rows.get(workloadId);
        return row === undefined ? { version: 0, settings: DEFAULT_AUTOSCALE } : { version: row.version, settings: row.settings };
      },
      alerts: await listAlerts(reader),
      quotas: await listQuotas(reader),
      rollouts: new Map((await listRolloutsUnderWay(reader)).map((row) => [row.workloadId, row])),
    };
  });
}

/** Decides these workloads, or all; changes nothing, not even what is remembered. */
export function decideAll(context: Context, present: Present, read: RoundRead, only?: ReadonlySet<string>): Decided[] {
  return present.snapshot.workloads.flatMap((workload): Decided[] => {
    if (only !== undefined && !only.has(workload.id)) return [];
    const { version, settings } = read.settings(workload.id);
    const sizing = present.sizingOf(workload);
    // Until metrics have looked once, nothing is known; that is not to be taken for silence.
    if (settings.mode === 'off' || isRefusal(sizing) || context.metrics.latest(workload.id) === null) return [];
    return [decideOne(context, present, read, { workload, sizing, version, set: settings, remembered: context.autoscale.of(workload.id) })];
  });
}

interface Subject {
  readonly workload: Workload;
  readonly sizing: Sizing;
  readonly version: number;
  readonly set: AutoscaleSettings;
  readonly remembered: Remembered;
}

/** One workload with settings that hold or might. */
export function decideOne(context: Context, present: Present, read: RoundRead, { workload, sizing, version, set, remembered }: Subject): Decided {
  const { market, clock, metrics, waiting } = context;
  const now = clock.now();
  const settings = settingsOf(set);
  const { last } = remembered;
  const facts = { openings: remembered.state.openings, replicaQps: last?.decision.replicaQps ?? sizing.qpsPerReplica.q, level: last?.decision.level ?? null };
  const { floors, cap } = market.floorsFor({ workloadId: workload.id, service: workload.service, environment: workload.environment, markets: set.markets }, { schedules: set.schedules.map(scheduleOf), signals: set.signals }, facts, now);
  const observation = observe(settings, remembered, workload, {
    now,
    sizing,
    latest: metrics.latest(workload.id),
    quota: quotaLeft(present, read.quotas, workload),
    moment: market.momentOf(set.markets, now),
    floors,
    cap,
    isDeploying: movesOn(read.rollouts.get(workload.id), now),
    isCold: waiting.current.unplaced.some(({ workloadId }) => workloadId === workload.id),
  });
  const { state, decision } = decide(settings, remembered.state, observation);
  return { workload, version, settings, before: remembered.state, state, observation, decision };
}

/** A rollout that has stood still for so long is stuck, and holds nothing back any more. */
const STUCK_MS = 15 * 60_000;
const movesOn = (row: RolloutRow | undefined, now: number): boolean => row !== undefined && row.state.phase !== 'paused' && now - row.state.since < STUCK_MS;
