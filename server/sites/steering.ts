// What answers come from: every name made ready, in memory, following the store and what hosts report. Refreshing costs little where nothing
// changed, so that it can be done often; a name is made ready anew only where something of its own did. Changes nothing.
import type { Replica, Snapshot } from '#scheduler/model.ts';
import type { Base } from '#scheduler/prepare.ts';
import { type ReadyName, readyName } from '#scheduler/sites/answer.ts';
import type { Site, Target, Weights } from '#scheduler/sites/model.ts';
import { type Nearest, openNearness } from '#scheduler/sites/nearness.ts';
import type { Context } from '../context.ts';
import { serves } from '../control/successors.ts';
import { type DnsNameRow, listDnsNames } from '../db/dns-names.ts';
import { portsOfReleases } from '../db/releases.ts';
import { listSiteMarks, readFailoverRules, type SiteMarkRow } from '../db/site-marks.ts';
import { listSites, type SiteRow } from '../db/sites.ts';
import { listStages, type StagesRow } from '../db/stages.ts';
import { findWorkload } from '../db/workloads.ts';
import { shiftsIn, type ShiftRow, STEERING } from '../db/shifts.ts';
import type { FailoverRules } from '../http/contract/sites.ts';
import { rangeOf } from './client-range.ts';
import { weightsInForce } from './weights.ts';

/** A name as it is now, with everything that is shown about it. */
export interface KnownName {
  readonly row: DnsNameRow;
  readonly port: number;
  /** Null: its service has no workload in this environment. */
  readonly workload: { readonly id: string; readonly team: string } | null;
  readonly weights: Weights;
  readonly shiftId: string | null;
  readonly ready: ReadyName;
}

export interface Directory {
  readonly names: ReadonlyMap<string, KnownName>;
  readonly sites: readonly Site[];
  readonly siteRows: readonly SiteRow[];
  readonly marks: readonly SiteMarkRow[];
  readonly stages: readonly StagesRow[];
  readonly steering: readonly ShiftRow[];
  readonly rules: FailoverRules;
  readonly near: Nearest;
}

/** What is remembered of a replica that has a name. */
export interface SeenReplica {
  readonly workloadId: string;
  readonly firstSeenAt: number;
  /** Since when it has been healthy without a break; null: it is not. */
  readonly healthySince: number | null;
  readonly wasHealthy: boolean;
  /** Since when new clients are not sent to it, because it is about to stop. */
  readonly leavingSince: number | null;
  /** It leaves, and nothing follows it. */
  readonly isLast: boolean;
}

export interface Steering {
  readonly directory: Directory;
  readonly refreshedAt: number | null;
  readonly refreshMs: number | null;
  /** True while it tells that answers changed with what hosts report: that is no news to whoever refreshes it. */
  readonly isTelling: boolean;
  seen(replicaId: string): SeenReplica | undefined;
  /** Looks at the store, where it changed, and at every replica that has a name. @returns whether any answer may be another one */
  refresh(): Promise<boolean>;
}

const NOTHING: Directory = { names: new Map(), sites: [], siteRows: [], marks: [], stages: [], steering: [], rules: { downAfterSeconds: 10, upAfterSeconds: 120, leastHostsUpPermille: 500, leastHealthyPermille: 500, mostNamesPermille: 300, isAutomatic: true }, near: () => null };
/** What changes rows that are read here. */
const TOPICS: readonly string[] = ['sites', 'names', 'shifts', 'services', 'releases', 'rollouts'];

