/**
 * What goes wrong in a data centre, on real engines: the server is killed in the middle of what it applies, a host is heard no more although
 * it serves, cables are cut, two hosts die at once, agents and engines are killed at random moments. Under load all the while: what was
 * accepted is there afterwards, nothing moves that need not, and the fleet comes to rest as desired. The tests build on each other.
 */
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CapacityRequest, GovernorView, HostEvidence, Orphans, PlanView, ReplicaView, ServiceDetail } from '#server/http/contract/index.ts';
import { drive } from '../load/drive.ts';
import { describe as figures, type LoadResult } from '../load/summary.ts';
import { demoImage } from './images.ts';
import { run } from './run.ts';
import { ServerProcess } from './server-process.ts';
import { slowDisk, whyNoSlowDisk } from './slow-disk.ts';
import { Site } from './site.ts';
import { inNamespace } from './topology.ts';
import { until } from './until.ts';
import { clockLibrary, wrongClock } from './wrong-clock.ts';

const PEAK_QPS = 40;
/** What people send meanwhile; the machine has its cores for the faults. */
const LOAD_QPS = 12;
const CPU_MS = 4;
const PATIENCE_MS = 20_000;
const AGENT_PORT = 7071;
const LOOK_MS = 300;
/** Of a disk that is about to die; a good one does thousands. Making a container takes dozens. */
const SLOW_DISK_PER_SECOND = 5;
const SLOW_DISK_MS = 10_000;
/** Kills of the server in a run; `FIRN_CHAOS_KILLS=50` for the long one. */
const KILLS = Number(process.env['FIRN_CHAOS_KILLS'] ?? 6);
const DRAFT = {
  team: 'quotes',
  service: 'ticker',
  environment: 'production',
  peakQps: PEAK_QPS,
  profile: { cpuMsPerRequest: CPU_MS, memoryBaseMib: 64, memoryKibPerQps: 16 },
  minReplicas: 8,
  survive: 'host',
  shape: 'eighth',
  cloud: 'allowed',
  run: { image: 'firn/demo:1', env: { CPU_MS_PER_REQUEST: String(CPU_MS) }, port: 8080, healthPath: '/up' },
};

let site: Site;
let url: string;
/** Of the service that stays: so many replicas. */
let wanted = 8;
/** The same moments in every run. */
const chance = seeded(20_150_615);

beforeAll(async () => {
  const listen = { host: '127.0.0.1', port: await freePort() };
  url = `http://${listen.host}:${listen.port}`;
  site = await Site.scratch({ name: 'chaos', base: '10.148', physical: 3, cloud: 1, images: [await demoImage()], server: { listen }, builders: [] });
  await site.addShape('eighth', { cpuMilli: 500, memoryMib: 512 });
  await site.api.post('/requests', DRAFT);
  await atRest();
}, 120_000);

afterAll(() => site?.down(), 60_000);

test('the server is killed in the middle of what it applies: nothing moves, no accepted request is lost, agents are back', async () => {
  const before = await containerIds();
  const load = underLoad();
  await site.stopServer();
  const server = serverProcess();
  await server.start();
  const accepted: { readonly id: string; readonly peakQps: number }[] = [];
  const backMs: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const peakQps = 5 + kill;
    // Another workload: it is asked for, granted and placed while the server dies.
    const { id } = await site.api.post<CapacityRequest>('/requests', { ...DRAFT, service: 'other', peakQps, minReplicas: 1 + (kill % 3), survive: 'none' });
    accepted.push({ id, peakQps });
    await delay(chance() * 300);
    await server.kill();
    await server.start();
    const begun = performance.now();
    await until('every agent is back', async () => (await Promise.all((await site.hosts()).map(({ name }) => site.api.get<HostEvidence>(`/hosts/${name}/evidence`)))).every(({ isConnected }) => isConnected), 15_000);
    backMs.push(performance.now() - begun);
    for (const asked of accepted) expect(await site.api.get<CapacityRequest>(`/requests/${asked.id}`)).toMatchObject({ draft: { peakQps: asked.peakQps } });
  }
  await server.kill('SIGTERM');
  await site.startServer();
  await atRest();
  console.log(`server killed ${KILLS} times: agents back after at most ${(Math.max(...backMs) / 1_000).toFixed(1)} s`);
  expect((await site.hosts()).map(({ state }) => state)).toEqual(['ready', 'ready', 'ready', 'ready']);
  expect(await containerIds()).toEqual(before);
  lossless(await load.end());
  await giveBack('other');
}, 60_000 + KILLS * 15_000);

