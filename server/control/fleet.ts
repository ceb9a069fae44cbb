// What hosts say, as last heard, in memory: the present that verdicts, views and the ledger's evidence read. Rows of host_status are its
// copy for the next start. Messages write what was heard; only observation writes a state.
import type { Facts, ObservedReplica, Report } from '#agents/protocol.ts';
import type { HostState } from '../db/hosts.ts';
import type { VerdictCode } from '../http/contract/verdicts.ts';

export interface ObservedHost {
  readonly hostId: string;
  state: HostState;
  reason: string;
  /** Of the grounds of its state, where a verdict of this life of the server gave them. */
  code: VerdictCode | null;
  /** Since when the state holds. */
  since: number;
  /** Last message of any kind; null: none ever. */
  lastSeenAt: number | null;
  /** Last whole report in this life of the server; null: none yet. */
  report: Report | null;
  reportedAt: number | null;
  /** How far its clock is ahead of the server's, of the last report: for people, never for verdicts. */
  clockSkewMs: number | null;
  facts: Facts | null;
  reportedGeneration: number;
  /** Of the last report, by replica id. */
  replicas: ReadonlyMap<string, ObservedReplica>;
  /** Replicas that an earlier report of this life had and a later one has not. */
  readonly vanished: Set<string>;
  /** Replicas that got another release where they are, with the generation that the host had reported by then. */
  readonly renewed: Map<string, number>;
}

export interface Fleet {
  /** Hosts that take nothing new because a disk of theirs is full. */
  readonly fullDisks: ReadonlySet<string>;
  /** @returns whether that is news */
  setDiskFull(hostId: string, isFull: boolean): boolean;
  /** Counts changes that placement depends on: states of hosts, hosts that come and go, addresses that become free. */
  readonly version: number;
  touch(): void;
  get(hostId: string): ObservedHost | undefined;
  all(): IterableIterator<ObservedHost>;
  readonly size: number;
  stateOf(hostId: string): HostState;
  /** Starts to watch a host: one that joined now, or one that the store remembers. */
  watch(host: Pick<ObservedHost, 'hostId' | 'state' | 'reason' | 'since' | 'lastSeenAt' | 'facts' | 'reportedGeneration'>): void;
  forget(hostId: string): void;
  heard(hostId: string, now: number): void;
  reported(hostId: string, report: Report, now: number): void;
  /** A plan gave this replica another release: what its host said of it so far was said of the one before. */
  renew(hostId: string, replicaId: string): void;
  settle(hostId: string, state: HostState, reason: string, now: number, code?: VerdictCode): void;
  /** Hosts that sent a report since this was asked last. */
  takeReporting(): string[];
}

export function openFleet(): Fleet {
  const hosts = new Map<string, ObservedHost>();
  let reporting = new Set<string>();
  let version = 0;
  const fullDisks = new Set<string>();
  return {
    get version() {
      return version;
    },
    touch: () => void (version += 1),
    fullDisks,
    setDiskFull(hostId, isFull) {
      if (fullDisks.has(hostId) === isFull) return false;
      if (isFull) fullDisks.add(hostId);
      else fullDisks.delete(hostId);
      version += 1;
      return true;
    },
    get: (hostId) => hosts.get(hostId),
    all: () => hosts.values(),
    get size() {
      return hosts.size;
    },
    stateOf: (hostId) => hosts.get(hostId)?.state ?? 'joining',
    watch(host) {
      hosts.set(host.hostId, { ...host, code: null, report: null, reportedAt: null, clockSkewMs: null, replicas: new Map(), vanished: new Set(), renewed: new Map() });
      version += 1;
    },
    forget(hostId) {
      hosts.delete(hostId);
      reporting.delete(hostId);
      version += 1;
    },
    heard(hostId, now) {
      const host = hosts.get(hostId);
      if (host !== undefined) host.lastSeenAt = now;
    },
    reported(hostId, report, now) {
      const host = hosts.get(hostId);
      if (host === undefined) return;
      hear(host, report, now);
      for (const id of host.renewed.keys()) if (!host.replicas.has(id)) host.renewed.delete(id);
      reporting.add(hostId);
    },
    renew(hostId, replicaId) {
      const host = hosts.get(hostId);
      host?.renewed.set(replicaId, host.reportedGeneration);
    },
    settle(hostId, state, reason, now, code) {
      const host = hosts.get(hostId);
      if (host === undefined) return;
      host.code = code ?? null;
      if (host.state === state && host.reason === reason) return;
      if (host.state !== state) {
        host.since = now;
        version += 1;
      }
      host.state = state;
      host.reason = reason;
    },
    takeReporting() {
      const ids = [...reporting];
      reporting = new Set();
      return ids;
    },
  };
}

/** Takes a whole report into what is known of its host. */
function hear(host: ObservedHost, report: Report, now: number): void {
  const list = report.replicas.map((replica) => retold(host.replicas.get(replica.id), replica));
  const isSame = list.length === host.replicas.size && list.every((replica) => host.replicas.get(replica.id) === replica);
  const replicas = isSame ? host.replicas : new Map(list.map((replica) => [replica.id, replica]));
  for (const id of host.replicas.keys()) if (!replicas.has(id)) host.vanished.add(id);
  for (const id of replicas.keys()) host.vanished.delete(id);
  const facts = host.facts !== null && JSON.stringify(host.facts) === JSON.stringify(report.facts) ? host.facts : report.facts;
  const kept: Report = { ...report, facts, replicas: isSame && host.report !== null ? host.report.replicas : list };
  Object.assign(host, { lastSeenAt: now, reportedAt: now, clockSkewMs: Date.parse(report.at) - now, report: kept, facts, reportedGeneration: report.generation, replicas } satisfies Partial<ObservedHost>);
}

/**
 * What is said again stays in the object that is there, with its usage as of now: of a large fleet every new one would outlive the young generation and cost a
 * pause of everything a few seconds later, when it is replaced.
 */
function retold(before: ObservedReplica | undefined, said: ObservedReplica): ObservedReplica {
  if (before === undefined || !isSaidAgain(before, said)) return said;
  if (before.usage !== undefined && said.usage !== undefined) Object.assign(before.usage, said.usage);
  return before;
}

function isSaidAgain(before: ObservedReplica, said: ObservedReplica): boolean {
  const names = Object.keys(said) as (keyof ObservedReplica)[];
  if (names.length !== Object.keys(before).length) return false;
  return names.every((name) => (name === 'usage' ? hasSameNames(before.usage, said.usage) : before[name] === said[name]));
}

function hasSameNames(before: object | undefined, said: object | undefined): boolean {
  if (before === undefined || said === undefined) return before === said;
  const names = Object.keys(said);
  return names.length === Object.keys(before).length && names.every((name) => name in before);
}