export function openSteering(context: Pick<Context, 'store' | 'bus' | 'fleet' | 'clock' | 'present' | 'linger'>): Steering {
  const { bus, clock, present } = context;
  let directory = NOTHING;
  let rows: Awaited<ReturnType<typeof readRows>> | undefined;
  let made: typeof rows;
  let isStale = true;
  let isTelling = false;
  let refreshedAt: number | null = null;
  let refreshMs: number | null = null;
  let replicas = new Map<string, SeenReplica>();
  let running: Promise<boolean> | undefined;
  bus.subscribe(({ topic }) => {
    if (!isTelling && TOPICS.includes(topic)) isStale = true;
  });
  const refreshNow = async (): Promise<boolean> => {
    const started = performance.now();
    // Of which rows the directory is: reading may succeed and what follows may not.
    const before = made;
    if (isStale || rows === undefined) {
      isStale = false;
      rows = await readRows(context).catch((error: unknown) => {
        isStale = true;
        throw error;
      });
    }
    const { snapshot, base } = await present.read();
    const now = clock.now();
    const { names, kept, isOther: isNews } = namesNow(context, rows, { snapshot, base, now, before: before === rows ? directory.names : undefined, replicas });
    const isOther = isNews || before !== rows;
    directory = { names, sites: rows.sites, siteRows: rows.siteRows, marks: rows.marks, stages: rows.stages, steering: rows.steering, rules: rows.rules, near: rows.near };
    replicas = kept;
    made = rows;
    context.linger.follow(ttlsOf(names.values()), kept);
    refreshedAt = now;
    refreshMs = performance.now() - started;
    // What the store changed was told when it was committed.
    if (isOther && before === rows) {
      isTelling = true;
      bus.publish({ topic: 'names', ids: [] });
      isTelling = false;
    }
    return isOther;
  };
  return {
    get directory() {
      return directory;
    },
    get refreshedAt() {
      return refreshedAt;
    },
    get refreshMs() {
      return refreshMs;
    },
    get isTelling() {
      return isTelling;
    },
    seen: (replicaId) => replicas.get(replicaId),
    async refresh() {
      // Whoever comes in the middle waits for the end and looks again: what it wrote may have come too late for the first look.
      while (running !== undefined) await running.catch(() => undefined);
      running = refreshNow();
      try {
        return await running;
      } finally {
        running = undefined;
      }
    },
  };
}

interface Look {
  readonly snapshot: Snapshot;
  readonly base: Base;
  readonly now: number;
  /** Names of the look before, where their rows are the same. */
  readonly before: ReadonlyMap<string, KnownName> | undefined;
  readonly replicas: ReadonlyMap<string, SeenReplica>;
}

function namesNow(context: Pick<Context, 'fleet' | 'linger'>, rows: Rows, { snapshot, base, now, before, replicas }: Look): { names: Map<string, KnownName>; kept: Map<string, SeenReplica>; isOther: boolean } {
  const siteOf = new Map(snapshot.hosts.map(({ id, site, draining }) => [id, { site, isDraining: draining === true }]));
  const kept = new Map<string, SeenReplica>();
  const names = new Map<string, KnownName>();
  let isOther = false;
  for (const row of rows.names) {
    const workload = rows.workloads.get(`${row.service}.${row.environment}`);
    const targets = workload === undefined ? [] : targetsOf(context, base.replicasOf.get(workload.id) ?? [], siteOf);
    if (workload !== undefined) for (const target of targets) kept.set(target.replicaId, remembered(replicas.get(target.replicaId), target, workload.id, now));
    const known = before?.get(row.name);
    if (known !== undefined && sameTargets(known.ready.spec.targets, targets)) names.set(row.name, known);
    else {
      isOther = true;
      names.set(row.name, madeReady(rows, row, workload, targets));
    }
  }
  return { names, kept, isOther };
}

/** The longest TTL of each workload's names. */
function ttlsOf(names: Iterable<KnownName>): Map<string, number> {
  const ttls = new Map<string, number>();
  for (const { workload, row } of names) if (workload !== null) ttls.set(workload.id, Math.max(ttls.get(workload.id) ?? 0, row.ttlSeconds * 1000));
  return ttls;
}

