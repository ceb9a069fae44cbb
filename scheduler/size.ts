// Turns an ask into a number of replicas, and keeps the whole sum so that a person can check it with a pencil.
// Takes a workload, the policy and the number of failure domains that it may use; gives the sizing, or a refusal that names the
// field, its value and what is allowed. Looks at no host: sizing.domains is counted by eligible.ts.

import type { Limit, Policy, Profile, Shape, Sizing, SizingRefusal, Workload } from './model.ts';
import { refuseAsk } from './refuse-ask.ts';

/** Busy cores that a workload of R cores should have spare, in units of sqrt(R): 1.9 keeps queueing rare at every size. */
const STAFFING_FACTOR = 1.9;
/** Above this share even a large workload queues at short bursts. */
const MOST_UTILISATION = 0.85;
/** Of a container's memory a tenth stays free for the kernel's caches and for garbage that is not yet collected. */
const MEMORY_USABLE_PERMILLE = 900;
/** More than any host fleet of this product holds: a larger sum is a slip of the keyboard. */
const MOST_REPLICAS = 100_000;

export function isRefusal(result: Sizing | SizingRefusal): result is SizingRefusal {
  return 'field' in result;
}

/**
 * The sum: q is what one replica carries, replicas carry the peak with headroom, and more are added until the loss of one failure
 * domain still leaves the peak served.
 * @param domains eligible failure domains of the kind that the ask wants to survive; ignored when it must survive nothing
 */
export function size(workload: Workload, policy: Policy, domains: number): Sizing | SizingRefusal {
  const { ask } = workload;
  const refusal = refuseAsk(workload, policy);
  if (refusal !== undefined) return refusal;
  if (ask.survive !== 'none' && domains < 2) return refuseSurvival(workload, domains);

  const shape = policy.shapes[ask.shape]!;
  const busyCores = (ask.peakQps * ask.profile.cpuMsPerRequest) / 1000;
  const utilisation = utilisationCeiling(policy, busyCores);
  const { qpsPerReplica, qLimit } = carries(shape, ask.profile, utilisation);
  const forPeak = ceil((ask.peakQps * (1000 + ask.headroomPermille)) / 1000 / qpsPerReplica.q);
  if (forPeak > MOST_REPLICAS) return refuseAmount(ask.peakQps, qpsPerReplica.q, forPeak);

  const asked = Math.max(ask.minReplicas, forPeak);
  // The autoscaler moves between the smallest number that was asked for and the number that was granted.
  const wanted = workload.decision === undefined ? asked : Math.min(asked, Math.max(1, ask.minReplicas, workload.decision.replicas));
  const mustRemain = Math.min(ceil(ask.peakQps / qpsPerReplica.q), wanted);
  const replicas = ask.survive === 'none' ? wanted : Math.max(wanted, leastSurviving(mustRemain, domains));
  return {
    workloadId: workload.id,
    shape,
    busyCores,
    utilisation,
    qpsPerReplica,
    qLimit,
    forPeak,
    mustRemain,
    survive: ask.survive,
    domains: ask.survive === 'none' ? 0 : domains,
    perDomainCap: ask.survive === 'none' ? null : replicas - mustRemain,
    replicas,
    limit: decidingLimit(workload, { forPeak, wanted, asked, replicas, qLimit }),
  };
}

function decidingLimit(workload: Workload, sum: { forPeak: number; wanted: number; asked: number; replicas: number; qLimit: Sizing['qLimit'] }): Limit {
  if (sum.replicas > sum.wanted) return 'survival';
  if (sum.wanted !== sum.asked) return 'autoscaler';
  if (workload.ask.minReplicas > sum.forPeak) return 'minimum';
  return sum.qLimit;
}

/** Smallest n with n - ceil(n / domains) >= mustRemain, in integers: floor(n (D - 1) / D) >= m exactly when n >= m D / (D - 1). */
function leastSurviving(mustRemain: number, domains: number): number {
  return Math.floor((mustRemain * domains + domains - 2) / (domains - 1));
}

function utilisationCeiling(policy: Policy, busyCores: number): number {
  if (policy.utilisation.rule === 'fixed') return policy.utilisation.permille / 1000;
  return staffing(busyCores);
}

/** Square-root staffing: how busy replicas may be that together do `busyCores` of work. */
export function staffing(busyCores: number): number {
  return Math.min(MOST_UTILISATION, busyCores / (busyCores + STAFFING_FACTOR * Math.sqrt(busyCores)));
}

function carries(shape: Shape, profile: Profile, utilisation: number): Pick<Sizing, 'qpsPerReplica' | 'qLimit'> {
  const byCpu = (shape.cpuMilli * utilisation) / profile.cpuMsPerRequest;
  const memoryKib = ((shape.memoryMib * MEMORY_USABLE_PERMILLE - profile.memoryBaseMib * 1000) * 1024) / 1000;
  const byMemory = profile.memoryKibPerQps > 0 ? memoryKib / profile.memoryKibPerQps : null;
  const byMaxQps = profile.maxQps ?? null;
  const q = Math.min(byCpu, byMemory ?? byCpu, byMaxQps ?? byCpu);
  const qLimit = q === byCpu ? 'cpu' : q === byMemory ? 'memory' : 'max-qps';
  return { qpsPerReplica: { byCpu, byMemory, byMaxQps, q }, qLimit };
}

/** Rounds up, but takes 6.000000001 for the 6 that it would be without the error of floating point. */
function ceil(value: number): number {
  return Math.ceil(value - 1e-9 * Math.max(1, value));
}

function refuseSurvival(workload: Workload, domains: number): SizingRefusal {
  const { survive } = workload.ask;
  const allowed = `a kind of domain of which the workload may use at least 2, or none`;
  return { field: 'survive', value: survive, allowed, message: `survive is ${survive}, but this workload may use ${domains} ${survive}${domains === 1 ? '' : 's'}: at least 2 are needed` };
}

function refuseAmount(peakQps: number, q: number, forPeak: number): SizingRefusal {
  const allowed = `at most ${Math.floor(MOST_REPLICAS * q)} QPS with this profile and shape`;
  return { field: 'peakQps', value: peakQps, allowed, message: `peakQps is ${peakQps}: that needs ${forPeak} replicas, and at most ${MOST_REPLICAS} are allowed` };
}
