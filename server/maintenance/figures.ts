// The figures of maintenance: when it is done, as a range from what starts really took, and what forcing it would lose. Read from rows and the present
// whenever somebody looks; nothing is stored.
import { eta, type EtaRange, type PaceLimit, rangeOf, type WaitingWorkload } from '#scheduler/maintenance/eta.ts';
import { lossOf, type WorkloadLoss } from '#scheduler/maintenance/loss.ts';
import type { DrainTargets } from '#scheduler/maintenance/targets.ts';
import type { Context } from '../context.ts';
import { startSeconds } from '../db/lives.ts';
import type { MaintenanceReplicaRow } from '../db/maintenance.ts';
import { listMovesUnderWay, moveSeconds, movesBegunSince, movesFrom } from '../db/moves.ts';
import type { Reader } from '../db/store.ts';
import type { Loss } from '../http/contract/maintenance.ts';
import { HOUR_MS, STRETCHES } from './pace.ts';
import { MOST_UNDER_WAY } from '../control/moves.ts';
import type { Present } from '../control/present.ts';
import { serves } from '../control/successors.ts';

/** Starts of longer ago say little of today's images and registries. */
const MEASURED_DAYS = 7;
const MOST_SAMPLES = 50;
/** Before anything was ever measured: a container starts no sooner. */
const SOONEST_SECONDS = 2;
/** The planner notices within its period that a successor serves, and that the next may begin. */
const NOTICED_SECONDS = 2;

export interface Starts {
  readonly range: { readonly least: number; readonly most: number };
  readonly basis: 'measured' | 'others' | 'assumed';
  readonly samples: number;
}

/** How long it takes from the decision until a replica of each of these workloads serves elsewhere. */
export async function startsOf({ clock, config }: Context, reader: Reader, workloadIds: readonly string[]): Promise<(workloadId: string) => Starts> {
  const since = clock.now() - MEASURED_DAYS * 24 * HOUR_MS;
  const measured = async (workloadId?: string): Promise<Starts | undefined> => {
    const moved = await moveSeconds(reader, { workloadId, since, limit: MOST_SAMPLES });
    const seconds = moved.length > 0 ? moved : await startSeconds(reader, { workloadId, since, limit: MOST_SAMPLES });
    const range = rangeOf(seconds);
    return range && { range, basis: workloadId === undefined ? 'others' : 'measured', samples: seconds.length };
  };
  const assumed: Starts = { range: { least: SOONEST_SECONDS, most: config.startDeadlineMs / 1000 }, basis: 'assumed', samples: 0 };
  const others = (await measured()) ?? assumed;
  const known = new Map<string, Starts>();
  for (const id of new Set(workloadIds)) known.set(id, (await measured(id)) ?? others);
  return (id) => known.get(id) ?? others;
}

export interface EtaFound extends EtaRange {
  readonly basis: Starts['basis'];
  readonly samples: number;
}

export interface EtaAsk {
  readonly present: Present;
  /** Hosts that share a pace of their own, with it. */
  readonly hostIds: readonly string[];
  readonly pace: { readonly movesPerHour: number | null; readonly atOnce: number | null };
  readonly waiting: readonly { readonly replicaId: string; readonly workloadId: string }[];
  readonly starting: readonly Pick<MaintenanceReplicaRow, 'workloadId' | 'begunAt'>[];
}

