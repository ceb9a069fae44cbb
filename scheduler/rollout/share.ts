// How many replicas a share means. One place, because the planner, the checker of a step's target and the rollout itself must round alike.
import type { Share } from '../model.ts';

/**
 * Replicas that a share of `of` means: a count is capped by it, permille round up.
 * @returns a whole number from 0 to `of`
 */
export function resolve(share: Share, of: number): number {
  const count = 'count' in share ? share.count : Math.ceil((share.permille * of) / 1000);
  return Math.max(0, Math.min(of, count));
}

/** All of them. */
export const ALL: Share = { permille: 1000 };
export const NONE: Share = { count: 0 };
