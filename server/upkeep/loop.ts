// Makes history of what agents find on their hosts: orphans, what somebody changed by hand, services that ended by themselves, full disks. Each is told once.
// Drops decisions whose matter is gone. Takes reports from memory, writes events and orders, and never touches the desired state.
import type { ObservedDrift, ObservedOrphan, ObservedReplica } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { appendEvent } from '../db/events.ts';
import { hostById } from '../db/hosts.ts';
import { listHostStatus } from '../db/host-status.ts';
import { replicaById } from '../db/replicas.ts';
import type { Tx } from '../db/store.ts';
import { dropUpkeepOrder, listUpkeepOrders } from '../db/upkeep.ts';
import { workloadById } from '../db/workloads.ts';
import { watchDisks } from './disks.ts';
import type { Loop } from '../control/driver.ts';
import type { ObservedHost } from '../control/fleet.ts';
import { replicaName } from '../control/names.ts';

const EVERY_MS = 1_000;
/** A decision outlives a report that was on its way. */
const ORDER_LIVES_MS = 120_000;
const MOST_EVENTS = 500;
const MOST_WORDS = 300;

interface Memory {
  /** Which report of a host was looked at last, by host. */
  readonly looked: Map<string, unknown>;
  /** What was told, by host. */
  readonly told: Map<string, Set<string>>;
  /** Until when each host was heard before this server began: what is older was told by the one before. */
  heardBefore: ReadonlyMap<string, number> | null;
}

interface News {
  readonly host: ObservedHost;
  readonly key: string;
  readonly orphan?: ObservedOrphan;
  readonly drift?: ObservedDrift;
  readonly end?: ObservedReplica;
}

export function upkeepLoop(context: Context): Loop {
  const memory: Memory = { looked: new Map(), told: new Map(), heardBefore: null };
  return {
    name: 'upkeep',
    everyMs: EVERY_MS,
    run: async () => {
      memory.heardBefore ??= new Map((await context.store.read(listHostStatus)).map(({ hostId, lastSeenAt }) => [hostId, lastSeenAt ?? 0]));
      await watchDisks(context);
      const changed = [...context.fleet.all()].filter(({ hostId, report }) => report !== null && memory.looked.get(hostId) !== report);
      const news = changed.flatMap((host) => newsOf(memory, host)).slice(0, MOST_EVENTS);
      if (news.length > 0) await tell(context, news);
      for (const { hostId, report } of changed) memory.looked.set(hostId, report);
      for (const { host, key } of news) memory.told.get(host.hostId)?.add(key);
      await dropSettled(context);
      return news.length === 0 ? 'nothing new was found on any host' : `${news.length} findings of agents told`;
    },
  };
}

/** What a report says that was not told yet. What is no longer in it is forgotten, so that it is told again when it comes back. */
function newsOf({ told, heardBefore }: Memory, host: ObservedHost): News[] {
  const { orphans = [], drift = [], replicas = [] } = host.report ?? {};
  const all: (News & { readonly at: string })[] = [
    ...orphans.map((orphan) => ({ host, orphan, at: orphan.since, key: `orphan ${orphan.kind} ${orphan.id}` })),
    ...drift.map((each) => ({ host, drift: each, at: each.at, key: `drift ${each.replicaId} ${each.kind} ${each.at} ${each.state === 'given-up' ? 'given-up' : ''}` })),
    ...replicas.flatMap((end) => (end.lastEnd === undefined || !isWorthTelling(end.lastEnd.inARow) ? [] : [{ host, end, at: end.lastEnd.at, key: `end ${end.id} ${end.lastEnd.at}` }])),
  ];
  const known = told.get(host.hostId);
  const keys = new Set(all.map(({ key }) => key));
  for (const key of known ?? []) if (!keys.has(key)) known?.delete(key);
  if (known !== undefined) return all.filter(({ key }) => !known.has(key));
  const before = heardBefore?.get(host.hostId) ?? 0;
  told.set(host.hostId, new Set(all.flatMap(({ key, at }) => (Date.parse(at) <= before ? [key] : []))));
  return all.filter(({ at }) => Date.parse(at) > before);
}

/** Of a service that ends again and again, ever fewer ends say something new. */
const isWorthTelling = (inARow: number): boolean => inARow < 4 || Number.isInteger(Math.log2(inARow));

async function tell(context: Context, news: readonly News[]): Promise<void> {
  await context.store.tx(async (tx) => {
    for (const one of news) await tellOne(context, tx, one);
    for (const hostId of new Set(news.map(({ host }) => host.hostId))) tx.changed('orphans', hostId);
  });
}

async function tellOne({ clock }: Context, tx: Tx, { host, orphan, drift, end }: News): Promise<void> {
  const row = await hostById(tx, host.hostId);
  if (row === undefined) return;
  const base = { at: clock.now(), actor: 'firn' } as const;
  if (orphan !== undefined) {
    const what = orphan.removeAt === undefined ? 'it stays until somebody decides' : `it is removed at ${orphan.removeAt}, unless somebody keeps it`;
    await appendEvent(tx, { ...base, kind: 'orphan.found', subjectType: 'host', subjectId: row.id, subject: row.name, message: `${row.name} has ${orphan.kind} ${orphan.name}, which nobody assigned: ${what}`, why: orphan.reason });
    return;
  }
  const replicaId = drift?.replicaId ?? end!.id;
  const replica = await replicaById(tx, replicaId);
  const workload = replica === undefined ? undefined : await workloadById(tx, replica.workloadId);
  const name = replica === undefined || workload === undefined ? replicaId : replicaName(workload, replica.ordinal);
  const about = { ...base, subjectType: 'replica', subjectId: replicaId, subject: name, team: workload?.team ?? null } as const;
  if (drift !== undefined) {
    const isGivenUp = drift.state === 'given-up';
    await appendEvent(tx, { ...about, kind: isGivenUp ? 'replica.repairs-given-up' : 'replica.drift', message: `${name} on ${row.name}: ${drift.found}; ${isGivenUp ? `it was put right ${drift.repairs} times and is left alone now: say whether it may be repaired again` : 'it is put right'}`, why: drift.kind });
    return;
  }
  const { outOfMemory, exitCode, inARow } = end!.lastEnd!;
  const how = outOfMemory ? 'was killed because its memory ran out' : `ended with exit code ${exitCode ?? 'unknown'}`;
  await appendEvent(tx, { ...about, kind: outOfMemory ? 'replica.out-of-memory' : 'replica.ended', message: `${name} on ${row.name} ${how}${inARow > 1 ? `, ${inARow} times in a row` : ''}`, why: end!.lastWords?.slice(-MOST_WORDS) ?? null });
}

/** A decision about something that its host no longer names has done its work. */
async function dropSettled({ store, fleet, clock }: Context): Promise<void> {
  const orders = await store.read((reader) => listUpkeepOrders(reader));
  const settled = orders.filter(({ hostId, kind, subjectId, at }) => {
    const report = fleet.get(hostId)?.report;
    if (fleet.get(hostId) === undefined) return true;
    if (report === null || report === undefined || clock.now() - at < ORDER_LIVES_MS) return false;
    return kind === 'replica' ? !(report.drift ?? []).some((one) => one.replicaId === subjectId && one.state === 'given-up') : !(report.orphans ?? []).some((one) => one.kind === kind && one.id === subjectId);
  });
  if (settled.length === 0) return;
  await store.tx(async (tx) => {
    for (const order of settled) await dropUpkeepOrder(tx, order);
  });
}
