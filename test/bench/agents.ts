/**
 * The server with 10,000 agents on loopback: each on a WebSocket of its own, with heartbeats and reports as often as the server asks for. They join at a rate, then
 * what standing costs is measured: how much CPU and memory the server's process takes, and how long a heartbeat waits for its answer. Agents are bare sockets
 * in processes of their own; the server is the real one, on a database that knows the hosts. `FIRN_BENCH_PROF` gives its process flags of Node.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBus } from '#server/bus.ts';
import { DEFAULTS } from '#server/config.ts';
import { hashOf } from '#server/fleet/join.ts';
import { ensureCluster } from '#server/db/cluster.ts';
import { insertHost } from '#server/db/hosts.ts';
import { putHostStatus } from '#server/db/host-status.ts';
import { insertNetwork } from '#server/db/networks.ts';
import { openStore } from '#server/db/store.ts';
import { VERSION } from '#server/version.ts';
import type { Figures, Order } from './agents-child.ts';
import type { BenchTable } from './table.ts';

const AGENTS = Number(process.env['FIRN_BENCH_AGENTS'] ?? 10_000);
/** Of each host, as its agent reports them. */
const REPLICAS_EACH = Number(process.env['FIRN_BENCH_REPLICAS'] ?? 10);
const SECONDS = Number(process.env['FIRN_BENCH_SECONDS'] ?? 45);
/** Of all children together. */
const JOINS_PER_SECOND = 250;
const CHILDREN = 2;
/** Whoever is not welcome by then is not waited for, so that the whole run takes less than four minutes on any machine. */
const JOIN_LIMIT_SECONDS = 90;
/** Everybody has reported by then, and what follows from that is done. */
const SETTLE_SECONDS = 15;
const START_LIMIT_SECONDS = 60;
const CLOCK_TICKS = 100;
const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));

export async function benchAgents(): Promise<BenchTable[]> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'firn-bench-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  await seed(directory);
  const server = await startServer(directory, stack);
  const startCpu = await cpuSeconds(server.process);
  const begun = performance.now();
  const children = startAgents(server.agentUrl, stack);
  const joining = async (): Promise<number> => (await Promise.all(children.map((child) => ask(child, 'figures')))).reduce((total, { welcomed }) => total + welcomed, 0);
  let joined = 0;
  for (; joined < AGENTS && performance.now() - begun < JOIN_LIMIT_SECONDS * 1000; joined = await joining()) await pause(0.5);
  const joinMs = performance.now() - begun;
  const joinCpu = (await cpuSeconds(server.process)) - startCpu;
  await pause(SETTLE_SECONDS);
  await Promise.all(children.map((child) => ask(child, 'reset')));
  const before = await cpuSeconds(server.process);
  const from = performance.now();
  await pause(SECONDS);
  const cpu = (await cpuSeconds(server.process)) - before;
  const figures = await Promise.all(children.map((child) => ask(child, 'figures')));
  const seconds = (performance.now() - from) / 1000;
  const sum = (of: (each: Figures) => number) => figures.reduce((total, each) => total + of(each), 0);
  const most = (of: (each: Figures) => number) => Number(Math.max(...figures.map(of)).toFixed(1));
  const heartbeats = sum((each) => each.heartbeats);
  const row = (what: string, measured: number | string, goal = '') => ({ what, measured, goal });
  return [
    {
      name: `${AGENTS} agents on loopback, ${REPLICAS_EACH} replicas each, heartbeats as the server asks for them, over ${Math.round(seconds)} s`,
      rows: [
        row('agents connected', joined, String(AGENTS)),
        row('joined a minute', Math.round((joined / joinMs) * 60_000), `asked for: ${JOINS_PER_SECOND * 60}`),
        row('CPU ms of the server for each that joins', Number(((joinCpu / Math.max(1, joined)) * 1000).toFixed(2))),
        row('heartbeats a second', Math.round(heartbeats / seconds)),
        row('reports a second', Math.round(sum((each) => each.reports) / seconds)),
        row('cores of the server', Number((cpu / seconds).toFixed(2)), '<= 1'),
        row('CPU s of the server for 10,000 heartbeats and the reports among them', Number(((cpu / heartbeats) * 10_000).toFixed(2)), '<= 1'),
        row('MiB of the server', await rssMib(server.process), '<= 600'),
        row('ms until a heartbeat is acknowledged, p50', most((each) => each.heartbeatMs[0])),
        row('ms until a heartbeat is acknowledged, p99', most((each) => each.heartbeatMs[1]), '<= 50'),
        row('ms until a report is acknowledged, p99', most((each) => each.reportMs[1])),
        row('ms that the agents here were late themselves, p99', most((each) => each.ownMs)),
        row('heartbeats that wait for their answer at the end', sum((each) => each.waiting)),
        row('lost sessions', sum((each) => each.lost), '0'),
      ],
    },
  ];
}

async function startServer(directory: string, stack: AsyncDisposableStack): Promise<{ readonly process: ChildProcess; readonly agentUrl: string }> {
  const { FIRN_BENCH_PROF: profile, FIRN_BENCH_REPORT_MS: reportMs, PATH } = process.env;
  const env = { PATH, FIRN_DATA: directory, FIRN_LISTEN: '127.0.0.1:0', FIRN_AGENT_LISTEN: '127.0.0.1:0', FIRN_LOG: 'warn', ...(reportMs === undefined ? {} : { FIRN_REPORT_MS: reportMs }) };
  const server = spawn(process.execPath, [...(profile?.split(' ') ?? []), path('../../server/main.ts')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  stack.defer(() => end(server));
  const [said] = (await once(server.stdout, 'data', { signal: AbortSignal.timeout(START_LIMIT_SECONDS * 1000) })) as [Buffer];
  const agentUrl = /agents join on (\S+)/.exec(said.toString())?.[1];
  if (agentUrl === undefined) throw new Error(`the server said ${said.toString()}`);
  return { process: server, agentUrl };
}

function startAgents(agentUrl: string, stack: AsyncDisposableStack): ChildProcess[] {
  const { hostname: host, port } = new URL(agentUrl);
  const share = Math.ceil(AGENTS / CHILDREN);
  return Array.from({ length: CHILDREN }, (_, index) => {
    const order: Order = { host, port: Number(port), first: index * share, count: Math.min(share, AGENTS - index * share), replicas: REPLICAS_EACH, joinsPerSecond: JOINS_PER_SECOND / CHILDREN };
    const child = fork(path('./agents-child.ts'), [JSON.stringify(order), VERSION], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    stack.defer(() => end(child));
    return child;
  });
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

async function ask(child: ChildProcess, what: 'figures' | 'reset'): Promise<Figures> {
  const heard = once(child, 'message', { signal: AbortSignal.timeout(START_LIMIT_SECONDS * 1000) }) as Promise<[Figures]>;
  child.send(what);
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
