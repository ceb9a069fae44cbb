// A policy under which something that was approved could not run at all is refused before anybody weighs it: which rules of it conflict
// with what, by name. A policy that only leaves too little room is not: its consequence shows that. Pure.
import { capsOf, classOf } from '#scheduler/classes.ts';
import { eligibility } from '#scheduler/feasible.ts';
import type { FailureDomain, Policy, Sizing, Snapshot, Workload } from '#scheduler/model.ts';
import { type Base, prepare } from '#scheduler/prepare.ts';
import { sizeWorkload } from '#scheduler/schedule.ts';
import { isRefusal } from '#scheduler/size.ts';
import { type FieldError, InvalidError } from '../errors.ts';

interface Conflict {
  /** Inside the record. */
  readonly rule: string;
  readonly value: string | number;
  readonly message: string;
  readonly allowed: string;
}

/** Workloads that a message names. */
const MOST_NAMED = 5;

/**
 * @param field path of the record inside the question
 * @throws InvalidError `policy-infeasible` with one entry for each rule that conflicts. What conflicts already does not count
 */
export function refuseConflicts(snapshot: Snapshot, policy: Policy, field: string): void {
  const conflicts = new Map<string, { readonly conflict: Conflict; readonly workloads: string[] }>();
  const now = prepare(snapshot);
  const next = prepare({ ...snapshot, policy });
  for (const conflict of ofRecord(policy)) conflicts.set(conflict.rule, { conflict, workloads: [] });
  for (const workload of conflicts.size > 0 ? [] : snapshot.workloads) {
    const conflict = ofWorkload(now, next, workload);
    if (conflict === undefined) continue;
    const known = conflicts.get(conflict.rule) ?? { conflict, workloads: [] };
    known.workloads.push(workload.name);
    conflicts.set(conflict.rule, known);
  }
  if (conflicts.size === 0) return;
  const fields = [...conflicts.values()].map(({ conflict: { rule, value, message, allowed }, workloads }): FieldError => ({ field: `${field}.${rule}`, value, message: workloads.length === 0 ? message : `${message}, and ${named(workloads)}`, allowed }));
  throw new InvalidError('policy-infeasible', fields.map((each) => `${each.field} is ${String(each.value)}: it ${each.message} (allowed: ${each.allowed}).`).join(' '), fields);
}

function named(workloads: readonly string[]): string {
  const more = workloads.length - MOST_NAMED;
  return `${workloads.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''} could not run`;
}

function ofRecord({ shapes, defaultShape, environments }: Policy): Conflict[] {
  const found: Conflict[] = [];
  if (!Object.hasOwn(shapes, defaultShape)) found.push({ rule: 'defaultShape', value: defaultShape, message: 'is not a shape of the record', allowed: Object.keys(shapes).join(', ') || 'add a shape first' });
  if (Object.keys(environments).length === 0) found.push({ rule: 'environments', value: 'empty', message: 'must name at least one environment', allowed: 'dev, staging, gray, production or names of your own' });
  return found;
}

