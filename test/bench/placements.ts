/**
 * Placements through the API with everything written down: eight clients ask over HTTP, the server quotes, approves, plans, checks and
 * records, and a placement counts when its replica has a host and an address in the database file.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { Api } from '../lab/api.ts';
import type { Started, Stood } from './placements-server.ts';
import type { BenchTable } from './table.ts';

const SERVER = fileURLToPath(new URL('placements-server.ts', import.meta.url));
const CLIENTS = 8;
const DEADLINE_MS = 120_000;
const TEAM = 'bench';
/** Published by its makers: a million containers in under five minutes. */
const NOMAD_C1M = 3750;

/** @returns placements a second at the size of a large site and at the largest size of the product */
export async function benchPlacements(): Promise<BenchTable> {
  return { name: `placements through the API, ${CLIENTS} connections, SQLite on disk`, rows: [await measure(1000, 1000), await measure(10_000, 2000)] };
}

async function measure(hosts: number, asks: number): Promise<Record<string, string | number>> {
  const directory = await mkdtemp(join(tmpdir(), 'firn-bench-'));
  const child = fork(SERVER, [directory, String(hosts)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: process.env['FIRN_BENCH_NODE']?.split(' ') ?? [] });
  const ended = once(child, 'exit');
  try {
    const [{ url, password }] = (await once(child, 'message')) as [Started];
    const clients: Api[] = [];
    while (clients.length < CLIENTS) clients.push(await Api.login(url, 'admin', password));
    await clients[0]!.post('/teams', { name: TEAM });
    await clients[0]!.put(`/quotas/${TEAM}/production`, { cpuMilli: 1_000_000_000, memoryMib: 1_000_000_000 });
    using database = openReader(join(directory, 'firn.db'));
    const stood = async (): Promise<Stood> => {
      child.send('stood');
      return ((await once(child, 'message')) as [Stood])[0];
    };
    const before = await stood();
    const begun = performance.now();
    const times = await drive(clients, asks);
    const answeredMs = performance.now() - begun;
    await allPlaced(database, asks);
    const placedMs = performance.now() - begun;
    const { worstMs, p99Ms, cpuMs } = await stood();
    const placed = database.placed();
    times.sort((one, other) => one - other);
    const ms = (value: number | undefined) => Number((value ?? 0).toFixed(1));
    return {
      hosts,
      asks,
      'replicas placed': placed,
      'placements a second': Math.round((placed / placedMs) * 1000),
      'asks a second': Math.round((asks / answeredMs) * 1000),
      'answer p50 ms': ms(times[Math.floor(asks / 2)]),
      'p99 ms': ms(times[Math.floor(asks * 0.99)]),
      'last placed after the last answer, s': Number(((placedMs - answeredMs) / 1000).toFixed(2)),
      'CPU us each': Math.round(((cpuMs - before.cpuMs) / placed) * 1000),
      'event loop worst ms': ms(worstMs),
      'loop p99 ms': ms(p99Ms),
      goal: '>= 5,000/s',
      'Nomad C1M, published': NOMAD_C1M,
    };
  } finally {
    child.disconnect();
    const isGone = await Promise.race([ended.then(() => true), delay(20_000, false)]);
    if (!isGone) child.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
}

interface Reader extends Disposable {
  /** Replicas with a host and an address. */
  placed(): number;
  /** Workloads of which none is there yet, and replicas without a host. */
  open(): number;
}

function openReader(path: string): Reader {
  const database = new Sqlite(path, { readonly: true });
  const count = (from: string) => {
    const statement = database.prepare<[], { count: number }>(`SELECT count(*) AS count FROM ${from}`);
    return () => statement.get()!.count;
  };
  const placed = count('replicas WHERE host_id IS NOT NULL AND address IS NOT NULL');
  const open = count('workloads WHERE id NOT IN (SELECT workload_id FROM replicas WHERE host_id IS NOT NULL)');
  return { placed, open, [Symbol.dispose]: () => void database.close() };
}

/** Each client asks as soon as it was answered. @returns milliseconds of every answer */
async function drive(clients: readonly Api[], asks: number): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  await Promise.all(
    clients.map(async (client) => {
      while (next < asks) {
        const number = (next += 1);
        const begun = performance.now();
        await client.post('/requests', askOf(number));
        times.push(performance.now() - begun);
      }
    }),
  );
  return times;
}

/** Asks of 20 to 40 replicas that differ from each other: size, what must survive, labels, caps. */
function askOf(number: number): unknown {
  return {
    team: TEAM,
    service: `svc-${number}`,
    environment: 'production',
    peakQps: 100 + (number % 7) * 10,
    profile: { cpuMsPerRequest: 10, memoryBaseMib: 256, memoryKibPerQps: 64 },
    minReplicas: 20 + ((number * 7) % 21),
    survive: (['host', 'rack', 'none'] as const)[number % 3],
    shape: (['quarter', 'quarter', 'half'] as const)[number % 3],
    cloud: number % 2 === 0 ? 'allowed' : 'never',
    caps: number % 5 === 0 ? { perHost: 2 } : {},
    labels: number % 10 === 0 ? { disk: 'ssd' } : {},
    run: { image: 'firn/demo:1' },
  };
}

async function allPlaced(database: Reader, asks: number): Promise<void> {
  const until = performance.now() + DEADLINE_MS;
  while (database.open() > 0) {
    if (performance.now() > until) throw new Error(`${database.open()} of ${asks} workloads have no replica after ${DEADLINE_MS} ms`);
    await delay(20);
  }
}
