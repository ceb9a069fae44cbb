// A column: one way to fill one host of a class. And the rest: the items and hosts that a stage still has to deal with.
import type { Instance } from './instance.ts';

export interface Column {
  readonly classIndex: number;
  /** Type and count, by rising type, counts above 0. */
  readonly entries: readonly (readonly [type: number, count: number])[];
}

export interface Rest {
  /** Items of each type. */
  readonly counts: Int32Array;
  /** Hosts of each class. */
  readonly hosts: Int32Array;
}

export function columnOf(classIndex: number, content: Int32Array): Column {
  const entries: (readonly [number, number])[] = [];
  for (const [t, count] of content.entries()) if (count > 0) entries.push([t, count]);
  return { classIndex, entries };
}

export const keyOf = ({ classIndex, entries }: Column): string => `${classIndex}:${entries.map(([t, count]) => `${t}x${count}`).join(',')}`;

export const wholeOf = ({ counts, hosts }: Instance): Rest => ({ counts: counts.slice(), hosts: hosts.slice() });

/** How many hosts may take this column at once. */
export function mostHosts({ counts, hosts }: Rest, { classIndex, entries }: Column): number {
  let most = hosts[classIndex] ?? 0;
  for (const [t, count] of entries) most = Math.min(most, Math.floor((counts[t] ?? 0) / count));
  return most;
}

export function take({ counts, hosts }: Rest, { classIndex, entries }: Column, times: number): void {
  hosts[classIndex] = (hosts[classIndex] ?? 0) - times;
  for (const [t, count] of entries) counts[t] = (counts[t] ?? 0) - times * count;
}
