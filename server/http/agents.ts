// Routes of agents.
import type { Context } from '../context.ts';
import { newApi } from './problem.ts';

export function agentsApi(_context: Context) {
  return newApi();
}
