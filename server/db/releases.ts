// Releases as they were made, and what is known of their images: reading only. workloads.ts writes releases, once each.
import type { Learnt } from '#scheduler/rollout/model.ts';
import { and, asc, count, desc, eq, inArray, isNotNull, lt } from 'drizzle-orm';
import { releases, replicas, services, workloads } from './schema/desired.ts';
import { images, rollouts } from './schema/releases.ts';
import type { Reader } from './store.ts';
import { chunks, type ReleaseRow, ROWS_PER_STATEMENT } from './workloads.ts';

export type ImageRow = typeof images.$inferSelect;

export async function releaseById({ db }: Reader, id: string): Promise<ReleaseRow | undefined> {
  const [row] = await db.select().from(releases).where(eq(releases.id, id));
  return row;
}

/** Newest first. @param before a version: only older ones */
export async function releasesOf({ db }: Reader, workloadId: string, { limit, before }: { readonly limit: number; readonly before?: number | undefined }): Promise<ReleaseRow[]> {
  return await db.select().from(releases).where(and(eq(releases.workloadId, workloadId), before === undefined ? undefined : lt(releases.version, before))).orderBy(desc(releases.version)).limit(limit);
}

/** Of many workloads, newest first. */
export async function releasesOfWorkloads({ db }: Reader, workloadIds: readonly string[]): Promise<ReleaseRow[]> {
  const rows: ReleaseRow[] = [];
  for (const chunk of chunks([...new Set(workloadIds)], ROWS_PER_STATEMENT)) rows.push(...(await db.select().from(releases).where(inArray(releases.workloadId, chunk)).orderBy(desc(releases.version))));
  return rows;
}

/** How many replicas should run each release, by release id. */
export async function replicasByRelease({ db }: Reader, workloadId: string): Promise<Map<string, number>> {
  const rows = await db.select({ releaseId: replicas.releaseId, count: count() }).from(replicas).where(eq(replicas.workloadId, workloadId)).groupBy(replicas.releaseId);
  return new Map(rows.map((row) => [row.releaseId, row.count]));
}

/** Releases that ended a rollout of a service well, or that a workload of it runs now, with the environment in which they did. */
export async function provenReleases({ db }: Reader, serviceId: string): Promise<{ readonly environment: string; readonly digest: string | null; readonly image: string }[]> {
  const shown = { environment: workloads.environment, digest: releases.digest, image: releases.image };
  const current = await db.select(shown).from(workloads).innerJoin(releases, eq(releases.id, workloads.releaseId)).where(eq(workloads.serviceId, serviceId));
  const rolled = await db
    .select({ ...shown, state: rollouts.state })
    .from(rollouts)
    .innerJoin(workloads, eq(workloads.id, rollouts.workloadId))
    .innerJoin(releases, eq(releases.id, rollouts.toReleaseId))
    .where(and(eq(workloads.serviceId, serviceId), isNotNull(rollouts.endedAt)))
    .orderBy(desc(rollouts.startedAt))
    .limit(1_000);
  return [...current, ...rolled.filter(({ state }) => state.phase === 'succeeded')];
}

/** What was learnt of releases while they were rolled out, the newest figures of each, by release id. */
export async function learntOf({ db }: Reader, releaseIds: readonly string[]): Promise<Map<string, Learnt>> {
  const found = new Map<string, Learnt>();
  for (const chunk of chunks([...new Set(releaseIds)], ROWS_PER_STATEMENT)) {
    const rows = await db.select({ releaseId: rollouts.toReleaseId, state: rollouts.state }).from(rollouts).where(inArray(rollouts.toReleaseId, chunk)).orderBy(asc(rollouts.startedAt));
    for (const { releaseId, state } of rows) if (state.learnt !== undefined) found.set(releaseId, state.learnt);
  }
  return found;
}

/** Images of the registry with this digest, those that were deleted too. */
export async function imagesWithDigest({ db }: Reader, digest: string): Promise<ImageRow[]> {
  return await db.select().from(images).where(eq(images.digest, digest));
}

export async function imagesWithDigests({ db }: Reader, digests: readonly string[]): Promise<ImageRow[]> {
  const rows: ImageRow[] = [];
  for (const chunk of chunks([...new Set(digests)], ROWS_PER_STATEMENT)) rows.push(...(await db.select().from(images).where(inArray(images.digest, chunk))));
  return rows;
}

/** The environments in which a service has a workload, with the id of it. */
export async function workloadsOfService({ db }: Reader, service: string): Promise<{ readonly id: string; readonly environment: string; readonly releaseId: string }[]> {
  return await db.select({ id: workloads.id, environment: workloads.environment, releaseId: workloads.releaseId }).from(workloads).innerJoin(services, eq(services.id, workloads.serviceId)).where(eq(services.name, service));
}

/** The ports of these releases, by id. */
export async function portsOfReleases({ db }: Reader, releaseIds: readonly string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const chunk of chunks(releaseIds, ROWS_PER_STATEMENT)) for (const { id, port } of await db.select({ id: releases.id, port: releases.port }).from(releases).where(inArray(releases.id, chunk))) found.set(id, port);
  return found;
}