test('a host that nobody hears goes on serving: its neighbours say so, and nothing is replaced', async () => {
  const before = await containerIds();
  const plans = await planCount();
  const load = underLoad();
  await silence('phy1', '-I');
  await until('phy1 is suspect although its replicas answer', async () => {
    const { state, secondPath, lostAt } = await site.api.get<HostEvidence>('/hosts/phy1/evidence');
    return state === 'suspect' && secondPath?.finding === 'serves' && lostAt !== null;
  });
  // Longer than the lease: silence alone would have lost it by now.
  await delay(7_000);
  expect((await site.host('phy1')).state).toBe('suspect');
  await silence('phy1', '-D');
  await until('phy1 is heard again', async () => (await site.host('phy1')).state === 'ready');
  expect(await planCount()).toBe(plans);
  expect(await containerIds()).toEqual(before);
  lossless(await load.end());
});

test('a cable is cut: the host is lost, its replicas start elsewhere, and it drops them when it is back', async () => {
  const load = underLoad();
  const gone = (await replicasNow()).filter((replica) => replica.host === 'phy2');
  await site.lab.cut('phy2');
  const begun = performance.now();
  await until('full strength without phy2', async () => (await replicasNow()).filter(({ state, host: at }) => state === 'running' && at !== 'phy2').length >= 8, 60_000);
  console.log(`cable cut to full strength: ${((performance.now() - begun) / 1_000).toFixed(1)} s, ${gone.length} replicas replaced`);
  expect((await site.api.get<HostEvidence>('/hosts/phy2/evidence')).secondPath?.finding).toBe('unreachable');
  await site.lab.mend('phy2');
  await until('phy2 is ready', async () => (await site.host('phy2')).state === 'ready');
  await atRest();
  served(await load.end(), gone.length / 8);
});

test('two hosts die at once: one is replaced, the other waits for a person', async () => {
  const load = underLoad();
  const victims = ['phy2', 'cloud1'] as const;
  for (const name of victims) {
    await site.lab.crash(name);
    site.agents.delete(name);
  }
  await until('the governor holds', async () => (await site.api.get<GovernorView>('/governor')).holds.some(({ action, state }) => action === 'replace' && state === 'held'), 40_000);
  const [hold] = (await site.api.get<GovernorView>('/governor')).holds;
  expect(hold?.hosts.length).toBeGreaterThan(0);
  await site.api.post(`/governor/holds/${hold?.id}/release`, { reason: 'both racks have lost power' });
  await until('full strength on two hosts', async () => (await replicasNow()).filter(({ state, host: at }) => state === 'running' && !victims.some((each) => each === at)).length >= 8, 60_000);
  for (const name of victims) {
    await site.lab.revive(name);
    await site.startAgent(name);
  }
  await until('all are ready', async () => (await site.hosts()).every(({ state }) => state === 'ready'), 60_000);
  await atRest();
  served(await load.end(), 0.6);
});

test('agents and engines are killed at random moments: no request is lost, and no container is replaced', async () => {
  const before = await containerIds();
  const load = underLoad();
  const names = site.lab.hosts.map(({ name }) => name);
  const end = performance.now() + 20_000;
  let kills = 0;
  while (performance.now() < end) {
    await delay(200 + chance() * 1_500);
    const name = names[Math.floor(chance() * names.length)]!;
    if (chance() < 0.3) {
      await site.lab.kill(name);
      await delay(chance() * 2_000);
      await site.lab.revive(name);
    } else {
      await site.stopAgent(name, 'SIGKILL');
      await site.startAgent(name);
    }
    kills += 1;
  }
  await site.untilReady();
  await atRest();
  console.log(`${kills} agents and engines killed in 20 s`);
  expect(await containerIds()).toEqual(before);
  lossless(await load.end());
});

