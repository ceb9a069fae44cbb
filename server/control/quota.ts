// What teams use of their quotas: the desired replicas of what was approved, times their shape. Derived, never stored.
import type { Shape, Workload } from '#scheduler/model.ts';
import { isRefusal } from '#scheduler/size.ts';
import type { Present } from './present.ts';

export const NOTHING: Shape = { cpuMilli: 0, memoryMib: 0 };
export const add = (one: Shape, other: Shape): Shape => ({ cpuMilli: one.cpuMilli + other.cpuMilli, memoryMib: one.memoryMib + other.memoryMib });
export const subtract = (one: Shape, other: Shape): Shape => ({ cpuMilli: one.cpuMilli - other.cpuMilli, memoryMib: one.memoryMib - other.memoryMib });
export const within = (one: Shape, other: Shape): boolean => one.cpuMilli <= other.cpuMilli && one.memoryMib <= other.memoryMib;
export const times = (count: number, { cpuMilli, memoryMib }: Shape): Shape => ({ cpuMilli: count * cpuMilli, memoryMib: count * memoryMib });

/** What an approved workload should have; where no sum can be done, what it has. */
export function amountOf(present: Present, workload: Workload): Shape {
  const sizing = present.sizingOf(workload);
  if (!isRefusal(sizing)) return times(sizing.replicas, sizing.shape);
  return (present.base.replicasOf.get(workload.id) ?? []).reduce((sum, { shape }) => add(sum, shape), NOTHING);
}

/** What a team uses in an environment. */
export function usedBy(present: Present, team: string, environment: string): Shape {
  return present.snapshot.workloads.filter((each) => each.team === team && each.environment === environment).reduce((sum, each) => add(sum, amountOf(present, each)), NOTHING);
}

/** What everybody uses, by team and environment. */
export function usedByAll(present: Present): Map<string, Shape> {
  const used = new Map<string, Shape>();
  for (const workload of present.snapshot.workloads) {
    const key = quotaKey(workload.team, workload.environment);
    used.set(key, add(used.get(key) ?? NOTHING, amountOf(present, workload)));
  }
  return used;
}

export const quotaKey = (team: string, environment: string): string => `${team}/${environment}`;
