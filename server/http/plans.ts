// Routes of plans.
import type { Context } from '../context.ts';
import { newApi } from './problem.ts';

export function plansApi(_context: Context) {
  return newApi();
}
