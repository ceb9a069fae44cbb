/**
 * Build, ship, run and back again on real engines: a service is built from a git repository, shipped through the site's own registry, and
 * released while it is used; bad releases stop by themselves, and whatever breaks in the middle, what is desired is what runs in the end.
 * The tests build on each other in order, as weeks in the life of one service.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BuildView, CapacityRequest, LayerDetail, RegistryView, ReleaseView, ReplicaView, RolloutDetail, RolloutView, ServiceDetail } from '#server/http/contract/index.ts';
import { drive } from '../load/drive.ts';
import { describe as figures, type LoadResult } from '../load/summary.ts';
import { Repository } from './build-seat.ts';
import { sendLayers } from './layers.ts';
import { Site } from './site.ts';
import { until } from './until.ts';

const CPU_MS = 8;
const QPS = 24;
const REPLICAS = 6;
/** Whether a request is lost is asked here; how fast it is answered depends on who else uses the machine. */
const PATIENCE_MS = 20_000;
/** A canary, then three at a time; gates look at some seconds, since a test has no hours. */
const STRATEGY = {
  steps: [
    { target: { count: 1 }, promotion: { by: 'gates' } },
    { target: { permille: 500 }, promotion: { by: 'time', seconds: 0 } },
    { target: { permille: 1000 }, promotion: { by: 'time', seconds: 0 } },
  ],
  surge: { count: 2 },
  gates: { windowSeconds: 12, leastRequests: 60, mostErrorsPermille: 50, mostCpuPermille: 1600 },
  mostFailures: 2,
} as const;
const SERVICE = readFileSync(fileURLToPath(new URL('demo-service.mjs', import.meta.url)), 'utf8');
const firnYaml = (env: Record<string, number | string>): string =>
  ['runtime: node-minimal', 'test: node --check service.mjs', 'start: [node, service.mjs]', 'port: 8080', 'health: /up', 'metrics: /metrics', 'stopSeconds: 10', 'env:', ...Object.entries(env).map(([name, value]) => `  ${name}: "${value}"`), ''].join('\n');

let site: Site;
let repository: Repository;
let url: string;

beforeAll(async () => {
  site = await Site.scratch({ name: 'release', base: '10.154', physical: 2, cloud: 1, images: [] });
  await site.addShape('eighth', { cpuMilli: 500, memoryMib: 512 });
  const folder = join(site.dataDirectory, 'git');
  url = `${await site.serveRepositories(folder)}ticker`;
  repository = new Repository(join(folder, 'ticker'));
}, 90_000);

afterAll(() => site?.down(), 60_000);

test('a runtime layer is sent and built, and stands on another', async () => {
  await sendLayers(site.api, AbortSignal.timeout(110_000));
  expect((await site.api.get<LayerDetail>('/layers/node-minimal')).current).toMatchObject({ state: 'ready', from: 'minimal', fromVersion: 1 });
}, 120_000);

let first: BuildView;

test('a commit is built, and built again with the same digest', async () => {
  const commit = repository.commit({ 'service.mjs': SERVICE, 'firn.yaml': firnYaml({ CPU_MS_PER_REQUEST: CPU_MS, VERSION: 1 }) }, 'the first version');
  first = await built(commit);
  expect(first).toMatchObject({ commit: { id: commit, subject: 'the first version' }, testsPassed: true, cachedFrom: null });
  const cached = await built(commit);
  expect(cached).toMatchObject({ cachedFrom: first.id, digest: first.digest });
  const again = await built(commit, { noCache: true });
  expect(again).toMatchObject({ cachedFrom: null, digest: first.digest, imageId: first.imageId });
  expect(again.differsFrom).toEqual([]);
});

test('the first request runs what was built: six replicas from the registry, on three hosts', async () => {
  const draft = { team: 'quotes', service: 'ticker', environment: 'production', peakQps: 60, profile: { cpuMsPerRequest: CPU_MS, memoryBaseMib: 64, memoryKibPerQps: 16 }, survive: 'host', shape: 'eighth', cloud: 'allowed', run: { build: first.id } };
  expect((await site.api.post<CapacityRequest>('/requests', draft)).state).toBe('approved');
  await settled(1);
  expect(new Set((await replicasNow()).map(({ host }) => host)).size).toBe(3);
});

