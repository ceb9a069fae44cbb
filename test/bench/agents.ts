/**
 * The server with 10,000 agents on loopback: each on a WebSocket of its own, with a heartbeat a second and a report when it is time. How much of a core
 * and of memory the server's process takes, and how long a heartbeat waits for its answer. Agents are raw sockets in processes of their own; the server is
 * the real one, on a database that knows the hosts.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBus } from '#server/bus.ts';
import { DEFAULTS } from '#server/config.ts';
import { hashOf } from '#server/control/join.ts';
import { ensureCluster } from '#server/db/cluster.ts';
import { insertHost } from '#server/db/hosts.ts';
import { putHostStatus } from '#server/db/host-status.ts';
import { insertNetwork } from '#server/db/networks.ts';
import { openStore } from '#server/db/store.ts';
import { VERSION } from '#server/version.ts';
import type { BenchTable } from './table.ts';

const AGENTS = Number(process.env['FIRN_BENCH_AGENTS'] ?? 10_000);
/** Of each host, as its agent reports them. */
const REPLICAS_EACH = Number(process.env['FIRN_BENCH_REPLICAS'] ?? 10);
const CHILDREN = 2;
const SECONDS = Number(process.env['FIRN_BENCH_SECONDS'] ?? 30);
/** Everybody has reported by then, and what follows from that is done. */
const SETTLE_SECONDS = 20;
const CLOCK_TICKS = 100;
const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));

interface Figures {
  readonly welcomed: number;
  readonly lost: number;
  readonly heartbeatsSent: number;
  readonly reportsSent: number;
  readonly answered: number;
  /** Milliseconds, p50 and p99. */
  readonly beats: readonly [number, number];
  readonly acks: readonly [number, number];
}

export async function benchAgents(): Promise<BenchTable[]> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'firn-bench-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  await seed(directory);
  const env = { PATH: process.env['PATH'], FIRN_DATA: directory, FIRN_LISTEN: '127.0.0.1:0', FIRN_AGENT_LISTEN: '127.0.0.1:0', FIRN_LOG: 'warn', ...(process.env['FIRN_BENCH_REPORT_MS'] === undefined ? {} : { FIRN_REPORT_MS: process.env['FIRN_BENCH_REPORT_MS'] }) };
  const server = spawn(process.execPath, [...(process.env['FIRN_BENCH_PROF'] === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${process.env['FIRN_BENCH_PROF']}`]), path('../../server/main.ts')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  stack.defer(() => end(server));
  const [said] = (await once(server.stdout, 'data')) as [Buffer];
  const agentUrl = /agents join on (\S+)/.exec(said.toString())?.[1];
  if (agentUrl === undefined) throw new Error(`the server said ${said.toString()}`);
  const begun = performance.now();
  const share = Math.ceil(AGENTS / CHILDREN);
  const children = Array.from({ length: CHILDREN }, (_, index) => {
    const order = { url: `${agentUrl.replace('http', 'ws')}/agents/ws`, first: index * share, count: Math.min(share, AGENTS - index * share), replicas: REPLICAS_EACH, atOnce: 50 };
    const child = fork(path('./agents-child.ts'), [JSON.stringify(order), VERSION], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    stack.defer(() => end(child));
    return child;
  });
  await Promise.all(children.map((child) => once(child, 'message')));
  const connectedSeconds = (performance.now() - begun) / 1000;
  await pause(SETTLE_SECONDS);
  for (const child of children) child.send('reset');
  const before = await cpuSeconds(server);
  const from = performance.now();
  await pause(SECONDS);
  const cpu = ((await cpuSeconds(server)) - before) / ((performance.now() - from) / 1000);
  const figures = await Promise.all(children.map(ask));
  const sum = (of: (each: Figures) => number) => figures.reduce((total, each) => total + of(each), 0);
  const most = (of: (each: Figures) => number) => Number(Math.max(...figures.map(of)).toFixed(1));
  return [
    {
      name: `${AGENTS} agents on loopback, ${REPLICAS_EACH} replicas each, a heartbeat a second, ${SECONDS} s`,
      rows: [
        {
          'connected s': Number(connectedSeconds.toFixed(1)),
          'heartbeats/s': Math.round(sum((each) => each.heartbeatsSent) / SECONDS),
          'reports/s': Math.round(sum((each) => each.reportsSent) / SECONDS),
          'server cores': Number(cpu.toFixed(2)),
          'RSS MiB': await rssMib(server),
          'heartbeat p50 ms': most((each) => each.beats[0]),
          'heartbeat p99 ms': most((each) => each.beats[1]),
          'report p99 ms': most((each) => each.acks[1]),
          'lost sessions': sum((each) => each.lost),
          goal: '<= 1 core, <= 600 MiB, p99 <= 50 ms',
        },
      ],
    },
  ];
}

/** Hosts that joined long ago, with their credentials. */
async function seed(dataDir: string): Promise<void> {
  await using store = openStore({ dataDir, migrationsDir: DEFAULTS.migrationsDir, bus: openBus() });
  const credentialHash = hashOf('k'.repeat(43));
  const now = Date.now();
  await store.tx(async (tx) => {
    await ensureCluster(tx, 'bench', now);
    await insertNetwork(tx, { id: 'net', name: 'dc', mode: 'flat', site: 'dc1', cidr: '10.0.0.0/8', gateway: '10.255.255.254', first: '10.100.0.1', last: '10.200.255.254', excluded: [], dns: [], hostId: null, createdAt: now, vlan: null, tunnelVni: null });
    for (let number = 0; number < AGENTS; number += 1) {
      const id = `host-${number}`;
      await insertHost(tx, {
        id, name: id, kind: 'physical', site: 'dc1', rack: `r${Math.floor(number / 40)}`, address: `10.${number >> 8}.${number & 255}.1`, uplink: 'eth0', networkId: 'net', cpuMilli: 32_000, memoryMib: 65_536, reservedCpuMilli: 0, reservedMemoryMib: 0,
        costCentsPerHour: 100, performance: 50, stability: 50, labels: {}, taints: [], environments: [], cordonReason: null, drainReason: null, credentialHash, joinedAt: now,
      });
      await putHostStatus(tx, [{ hostId: id, state: 'ready', reason: 'reports', since: now, lastSeenAt: now, reportedGeneration: 1, facts: null }]);
    }
  });
}

async function ask(child: ChildProcess): Promise<Figures> {
  const heard = once(child, 'message') as Promise<[Figures]>;
  child.send('figures');
  return (await heard)[0];
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await Promise.race([ended, pause(15)]);
  child.kill('SIGKILL');
}

const pause = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function cpuSeconds({ pid }: ChildProcess): Promise<number> {
  const [, rest = ''] = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ');
  const fields = rest.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}

async function rssMib({ pid }: ChildProcess): Promise<number> {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
}
