// What nobody needs leaves the registry: deleted by digest, then collected with the registry stopped, and never while a rollout or a build is under
// way. By hand, or by itself when the disk fills up. What is kept is keep-set.ts's answer, read in the same transaction that marks the rest.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { appendEvent } from '../db/events.ts';
import { type ImageRow, markImageDeleted, presentImages } from '../db/images.ts';
import { allBuildIds, dropOldBuilds, readForRetention, underWay } from '../db/retention.ts';
import type { Reader } from '../db/store.ts';
import { workloadName } from '../db/workloads.ts';
import { ConflictError } from '../errors.ts';
import type { Cleaned } from '../http/contract/releases.ts';
import type { Loop } from '../control/driver.ts';
import { type KeepReason, keepOf, NEW_MS } from './keep-set.ts';

const EVERY_MS = 300_000;
/** Collecting stops the registry for a while: not more often by itself than this. */
const AUTOMATIC_REST_MS = 3_600_000;
const KEPT_BUILDS = 2_000;

/** What became of the last cleaning. */
export interface LastCleaned {
  readonly at: number;
  readonly deletedImages: number;
  readonly freedBytes: number;
  readonly reason: string;
}

/** `repository@digest` -> why it is kept. What the registry has and is not in it may be deleted. */
async function keptNames({ config, clock }: Pick<Context, 'config' | 'clock'>, reader: Reader): Promise<{ images: ImageRow[]; kept: Map<string, KeepReason[]> }> {
  const read = await readForRetention(reader);
  const built = new Map(read.builds.flatMap(({ id, result }) => (result === null ? [] : [[`build-${id}`, result.digest]])));
  const kept = keepOf({
    now: clock.now(),
    keepReleases: config.keepReleases,
    keepDays: config.keepDays,
    images: read.images,
    // A first release may name an image by its reference alone; builders tag what they push with the build.
    releases: read.releases.map(({ image, ...row }) => ({ ...row, digest: row.digest ?? digestOf(image) ?? built.get(image.split(':').at(-1)!) ?? null })),
    workloads: read.workloads.map((row) => ({ id: row.id, name: workloadName(row), releaseId: row.releaseId })),
    runningReleaseIds: read.runningReleaseIds,
    rolloutReleaseIds: new Set(read.rollouts.flatMap(({ fromReleaseId, toReleaseId }) => [fromReleaseId, toReleaseId])),
    builds: read.builds.flatMap(({ id, team, subject, ask, layers, result, endedAt }) =>
      result === null ? [] : [{ id, team, subject, isLayer: ask.kind === 'layer', digest: result.digest, layer: result.layer ?? null, layerDigest: digestOf(result.layer === undefined ? undefined : layers[result.layer]), endedAt: endedAt ?? 0 }],
    ),
    layers: read.layers.flatMap(({ name, version, image, from, fromVersion }) => (image === null ? [] : [{ name, version, digest: digestOf(image)!, from, fromVersion }])),
  });
  return { images: read.images, kept };
}

const digestOf = (reference: string | undefined): string | null => reference?.split('@')[1] ?? null;
const nameOf = ({ repository, digest }: Pick<ImageRow, 'repository' | 'digest'>): string => `${repository}@${digest}`;

/**
 * Images that hosts must keep, by reference, with why: what runs anywhere, what a rollback may need, what comes next, and the layers below.
 * Empty without a registry.
 */
export async function keepSet(context: Pick<Context, 'config' | 'clock' | 'registry'>, reader: Reader): Promise<Map<string, readonly KeepReason[]>> {
  const { address } = context.registry;
  if (address === null) return new Map();
  const { kept } = await keptNames(context, reader);
  return new Map([...kept].map(([name, reasons]) => [`${address}/${name}`, reasons]));
}

/** Why the registry must not be cleaned now; null: it may be. */
export async function whyNotClean({ registry }: Pick<Context, 'registry'>, reader: Reader): Promise<string | null> {
  return registry.isBeingCleaned ? 'It is being cleaned now.' : await whyBusy({ registry }, reader);
}

async function whyBusy({ registry }: Pick<Context, 'registry'>, reader: Reader): Promise<string | null> {
  if (registry.now.state !== 'up') return registry.now.reason ?? 'The registry is not up.';
  const { rollouts, builds } = await underWay(reader);
  if (rollouts > 0) return `${rollouts === 1 ? 'A rollout is' : `${rollouts} rollouts are`} under way: what is rolled out or back may be needed any moment.`;
  return builds > 0 ? `${builds === 1 ? 'A build runs' : `${builds} builds run`}: what is being pushed has no name yet.` : null;
}

/**
 * Deletes what is not kept and frees its disk space.
 * @param by who asks, or `firn`
 * @param dryRun only says what would go, and how much that would free
 * @throws ConflictError with the reason why it cannot be done now
 */