test('a good release goes out by canary under load, and no request is lost', async () => {
  const { rollout, load } = await underLoad(async () => {
    const started = await release({ VERSION: 2, CPU_MS_PER_REQUEST: CPU_MS });
    return ended(started, 'succeeded');
  });
  expect(load.failed, figures(load)).toBe(0);
  expect(rollout.verified).toEqual({ matching: REPLICAS, of: REPLICAS });
  await settled(2);
});

test('a release that crashes is stopped by its gate and rolled back by itself; the good replicas lose no request', async () => {
  const { rollout, load } = await underLoad(async () => ended(await release({ VERSION: 3, CPU_MS_PER_REQUEST: CPU_MS, CRASH_AFTER_MS: 300 }), 'rolled-back'), 3);
  expect(load.failed, figures(load)).toBe(0);
  expect(rollout.trouble).not.toBeNull();
  await settled(2);
});

test('a release that burns twice the CPU is held with a quote, until a person takes it back', async () => {
  const { rollout, load } = await underLoad(async () => {
    const started = await release({ VERSION: 4, CPU_MS_PER_REQUEST: 2 * CPU_MS });
    const held = await phase(started, ['held']);
    await act(started, 'roll-back');
    await ended(started, 'rolled-back');
    return held;
  });
  expect(load.failed, figures(load)).toBe(0);
  expect(rollout.figures?.verdicts.find(({ gate }) => gate === 'cpu')).toMatchObject({ state: 'holds', limit: 1600 });
  expect(rollout.figures?.extra?.replicas).toBeGreaterThan(0);
  expect(rollout.figures?.extra?.costCentsPerHour).toBeGreaterThanOrEqual(0);
  await settled(2);
});

test('forced back in the middle of a batch', async () => {
  const started = await release({ VERSION: 5, CPU_MS_PER_REQUEST: CPU_MS }, { ...STRATEGY, steps: [{ target: { permille: 1000 }, promotion: { by: 'time', seconds: 0 } }] });
  await until('some run the new release', async () => (await rolloutNow(started)).replicas.onNew >= 2, 60_000);
  await act(started, 'roll-back');
  await ended(started, 'rolled-back');
  await settled(2);
});

test('paused, the server stopped and started, and gone on', async () => {
  const started = await release({ VERSION: 6, CPU_MS_PER_REQUEST: CPU_MS });
  await until('the canary runs', async () => (await rolloutNow(started)).replicas.onNew >= 1, 60_000);
  await act(started, 'pause');
  await site.stopServer();
  await site.startServer();
  await site.untilReady();
  const paused = await rolloutNow(started);
  expect(paused).toMatchObject({ phase: 'paused', wait: { owner: 'person' } });
  await act(started, 'resume');
  // Nobody uses it now: its gates cannot measure, and say so.
  await ended(started, 'succeeded');
  await settled(6);
});

test('the registry hangs in the middle: the rollout waits, says for what, and goes on', async () => {
  const build = await built(repository.commit({ 'firn.yaml': firnYaml({ VERSION: 7, CPU_MS_PER_REQUEST: CPU_MS }) }));
  const pid = Number(readFileSync(join(site.dataDirectory, 'server/registry/pid'), 'utf8'));
  process.kill(pid, 'SIGSTOP');
  const started = await start(build, STRATEGY);
  const waiting = await watch(started, ({ wait }) => wait?.owner === 'registry');
  expect(waiting.wait).toMatchObject({ owner: 'registry', until: expect.any(String) });
  expect(waiting.trouble).toBeNull();
  process.kill(pid, 'SIGCONT');
  await ended(started, 'succeeded');
  await settled(7);
});

