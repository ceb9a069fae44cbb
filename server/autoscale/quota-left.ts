// How many replicas of a workload its team's quota leaves, with those that it has. The quota bounds what was granted within it; where an SRE granted more than
// the quota by word, or nobody set one, the grant counts.
import type { Workload } from '#scheduler/model.ts';
import { isRefusal } from '#scheduler/size.ts';
import { amountOf, subtract, times, usedBy } from '../requests/quota.ts';
import type { Present } from '../control/present.ts';
import type { QuotaRow } from '../db/quotas.ts';
import { grantedReplicas } from './observe.ts';

/** @returns null where no quota bounds it */
export function quotaLeft(present: Present, quotas: readonly QuotaRow[], workload: Workload): number | null {
  const quota = quotas.find(({ team, environment }) => team === workload.team && environment === workload.environment);
  const sizing = present.sizingOf(workload);
  if (quota === undefined || isRefusal(sizing)) return null;
  const granted = times(grantedReplicas(workload, sizing), sizing.shape);
  if (granted.cpuMilli > quota.cpuMilli || granted.memoryMib > quota.memoryMib) return null;
  const others = subtract(usedBy(present, workload.team, workload.environment), amountOf(present, workload));
  const left = subtract({ cpuMilli: quota.cpuMilli, memoryMib: quota.memoryMib }, others);
  return Math.max(0, Math.min(Math.floor(left.cpuMilli / sizing.shape.cpuMilli), Math.floor(left.memoryMib / sizing.shape.memoryMib)));
}
