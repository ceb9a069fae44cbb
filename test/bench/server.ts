/**
 * The control plane at the size of a whole site: 250 simulated hosts whose agents really connect, 1,000 replicas. How long a quote takes
 * over HTTP as the console asks for it, and how much memory the server needs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Quote, Status } from '#server/http/contract/index.ts';
import { Api } from '../lab/api.ts';
import { startSimulatedFleet, startSimulatedSite } from '../lab/simulated-site.ts';
import type { Logins } from '../lab/site.ts';
import { until } from '../lab/until.ts';
import type { BenchTable } from './table.ts';

const HOSTS = { physical: 200, 'private-vm': 0, 'cloud-vm': 50 };
const WORKLOADS = 40;
const REPLICAS_EACH = 25;
const QUOTES = 300;
const SERVER = fileURLToPath(new URL('../../server/main.ts', import.meta.url));

export async function benchServer(): Promise<BenchTable[]> {
  const directory = await mkdtemp(join(tmpdir(), 'firn-bench-'));
  const site = await startSimulatedSite({ dataDirectory: directory, note: 'a benchmark', fleet: HOSTS, server: { listen: { host: '127.0.0.1', port: 0 }, agentListen: { host: '127.0.0.1', port: 0 } } });
  try {
    await site.api.put('/quotas/quotes/production', { cpuMilli: 1_000_000_000, memoryMib: 1_000_000_000 });
    const draft = (service: string, peakQps: number) => ({
      team: 'quotes', service, environment: 'production', peakQps, profile: { cpuMsPerRequest: 10, memoryBaseMib: 256, memoryKibPerQps: 64 },
      minReplicas: REPLICAS_EACH, survive: 'rack', shape: 'standard', cloud: 'allowed', run: { image: 'firn/demo:1' },
    });
    const begun = performance.now();
    for (let index = 0; index < WORKLOADS; index += 1) await site.api.post('/requests', draft(`svc-${index}`, 100));
    await until('every replica runs', async () => {
      const { totals } = await site.api.get<Status>('/status');
      return totals.pending === 0 && totals.running >= WORKLOADS * REPLICAS_EACH;
    }, 300_000);
    const filledSeconds = (performance.now() - begun) / 1_000;
    const times: number[] = [];
    for (let round = 0; round < QUOTES; round += 1) {
      const start = performance.now();
      await site.api.post<Quote>('/requests/quote', draft('bench', 100 + ((round * 137) % 8_000)));
      times.push(performance.now() - start);
    }
    times.sort((one, other) => one - other);
    const at = (permille: number): number => Number((times[Math.floor((times.length * permille) / 1_000)] ?? 0).toFixed(1));
    await site.stop();
    return [
      { name: `quote over HTTP, ${HOSTS.physical + HOSTS['cloud-vm']} hosts / ${WORKLOADS * REPLICAS_EACH} replicas`, rows: [{ 'p50 ms': at(500), 'p99 ms': at(990), quotes: QUOTES, goal: 'p99 <= 20 ms' }] },
      { name: 'the server alone, same data, agents in another process', rows: [{ 'RSS MiB': await serverAloneMib(directory), 'all replicas run after the asks, s': Number(filledSeconds.toFixed(1)) }] },
    ];
  } finally {
    await site.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Starts the server as a process of its own on the same data, lets every agent connect, and reads its resident memory. */
async function serverAloneMib(directory: string): Promise<number> {
  const env = { PATH: process.env['PATH'], FIRN_DATA: join(directory, 'server'), FIRN_LISTEN: '127.0.0.1:0', FIRN_AGENT_LISTEN: '127.0.0.1:0', FIRN_FLEET: 'simulated', FIRN_LOG: 'warn' };
  const child = spawn(process.execPath, [SERVER], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const [, url = '', agentUrl = ''] = /answers on (\S+), agents join on (\S+)/.exec(said.toString()) ?? [];
  const logins = JSON.parse(await readFile(join(directory, 'logins.json'), 'utf8')) as Logins;
  const api = await Api.login(url, 'admin', logins.admin);
  for (const host of await startSimulatedFleet(agentUrl, { dataDirectory: directory, fleet: HOSTS }, async () => '')) stack.use(host);
  await until('every replica is reported again', async () => (await api.get<Status>('/status')).totals.running === WORKLOADS * REPLICAS_EACH, 60_000);
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024);
}
