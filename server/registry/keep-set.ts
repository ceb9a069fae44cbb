// Which images of the registry are kept, and why: a pure function of rows. What is not in its answer may be deleted; so whatever runs, may be gone
// back to, comes next, or carries one of these, must be in it.

export type KeepWhy = 'runs' | 'rollback' | 'next' | 'layer' | 'rollout' | 'new';
export interface KeepReason {
  readonly why: KeepWhy;
  /** For people: `quote.production release 7`. */
  readonly subject: string;
}

/** What is read for it: everything that may name an image. */
export interface KeepInput {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Releases of a workload that stay for going back. */
  readonly keepReleases: number;
  /** How long the newest build stays that nobody released. */
  readonly keepDays: number;
  readonly images: readonly { readonly repository: string; readonly digest: string; readonly buildId: string | null; readonly pushedAt: number }[];
  readonly releases: readonly { readonly id: string; readonly workloadId: string; readonly version: number; readonly digest: string | null }[];
  readonly workloads: readonly { readonly id: string; readonly name: string; readonly releaseId: string }[];
  /** Of replicas that should run. */
  readonly runningReleaseIds: ReadonlySet<string>;
  /** Releases from and to which a rollout is under way. */
  readonly rolloutReleaseIds: ReadonlySet<string>;
  /** That succeeded. */
  readonly builds: readonly { readonly id: string; readonly team: string | null; readonly subject: string; readonly isLayer: boolean; readonly digest: string; readonly layer: string | null; readonly layerDigest: string | null; readonly endedAt: number }[];
  /** Versions with an image. */
  readonly layers: readonly { readonly name: string; readonly version: number; readonly digest: string; readonly from: string | null; readonly fromVersion: number | null }[];
}

const DAY_MS = 86_400_000;
/** A build is pushed before it is reported, and reported before it is released. */
export const NEW_MS = 3_600_000;

/** @returns `repository@digest` -> why it is kept; what is absent may go */
export function keepOf(input: KeepInput): Map<string, KeepReason[]> {
  const byDigest = new Map<string, KeepReason[]>();
  const keep = (digest: string | null | undefined, why: KeepWhy, subject: string) => {
    if (digest === null || digest === undefined) return;
    const reasons = byDigest.get(digest) ?? [];
    if (!reasons.some((reason) => reason.why === why && reason.subject === subject)) reasons.push({ why, subject });
    byDigest.set(digest, reasons);
  };
  keepReleased(input, keep);
  keepNext(input, keep);
  for (const { digest, pushedAt } of input.images) if (input.now - pushedAt < NEW_MS) keep(digest, 'new', 'pushed within the last hour');
  keepLayers(input, new Set(byDigest.keys()), keep);
  return new Map(input.images.flatMap(({ repository, digest }) => (byDigest.has(digest) ? [[`${repository}@${digest}`, byDigest.get(digest)!]] : [])));
}

type Keep = (digest: string | null | undefined, why: KeepWhy, subject: string) => void;

/** What runs, what a rollout needs, and the last releases of every workload. */
function keepReleased({ releases, workloads, runningReleaseIds, rolloutReleaseIds, keepReleases }: KeepInput, keep: Keep): void {
  const byWorkload = Map.groupBy(releases, ({ workloadId }) => workloadId);
  for (const { id, name, releaseId } of workloads) {
    const newestFirst = (byWorkload.get(id) ?? []).toSorted((one, other) => other.version - one.version);
    for (const [index, release] of newestFirst.entries()) {
      const subject = `${name} release ${release.version}`;
      if (release.id === releaseId || runningReleaseIds.has(release.id)) keep(release.digest, 'runs', subject);
      if (rolloutReleaseIds.has(release.id)) keep(release.digest, 'rollout', subject);
      if (index < keepReleases) keep(release.digest, 'rollback', subject);
    }
  }
}

/** The newest build of each service on each layer, which may be released next. */
function keepNext({ builds, now, keepDays }: KeepInput, keep: Keep): void {
  const newest = Map.groupBy(builds.filter(({ isLayer }) => !isLayer), ({ team, subject, layer }) => JSON.stringify([team, subject, layer]));
  for (const group of newest.values()) {
    const build = group.reduce((one, other) => (other.endedAt > one.endedAt ? other : one));
    if (now - build.endedAt <= keepDays * DAY_MS) keep(build.digest, 'next', `newest build of ${build.subject}`);
  }
}

/** Current layers, those that kept images stand on, and what both stand on. */
function keepLayers({ layers, builds }: KeepInput, kept: ReadonlySet<string>, keep: Keep): void {
  const current = new Map<string, KeepInput['layers'][number]>();
  for (const layer of layers) if (layer.version > (current.get(layer.name)?.version ?? 0)) current.set(layer.name, layer);
  const needed = new Set(builds.flatMap(({ digest, layerDigest }) => (kept.has(digest) && layerDigest !== null ? [layerDigest] : [])));
  const keepDown = (layer: KeepInput['layers'][number], depth: number): void => {
    keep(layer.digest, 'layer', `layer ${layer.name} ${layer.version}`);
    const below = layers.find(({ name, version }) => name === layer.from && version === layer.fromVersion);
    if (below !== undefined && depth < layers.length) keepDown(below, depth + 1);
  };
  for (const layer of layers) if (current.get(layer.name) === layer || needed.has(layer.digest)) keepDown(layer, 0);
}
