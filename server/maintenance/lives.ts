// Writes down when hosts say first that a replica serves, and when it started again: its story is told from that, and how long starts take is measured.
import type { ObservedReplica, Report } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { openAddresses } from '../db/addresses.ts';
import { hostById } from '../db/hosts.ts';
import { knownLives, type LifeRow, livesOf, putLives } from '../db/lives.ts';
import { replicasOfHost } from '../db/replicas.ts';
import { listWorkloads } from '../db/workloads.ts';
import { replicaName } from '../control/names.ts';

/** What is written already: restarts by replica and host; and reports that were looked at. */
export interface KnownLives {
  seen: Map<string, number> | undefined;
  readonly reports: WeakSet<Report>;
}

const keyOf = (replicaId: string, hostId: string): string => `${replicaId} ${hostId}`;

/** Looks at every report that is new since it was asked last; writes nothing where nothing began to serve or started again. */
export async function watchLives(context: Context, known: KnownLives): Promise<void> {
  known.seen ??= new Map((await context.store.read(knownLives)).map(({ replicaId, hostId, restarts }) => [keyOf(replicaId, hostId), restarts]));
  const { seen } = known;
  for (const { hostId, report, replicas } of context.fleet.all()) {
    if (report === null || known.reports.has(report)) continue;
    known.reports.add(report);
    const news = [...replicas.values()].filter(({ id, state, restarts }) => {
      const before = seen.get(keyOf(id, hostId));
      return before === undefined ? state === 'running' : restarts > before;
    });
    if (news.length === 0) continue;
    const rows = await lifeRows(context, hostId, news);
    await context.store.tx((tx) => putLives(tx, rows));
    for (const { id, restarts } of news) seen.set(keyOf(id, hostId), restarts);
  }
}

async function lifeRows({ store, clock }: Context, hostId: string, news: readonly ObservedReplica[]): Promise<LifeRow[]> {
  const now = clock.now();
  return await store.read(async (reader) => {
    const host = await hostById(reader, hostId);
    const replicas = new Map((await replicasOfHost(reader, hostId)).map((row) => [row.id, row]));
    const held = new Map((await openAddresses(reader, hostId)).map((row) => [row.replicaId, row]));
    const lives = new Map((await livesOf(reader, news.map(({ id }) => id))).filter((row) => row.hostId === hostId).map((row) => [row.replicaId, row]));
    const workloads = new Map((await listWorkloads(reader)).map((row) => [row.id, row]));
    return news.flatMap(({ id, restarts, startedAt, reason }): LifeRow[] => {
      const life = lives.get(id);
      if (life !== undefined) return [{ ...life, restarts, restartedAt: now, restartReason: reason ?? null }];
      const replica = replicas.get(id);
      const workload = workloads.get(replica?.workloadId ?? '');
      if (replica === undefined || workload === undefined) return [];
      const started = startedAt === undefined ? Number.NaN : Date.parse(startedAt);
      return [{ replicaId: id, hostId, workloadId: replica.workloadId, replica: replicaName(workload, replica.ordinal), host: host?.name ?? hostId, releaseId: replica.releaseId, placedAt: held.get(id)?.heldFrom ?? replica.createdAt, startedAt: Number.isNaN(started) ? null : started, healthyAt: now, restarts, restartedAt: null, restartReason: null }];
    });
  });
}
