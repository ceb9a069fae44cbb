// Brings images to the engine and from there to the registry: pull what a build stands on, push what it made, and see what travelled.
// A registry that is down is waited for; it is never the source's fault.
import { setTimeout as delay } from 'node:timers/promises';
import type { BuildResult, LayerRef } from '../protocol.ts';
import { EngineError } from '../docker/call.ts';
import type { BaseImage } from './engine.ts';
import { platformFailure, throwIfCancelled } from './failure.ts';
import { readManifest, splitRepository } from './registry.ts';
import { authFor, type BuilderHost, type Work } from './work.ts';

/** A registry that restarts or cleans is back within that time. */
const PATIENCE_MS = 90_000;
const FIRST_WAIT_MS = 1_000;
const MOST_WAIT_MS = 10_000;
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** The layer's image on this engine, pulled when it is not there. */
export async function ensureLayer(host: BuilderHost, work: Work, layer: LayerRef): Promise<BaseImage> {
  const present = await host.engine.image(layer.image);
  const image = present ?? (await pullLayer(host, work, layer));
  if (layer.imageId !== '' && image.id !== layer.imageId) throw platformFailure(`layer ${layer.name}: ${layer.image} is ${image.id} here and not ${layer.imageId}, as the server says`);
  const mine = ARCHITECTURES[process.arch] ?? process.arch;
  if (image.architecture !== mine) throw platformFailure(`layer ${layer.name}: is for ${image.architecture}, and this builder is ${mine}`);
  return image;
}

async function pullLayer(host: BuilderHost, work: Work, layer: LayerRef): Promise<BaseImage> {
  work.note(`pulling the layer ${layer.name}`);
  const { address } = splitRepository(work.order.repository);
  const auth = layer.image.startsWith(`${address}/`) ? authFor(host, address) : undefined;
  if (auth !== undefined) await host.trustRegistry(address);
  await patiently(work, `layer ${layer.name}`, () => host.engine.pull(layer.image, auth, work.signal));
  const image = await host.engine.image(layer.image);
  if (image === undefined) throw platformFailure(`layer ${layer.name}: the pull of ${layer.image} ended, but the image is not there`);
  return image;
}

export type Shipped = Pick<BuildResult, 'digest' | 'layers' | 'pushedBytes'>;

/** Pushes the image that the engine has under that tag of the order's repository. */
export async function ship(host: BuilderHost, work: Work, image: { tag: string; imageId: string; diffIds: readonly string[] }): Promise<Shipped> {
  const { repository } = work.order;
  const { address } = splitRepository(repository);
  const auth = authFor(host, address);
  await host.trustRegistry(address);
  // A second try finds what the first one brought over: both count.
  const travelled = new Set<string>();
  const digest = await patiently(work, `registry ${address}`, async () => {
    const pushed = await host.engine.push(`${repository}:${image.tag}`, auth, work.signal);
    for (const layer of pushed.pushedLayers) travelled.add(layer);
    return pushed.digest;
  });
  const manifest = await patiently(work, `registry ${address}`, () => readManifest(repository, digest, { auth, tls: host.tls(), isSecure: work.order.registryTls === true }, work.signal));
  if (manifest.configDigest !== image.imageId) throw platformFailure(`registry ${address}: ${digest} is the image ${manifest.configDigest}, and ${image.imageId} was pushed`);
  const layerBytes = image.diffIds.reduce((sum, diffId, index) => (travelled.has(diffId.replace('sha256:', '').slice(0, 12)) ? sum + (manifest.layers[index]?.bytes ?? 0) : sum), 0);
  return { digest, layers: [...manifest.layers], pushedBytes: layerBytes + manifest.configBytes + manifest.manifestBytes };
}

/** Tries again while the registry is away, and says so; a registry that says no is not asked again. */
async function patiently<T>(work: Work, what: string, attempt: () => Promise<T>): Promise<T> {
  const endMs = performance.now() + PATIENCE_MS;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(MOST_WAIT_MS, waitMs * 2)) {
    try {
      return await attempt();
    } catch (error) {
      throwIfCancelled(work.signal);
      const sentence = error instanceof Error ? error.message : String(error);
      if (isRefusal(error) || performance.now() + waitMs > endMs) throw platformFailure(`${what}: ${sentence}`, error);
      work.note(`${what}: ${sentence}; trying again in ${waitMs / 1000} s`);
      await delay(waitMs, undefined, { signal: work.signal }).catch(() => undefined);
      throwIfCancelled(work.signal);
    }
  }
}

/** Signed in wrongly, not allowed, not there, or the engine itself says no. */
const isRefusal = (error: unknown): boolean =>
  (error instanceof Error && /unauthorized|denied|forbidden|not found|manifest unknown|no basic auth|invalid reference|answered 40\d/i.test(error.message)) ||
  (error instanceof EngineError && error.status !== undefined && error.status >= 400 && error.status < 500);
