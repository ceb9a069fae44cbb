/**
 * Burst into the cloud and back on real engines: our own room is short, VMs are bought and join by themselves with their routes, replicas serve there,
 * demand falls, VMs go back in order, and the ledger has every paid minute. The tests build on each other in order.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BurstLedger, BurstOverview, BurstSettingsInput, BurstVms, CapacityRequest, HostView, PolicyView, ProvisionerEditInput, ReplicaView, ServiceDetail } from '#server/http/contract/index.ts';
import { demoImage } from './images.ts';
import { LabProvisioner } from './provisioner.ts';
import { run } from './run.ts';
import { Site } from './site.ts';
import { until } from './until.ts';

const SIZE = { cpuMilli: 2_000, memoryMib: 4_096 };
const DRAFT = { team: 'quotes', service: 'ticker', environment: 'production', peakQps: 1, headroomPermille: 0, profile: { cpuMsPerRequest: 8, memoryBaseMib: 64, memoryKibPerQps: 16 }, survive: 'none', shape: 'eighth', cloud: 'allowed', run: { image: 'firn/demo:1', env: { CPU_MS_PER_REQUEST: '8' }, port: 8080, healthPath: '/up', stopSeconds: 1 } };
const PATIENCE_MS = 60_000;

let site: Site;
let provisioner: LabProvisioner;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp('/var/tmp/firn-burst-');
  provisioner = await LabProvisioner.start(directory);
  site = await Site.up({
    name: 'burst', base: '10.221', physical: 1, cloud: 0, images: [await demoImage()], dataDirectory: join(directory, 'data'), labDirectory: join(directory, 'lab'),
    server: { listen: { host: '127.0.0.1', port: 0 }, quarantineMs: 1_000, provisioners: provisioner.file },
    capacity: { physical: SIZE, 'cloud-vm': SIZE },
  });
  provisioner.site = site;
  const policy = await site.api.get<PolicyView>('/policy');
  await site.setPolicy({ ...policy.record, movesPerHour: 1_000, shapes: { ...policy.record.shapes, eighth: { cpuMilli: 500, memoryMib: 512 } } }, 'small replicas for a small machine');
  for (const [pool, cents, limit] of [['cheap', 60, 1], ['dear', 90, 2]] as const) {
    await site.api.put(`/pools/${pool}`, { site: 'vpc1', capacity: SIZE, costCentsPerHour: cents, limit });
    const edit: ProvisionerEditInput = { hook: 'lab', rangeSupernet: site.lab.topology.ranges.cloudContainers, billingMinutes: 1, releaseMarginSeconds: 45 };
    await site.api.put(`/burst/provisioners/${pool}`, edit);
  }
}, 120_000);

afterAll(async () => {
  await site?.down();
  await provisioner?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
}, 60_000);

const rules = (more: BurstSettingsInput) => site.api.put('/burst/settings', { capCentsPerHour: 1_000, capCentsPerDay: 10_000, retreat: { holdMinutes: 0 }, ...more });
const vms = async () => (await site.api.get<BurstVms>('/burst/vms')).items;
const states = async () => (await vms()).map(({ name, state }) => `${name} ${state}`).sort();
const replicas = async () => (await site.api.get<ServiceDetail>('/services/ticker')).replicas;
const answers = async ({ address, name }: ReplicaView) => ((await (await fetch(`http://${address}:8080/`, { signal: AbortSignal.timeout(5_000) })).json()) as { hostname: string }).hostname === name;

async function want(minReplicas: number): Promise<void> {
  expect((await site.api.post<CapacityRequest>('/requests', { ...DRAFT, minReplicas })).state).toBe('approved');
}

async function runs(count: number): Promise<ReplicaView[]> {
  let now: ReplicaView[] = [];
  await until(`${count} replicas run`, async () => {
    now = await replicas();
    if (now.length === count && now.every(({ state }) => state === 'running')) return true;
    throw new Error(`${now.map(({ name, host, state }) => `${name}@${host}:${state}`).join(' ')}; ${(await vms()).map(({ name, state, wait }) => `${name} ${state}: ${wait?.reason.sentence ?? ''}`).join('; ')}`);
  }, PATIENCE_MS);
  return now;
}

test('while bursting is off nothing is bought; a proposal says what would be', async () => {
  await want(9);
  await until('six replicas wait', async () => (await replicas()).filter(({ state }) => state === 'pending').length === 6);
  expect(provisioner.asked).toEqual([]);
  await rules({ mode: 'propose' });
  await until('a proposal', async () => (await site.api.get<BurstOverview>('/burst')).proposals.length === 1);
  const { proposals: [proposal] } = await site.api.get<BurstOverview>('/burst');
  expect(proposal).toMatchObject({ centsPerHour: 150, givesRoomFor: [{ workload: 'ticker.production', replicas: 6 }], leaves: [], mayApprove: true });
  await site.api.post(`/burst/proposals/${proposal!.id}`, { verb: 'approve' });
});

test('VMs are made, join by themselves, and replicas serve there at addresses that are routed to them', async () => {
  const all = await runs(9);
  await until('both VMs are in use', async () => (await states()).join() === 'burst-cheap-1 in-use,burst-dear-1 in-use');
  const byHost = Object.fromEntries([...Map.groupBy(all, ({ host }) => host ?? '')].map(([host, list]) => [host, list.length]));
  expect(byHost).toEqual({ phy1: 3, 'burst-cheap-1': 3, 'burst-dear-1': 3 });
  expect(await Promise.all(all.map(answers))).toEqual(all.map(() => true));
  const hosts = (await site.api.get<{ items: HostView[] }>('/hosts')).items.filter(({ kind }) => kind === 'cloud-vm');
  expect(hosts.map(({ name, costCentsPerHour, rack, networkMode }) => [name, costCentsPerHour, rack, networkMode]).sort()).toEqual([['burst-cheap-1', 60, 'pool-cheap', 'routed'], ['burst-dear-1', 90, 'pool-dear', 'routed']]);
  const routes = await run(['ip', '-n', site.lab.topology.dataCentre, 'route']);
  for (const { containerCidr, address } of await vms()) expect(routes).toContain(`${containerCidr} via ${address}`);
});

test('when demand falls the dearest goes first, then the other; nobody is cut off', async () => {
  await rules({ mode: 'automatic' });
  await want(6);
  await until('the dear one is gone', async () => (await states()).join() === 'burst-cheap-1 in-use,burst-dear-1 released', PATIENCE_MS);
  const left = await runs(6);
  expect(await Promise.all(left.map(answers))).toEqual(left.map(() => true));
  await want(2);
  await until('the cheap one is gone', async () => (await states()).join() === 'burst-cheap-1 released,burst-dear-1 released', PATIENCE_MS);
  const home = await runs(2);
  expect(home.map(({ host }) => host)).toEqual(['phy1', 'phy1']);
  expect(await Promise.all(home.map(answers))).toEqual([true, true]);
}, 180_000);

test('nothing is left over, and the ledger has every paid minute once', async () => {
  expect([provisioner.vms.size, site.lab.hosts.map(({ name }) => name)]).toEqual([0, ['phy1']]);
  expect((await site.api.get<{ items: HostView[] }>('/hosts')).items.map(({ name }) => name)).toEqual(['phy1']);
  const routes = await run(['ip', '-n', site.lab.topology.dataCentre, 'route']);
  for (const { containerCidr } of await vms()) expect(routes).not.toContain(containerCidr);
  expect((await run(['ip', 'netns', 'list'])).match(/firn-burst-cloud\d+/g)).toBeNull();
  const ledger = await site.api.get<BurstLedger>('/burst/ledger');
  for (const { vm, actualCents, askedAt, endedAt, costCentsPerHour } of ledger.items) {
    // Paid by the minute: one for each that began, and one more at most, since it is paid from when it exists.
    const minutes = Math.ceil((Date.parse(endedAt!) - Date.parse(askedAt)) / 60_000);
    const cents = Math.ceil(costCentsPerHour / 60);
    expect(actualCents, vm).toBeGreaterThanOrEqual((minutes - 1) * cents);
    expect(actualCents, vm).toBeLessThanOrEqual(minutes * cents);
  }
  expect(ledger.totals.actualCents).toBe(ledger.items.reduce((sum, { actualCents }) => sum + actualCents, 0));
  expect(provisioner.asked.filter((line) => line.startsWith('create')).sort()).toEqual(['create burst-cheap-1', 'create burst-dear-1']);
  const { strangers, alerts, spend } = await site.api.get<BurstOverview>('/burst');
  expect([strangers, alerts, spend.hour.actualCents, spend.today.promisedCents]).toEqual([[], [], 0, 0]);
});
