/**
 * What a visitor of the demo needs to build and release something: the runtime layers, a git repository of the demo service, and its second
 * version built. Made behind a console that answers already, once in the life of the data folder; what is there is not made again.
 */
import { execFile } from 'node:child_process';
import { openAsBlob } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Builds, BuildView, Layers } from '#server/http/contract/index.ts';
import type { Api } from './api.ts';
import { Repository } from './build-seat.ts';
import type { Site } from './site.ts';
import { until } from './until.ts';

/** The lower one first. */
const LAYERS = ['minimal', 'node-minimal'];
const MAKE_ARCHIVE = fileURLToPath(new URL('layer-archive.ts', import.meta.url));
const SERVICE = fileURLToPath(new URL('demo-service.mjs', import.meta.url));
/** A fresh machine makes archives, layers and the image in half a minute; a busy one may need much longer. */
const DEADLINE_MS = 300_000;

/** Versions of the service by the name of their tag; the branch ends with the first one again. */
const VERSIONS = [
  { tag: 'v2', subject: 'says its version', env: { VERSION: '2' } },
  { tag: 'costly', subject: 'burns twice the CPU: the cost gate holds it', env: { VERSION: 'costly', CPU_FACTOR: '2' } },
  { tag: 'crashing', subject: 'ends after a second: rolled back by itself', env: { VERSION: 'crashing', CRASH_AFTER_MS: '1000' } },
] as const;

export interface Delivery {
  /** What a build is asked with. */
  readonly repositoryUrl: string;
  /** The working tree, where a visitor commits. */
  readonly folder: string;
  /** The built second version, when it is there. Rejects with the server's sentence when it cannot be made. */
  readonly built: Promise<BuildView>;
}

/** Serves the repository, and begins with what is missing in the background. `cpuMsPerRequest`: as the running service declares it; `signal`: the demo ends. */
export async function startDelivery(site: Site, dataDirectory: string, service: { team: string; service: string; cpuMsPerRequest: number }, signal: AbortSignal): Promise<Delivery> {
  const base = await site.serveRepositories(join(dataDirectory, 'git'));
  const folder = join(dataDirectory, 'git', service.service);
  if (!(await exists(join(folder, 'firn.yaml')))) await makeRepository(folder, service.cpuMsPerRequest);
  const repositoryUrl = `${base}${service.service}`;
  return { repositoryUrl, folder, built: deliver(site.api, { team: service.team, service: service.service, url: repositoryUrl, ref: 'v2' }, signal) };
}

async function makeRepository(folder: string, cpuMsPerRequest: number): Promise<void> {
  const repository = new Repository(folder);
  const source = await readFile(SERVICE, 'utf8');
  for (const { tag, subject, env } of VERSIONS) {
    repository.commit({ 'service.mjs': source, 'firn.yaml': firnYaml({ CPU_MS_PER_REQUEST: String(cpuMsPerRequest), ...env }) }, subject);
    repository.tag(tag);
  }
  repository.commit({ 'firn.yaml': firnYaml({ CPU_MS_PER_REQUEST: String(cpuMsPerRequest), VERSION: '3' }) }, 'yours to change');
}

const firnYaml = (env: Readonly<Record<string, string>>): string => `runtime: node-minimal
test: node --check service.mjs
start: [node, service.mjs]
port: 8080
health: /up
metrics: /metrics
stopSeconds: 10
env:
${Object.entries(env).map(([name, value]) => `  ${name}: "${value}"\n`).join('')}`;

async function deliver(api: Api, ask: { team: string; service: string; url: string; ref: string }, signal: AbortSignal): Promise<BuildView> {
  const earlier = (await api.get<Builds>(`/builds?service=${ask.service}&state=succeeded`)).items[0];
  if (earlier !== undefined) return earlier;
  await sendLayers(api, signal);
  const { id } = await api.post<BuildView>('/builds', ask);
  let build: BuildView | undefined;
  await untilUnless(signal, 'the second version is built', async () => (build = await api.get<BuildView>(`/builds/${id}`)).endedAt !== null);
  if (build?.state !== 'succeeded') throw new Error(`the build of ${ask.ref} ${build?.state}: ${build?.reason}`);
  return build;
}

async function sendLayers(api: Api, signal: AbortSignal): Promise<void> {
  const ready = new Set((await api.get<Layers>('/layers')).items.filter(({ current }) => current !== null).map(({ name }) => name));
  // Not below the data folder: an archive is as large as Node, and is of no use once it was sent.
  const scratch = await mkdtemp('/var/tmp/firn-layers-');
  try {
    for (const name of LAYERS.filter((each) => !ready.has(each))) {
      const { stdout } = await promisify(execFile)(process.execPath, [MAKE_ARCHIVE, name, scratch], { signal });
      await api.send('/layers?note=sent+by+the+demo', 'application/x-tar', await openAsBlob(stdout));
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  await untilUnless(signal, 'the layers are ready', async () => {
    const { items } = await api.get<Layers>('/layers');
    return LAYERS.every((name) => items.find((layer) => layer.name === name)?.current?.state === 'ready');
  });
}

/** Waits, and stops waiting with the demo. */
async function untilUnless(signal: AbortSignal, what: string, holds: () => Promise<boolean>): Promise<void> {
  await until(what, async () => signal.aborted || (await holds()), DEADLINE_MS);
  signal.throwIfAborted();
}

const exists = (path: string): Promise<boolean> => stat(path).then(() => true, () => false);
