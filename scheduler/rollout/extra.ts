// What a dearer release would mean at the asked peak: the sum of sizing with the cost of a request raised as measured, against the sum as it is.
import type { Workload } from '../model.ts';
import type { Base } from '../prepare.ts';
import { sizeWorkload } from '../schedule.ts';
import { isRefusal } from '../size.ts';
import type { GateFigures, ReleaseFigures } from './model.ts';

/**
 * The declared figure is raised in the proportion that was measured (it may hold a margin that the team wants), and to the measured one where that is more.
 * @param centsPerReplica what a replica of the workload costs an hour now
 * @returns null where it costs no more, or nobody knows
 */
export function extraOf(base: Base, workload: Workload, { before, after, centsPerReplica }: { readonly before: ReleaseFigures; readonly after: ReleaseFigures; readonly centsPerReplica: number }): GateFigures['extra'] {
  if (before.cpuMsPerRequest === null || after.cpuMsPerRequest === null || after.cpuMsPerRequest <= before.cpuMsPerRequest) return null;
  const declared = workload.ask.profile.cpuMsPerRequest;
  const cpuMsPerRequest = Math.max(after.cpuMsPerRequest, (declared * after.cpuMsPerRequest) / before.cpuMsPerRequest);
  const dearer = { ...workload, ask: { ...workload.ask, profile: { ...workload.ask.profile, cpuMsPerRequest } } };
  const [now, then] = [sizeWorkload(workload, base), sizeWorkload(dearer, base)];
  if (isRefusal(now) || isRefusal(then)) return null;
  const replicas = Math.max(0, then.replicas - now.replicas);
  return { replicas, costCentsPerHour: Math.round(replicas * centsPerReplica), cpuMsPerRequest: after.cpuMsPerRequest };
}
