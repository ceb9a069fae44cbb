// What names images, read at once: releases, workloads, replicas, rollouts, builds and layers, with no more of each than retention needs.
import { eq, notInArray } from 'drizzle-orm';
import { listLayerVersions } from './layers.ts';
import { presentImages } from './images.ts';
import { listRolloutsUnderWay } from './rollouts-under-way.ts';
import { releases, replicas } from './schema/desired.ts';
import { builds } from './schema/releases.ts';
import type { Reader, Tx } from './store.ts';
import { listWorkloads } from './workloads.ts';

export async function readForRetention(reader: Reader) {
  const { db } = reader;
  const running = await db.selectDistinct({ id: replicas.releaseId }).from(replicas);
  return {
    images: await presentImages(reader),
    releases: await db.select({ id: releases.id, workloadId: releases.workloadId, version: releases.version, digest: releases.digest, image: releases.image, buildId: releases.buildId }).from(releases),
    workloads: await listWorkloads(reader),
    runningReleaseIds: new Set(running.map(({ id }) => id)),
    rollouts: await listRolloutsUnderWay(reader),
    builds: await db.select({ id: builds.id, team: builds.team, subject: builds.subject, ask: builds.ask, layers: builds.layers, result: builds.result, endedAt: builds.endedAt }).from(builds).where(eq(builds.state, 'succeeded')),
    layers: await listLayerVersions(reader),
  };
}

/** Ids of every build that there is. */
export async function allBuildIds({ db }: Reader): Promise<Set<string>> {
  return new Set((await db.select({ id: builds.id }).from(builds)).map(({ id }) => id));
}

/** Drops the oldest ended builds beyond `keep` that neither a release, a layer nor an image of the registry names. @returns how many */
export async function dropOldBuilds(tx: Tx, keep: number): Promise<number> {
  const { releases: released, layers, images } = await readForRetention(tx);
  const named = new Set([...released, ...layers, ...images].flatMap(({ buildId }) => buildId ?? []));
  const rows = await tx.db.select({ id: builds.id, cachedFrom: builds.cachedFrom }).from(builds).where(notInArray(builds.state, ['queued', 'running']));
  const newestFirst = rows.toSorted((one, other) => (one.id < other.id ? 1 : -1));
  for (const { cachedFrom } of newestFirst.slice(0, keep)) if (cachedFrom !== null) named.add(cachedFrom);
  const old = newestFirst.slice(keep).filter(({ id }) => !named.has(id));
  for (const { id } of old) await tx.db.delete(builds).where(eq(builds.id, id));
  return old.length;
}

/** Whether any rollout is under way, and any build runs. */
export async function underWay(reader: Reader): Promise<{ readonly rollouts: number; readonly builds: number }> {
  const rolling = await listRolloutsUnderWay(reader);
  return { rollouts: rolling.length, builds: await reader.db.$count(builds, eq(builds.state, 'running')) };
}
