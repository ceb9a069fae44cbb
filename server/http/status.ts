// Routes of status.
import type { Context } from '../context.ts';
import { newApi } from './problem.ts';

export function statusApi(_context: Context) {
  return newApi();
}
