// Weights of names: those that people set, and those in force while a shift is carried out. Pure.
import { FULL_WEIGHT, type Weights } from '#scheduler/sites/model.ts';
import type { ShiftRow } from '../db/shifts.ts';

/** Every site of the list named: an absent one has the full weight. */
export const completed = (weights: Weights, sites: Iterable<string>): Record<string, number> => ({ ...Object.fromEntries([...sites].map((site) => [site, FULL_WEIGHT])), ...weights });

type Stepped = Pick<ShiftRow, 'steps'> & { readonly changes: ShiftRow['changes'] };

/** Weights of a name after so many steps; undefined for a name that the shift does not change. */
export function weightsAtStep({ changes, steps }: Stepped, name: string, step: number): Record<string, number> | undefined {
  const change = changes.find((each) => each.name === name);
  if (change === undefined) return undefined;
  const sites = new Set([...Object.keys(change.before), ...Object.keys(change.after)]);
  return Object.fromEntries([...sites].map((site) => {
    const before = change.before[site] ?? FULL_WEIGHT;
    const after = change.after[site] ?? FULL_WEIGHT;
    return [site, step >= steps ? after : Math.round(before + ((after - before) * step) / steps)];
  }));
}

/** @param steering shifts that are being carried out: at most one changes a name */
export function weightsInForce(name: string, set: Weights, steering: readonly ShiftRow[]): { readonly weights: Weights; readonly shiftId: string | null } {
  for (const shift of steering) {
    const weights = weightsAtStep(shift, name, shift.step);
    if (weights !== undefined) return { weights, shiftId: shift.id };
  }
  return { weights: set, shiftId: null };
}
