// What teams use of their quotas: the desired replicas of what was approved, times their shape. Derived, never stored.
import type { Shape, Workload } from '#scheduler/model.ts';
import { isRefusal } from '#scheduler/size.ts';
import type { Present } from '../control/present.ts';

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
  return present.used().get(quotaKey(team, environment)) ?? NOTHING;
}

/** What everybody uses, by team and environment. */
export function usedNow(present: Present): Map<string, Shape> {
  const used = new Map<string, Shape>();
  for (const workload of present.base.workloads.values()) use(used, workload, amountOf(present, workload), 1);
  return used;
}

/** The same from what was used before: only these workloads changed, or their replicas. */
export function usedAfter(before: Present, after: Present, changed: readonly string[]): Map<string, Shape> {
  const used = new Map(before.used());
  for (const id of changed) {
    for (const [present, sign] of [[before, -1], [after, 1]] as const) {
      const workload = present.base.workloads.get(id);
      if (workload !== undefined) use(used, workload, amountOf(present, workload), sign);
    }
  }
  return used;
}

function use(used: Map<string, Shape>, { team, environment }: Workload, amount: Shape, sign: 1 | -1): void {
  const key = quotaKey(team, environment);
  const sum = add(used.get(key) ?? NOTHING, times(sign, amount));
  if (sum.cpuMilli === 0 && sum.memoryMib === 0) used.delete(key);
  else used.set(key, sum);
}

export const quotaKey = (team: string, environment: string): string => `${team}/${environment}`;
