// Routes of services.
import type { Context } from '../context.ts';
import { newApi } from './problem.ts';

export function servicesApi(_context: Context) {
  return newApi();
}
