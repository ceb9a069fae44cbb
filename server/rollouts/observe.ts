// What is seen of a rollout now: rows, what hosts say of the replicas, images, figures of both releases. Put together for the state machine, and
// for the views, which show the same. Reads only; the memory takes note of what passes.
import type { ObservedReplica } from '#agents/protocol.ts';
import type { Workload } from '#scheduler/model.ts';
import { extraOf } from '#scheduler/rollout/extra.ts';
import { intervalsOf, releaseFigures } from '#scheduler/rollout/figures.ts';
import { judge } from '#scheduler/rollout/gates.ts';
import { learn } from '#scheduler/rollout/learn.ts';
import { failuresOf, serves } from '#scheduler/rollout/look.ts';
import type { GateFigures, Observation, ObservedRelease } from '#scheduler/rollout/model.ts';
import { isRefusal } from '#scheduler/size.ts';
import type { Context } from '../context.ts';
import { assignmentOf } from '../db/assignments.ts';
import { replicaOf, type ReplicaRow, replicasOfWorkloads } from '../db/replicas.ts';
import type { RolloutRow } from '../db/rollouts.ts';
import type { Reader } from '../db/store.ts';
import { type ReleaseRow, releasesById } from '../db/workloads.ts';
import type { Present } from '../control/present.ts';
import { costOf } from '../requests/quote.ts';
import { hostsConcerned, imagesSeen, referenceOf } from './images.ts';
import { noRoomFor } from './room.ts';

/** Figures that are newer than this are not made again. */
const FIGURES_EVERY_MS = 1_000;
/** Figures over more time than this are of fewer readings. */
const READINGS_PER_LOOK = 600;
/** From these on a container could serve; before, its host still gets what it needs. */
const COULD_SERVE: readonly ObservedRelease['state'][] = ['starting', 'unhealthy', 'restarting', 'exited', 'failed'];

export interface Seen {
  readonly observation: Observation;
  /** Rows of the workload's replicas, those without a host too. */
  readonly rows: readonly ReplicaRow[];
  readonly releases: ReadonlyMap<string, ReleaseRow>;
}

/** Everything that counts for a rollout at this moment. */
export async function observeRollout(context: Context, reader: Reader, present: Present, row: RolloutRow): Promise<Seen> {
  const now = context.clock.now();
  const rows = await replicasOfWorkloads(reader, [row.workloadId]);
  const releases = await releasesById(reader, [row.fromReleaseId, row.toReleaseId, ...rows.map(({ releaseId }) => releaseId)]);
  const placed = rows.filter(({ hostId }) => hostId !== null);
  const replicas: ObservedRelease[] = [];
  for (const each of placed) replicas.push(await observeReplica(context, reader, each, releases.get(each.releaseId), { now, spacingMs: spacingOf(row) }));
  const workload = present.base.workloads.get(row.workloadId);
  const sizing = workload === undefined ? undefined : present.sizingOf(workload);
  const to = releases.get(row.toReleaseId);
  const observation: Observation = {
    now,
    toReleaseId: row.toReleaseId,
    wanted: sizing === undefined || isRefusal(sizing) ? rows.filter(({ replaces }) => replaces === null).length : sizing.replicas,
    waiting: rows.length - placed.length,
    replicas,
    images: imagesSeen(context, to === undefined ? null : referenceOf(to), hostsConcerned(row, placed), { now, since: row.startedAt }),
    noRoom: noRoomFor(context, row.workloadId),
    figures: null,
  };
  return { observation: { ...observation, ...measured(context, present, row, { observation, to, workload, rows }) }, rows, releases };
}

const spacingOf = ({ strategy }: RolloutRow): number => Math.max(500, Math.floor((strategy.gates.windowSeconds * 10_000) / READINGS_PER_LOOK));

