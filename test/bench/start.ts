/**
 * From asking to answering: 30 replicas through the whole product, against the bare Docker API making the same containers on the same
 * engines. In turns, so that a machine that slows down slows both. Also: power off to full strength, and the memory of the processes.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PolicyView, ServiceDetail } from '#server/http/contract/index.ts';
import { demoImage } from '../lab/images.ts';
import { Site } from '../lab/site.ts';
import { until } from '../lab/until.ts';
import { answering } from './answering.ts';
import { rawEngines, rawStart, type RawSpec } from './raw-docker.ts';
import { type BenchTable, median } from './table.ts';

const REPLICAS = 30;
const ROUNDS = 3;
const BASE = '10.248';
const SPEC: RawSpec = { image: 'firn/demo:1', env: ['CPU_MS_PER_REQUEST=5', 'PORT=8080'], port: 8080, cpuMilli: 1_000, memoryMib: 256 };

export async function benchStart(): Promise<BenchTable[]> {
  const directory = await mkdtemp('/var/tmp/firn-bench-');
  const site = await Site.up({
    name: 'bench',
    base: BASE,
    physical: 2,
    cloud: 1,
    images: [await demoImage()],
    dataDirectory: join(directory, 'data'),
    labDirectory: join(directory, 'lab'),
    server: { listen: { host: '127.0.0.1', port: 0 }, quarantineMs: 0 },
    capacity: { physical: { cpuMilli: 32_000, memoryMib: 65_536 }, 'cloud-vm': { cpuMilli: 32_000, memoryMib: 65_536 } },
  });
  try {
    await prepare(site);
    const ours: number[] = [];
    const raw: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      raw.push(await rawStart(rawEngines(site.lab.hosts, { base: BASE, first: 10, each: REPLICAS / site.lab.hosts.length }), SPEC));
      ours.push(await askToAnswer(site));
      if (round < ROUNDS - 1) await giveBack(site);
    }
    const sections = [startSection(ours, raw), await memorySection(site), await healSection(site)];
    return sections;
  } finally {
    await site.down();
    await rm(directory, { recursive: true, force: true });
  }
}

async function prepare(site: Site): Promise<void> {
  await site.api.put('/quotas/quotes/production', { cpuMilli: 1_000_000, memoryMib: 1_000_000 });
  const policy = await site.api.get<PolicyView>('/policy');
  const shapes = { ...policy.record.shapes, bench: { cpuMilli: SPEC.cpuMilli, memoryMib: SPEC.memoryMib } };
  await site.setPolicy({ ...policy.record, shapes }, 'the size of the comparison');
}

async function askToAnswer(site: Site): Promise<number> {
  const begun = performance.now();
  await site.api.post('/requests', {
    team: 'quotes',
    service: 'bench',
    environment: 'production',
    peakQps: 10,
    profile: { cpuMsPerRequest: 5, memoryBaseMib: 64, memoryKibPerQps: 16 },
    minReplicas: REPLICAS,
    survive: 'host',
    shape: 'bench',
    cloud: 'allowed',
    caps: { perHost: REPLICAS / site.lab.hosts.length },
    run: { image: SPEC.image, env: { CPU_MS_PER_REQUEST: '5' }, port: SPEC.port, healthPath: '/up' },
  });
  await until('every replica has an address', async () => (await urls(site)).length === REPLICAS);
  await answering(await urls(site), 60_000);
  return performance.now() - begun;
}

async function urls(site: Site): Promise<string[]> {
  const { replicas } = await site.api.get<ServiceDetail>('/services/bench');
  return replicas.flatMap((replica) => (replica.address === null ? [] : [`http://${replica.address}:${SPEC.port}/up`]));
}

async function giveBack(site: Site): Promise<void> {
  const { workloads } = await site.api.get<ServiceDetail>('/services/bench');
  await site.api.delete(`/workloads/${workloads[0]?.id}`, { reason: 'the next round' });
  await until('every host is empty', async () => (await site.hosts()).every((host) => host.replicas === 0 && host.converged && host.generation === host.reportedGeneration), 60_000);
}

function startSection(ours: readonly number[], raw: readonly number[]): BenchTable {
  const ratio = median(ours.map((value, round) => value / (raw[round] as number)));
  return {
    name: `${REPLICAS} replicas: asked -> all answer HTTP`,
    rows: [
      { what: 'Firn, through its API', 'median ms': Math.round(median(ours)), rounds: ours.map((value) => value.toFixed(0)).join(' ') },
      { what: 'bare Docker API, same engines', 'median ms': Math.round(median(raw)), rounds: raw.map((value) => value.toFixed(0)).join(' ') },
      { what: 'ratio, pair by pair (goal <= 1.15)', 'median ms': '', rounds: ratio.toFixed(2) },
    ],
  };
}

/** Resident memory while 30 replicas run. */
async function memorySection(site: Site): Promise<BenchTable> {
  const agents = await Promise.all([...site.agents].map(async ([name, agent]) => ({ process: `agent on ${name}`, 'RSS MiB': Math.round((await residentKib(agent.pid)) / 1024), goal: '<= 90' })));
  return { name: `memory, with ${REPLICAS} replicas`, rows: agents };
}

async function residentKib(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

async function healSection(site: Site): Promise<BenchTable> {
  const policyCap = REPLICAS / 2;
  await site.api.post('/requests', {
    team: 'quotes', service: 'bench', environment: 'production', peakQps: 10, profile: { cpuMsPerRequest: 5, memoryBaseMib: 64, memoryKibPerQps: 16 },
    minReplicas: 12, survive: 'host', shape: 'bench', cloud: 'allowed', caps: { perHost: policyCap },
  });
  await until('12 replicas', async () => (await urls(site)).length === 12 && (await site.hosts()).every((host) => host.converged));
  const begun = performance.now();
  await site.lab.crash('phy2');
  site.agents.delete('phy2');
  await until('full strength', async () => {
    const { replicas } = await site.api.get<ServiceDetail>('/services/bench');
    return replicas.filter((replica) => replica.host !== 'phy2' && replica.state === 'running').length >= 12;
  }, 60_000);
  await answering(await urls(site), 30_000);
  const seconds = (performance.now() - begun) / 1_000;
  return { name: 'a host is powered off, 12 replicas on 3 hosts', rows: [{ what: 'power off -> full strength, answering', seconds: Number(seconds.toFixed(1)), goal: '<= 12; Docker Swarm on the same kind of lab: 19.9' }] };
}