export async function cleanRegistry(context: Context, by: string, { dryRun, why }: { readonly dryRun: boolean; readonly why: string }): Promise<Cleaned> {
  const { store, registry, clock } = context;
  if (dryRun) {
    const { images, kept } = await store.read((reader) => keptNames(context, reader));
    const victims = images.filter((image) => !kept.has(nameOf(image)));
    return { images: victims.map(shown), freedBytes: ownBytesOf(victims, images), dryRun };
  }
  let victims: ImageRow[] = [];
  const freed = await registry.clean(async () => {
    victims = await mark(context, by, why);
    for (const { repository, digest } of [...victims, ...(await strays(context))]) await registry.remove(repository, digest);
  });
  const freedBytes = freed ?? ownBytesOf(victims, victims);
  const last: LastCleaned = { at: clock.now(), deletedImages: victims.length, freedBytes, reason: why };
  await writeFile(lastFile(context), JSON.stringify(last));
  await store.tx((tx) => appendEvent(tx, { at: last.at, actor: by, kind: 'registry.cleaned', subjectType: 'registry', subjectId: 'registry', subject: 'registry', message: `${victims.length} images were deleted from the registry, and ${Math.round(freedBytes / 1_048_576)} MiB became free`, why }));
  return { images: victims.map(shown), freedBytes, dryRun };
}

/** Marks what goes before it goes, in the transaction that reads what stays: no release can be made of it any more. */
async function mark(context: Context, by: string, why: string): Promise<ImageRow[]> {
  return await context.store.tx(async (tx) => {
    const hindrance = await whyBusy(context, tx);
    if (hindrance !== null) throw new ConflictError('registry-busy', hindrance);
    const { images, kept } = await keptNames(context, tx);
    const victims = images.filter((image) => !kept.has(nameOf(image)));
    for (const image of victims) await markImageDeleted(tx, image, context.clock.now(), `nothing needed it when ${by} cleaned the registry${why === '' ? '' : ` (${why})`}`);
    return victims;
  });
}

/** Manifests on the disk that no row of a present image names: pushed by builds that were never reported, or left by a cleaning that was cut off. */
async function strays({ registry, store, clock }: Context): Promise<{ repository: string; digest: string }[]> {
  const known = new Set((await store.read(presentImages)).map(nameOf));
  return (await registry.manifests()).filter((manifest) => !known.has(nameOf(manifest)) && clock.now() - manifest.pushedAt > NEW_MS);
}

const shown = ({ repository, digest, layers }: ImageRow): Cleaned['images'][number] => ({ repository, digest, bytes: layers.reduce((sum, { bytes }) => sum + bytes, 0) });

/** Bytes of layers that only these images have. */
export function ownBytesOf(images: readonly ImageRow[], all: readonly ImageRow[]): number {
  const chosen = new Set(images.map(nameOf));
  const others = new Set(all.filter((image) => !chosen.has(nameOf(image))).flatMap(({ layers }) => layers.map(({ digest }) => digest)));
  const own = new Map(images.flatMap(({ layers }) => layers.filter(({ digest }) => !others.has(digest)).map(({ digest, bytes }) => [digest, bytes] as const)));
  return [...own.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** Images with why they are kept, for views. */
export const readKept = keptNames;
export const keptFor = (kept: ReadonlyMap<string, readonly KeepReason[]>, image: ImageRow): readonly KeepReason[] => kept.get(nameOf(image)) ?? [];

const lastFile = ({ config }: Context): string => join(config.dataDir, 'registry-cleaned.json');

/** Null: never, as far as this data folder knows. */
export async function lastCleaned(context: Context): Promise<LastCleaned | null> {
  try {
    return JSON.parse(await readFile(lastFile(context), 'utf8')) as LastCleaned;
  } catch {
    return null;
  }
}

export function retentionLoop(context: Context): Loop {
  const { store, registry, config, clock, buildLogs } = context;
  return {
    name: 'retention',
    everyMs: EVERY_MS,
    run: async () => {
      const dropped = await store.tx((tx) => dropOldBuilds(tx, KEPT_BUILDS));
      await buildLogs.keepOnly(await store.read(allBuildIds));
      const told = dropped === 0 ? '' : `; ${dropped} old builds were dropped`;
      const disk = await registry.disk();
      if (disk === null) return `there is no disk of a registry to watch${told}`;
      const usedPermille = Math.round((1 - disk.freeBytes / disk.totalBytes) * 1_000);
      const full = `the disk is ${usedPermille / 10} % full`;
      if (usedPermille < config.registryWatermarkPermille) return `${full}, cleaned above ${config.registryWatermarkPermille / 10} %${told}`;
      const last = await lastCleaned(context);
      if (last !== null && clock.now() - last.at < AUTOMATIC_REST_MS) return `${full}; it was cleaned within the last hour${told}`;
      const hindrance = await store.read((reader) => whyNotClean(context, reader));
      if (hindrance !== null) return `${full}, but: ${hindrance}${told}`;
      const { images, freedBytes } = await cleanRegistry(context, 'firn', { dryRun: false, why: full });
      return `${full}: ${images.length} images deleted, ${Math.round(freedBytes / 1_048_576)} MiB freed${told}`;
    },
  };
}