test('a builder is killed in the middle of a build: the next attempt is made', async () => {
  const commit = repository.commit({ 'firn.yaml': firnYaml({ VERSION: 8, CPU_MS_PER_REQUEST: CPU_MS }).replace('test:', 'build: sleep 3\ntest:') });
  const { id } = await site.api.post<BuildView>('/builds', ask(commit));
  let host: string | null = null;
  await until('it is being built', async () => {
    const view = await site.api.get<BuildView>(`/builds/${id}`);
    host = view.host;
    return view.phase === 'building';
  });
  await site.stopAgent(host!, 'SIGKILL');
  await site.startAgent(host!);
  await until('it is built by another attempt', async () => {
    const { state, attempt } = await site.api.get<BuildView>(`/builds/${id}`);
    return state === 'succeeded' && attempt === 2;
  }, 90_000);
});

test('a host is powered off in the middle: the release goes on elsewhere', async () => {
  const started = await release({ VERSION: 9, CPU_MS_PER_REQUEST: CPU_MS }, { ...STRATEGY, steps: [{ target: { permille: 1000 }, promotion: { by: 'time', seconds: 0 } }] });
  await until('some run the new release', async () => (await rolloutNow(started)).replicas.onNew >= 1, 60_000);
  await site.lab.crash('phy2');
  site.agents.delete('phy2');
  await ended(started, 'succeeded', 120_000);
  await site.lab.revive('phy2');
  await site.startAgent('phy2');
  await site.untilReady();
  // The build before was not released: this is the eighth.
  await settled(8);
}, 240_000);

test('what is kept is still there: in the registry, and pulled again by a host that lost it', async () => {
  const { images } = await site.api.get<RegistryView>('/registry');
  const releases = (await site.api.get<{ items: ReleaseView[] }>('/services/ticker/releases?environment=production')).items;
  const kept = releases.slice(0, 5).filter(({ digest }) => digest !== null);
  for (const { digest, version } of kept) expect(images.some((image) => image.digest === digest && image.keptFor.length > 0), `version ${version}`).toBe(true);
  const before = releases.find(({ version }) => version === 7)!;
  const rollback = await site.api.post<RolloutView>(`/workloads/${before.workloadId}/rollback`, { releaseId: before.id, why: 'the way back works' });
  await ended(rollback.id, 'succeeded');
  await settled(7);
});

const ask = (ref: string, more: Record<string, unknown> = {}) => ({ team: 'quotes', service: 'ticker', url, ref, ...more });

async function built(commit: string, more: Record<string, unknown> = {}): Promise<BuildView> {
  const { id } = await site.api.post<BuildView>('/builds', ask(commit, more));
  let view: BuildView | undefined;
  await until(`the build of ${commit.slice(0, 8)} ends`, async () => {
    view = await site.api.get<BuildView>(`/builds/${id}`);
    return view.endedAt !== null;
  }, 60_000);
  expect(view?.state, view?.reason).toBe('succeeded');
  return view!;
}

/** Commits, builds, makes a release of it and starts its rollout. @returns the rollout's id */
async function release(env: Record<string, number>, strategy: unknown = STRATEGY): Promise<string> {
  return start(await built(repository.commit({ 'firn.yaml': firnYaml(env) }, `version ${env['VERSION']}`)), strategy);
}

async function start(build: BuildView, strategy: unknown): Promise<string> {
  const made = await site.api.post<ReleaseView>('/services/ticker/releases', { environment: 'production', from: { kind: 'build', buildId: build.id } });
  return (await site.api.post<RolloutView>(`/releases/${made.id}/rollout`, { strategy })).id;
}

const rolloutNow = (id: string): Promise<RolloutDetail> => site.api.get<RolloutDetail>(`/rollouts/${id}`);
const act = (id: string, verb: string): Promise<unknown> => site.api.post(`/rollouts/${id}`, { verb, why: 'a test' });