/** What of the new policy keeps the workload from running that could run under the old one. */
function ofWorkload(now: Base, next: Base, workload: Workload): Conflict | undefined {
  if (isRefusal(sizeWorkload(workload, now))) return undefined;
  const { policy } = next.snapshot;
  const { environment, ask } = workload;
  if (!Object.hasOwn(policy.environments, environment)) return { rule: 'environments', value: Object.keys(policy.environments).join(', '), message: `leaves ${environment} out`, allowed: `${environment} must stay until its workloads are given back` };
  if (!Object.hasOwn(policy.shapes, ask.shape)) return { rule: 'shapes', value: Object.keys(policy.shapes).join(', '), message: `leaves ${ask.shape} out`, allowed: `${ask.shape} must stay until nobody uses it` };
  if (ask.class !== undefined && !Object.hasOwn(policy.classes, ask.class)) return { rule: 'classes', value: Object.keys(policy.classes).join(', ') || 'empty', message: `leaves ${ask.class} out`, allowed: `${ask.class} must stay until nobody asks for it` };
  if (countHosts(now, workload) > 0 && countHosts(next, workload) === 0) return noHosts(next, workload);
  const sizing = sizeWorkload(workload, next);
  if (!isRefusal(sizing)) return tooTight(now, next, workload, sizing);
  if (sizing.field === 'survive') return { rule: `environments.${environment}.kinds`, value: policy.environments[environment]!.kinds.join(', '), message: `leaves too few ${ask.survive}s to survive the loss of one`, allowed: 'kinds with hosts in at least two' };
  if (sizing.field === 'shape') return { rule: 'reservePermille', value: JSON.stringify(policy.reservePermille), message: `leaves no host large enough for the shape ${ask.shape}`, allowed: `so little that a host has room for one: ${sizing.allowed}` };
  return { rule: `shapes.${ask.shape}`, value: JSON.stringify(policy.shapes[ask.shape]), message: 'is too small', allowed: sizing.allowed };
}

function countHosts(base: Base, workload: Workload): number {
  return eligibility(base, workload).suits.reduce((sum, suits) => sum + suits, 0);
}

/** Hosts of the fleet suit the workload, but for a rule of the policy: of its kinds, or of what the cloud may cost. */
function noHosts({ hosts, snapshot: { policy } }: Base, { environment, ask }: Workload): Conflict {
  const { kinds } = policy.environments[environment]!;
  const rule = `environments.${environment}.kinds`;
  const inFleet = [...new Set(hosts.map(({ kind }) => kind))].sort();
  if (!inFleet.some((kind) => kinds.includes(kind))) return { rule, value: kinds.join(', '), message: 'names no kind of which the fleet has a host', allowed: `one of ${inFleet.join(', ')} among them` };
  if (ask.cloud === 'never' && inFleet.filter((kind) => kinds.includes(kind)).every((kind) => kind === 'cloud-vm')) return { rule, value: kinds.join(', '), message: 'leaves the cloud only, where its asks may not run', allowed: 'a kind of your own among them' };
  if (policy.cloud.mostCentsPerCoreHour !== null && kinds.includes('cloud-vm')) return { rule: 'cloud.mostCentsPerCoreHour', value: policy.cloud.mostCentsPerCoreHour, message: 'is below what every cloud host costs, and nothing else may be used', allowed: 'the price of a core on some cloud host, or null' };
  return { rule, value: kinds.join(', '), message: 'leaves no host that its labels and taints allow', allowed: 'kinds with such a host' };
}

const CAPS = { host: 'perHost', rack: 'perRack', site: 'perSite' } as const;

/** Caps of its class that do not even let the replicas stand which the sum needs, however much room there is. */
function tooTight(now: Base, next: Base, workload: Workload, { replicas }: Sizing): Conflict | undefined {
  const { policy } = next.snapshot;
  const own = classOf(workload, policy);
  if (own === undefined) return undefined;
  const { suits } = eligibility(next, workload);
  for (const domain of ['host', 'rack', 'site'] as const satisfies readonly FailureDomain[]) {
    const cap = own.caps[CAPS[domain]];
    if (cap === undefined || cap === capsOf(workload, now.snapshot.policy)[CAPS[domain]]) continue;
    const indices = [...suits.keys()].filter((host) => suits[host] === 1);
    const domains = new Set(indices.map((host) => (domain === 'host' ? host : domain === 'rack' ? next.rackOf[host] : next.siteOf[host]))).size;
    if (cap * domains < replicas) return { rule: `classes.${workload.ask.class}.caps.${CAPS[domain]}`, value: cap, message: `lets at most ${cap * domains} replicas stand on ${domains} ${domain}s, and ${replicas} are needed`, allowed: `at least ${Math.ceil(replicas / Math.max(1, domains))}` };
  }
  return undefined;
}
