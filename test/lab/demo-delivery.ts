/**
 * What a visitor of the demo needs to build and release something: the runtime layers, a git repository of the demo service, and its second
 * version built. Made behind a console that answers already, once in the life of the data folder; what is there is not made again.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Builds, BuildView } from '#server/http/contract/index.ts';
import type { Api } from './api.ts';
import { Repository } from './build-seat.ts';
import { sendLayers } from './layers.ts';
import type { Site } from './site.ts';
import { untilUnless } from './until.ts';

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
  await untilUnless(signal, 'the second version is built', async () => (build = await api.get<BuildView>(`/builds/${id}`)).endedAt !== null, DEADLINE_MS);
  if (build?.state !== 'succeeded') throw new Error(`the build of ${ask.ref} ${build?.state}: ${build?.reason}`);
  return build;
}

const exists = (path: string): Promise<boolean> => stat(path).then(() => true, () => false);