async function watch(id: string, holds: (view: RolloutDetail) => boolean, deadlineMs = 90_000): Promise<RolloutDetail> {
  let view: RolloutDetail | undefined;
  await until('the rollout is as wanted', async () => {
    view = await rolloutNow(id);
    if (holds(view)) return true;
    throw new Error(`${view.phase}, step ${view.step}, ${JSON.stringify(view.replicas)}, waits for ${JSON.stringify(view.wait)}, trouble ${view.trouble}, ${JSON.stringify(view.members.map(({ replica, wanted, running, state, reason }) => [replica, wanted, running, state, reason]))}`);
  }, deadlineMs);
  return view!;
}
const phase = (id: string, phases: readonly string[]): Promise<RolloutDetail> => watch(id, (view) => phases.includes(view.phase));
async function ended(id: string, how: string, deadlineMs = 90_000): Promise<RolloutDetail> {
  const view = await watch(id, ({ endedAt }) => endedAt !== null, deadlineMs);
  expect(view.phase, view.trouble ?? '').toBe(how);
  return view;
}

const service = (): Promise<ServiceDetail> => site.api.get<ServiceDetail>('/services/ticker');
const replicasNow = async (): Promise<ReplicaView[]> => (await service()).replicas;

/**
 * Does something while the service is used.
 * @param bad a release whose replicas are left out: what is asked is whether the others lose anything
 */
async function underLoad<T>(work: () => Promise<T>, bad?: number): Promise<{ rollout: T; load: LoadResult }> {
  let targets: string[] = [];
  const watching = new AbortController();
  const look = async (): Promise<void> => {
    const replicas = (await replicasNow()).filter(({ state }) => state === 'running');
    // Asked after the replicas: what is among them is known by now.
    const active = bad === undefined ? [] : (await site.api.get<{ items: RolloutView[] }>('/rollouts?service=ticker&active=true')).items;
    const members = (await Promise.all(active.map(({ id }) => rolloutNow(id)))).flatMap((rollout) => rollout.members);
    const left = new Set(members.filter(({ wanted, running }) => wanted === bad || running === bad).map(({ replicaId }) => replicaId));
    targets = replicas.filter(({ id }) => !left.has(id)).map(({ address }) => `http://${address}:8080/`);
  };
  await look();
  const looking = (async () => {
    while (!watching.signal.aborted) {
      await look().catch(() => undefined);
      await delay(100);
    }
  })();
  const driving = drive({ targets: () => targets, qps: QPS, seconds: 240, timeoutMs: PATIENCE_MS, signal: watching.signal });
  try {
    const rollout = await work();
    await delay(1_000);
    return { rollout, load: await (watching.abort(), driving) };
  } finally {
    watching.abort();
    await looking;
  }
}

/** Desired is observed: every replica runs the release that it should by the image's own id, and the engines have nothing else. */
async function settled(version: number): Promise<void> {
  const releases = (await site.api.get<{ items: ReleaseView[] }>('/services/ticker/releases?environment=production')).items;
  const current = releases.find((one) => one.version === version);
  await until(`all run version ${version} and nothing else is there`, async () => {
    const replicas = await replicasNow();
    if (replicas.length !== REPLICAS || replicas.some(({ state }) => state !== 'running')) throw new Error(JSON.stringify(replicas.map(({ name, state, reason }) => [name, state, reason])));
    const containers = (await Promise.all(site.lab.hosts.map(({ name }) => onEngine(name)))).flat();
    const wanted = replicas.map(({ name }) => `${name} ${current?.imageId}`).sort();
    if (JSON.stringify(containers.map(({ name, imageId }) => `${name} ${imageId}`).sort()) !== JSON.stringify(wanted)) throw new Error(`${JSON.stringify(containers)} instead of ${JSON.stringify(wanted)}`);
    return true;
  }, 60_000);
}

async function onEngine(host: string): Promise<{ host: string; name: string; imageId: string }[]> {
  const containers = await site.engine(host).listContainers({ all: true });
  return containers.map(({ Names, ImageID }) => ({ host, name: String(Names[0]).slice(1), imageId: ImageID }));
}
