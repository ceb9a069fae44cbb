// Routes of join-tokens.
import type { Context } from '../context.ts';
import { newApi } from './problem.ts';

export function joinTokensApi(_context: Context) {
  return newApi();
}
