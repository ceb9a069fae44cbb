// Routes of requests.
import type { Context } from '../context.ts';
import { newApi } from './problem.ts';

export function requestsApi(_context: Context) {
  return newApi();
}
