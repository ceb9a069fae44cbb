// Ordinals and ids of replicas that a decision creates.
// Takes what is recorded; gives the lowest ordinals that no replica of the workload has, each once. What the decision stops keeps its
// ordinal, since its container may run for a while beside the new one.

import type { Base } from './prepare.ts';

/** Makes the id of a new replica; it must never give one twice. */
export type NewId = (workloadId: string, ordinal: number) => string;

/** Gives the name of the workload's next new replica. */
export type Ordinals = (workloadId: string) => { readonly id: string; readonly ordinal: number };

export function ordinals(base: Base, newId: NewId): Ordinals {
  const sources = new Map<string, () => number>();
  return (workloadId) => {
    const next = sources.get(workloadId) ?? lowestFree((base.replicasOf.get(workloadId) ?? []).map(({ ordinal }) => ordinal));
    sources.set(workloadId, next);
    const ordinal = next();
    return { id: newId(workloadId, ordinal), ordinal };
  };
}

function lowestFree(taken: readonly number[]): () => number {
  const used = new Set(taken);
  let ordinal = 0;
  return () => {
    do ordinal += 1;
    while (used.has(ordinal));
    return ordinal;
  };
}
