// The view of the registry: images with their reasons, bytes that deleting one would free, and the disks of hosts. Images of teams that the caller
// may not read are counted on the disk and not listed.
import type { Context } from '../../context.ts';
import { keptFor, lastCleaned, ownBytesOf, readKept, whyNotClean } from '../../registry/retention.ts';
import { buildsById } from '../../db/builds.ts';
import { listHosts } from '../../db/hosts.ts';
import type { RegistryView } from '../contract/releases.ts';
import type { Actor } from '../secured.ts';
import { instant } from './show.ts';

export async function readRegistry(context: Context, reader: Actor): Promise<RegistryView> {
  const { store, registry, config, fleet } = context;
  const { images, kept, builds, hosts, hindrance } = await store.read(async (from) => {
    const { images, kept } = await readKept(context, from);
    return { images, kept, builds: await buildsById(from, images.flatMap(({ buildId }) => buildId ?? [])), hosts: await listHosts(from), hindrance: await whyNotClean(context, from) };
  });
  const [usedBytes, disk, last] = [await registry.usedBytes(), await registry.disk(), await lastCleaned(context)];
  const mayClean = reader.can('registry.manage');
  const visible = images.filter(({ repository }) => !repository.startsWith('services/') || reader.can('read', repository.split('/')[1]));
  const owned = ownBytes(images);
  return {
    kind: registry.kind,
    address: registry.address,
    state: registry.now.state,
    reason: registry.now.reason,
    usedBytes,
    diskBytes: disk?.totalBytes ?? null,
    freeBytes: disk?.freeBytes ?? null,
    images: visible.map((image) => ({
      repository: image.repository,
      digest: image.digest,
      imageId: image.imageId,
      architecture: image.architecture,
      bytes: image.layers.reduce((sum, { bytes }) => sum + bytes, 0),
      ownBytes: owned(image),
      pushedAt: instant(image.pushedAt),
      buildId: image.buildId,
      commit: builds.get(image.buildId ?? '')?.result?.commit ?? null,
      keptFor: [...keptFor(kept, image)],
    })),
    retention: { keepReleases: config.keepReleases, keepDays: config.keepDays },
    lastCleaned: last === null ? null : { ...last, at: instant(last.at) },
    hosts: hosts.map(({ id, name }) => {
      const seen = fleet.get(id)?.report?.imageDisk;
      return { hostId: id, host: name, usedBytes: seen?.usedBytes ?? null, totalBytes: seen?.totalBytes ?? null };
    }),
    mayClean: mayClean && hindrance === null,
    whyNotClean: mayClean ? hindrance : 'you lack the permission registry.manage',
  };
}

/** Bytes in layers of an image that no other image has: layers are counted once, for however many images. */
function ownBytes(images: Parameters<typeof ownBytesOf>[0]): (image: (typeof images)[number]) => number {
  const uses = new Map<string, number>();
  for (const { layers } of images) for (const digest of new Set(layers.map((layer) => layer.digest))) uses.set(digest, (uses.get(digest) ?? 0) + 1);
  return ({ layers }) => layers.reduce((sum, { digest, bytes }) => sum + (uses.get(digest) === 1 ? bytes : 0), 0);
}
