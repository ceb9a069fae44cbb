// Routes of usage.
import type { Context } from '../context.ts';
import { newApi } from './problem.ts';

export function usageApi(_context: Context) {
  return newApi();
}
