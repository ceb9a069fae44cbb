// A simulation as people see it: names for ids, the steps of each change up to a limit, and every move of what runs, for whoever tracks them.
// Pure; runs in the worker thread, so that plans of a hundred thousand steps never leave it.
import type { Replica, Snapshot, Step } from '#scheduler/model.ts';
import type { Simulation } from '#scheduler/questions/model.ts';
import { changeText } from '#scheduler/questions/sentences.ts';
import { showUnplaced } from '../control/unplaced.ts';
import { showStep } from '../http/show-plans.ts';
import type { Simulation as View } from '../http/contract/questions.ts';
import type { Questions, ShownMove } from './messages.ts';

/** Steps of one change that are sent; the counts have them all. */
const MOST_STEPS = 500;
const NOBODY: Readonly<Record<string, string>> = {};

/** @param snapshot the one that the simulation began with */
export function showSimulation(snapshot: Snapshot, { parent, stages, consequence }: Simulation): Questions['simulate']['answer'] {
  const names = Object.fromEntries([...snapshot.hosts, ...snapshot.workloads].map(({ id, name }) => [id, name]));
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
    moves: movesOf(snapshot, stages, names),
  };
}

function countsOf(steps: readonly Step[]) {
  const counts = { start: 0, move: 0, resize: 0, stop: 0, wait: 0 };
  for (const { kind } of steps) counts[kind] += 1;
  return { starts: counts.start, moves: counts.move, resizes: counts.resize, stops: counts.stop, waits: counts.wait };
}

/** Replicas that run now and would run elsewhere at the end, in the order of their first move. */
function movesOf(snapshot: Snapshot, stages: Simulation['stages'], names: Readonly<Record<string, string>>): ShownMove[] {
  const before = new Map(snapshot.replicas.map((replica) => [replica.id, replica]));
  const last = new Map<string, { readonly replica: Replica; hostId: string }>();
  for (const { plan } of stages) {
    for (const step of plan.steps) {
      if (step.kind === 'move') last.set(step.replica.id, { replica: step.replica, hostId: step.hostId });
      else if (step.kind === 'stop') last.delete(step.replica.id);
    }
  }
  return [...last.values()].flatMap(({ replica, hostId }) => {
    const fromHostId = before.get(replica.id)?.hostId ?? null;
    if (fromHostId === null || fromHostId === hostId) return [];
    const workload = names[replica.workloadId] ?? replica.workloadId;
    return [{ replicaId: replica.id, replica: `${workload.replace('.', '-')}-${replica.ordinal}`, fromHostId, fromHost: names[fromHostId] ?? fromHostId, hostId, host: names[hostId] ?? hostId }];
  });
}
