// Routes of hosts.
import type { Context } from '../context.ts';
import { newApi } from './problem.ts';

export function hostsApi(_context: Context) {
  return newApi();
}
