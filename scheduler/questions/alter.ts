// One verb of a what-if as it alters the world, before the scheduler answers to it.
// Takes a snapshot and a change; gives the altered snapshot and the wishes that go with it, or throws a QuestionError that names what
// cannot be asked. Places nothing. Buying is not among them: what to buy is a decision (buy.ts).

import type { Host, PlanVerb, Snapshot, Wish } from '../model.ts';
import { joinHosts } from './join-hosts.ts';
import type { Change, NewHost } from './model.ts';
import { QuestionError, requireWhole } from './question-error.ts';

export interface Altered {
  readonly snapshot: Snapshot;
  readonly wishes: readonly Wish[];
  readonly verb: PlanVerb;
}

export type Alteration = Exclude<Change, { readonly kind: 'buy' }>;

/** More than this is not a fleet of this product. */
const MOST_CPU_MILLI = 100_000_000;
const MOST_MEMORY_MIB = 1_000_000_000;
/** The same bound as that of an ask. */
const MOST_PEAK_QPS = 100_000_000;

/**
 * @param field path of the change inside the question, for messages: `changes.0`
 * @throws QuestionError for what does not exist or cannot be
 */
export function alter(snapshot: Snapshot, change: Alteration, field: string): Altered {
  const altered = (parts: Partial<Snapshot>, verb: PlanVerb, wishes: readonly Wish[] = []): Altered => ({ snapshot: { ...snapshot, ...parts }, wishes, verb });
  switch (change.kind) {
    case 'drain':
      return altered({ hosts: withHosts(snapshot, change.hostIds, `${field}.hostIds`, { cordoned: true, draining: true }) }, 'drain');
    case 'lose': {
      const hosts = withHosts(snapshot, change.hostIds, `${field}.hostIds`, { state: 'lost' });
      if (hosts.every(({ state }) => state === 'lost')) throw new QuestionError(`${field}.hostIds`, change.label, 'fewer than all hosts that live: with none left there is nothing to place on');
      return altered({ hosts }, 'heal');
    }
    case 'add':
      requireWhole(`${field}.count`, change.count, 1, 10_000);
      requireHost(change.host, `${field}.host`);
      return { snapshot: joinHosts(snapshot, change.host, change.count, 'added'), wishes: [], verb: 'place' };
    case 'grow':
      return altered({ workloads: withPeak(snapshot, change.workloadId, change.permille, field) }, 'scale');
    case 'remove':
      requireWorkload(snapshot, change.workloadId, field);
      return altered({ workloads: snapshot.workloads.filter(({ id }) => id !== change.workloadId) }, 'remove');
    case 'policy':
      if (!Object.hasOwn(change.policy.shapes, change.policy.defaultShape)) throw new QuestionError(`${field}.policy.defaultShape`, change.policy.defaultShape, `one of ${Object.keys(change.policy.shapes).join(', ')}`);
      return altered({ policy: change.policy }, 'policy');
    case 'rearrange':
      requireWishes(snapshot, change.wishes, `${field}.wishes`);
      return altered({}, 'defragment', change.wishes);
  }
}

function withHosts(snapshot: Snapshot, hostIds: readonly string[], field: string, parts: Partial<Host>): Host[] {
  if (hostIds.length === 0) throw new QuestionError(field, 'empty', 'at least one host');
  const known = new Set(snapshot.hosts.map(({ id }) => id));
  const unknown = hostIds.find((id) => !known.has(id));
  if (unknown !== undefined) throw new QuestionError(field, unknown, 'a host of the fleet');
  const named = new Set(hostIds);
  return snapshot.hosts.map((host) => (named.has(host.id) ? { ...host, ...parts } : host));
}

function requireHost(host: NewHost, field: string): void {
  for (const name of ['site', 'rack'] as const) if (host[name].length === 0) throw new QuestionError(`${field}.${name}`, '', 'a name');
  requireWhole(`${field}.capacity.cpuMilli`, host.capacity.cpuMilli, 1, MOST_CPU_MILLI);
  requireWhole(`${field}.capacity.memoryMib`, host.capacity.memoryMib, 1, MOST_MEMORY_MIB);
  requireWhole(`${field}.reserved.cpuMilli`, host.reserved.cpuMilli, 0, host.capacity.cpuMilli);
  requireWhole(`${field}.reserved.memoryMib`, host.reserved.memoryMib, 0, host.capacity.memoryMib);
  requireWhole(`${field}.costCentsPerHour`, host.costCentsPerHour, 0, Number.MAX_SAFE_INTEGER);
}

function requireWorkload(snapshot: Snapshot, workloadId: string, field: string): void {
  if (!snapshot.workloads.some(({ id }) => id === workloadId)) throw new QuestionError(`${field}.workloadId`, workloadId, 'a workload that has capacity');
}

/** The autoscaler's number belongs to the load that it saw, so with another peak the workload is sized for that peak alone. */
function withPeak(snapshot: Snapshot, workloadId: string, permille: number, field: string): Snapshot['workloads'] {
  requireWorkload(snapshot, workloadId, field);
  requireWhole(`${field}.permille`, permille, 1, 100_000);
  return snapshot.workloads.map((workload) => {
    if (workload.id !== workloadId) return workload;
    // To the thousandth, the finest that an ask may have.
    const peakQps = Math.max(0.001, Math.round(workload.ask.peakQps * permille) / 1000);
    if (peakQps > MOST_PEAK_QPS) throw new QuestionError(`${field}.permille`, permille, `at most ${Math.floor((MOST_PEAK_QPS / workload.ask.peakQps) * 1000)}, which makes ${MOST_PEAK_QPS} QPS`);
    return { ...workload, ask: { ...workload.ask, peakQps }, decision: undefined };
  });
}

function requireWishes(snapshot: Snapshot, wishes: readonly Wish[], field: string): void {
  if (wishes.length === 0) throw new QuestionError(field, 'empty', 'at least one replica and where it should go');
  const hosts = new Set(snapshot.hosts.map(({ id }) => id));
  const replicas = new Set(snapshot.replicas.map(({ id }) => id));
  const seen = new Set<string>();
  for (const [index, { replicaId, hostId }] of wishes.entries()) {
    if (!replicas.has(replicaId)) throw new QuestionError(`${field}.${index}.replicaId`, replicaId, 'a replica that is recorded');
    if (!hosts.has(hostId)) throw new QuestionError(`${field}.${index}.hostId`, hostId, 'a host of the fleet');
    if (seen.has(replicaId)) throw new QuestionError(`${field}.${index}.replicaId`, replicaId, 'wished for once');
    seen.add(replicaId);
  }
}
