// Whether what runs is what was released: by the id of the image that each container really has, as its host says. A label can lie; this cannot.
import type { Context } from '../context.ts';
import type { ReplicaRow } from '../db/replicas.ts';
import type { ReleaseRow } from '../db/workloads.ts';

export interface Verified {
  readonly matching: number;
  readonly of: number;
  /** Hosts or the registry do not say what to compare. */
  readonly unknown: number;
}

/** Whether a replica's container has the release's image; null where its host or the registry does not say. */
export function digestMatches({ fleet }: Pick<Context, 'fleet'>, { id, hostId }: Pick<ReplicaRow, 'id' | 'hostId'>, release: Pick<ReleaseRow, 'imageId'> | undefined): boolean | null {
  const imageId = hostId === null ? undefined : fleet.get(hostId)?.replicas.get(id)?.imageId;
  return imageId === undefined || release === undefined || release.imageId === null ? null : imageId === release.imageId;
}

/** Counts replicas of the workload that have a host; those that are about to leave for a successor are left out. */
export function verify(context: Pick<Context, 'fleet'>, rows: readonly ReplicaRow[], release: ReleaseRow): Verified {
  const leaving = new Set(rows.flatMap(({ replaces }) => replaces ?? []));
  const matches = rows.filter(({ id, hostId }) => hostId !== null && !leaving.has(id)).map((row) => digestMatches(context, row, release));
  const unknown = matches.filter((match) => match === null).length;
  return { matching: matches.filter((match) => match !== false).length, of: matches.length, unknown };
}

/** In a sentence. */
export function verifiedText({ matching, of, unknown }: Verified, { imageId }: Pick<ReleaseRow, 'imageId'>): string {
  if (imageId === null) return `${of} replicas run the release as their hosts say; its image has no id to compare with`;
  const rest = unknown === 0 ? '' : `; ${unknown} of their hosts do not say which image runs`;
  return `${matching - unknown} of ${of} replicas run image ${imageId}${rest}`;
}
