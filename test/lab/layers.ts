/**
 * The runtime layers that the lab's services stand on, sent to a server as an operator would send them.
 * Their archives are made by another process: a server that lives in this one must go on answering meanwhile.
 */
import { execFile } from 'node:child_process';
import { openAsBlob } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Builds, Layers } from '#server/http/contract/index.ts';
import type { Api } from './api.ts';
import { untilUnless } from './until.ts';

/** The lower one first. */
const LAYERS = ['minimal', 'node-minimal'];
const MAKE_ARCHIVE = fileURLToPath(new URL('layer-archive.ts', import.meta.url));
/** Seconds on a machine that is free. */
const DEADLINE_MS = 300_000;

/** Sends what is not ready yet and waits until all are. Throws when `signal` aborts, or after five minutes with how far it is. */
export async function sendLayers(api: Api, signal: AbortSignal): Promise<void> {
  const missing = async (): Promise<string[]> => {
    const { items } = await api.get<Layers>('/layers');
    return LAYERS.filter((name) => !items.some((layer) => layer.name === name && layer.current !== null));
  };
  // An archive is as large as Node, and of no use once it was sent.
  const scratch = await mkdtemp('/var/tmp/firn-layers-');
  try {
    for (const name of await missing()) {
      await promisify(execFile)(process.execPath, [MAKE_ARCHIVE, name, scratch], { signal });
      await api.send('/layers', 'application/x-tar', await openAsBlob(join(scratch, `layer-${name}.tar`)));
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  await untilUnless(signal, 'the layers are ready', async () => {
    const waiting = await missing();
    if (waiting.length === 0) return true;
    const builds = await Promise.all(waiting.map(async (name) => (await api.get<Builds>(`/builds?service=${name}&limit=1`)).items[0]));
    throw new Error(builds.map((build) => `${build?.subject}: ${build?.state} ${build?.phase} ${build?.reason}`).join('; '));
  }, DEADLINE_MS);
}
