// Routes of quotas.
import type { Context } from '../context.ts';
import { newApi } from './problem.ts';

export function quotasApi(_context: Context) {
  return newApi();
}