test('an engine dies while it makes containers: they are made once it lives again, each once', async () => {
  wanted = 14;
  await site.api.post('/requests', { ...DRAFT, minReplicas: wanted });
  await delay(400);
  await site.lab.kill('phy3');
  await delay(1_000);
  await site.lab.revive('phy3');
  await site.untilReady();
  await atRest();
});

const noSlowDisk = await whyNoSlowDisk('/var/tmp');

test.skipIf(noSlowDisk !== undefined)(`a host's disk becomes slow while containers are made on it: nobody takes it for lost, and each is made once${noSlowDisk === undefined ? '' : ` (${noSlowDisk})`}`, async () => {
  const before = await containerIds();
  const load = underLoad();
  const plans = await planCount();
  const begun = performance.now();
  {
    await using _ = await slowDisk(site.lab.topology.name, 'phy1', site.lab.host('phy1').home, SLOW_DISK_PER_SECOND);
    await site.api.post('/requests', { ...DRAFT, service: 'late', minReplicas: 8 });
    await watched(SLOW_DISK_MS);
  }
  await atRest();
  console.log(`8 more replicas, one host with ${SLOW_DISK_PER_SECOND} disk operations a second for ${SLOW_DISK_MS / 1_000} s: made after ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
  expect(await planCount()).toBe(plans + 1);
  expect(await containerIds()).toEqual(before);
  lossless(await load.end());
  await giveBack('late');
});

test.skipIf((await clockLibrary()) === undefined)('clocks jump by hours, a host\'s and the server\'s, forth and back: nobody is taken for lost, and what is asked for meanwhile is done', async () => {
  const [hostClock, serverClock] = [await wrongClock(site.dataDirectory, 'phy1'), await wrongClock(site.dataDirectory, 'server')];
  const before = await containerIds();
  const load = underLoad();
  await site.stopServer();
  const server = serverProcess(serverClock.env);
  await server.start();
  await site.stopAgent('phy1', 'SIGKILL');
  await site.startAgent('phy1', hostClock.env);
  await site.untilReady();
  for (const [clock, seconds] of [[hostClock, 3 * 3_600], [hostClock, -3 * 3_600], [serverClock, 3_600], [serverClock, -3_600]] as const) {
    await clock.jump(seconds);
    await watched(2_000);
  }
  // An hour back: what the server had planned for a time that is past is now far ahead.
  await site.api.post('/requests', { ...DRAFT, service: 'later', minReplicas: 2 });
  await atRest();
  for (const clock of [hostClock, serverClock]) await clock.jump(0);
  await watched(1_000);
  expect(await containerIds()).toEqual(before);
  lossless(await load.end());
  await site.stopAgent('phy1', 'SIGKILL');
  await site.startAgent('phy1');
  await server.kill('SIGTERM');
  await site.startServer();
  await site.untilReady();
});

/** For so long every host is ready and whatever served serves. */
async function watched(ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const states = (await site.hosts()).map(({ name, state, stateReason }) => `${name} ${state}${state === 'ready' ? '' : `: ${stateReason}`}`);
    expect(states.filter((state) => !state.endsWith(' ready'))).toEqual([]);
    await delay(LOOK_MS);
  }
}

async function giveBack(service: string): Promise<void> {
  const [workload] = (await site.api.get<ServiceDetail>(`/services/${service}`)).workloads;
  await site.api.delete(`/workloads/${workload?.id}`, { reason: 'no longer needed' });
}

/** As desired, on every engine exactly that, no orphan, and nothing waits. */
async function atRest(): Promise<void> {
  await until(
    `${wanted} replicas run and nothing else`,
    async () => {
      // A look is a dozen calls, and callers have a limit.
      await delay(LOOK_MS);
      const services = (await site.api.get<{ items: { readonly name: string }[] }>('/services')).items;
      const replicas = (await Promise.all(services.map(({ name }) => site.api.get<ServiceDetail>(`/services/${name}`)))).flatMap((each) => each.replicas);
      const mine = replicas.filter(({ workload }) => workload.startsWith('ticker.'));
      if (mine.length !== wanted || replicas.some(({ state }) => state !== 'running')) throw new Error(replicas.map(({ name, state, reason }) => `${name} ${state} ${reason ?? ''}`).join('; '));
      const names = await site.allContainers();
      const desired = replicas.map(({ name }) => name).sort();
      if (JSON.stringify(names) !== JSON.stringify(desired)) throw new Error(`engines have ${names.join(' ')}, wanted ${desired.join(' ')}`);
      // What gone replicas kept below /persist stays until a person says otherwise.
      const left = (await site.api.get<Orphans>('/orphans')).items.filter(({ kind }) => kind !== 'directory');
      if (left.length > 0) throw new Error(left.map(({ name, reason }) => `${name}: ${reason}`).join('; '));
      return true;
    },
    60_000,
  );
}

/** Requests to whatever runs, until `end`. */
function underLoad(): { readonly end: () => Promise<LoadResult> } {
  const stop = new AbortController();
  let targets: string[] = [];
  const looking = (async () => {
    while (!stop.signal.aborted) {
      const found = await replicasNow().catch(() => null);
      const running = (found ?? []).filter(({ state, address }) => state === 'running' && address !== null).map(({ address }) => `http://${address}:8080/`);
      // A server that has just started knows of none until hosts have reported.
      if (running.length > 0) targets = running;
      await delay(200);
    }
  })();
  const load = (async () => {
    await until('something runs', async () => targets.length > 0, 60_000);
    return drive({ targets: () => targets, qps: LOAD_QPS, seconds: 900, timeoutMs: PATIENCE_MS, signal: stop.signal });
  })();
  // Of a test that fails first nobody asks what was served.
  load.catch(() => undefined);
  return {
    async end() {
      stop.abort();
      await looking;
      return load;
    },
  };
}

