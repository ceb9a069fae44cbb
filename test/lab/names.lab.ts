/**
 * Names of two sites on real engines, seen by clients with the client library: a scale-in cuts nobody off, a site whose hosts are cut is left in time and
 * comes back late, and a planned shift follows its plan. The tests build on each other in order.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FirnDns } from '#server/dns/client/firn-dns.ts';
import type { AnswerView, CapacityRequest, ReplicaView, ServiceDetail, ShiftView, Sites } from '#server/http/contract/index.ts';
import { Api } from './api.ts';
import { demoImage } from './images.ts';
import { Site } from './site.ts';
import { until } from './until.ts';

const NAME = 'ticker.lab.test';
/** The shortest that a name may have. */
const TTL_SECONDS = 5;
const LEASE_MS = 4_000;
const DOWN_SECONDS = 2;
const UP_SECONDS = 6;
const PATIENCE_MS = 40_000;
const DRAFT = { team: 'quotes', service: 'ticker', environment: 'production', peakQps: 1, headroomPermille: 0, profile: { cpuMsPerRequest: 8, memoryBaseMib: 64, memoryKibPerQps: 16 }, survive: 'none', shape: 'eighth', cloud: 'allowed', run: { image: 'firn/demo:1', env: { CPU_MS_PER_REQUEST: '1' }, port: 8080, healthPath: '/up', stopSeconds: 1 } };

let site: Site;

beforeAll(async () => {
  site = await Site.scratch({ name: 'names', base: '10.157', physical: 1, cloud: 1, images: [await demoImage()], server: { reportMs: 500, leaseMs: LEASE_MS, dnsHttpListen: { host: '127.0.0.1', port: 0 } } });
  await site.addShape('eighth', { cpuMilli: 500, memoryMib: 512 });
  await site.api.put('/failover', { downAfterSeconds: DOWN_SECONDS, upAfterSeconds: UP_SECONDS, mostNamesPermille: 1_000 });
}, 90_000);

afterAll(async () => {
  await site?.down();
}, 60_000);

const replicas = async () => (await site.api.get<ServiceDetail>('/services/ticker')).replicas;
const answer = async () => await site.api.get<AnswerView>(`/names/${NAME}/answer?client=10.157.200.7`);
const siteView = async (name: string) => (await site.api.get<Sites>('/sites')).items.find((each) => each.name === name);
const stateOf = async (name: string) => (await siteView(name))?.state;

async function want(perSite: number): Promise<void> {
  expect((await site.api.post<CapacityRequest>('/requests', { ...DRAFT, minReplicas: 2 * perSite, caps: { perSite } })).state).toBe('approved');
}

async function runs(count: number): Promise<readonly ReplicaView[]> {
  let now: readonly ReplicaView[] = [];
  await until(`${count} replicas run`, async () => {
    now = await replicas();
    if (now.length === count && now.every(({ state }) => state === 'running')) return true;
    throw new Error(now.map(({ name, host, state }) => `${name}@${host}:${state}`).join(' '));
  }, PATIENCE_MS);
  return now;
}

/** Clients that each keep what they were told for its TTL, and try the first address only: whoever stops too early is noticed. */
async function whileClientsCall(what: () => Promise<void>): Promise<{ readonly calls: number; readonly failures: readonly string[] }> {
  const server = `http://${site.server.context.dns.listening.http}`;
  const ending = new AbortController();
  const failures: string[] = [];
  let calls = 0;
  const client = async (): Promise<void> => {
    const names = new FirnDns({ servers: [server] });
    while (!ending.signal.aborted) {
      const { addresses, port: at } = await names.lookup(NAME);
      const failure = await fetch(`http://${addresses[0]}:${at}/`, { signal: AbortSignal.timeout(5_000) }).then(async (reply) => (await reply.text(), reply.ok ? undefined : String(reply.status)), String);
      calls += 1;
      if (failure !== undefined) failures.push(`${addresses[0]}: ${failure}`);
      await delay(50);
    }
  };
  const clients = Array.from({ length: 4 }, () => client());
  try {
    await what();
  } finally {
    ending.abort();
    await Promise.all(clients);
  }
  return { calls, failures };
}

test('replicas that are too many leave the name first, and no client notices that they stop', async () => {
  await want(2);
  await runs(4);
  await site.api.put(`/names/${NAME}`, { service: 'ticker', environment: 'production', ttlSeconds: TTL_SECONDS, preference: 'weights', mostAddresses: 4 });
  await until('the name is told', async () => (await answer()).addresses.length === 2);
  const seen = await whileClientsCall(async () => {
    await delay(1_000);
    await want(1);
    await until('two are on their way out', async () => (await replicas()).filter(({ leaving }) => leaving !== undefined).length === 2);
    const left = performance.now();
    await runs(2);
    // From when both were seen to leave: a look of the API and one of the loop are less than a second.
    expect(performance.now() - left).toBeGreaterThan((TTL_SECONDS - 1) * 1_000);
    await delay(1_000);
  });
  expect(seen.failures).toEqual([]);
  expect(seen.calls).toBeGreaterThan(50);
}, 90_000);

test('a site whose hosts are cut loses its clients in time, and gets them back late', async () => {
  await site.lab.cut('cloud1');
  const cut = performance.now();
  await until('the site is failed', async () => (await stateOf('vpc1')) === 'failed', PATIENCE_MS);
  const failed = performance.now() - cut;
  expect((await answer()).site).toBe('dc1');
  await site.lab.mend('cloud1');
  await until('its replica is well again', async () => ((await siteView('vpc1'))?.evidence.replicasHealthy ?? 0) > 0, PATIENCE_MS);
  const well = performance.now();
  await until('the site serves again', async () => (await stateOf('vpc1')) === 'serving', PATIENCE_MS);
  const back = performance.now() - well;
  console.log(`a site that is cut: failed after ${(failed / 1_000).toFixed(1)} s; well again: clients come back after ${(back / 1_000).toFixed(1)} s`);
  expect(failed).toBeGreaterThan(DOWN_SECONDS * 1_000);
  expect(back).toBeGreaterThan((UP_SECONDS - 2) * 1_000);
}, 120_000);

test('a shift says what it needs, and clients follow it step by step', async () => {
  await runs(2);
  const sre = await Api.login(site.server.url, 'sre', site.logins.sre);
  const draft = await sre.post<ShiftView>('/shifts', { kind: 'drain', site: 'vpc1', steps: 2, stepSeconds: 1, reason: 'the cloud is left' });
  expect(draft.plan.loads.find((load) => load.site === 'dc1')).toMatchObject({ afterPermille: 1_000 });
  for (const verb of ['approve', 'apply']) await site.api.post(`/shifts/${draft.id}`, { verb });
  const { calls, failures } = await whileClientsCall(() => until('vpc1 is drained', async () => (await stateOf('vpc1')) === 'drained', PATIENCE_MS));
  expect([failures, calls > 0]).toEqual([[], true]);
  expect((await answer()).site).toBe('dc1');
}, 90_000);