/** Undefined where nothing is left that can move. */
export async function etaOf(context: Context, reader: Reader, { present, hostIds, pace, waiting, starting }: EtaAsk): Promise<EtaFound | undefined> {
  const now = context.clock.now();
  const ids = [...new Set([...waiting, ...starting].map(({ workloadId }) => workloadId))];
  if (ids.length === 0) return undefined;
  const starts = await startsOf(context, reader, ids);
  const workloads = ids.map((workloadId): WaitingWorkload => {
    const { least, most } = starts(workloadId).range;
    const units = (present.base.replicasOf.get(workloadId) ?? []).filter(({ successor }) => successor === undefined).length;
    return {
      workloadId,
      waiting: waiting.filter((each) => each.workloadId === workloadId).length,
      underWay: starting.filter((each) => each.workloadId === workloadId).map(({ begunAt }) => (now - (begunAt ?? now)) / 1000),
      atOnce: Math.max(1, Math.floor(units / 10)),
      startSeconds: { least, most: most + NOTICED_SECONDS },
    };
  });
  const { movesPerHour } = present.snapshot.policy;
  const ago = (list: readonly { readonly begunAt: number }[]) => list.map(({ begunAt }) => (now - begunAt) / 1000);
  const all = ago(await movesBegunSince(reader, now - HOUR_MS));
  const own = await movesFrom(reader, hostIds, now - HOUR_MS);
  const hours = (name: PaceLimit['name'], moves: number, begunAgo: readonly number[]): PaceLimit[] => [
    { name, moves, withinSeconds: 3600, begunAgo },
    { name, moves: Math.ceil(moves / STRETCHES), withinSeconds: 3600 / STRETCHES, begunAgo },
  ];
  const underWay = await listMovesUnderWay(reader);
  const slots = [
    { name: 'at-once' as const, most: MOST_UNDER_WAY, others: underWay.filter(({ fromHostId }) => !hostIds.includes(fromHostId)).length },
    ...(pace.atOnce === null ? [] : [{ name: 'at-once' as const, most: pace.atOnce, others: 0 }]),
  ];
  const found = movesPerHour <= 0 && waiting.length > 0 ? undefined : eta({ workloads, slots, paces: [...hours('policy-pace', movesPerHour, all), ...(pace.movesPerHour === null ? [] : hours('own-pace', pace.movesPerHour, ago(own)))] });
  const known = ids.map(starts);
  const basis = known.some((each) => each.basis === 'assumed') ? 'assumed' : known.some((each) => each.basis === 'others') ? 'others' : 'measured';
  return found && { ...found, basis, samples: known.reduce((sum, { samples }) => sum + samples, 0) };
}

/** What would be lost if everything that is left on the hosts were stopped now. @param targets where what is there could go */
export async function forcedLoss(context: Context, present: Present, hostIds: ReadonlySet<string>, targets: DrainTargets): Promise<Loss> {
  const withoutRoom = new Set(targets.blockers.flatMap(({ replicas }) => replicas.map(({ id }) => id)));
  const affected = [...targets.targets.map(({ replica }) => replica.workloadId), ...targets.blockers.map(({ workloadId }) => workloadId)];
  const starts = await context.store.read((reader) => startsOf(context, reader, affected));
  // Sums are those of the fleet as it is: what must remain does not shrink because a host is emptied.
  const found = lossOf(present.base, { hostIds, serves: (replica) => serves(context, replica), withoutRoom, startSeconds: (id) => starts(id).range });
  return lossView(present, found);
}

function lossView({ base }: Present, found: readonly WorkloadLoss[]): Loss {
  const workloads = found.map((loss) => {
    const { name, team, environment } = base.workloads.get(loss.workloadId)!;
    const seconds = loss.seconds === null ? null : { least: Math.ceil(loss.seconds.least), most: Math.ceil(loss.seconds.most) };
    const requestsLost = loss.qpsMissing === 0 ? 0 : seconds === null ? null : Math.round(loss.qpsMissing * seconds.most);
    return { ...loss, workload: name, team, environment, belowSurvival: loss.remain < loss.mustRemain, seconds, requestsLost };
  });
  const sum = (pick: (each: (typeof workloads)[number]) => number) => Math.round(workloads.reduce((total, each) => total + pick(each), 0) * 10) / 10;
  const figures = { replicas: sum((each) => each.replicas), belowSurvival: workloads.filter(({ belowSurvival }) => belowSurvival).length, qpsMissing: sum((each) => each.qpsMissing) };
  const endless = workloads.some(({ seconds }) => seconds === null);
  const longest = Math.max(0, ...workloads.map(({ seconds }) => seconds?.most ?? 0));
  const howLong = endless ? 'and nobody can say until when, since some find no room elsewhere' : `for up to ${longest} s`;
  const sentence =
    figures.replicas === 0
      ? 'Nothing would be lost: nothing is left that would stop.'
      : figures.qpsMissing === 0
        ? `${figures.replicas} replicas stop; what remains of every workload carries its peak meanwhile, ${howLong}.`
        : `${figures.replicas} replicas stop; ${figures.belowSurvival} workloads fall below what must remain, and ${figures.qpsMissing} requests a second of their peaks find no capacity, ${howLong}.`;
  return { workloads, ...figures, qpsLost: sum((each) => each.qpsLost), withoutRoom: sum((each) => each.withoutRoom), sentence, confirm: figures };
}