function lossless(result: LoadResult): void {
  console.log(`  served meanwhile: ${figures(result)}`);
  expect(result.failed, figures(result)).toBe(0);
}

/** `most`: the part of all requests that may fail, because hosts that were asked are dead. */
function served(result: LoadResult, most: number): void {
  console.log(`  served meanwhile: ${figures(result)}; error rate ${((result.failed / Math.max(1, result.ok + result.failed)) * 100).toFixed(1)} %`);
  expect(result.failed / Math.max(1, result.ok + result.failed)).toBeLessThan(most);
}

/** Drops what the host itself sends to the server, and whatever it answers; its containers are not behind that rule. */
async function silence(name: string, verb: '-I' | '-D'): Promise<void> {
  const { namespace } = site.lab.host(name);
  for (const rule of [['-p', 'tcp', '--dport', String(AGENT_PORT)], ['-o', 'br+', '-p', 'tcp', '!', '--dport', '8080']]) await run(inNamespace(namespace, ['iptables', '-w', verb, 'OUTPUT', ...rule, '-j', 'DROP']));
}

/** The site's own server as a process, with the settings of the one in this process. */
function serverProcess(more: Readonly<Record<string, string>> = {}): ServerProcess {
  return new ServerProcess({ url, logFile: join(site.dataDirectory, 'log', 'server.log'), settings: { ...settings(), ...more }, onStart: (pid) => site.lab.adopt(pid) });
}

/** The settings of the site's own server, as environment. */
function settings(): Record<string, string> {
  const { address } = site.lab.topology.seat;
  return {
    FIRN_DATA: join(site.dataDirectory, 'server'),
    FIRN_LISTEN: url.replace('http://', ''),
    FIRN_AGENT_LISTEN: `${address}:${AGENT_PORT}`,
    FIRN_REGISTRY_LISTEN: `${address}:7072`,
    FIRN_FLEET: 'lab',
    FIRN_LOG: 'warn',
    FIRN_QUARANTINE_MS: '1000',
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** A small generator of numbers from 0 to 1 (Park and Miller, 1988): the same in every run. */
function seeded(seed: number): () => number {
  let state = seed % 2_147_483_647;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const replicasNow = async (): Promise<ReplicaView[]> => (await site.api.get<ServiceDetail>('/services/ticker')).replicas;
const planCount = async (): Promise<number> => (await site.api.get<{ items: PlanView[] }>('/plans')).items.length;

/** Of the service that stays: its containers by replica, so that a replaced one shows. */
async function containerIds(): Promise<Record<string, string>> {
  const found = await Promise.all((await replicasNow()).map(async ({ name, host: at }) => [name, (await site.engine(String(at)).getContainer(name).inspect()).Id] as const));
  return Object.fromEntries(found);
}