async function readRows({ store }: Pick<Context, 'store'>) {
  return await store.read(async (reader) => {
    const [siteRows, marks, stages, names] = [await listSites(reader), await listSiteMarks(reader), await listStages(reader), await listDnsNames(reader)];
    const steering = await shiftsIn(reader, STEERING);
    const rules = await readFailoverRules(reader);
    const found = [];
    for (const named of new Map(names.map((row) => [`${row.service}.${row.environment}`, row])).values()) found.push(await findWorkload(reader, named.service, named.environment));
    const all = found.filter((row) => row !== undefined);
    const ports = await portsOfReleases(reader, all.map(({ releaseId }) => releaseId));
    const workloads = new Map(all.map(({ id, service, environment, team, releaseId }) => [`${service}.${environment}`, { id, team, port: ports.get(releaseId) ?? 80 }]));
    const markOf = (site: string): Site['mark'] => {
      const kinds = marks.filter((mark) => mark.site === site && mark.name === '').map(({ kind }) => kind);
      return kinds.includes('failed') ? 'failed' : kinds.includes('drained') ? 'drained' : null;
    };
    const marked = [...new Set([...siteRows.map(({ name }) => name), ...marks.map(({ site }) => site)])];
    const sites = marked.map((name): Site => ({ name, links: siteRows.find((row) => row.name === name)?.links ?? [], mark: markOf(name) }));
    const near = openNearness(siteRows.flatMap(({ name, clients }) => clients.flatMap((text) => rangeOf(text, name) ?? [])));
    return { siteRows, sites, marks, stages, names, steering, rules, workloads, near };
  });
}

type Rows = Awaited<ReturnType<typeof readRows>>;

function madeReady({ sites, marks, stages, steering }: Rows, row: DnsNameRow, workload: { readonly id: string; readonly team: string; readonly port: number } | undefined, targets: readonly Target[]): KnownName {
  const declared = stages.find(({ service, environment }) => service === row.service && environment === row.environment);
  const { weights, shiftId } = weightsInForce(row.name, row.weights, steering);
  const { name, preference, order, mostAddresses } = row;
  const failedAt = marks.filter((mark) => mark.name === name && mark.kind === 'failed').map(({ site }) => site);
  const ready = readyName(sites, { name, preference, order, weights, layer: declared?.layer ?? 'service', isReadOnly: declared?.isReadOnly ?? false, stages: declared?.stages ?? {}, failedAt, mostAddresses, targets });
  return { row, port: row.port ?? workload?.port ?? 80, workload: workload ?? null, weights, shiftId, ready };
}

/** Replicas that have an address on a host, as clients would reach them. */
function targetsOf(context: Pick<Context, 'fleet' | 'linger'>, replicas: readonly Replica[], siteOf: ReadonlyMap<string, { readonly site: string; readonly isDraining: boolean }>): Target[] {
  const replaced = new Set(replicas.flatMap(({ successor }) => (successor === undefined || successor.state === 'overdue' ? [] : [successor.replaces])));
  return replicas.flatMap((replica) => {
    const { id, hostId, address } = replica;
    const host = hostId === null ? undefined : siteOf.get(hostId);
    if (host === undefined || address === null) return [];
    const isLast = context.linger.isLeaving(id);
    return [{ replicaId: id, address, site: host.site, isHealthy: isHealthy(context, replica), isLeaving: isLast || host.isDraining || replaced.has(id), isLast }];
  });
}

/**
 * What its host says; of a host that has not spoken yet in this life of the server, what was so before: it serves. Where so many hosts are silent that a
 * person has to say whether they are lost, clients do not wait for that person.
 */
function isHealthy(context: Pick<Context, 'fleet'>, replica: Replica): boolean {
  const host = context.fleet.get(replica.hostId!);
  if (host === undefined || host.code === 'held') return false;
  return host.report === null ? host.state === 'ready' || host.state === 'suspect' : serves(context, replica);
}

function remembered(before: SeenReplica | undefined, { isHealthy: well, isLeaving, isLast = false }: Target, workloadId: string, now: number): SeenReplica {
  // What was replaced may still be told where its site has no other; what nothing follows is not, and its time begins then.
  const leavingSince = before?.isLast === isLast ? before.leavingSince : null;
  return { workloadId, isLast, leavingSince: isLeaving ? (leavingSince ?? now) : null, firstSeenAt: before?.firstSeenAt ?? now, healthySince: well ? (before?.healthySince ?? now) : null, wasHealthy: well || before?.wasHealthy === true };
}

const sameTargets = (one: readonly Target[], other: readonly Target[]): boolean =>
  one.length === other.length && one.every((target, index) => {
    const { replicaId, address, site, isHealthy: well, isLeaving, isLast } = other[index]!;
    return target.replicaId === replicaId && target.isHealthy === well && target.isLeaving === isLeaving && target.isLast === isLast && target.address === address && target.site === site;
  });
