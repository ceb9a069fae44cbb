// A simulation as people see it: names for ids, the steps of each change up to a limit, and every move of what runs, for whoever tracks them.
// Pure; runs in the worker thread, so that plans of a hundred thousand steps never leave it.
import type { Replica, Snapshot, Step, Wish } from '#scheduler/model.ts';
import type { Simulation } from '#scheduler/questions/model.ts';
import { changeText } from '#scheduler/questions/sentences.ts';
import { showUnplaced } from '../control/unplaced.ts';
import { showStep } from '../http/show/plans.ts';
import type { Simulation as View } from '../http/contract/questions.ts';
import type { Questions, ShownMove } from './messages.ts';

/** Steps of one change that are sent; the counts have them all. */
const MOST_STEPS = 500;
const NOBODY: Readonly<Record<string, string>> = {};

/** @param snapshot the one that the simulation began with */
export function showSimulation(snapshot: Snapshot, { parent, stages, consequence }: Simulation): Questions['simulate']['answer'] {
  const names = Object.fromEntries([...snapshot.hosts, ...snapshot.workloads].map(({ id, name }) => [id, name]));
  const before: Before = { replicas: new Map(snapshot.replicas.map((replica) => [replica.id, replica])), names };
  return {
    simulation: {
      parent,
      stages: stages.map(({ change, plan, bought }) => ({
        title: changeText(change, snapshot),
        counts: countsOf(plan.steps),
        bought: bought.map(({ pool, count }) => ({ pool: pool.name, count, costCentsPerHour: count * pool.costCentsPerHour })),
        steps: plan.steps.slice(0, MOST_STEPS).map((step) => showStep(step, { names, refused: NOBODY })),
        unplaced: plan.unplaced.map(showUnplaced),
      })),
      // The scheduler's data is immutable by type, the contract's is not: the same plain values.
      consequence: { ...consequence, unplaced: consequence.unplaced.map(showUnplaced) } as View['consequence'],
    },
    moves: movesOf(before, stages),
    declined: stages.flatMap(({ plan }) => (plan.declined ?? []).flatMap(({ wish, reason }) => shownMove(before, wish).map((move) => ({ ...move, reason })))),
  };
}

function countsOf(steps: readonly Step[]) {
  const counts = { start: 0, move: 0, resize: 0, renew: 0, stop: 0, wait: 0 };
  for (const { kind } of steps) counts[kind] += 1;
  return { starts: counts.start, moves: counts.move, resizes: counts.resize, renews: counts.renew, stops: counts.stop, waits: counts.wait };
}

interface Before {
  readonly replicas: ReadonlyMap<string, Replica>;
  readonly names: Readonly<Record<string, string>>;
}

/** Replicas that run now and would run elsewhere at the end, in the order of their first move. */
function movesOf(before: Before, stages: Simulation['stages']): ShownMove[] {
  const last = new Map<string, string>();
  for (const { plan } of stages) {
    for (const step of plan.steps) {
      if (step.kind === 'move') last.set(step.replica.id, step.hostId);
      else if (step.kind === 'stop') last.delete(step.replica.id);
    }
  }
  return [...last].flatMap(([replicaId, hostId]) => shownMove(before, { replicaId, hostId }));
}

/** Nothing for a replica that does not run now, or that would stay. */
function shownMove({ replicas, names }: Before, { replicaId, hostId }: Wish): ShownMove[] {
  const replica = replicas.get(replicaId);
  const fromHostId = replica?.hostId ?? null;
  if (replica === undefined || fromHostId === null || fromHostId === hostId) return [];
  const workload = names[replica.workloadId] ?? replica.workloadId;
  return [{ replicaId, replica: `${workload.replace('.', '-')}-${replica.ordinal}`, fromHostId, fromHost: names[fromHostId] ?? fromHostId, hostId, host: names[hostId] ?? hostId }];
}
