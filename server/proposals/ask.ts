// What if: changes by name -> a simulation of them on the present, thought about in the worker thread. Stores and changes nothing.
import type { Context } from '../context.ts';
import { listPools, poolOf } from '../db/pools.ts';
import type { Change, Simulation } from '../http/contract/questions.ts';
import type { ShownMove } from '../worker/messages.ts';
import { readChanges, whyOnlyForLooking } from './changes.ts';

export interface Asked {
  readonly simulation: Simulation;
  /** Every move of what runs. */
  readonly moves: readonly ShownMove[];
  /** Moves that were asked for and cannot be, with the reason. */
  readonly declined: readonly (ShownMove & { readonly reason: string })[];
}

/**
 * @param key of two questions that wait with one key only the newer one is answered: a person has one under way
 * @throws InvalidError for changes that cannot be, by field; ConflictError `question-replaced`; UnavailableError when it took too long or too much
 */
export async function simulateChanges({ present, questions, store }: Context, changes: readonly Change[], { key, withProof = true }: { readonly key: string; readonly withProof?: boolean }): Promise<Asked> {
  const started = performance.now();
  const { snapshot } = await present.read();
  const asked = readChanges(snapshot, changes);
  const pools = (await store.read(listPools)).map(poolOf);
  const { simulation, moves, declined } = await questions.ask('simulate', snapshot, { changes: asked, pools, withProof }, { key, urgent: true });
  const stages = simulation.stages.map((stage, index) => ({ ...stage, change: changes[index]! }));
  return { moves, declined, simulation: { ...simulation, stages, onlyForLooking: whyOnlyForLooking(changes), seconds: (performance.now() - started) / 1000 } };
}
