/**
 * The control plane at the size of a whole site: 250 simulated hosts whose agents really connect, 1,000 replicas. How long a quote takes
 * over HTTP as the console asks for it, and how much memory the process needs (server and 250 pretended hosts together).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Quote, Status } from '#server/http/contract/index.ts';
import { startSimulatedSite } from '../lab/simulated-site.ts';
import { until } from '../lab/until.ts';
import type { BenchTable } from './table.ts';

const HOSTS = { physical: 200, 'private-vm': 0, 'cloud-vm': 50 };
const WORKLOADS = 40;
const REPLICAS_EACH = 25;
const QUOTES = 300;

export async function benchServer(): Promise<BenchTable[]> {
  const directory = await mkdtemp(join(tmpdir(), 'firn-bench-'));
  const idleMib = residentMib();
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
    return [
      { name: `quote over HTTP, ${HOSTS.physical + HOSTS['cloud-vm']} hosts / ${WORKLOADS * REPLICAS_EACH} replicas`, rows: [{ 'p50 ms': at(500), 'p99 ms': at(990), quotes: QUOTES, goal: 'p99 <= 20 ms' }] },
      { name: 'the same process', rows: [{ 'RSS MiB': residentMib(), 'before start MiB': idleMib, 'asked -> all run, s': Number(filledSeconds.toFixed(1)), note: 'server and 250 simulated hosts in one process' }] },
    ];
  } finally {
    await site.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

const residentMib = (): number => Math.round(process.memoryUsage.rss() / 2 ** 20);
