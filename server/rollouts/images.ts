// Which images hosts should have ahead of their replicas because of rollouts under way, and how far they are. Only references by digest: what
// a tag means may differ from host to host, and an image that hosts have of their own needs no registry.
import type { Context } from '../context.ts';
import { replicasOfWorkloads } from '../db/replicas.ts';
import { listRolloutsUnderWay, type RolloutRow } from '../db/rollouts.ts';
import type { Reader } from '../db/store.ts';
import { type ReleaseRow, releasesById } from '../db/workloads.ts';
import type { Observation } from '#scheduler/rollout/model.ts';

/** An agent that says nothing of images by then does not know how to: its host gets the image when a replica needs it. */
const SAYS_WITHIN_MS = 10_000;

/** The image by digest; null where the release has none. */
export function referenceOf({ image, digest }: Pick<ReleaseRow, 'image' | 'digest'>): string | null {
  if (image.includes('@')) return image;
  return digest === null ? null : `${image.replace(/:[^:/]+$/, '')}@${digest}`;
}

/** Hosts that a rollout concerns: those that run the workload, and those on which its steps were found to fit. */
export function hostsConcerned({ preflight }: Pick<RolloutRow, 'preflight'>, replicas: readonly { readonly hostId: string | null }[]): Set<string> {
  const planned = preflight?.steps.flatMap(({ hosts }) => hosts.map(({ hostId }) => hostId)) ?? [];
  return new Set([...replicas.flatMap(({ hostId }) => hostId ?? []), ...planned]);
}

/** References by digest that each host should have, by host id: of the release that comes, and of the one that it may have to go back to. */
export async function prefetchFor(reader: Reader): Promise<Map<string, string[]>> {
  const rollouts = await listRolloutsUnderWay(reader);
  const found = new Map<string, string[]>();
  if (rollouts.length === 0) return found;
  const releases = await releasesById(reader, rollouts.flatMap(({ fromReleaseId, toReleaseId }) => [toReleaseId, fromReleaseId]));
  const replicas = Map.groupBy(await replicasOfWorkloads(reader, rollouts.map(({ workloadId }) => workloadId)), ({ workloadId }) => workloadId);
  for (const row of rollouts) {
    const references = [row.toReleaseId, row.fromReleaseId].flatMap((id) => {
      const release = releases.get(id);
      return (release === undefined ? null : referenceOf(release)) ?? [];
    });
    for (const hostId of hostsConcerned(row, replicas.get(row.workloadId) ?? [])) found.set(hostId, [...new Set([...(found.get(hostId) ?? []), ...references])].sort());
  }
  return found;
}

/**
 * How far hosts are with an image. Hosts that are not heard are left out: they hold nobody up.
 * @param since when they were asked first
 */
export function imagesSeen({ fleet }: Pick<Context, 'fleet'>, reference: string | null, hostIds: Iterable<string>, { now, since }: { readonly now: number; readonly since: number }): Observation['images'] {
  if (reference === null) return { needed: 0, present: 0, hindrance: null };
  let [needed, present] = [0, 0];
  let hindrance: string | null = null;
  for (const hostId of [...hostIds].sort()) {
    const host = fleet.get(hostId);
    if (host?.state !== 'ready') continue;
    needed += 1;
    const seen = host.report?.images?.find((image) => image.reference === reference);
    const isSilent = host.report?.images === undefined && now - since > SAYS_WITHIN_MS;
    if (seen?.state === 'present' || (seen === undefined && isSilent)) present += 1;
    else if (seen?.state === 'failed') hindrance ??= seen.reason ?? 'it could not be pulled';
  }
  return { needed, present, hindrance };
}
