// Routes of live.
import type { Context } from '../context.ts';
import { newApi } from './problem.ts';

export function liveApi(_context: Context) {
  return newApi();
}
