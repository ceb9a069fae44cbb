// Routes of policy.
import type { Context } from '../context.ts';
import { newApi } from './problem.ts';

export function policyApi(_context: Context) {
  return newApi();
}
