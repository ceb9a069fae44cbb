// Routes of events.
import type { Context } from '../context.ts';
import { newApi } from './problem.ts';

export function eventsApi(_context: Context) {
  return newApi();
}