async function observeReplica(context: Context, reader: Reader, row: ReplicaRow, release: ReleaseRow | undefined, { now, spacingMs }: { readonly now: number; readonly spacingMs: number }): Promise<ObservedRelease> {
  const host = context.fleet.get(row.hostId!);
  const found = host?.replicas.get(row.id);
  const observed = found === undefined || (found.address !== undefined && found.address !== row.address) ? undefined : found;
  const runningReleaseId = observed === undefined ? null : (observed.release ?? (await assumedRelease(context, reader, row, release)));
  const state = stateOf(observed);
  const replica = { replicaId: row.id, releaseId: row.releaseId, runningReleaseId, state, reason: observed?.reason ?? null, restarts: observed?.restarts ?? 0, isHostLost: host === undefined || host.state === 'lost' || host.state === 'suspect' };
  const isServing = serves({ ...replica, since: now });
  const couldServe = COULD_SERVE.includes(state) && !replica.isHostLost && (runningReleaseId ?? row.releaseId) === row.releaseId;
  const since = context.rollouts.note({ replicaId: row.id, wantedId: row.releaseId, releaseId: runningReleaseId, serves: isServing, couldServe, observed, at: host?.reportedAt ?? null }, now, spacingMs);
  return { ...replica, since };
}

/** Where no container was made at all, the release is not to blame: its image could not be got, or its host could not make one. */
function stateOf(observed: ObservedReplica | undefined): ObservedRelease['state'] {
  if (observed === undefined) return 'none';
  return observed.state === 'failed' && observed.containerId === undefined ? 'pulling' : observed.state;
}

/** An agent that does not name releases runs what its assignment says once it finds nothing left to do. */
async function assumedRelease({ fleet }: Context, reader: Reader, row: ReplicaRow, release: ReleaseRow | undefined): Promise<string | null> {
  const report = fleet.get(row.hostId!)?.report;
  if (report === undefined || report === null || !report.converged) return null;
  const assignment = await assignmentOf(reader, row.hostId!);
  const spec = assignment?.replicas.find(({ id }) => id === row.id);
  if (assignment === undefined || spec === undefined || report.generation < assignment.generation) return null;
  if (spec.release !== undefined) return spec.release;
  return release !== undefined && spec.image === release.image && JSON.stringify(spec.env) === JSON.stringify(release.env) ? row.releaseId : null;
}

interface Measured {
  readonly observation: Observation;
  readonly to: ReleaseRow | undefined;
  readonly workload: Workload | undefined;
  readonly rows: readonly ReplicaRow[];
}

/** Figures and verdicts where a step is rolled or watched, and what a request of the new release costs. */
function measured(context: Context, present: Present, { id, state, strategy }: RolloutRow, { observation, to, workload, rows }: Measured): Pick<Observation, 'figures' | 'learnt'> {
  const { now, replicas, toReleaseId } = observation;
  const { figures: known } = state;
  if (known !== null && known.at >= state.since && now - known.at < FIGURES_EVERY_MS) return { figures: known, learnt: state.learnt };
  const serving = replicas.filter(serves);
  const readings = serving.flatMap(({ replicaId }) => context.rollouts.readings(replicaId, 0) ?? []);
  const learnt = learn(readings.filter(({ releaseId }) => releaseId === toReleaseId).flatMap((each) => intervalsOf(each.readings))) ?? undefined;
  if (state.phase !== 'rolling' && state.phase !== 'watching') return { figures: null, learnt };
  const since = Math.max(state.since, context.rollouts.begunAt(id, `${state.step} ${state.phase} ${state.since}`, now));
  const windowed = readings.map((each) => ({ ...each, readings: each.readings.filter(({ at }) => at >= since) }));
  const least = Math.max(1, Math.min(strategy.gates.leastRequests, 20));
  const after = releaseFigures(windowed.filter(({ releaseId }) => releaseId === toReleaseId), { least });
  const before = releaseFigures(windowed.filter(({ releaseId }) => releaseId !== toReleaseId), { least });
  const watchedSeconds = state.phase === 'watching' ? (now - since) / 1000 : null;
  const isMeasured = to?.metricsPath !== null && readings.some((each) => each.releaseId === toReleaseId && each.readings.some(({ requests }) => requests !== null));
  const verdicts = judge({ gates: strategy.gates, before, after, watchedSeconds, isMeasured, failures: { count: failuresOf(state), most: strategy.mostFailures } });
  const isDearer = verdicts.some(({ state: verdict }) => verdict === 'holds');
  const centsPerReplica = rows.length === 0 || workload === undefined ? 0 : costOf(present, rows.map((row) => replicaOf(row)), workload.environment) / rows.length;
  const extra = isDearer && workload !== undefined ? extraOf(present.base, workload, { before, after, centsPerReplica }) : null;
  const figures: GateFigures = { at: now, windowSeconds: (now - since) / 1000, before, after, verdicts, extra };
  return { figures, learnt };
}
