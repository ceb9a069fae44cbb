// Routes of networks.
import type { Context } from '../context.ts';
import { newApi } from './problem.ts';

export function networksApi(_context: Context) {
  return newApi();
}
