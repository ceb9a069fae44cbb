// How many queries a second names are answered with, and how long the slowest take: DNS by UDP and HTTP DNS, each from a process of its own, beside
// dnsmasq where it is installed and beside a process that only sends queries back. The load is one process with so many queries open at once, so
// p99 holds at that load and not for a single query.
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import packet from 'dns-packet';
import type { BenchTable } from './table.ts';

const SECONDS = 4;
const WARM_SECONDS = 2;
const OPEN = 32;
const NAMES = 500;
const LOST_MS = 250;

export async function benchDns(): Promise<BenchTable[]> {
  const udp: Record<string, string | number>[] = [];
  const http: Record<string, string | number>[] = [];
  for (const kind of ['firn', 'echo'] as const) {
    const { child, ports } = await answering(kind);
    const label = kind === 'firn' ? `Firn, ${NAMES} names of 16 replicas at 2 sites` : 'only sends back';
    udp.push({ answers: label, ...(await withCpu(child, (seconds) => loadUdp(ports.dns, seconds))) });
    http.push({ answers: label, ...(await withCpu(child, (seconds) => loadHttp(ports.http, seconds))) });
    child.stdin?.end();
    child.kill();
  }
  const masq = await dnsmasq();
  if (masq !== null) {
    udp.push({ answers: 'dnsmasq, the same names from a file', ...(await withCpu(masq.child, (seconds) => loadUdp(masq.port, seconds))) });
    masq.child.kill();
  }
  return [{ name: `DNS by UDP, ${OPEN} queries open at once${masq === null ? ' (no dnsmasq on this machine)' : ''}`, rows: udp }, { name: `HTTP DNS, ${OPEN} connections kept open`, rows: http }];
}

async function answering(kind: 'firn' | 'echo'): Promise<{ child: ChildProcess; ports: { dns: number; http: number } }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('dns-server.ts', import.meta.url)), kind], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, ports: JSON.parse(line.toString()) as { dns: number; http: number } };
}

/** What the answering process spends on a query, in user and kernel, is the figure that a busy machine does not spoil. */
async function withCpu({ pid }: ChildProcess, load: (seconds: number) => Promise<Load>): Promise<Record<string, number>> {
  // Code that has just started is still being compiled.
  await load(WARM_SECONDS);
  const ticks = () => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return Number(fields[11]) + Number(fields[12]);
  };
  const before = ticks();
  const { count, figures: shown } = await load(SECONDS);
  return { ...shown, 'CPU us a query': Number((((ticks() - before) * 10_000) / count).toFixed(1)) };
}

interface Load {
  readonly count: number;
  readonly figures: Record<string, number>;
}

/** Null where there is none. */
async function dnsmasq(): Promise<{ child: ChildProcess; port: number } | null> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  const hosts = Array.from({ length: NAMES }, (_, number) => Array.from({ length: 4 }, (__, index) => `--host-record=n${number}.bench.test,10.1.${number % 250}.${index + 1}`)).flat();
  const child = spawn('dnsmasq', ['--no-daemon', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--listen-address=127.0.0.1', '--bind-interfaces', `--port=${port}`, '--user=root', ...hosts], { stdio: 'ignore' });
  const failed = await Promise.race([once(child, 'error').then(() => true), once(child, 'exit').then(() => true), new Promise<false>((resolve) => setTimeout(() => resolve(false), 1_000))]);
  return failed ? null : { child, port };
}

const query = (id: number): Buffer => packet.encode({ type: 'query', id, flags: packet.RECURSION_DESIRED, questions: [{ type: 'A', name: `n${(id * 7919) % NAMES}.bench.test` }] });
const QUERIES = Array.from({ length: 65_536 }, (_, id) => id).filter((id) => id % 16 === 0).map(query);

async function loadUdp(port: number, seconds = SECONDS): Promise<Load> {
  const socket = createSocket('udp4');
  const sent = new Map<number, number>();
  const took: number[] = [];
  let [next, lost] = [0, 0];
  const send = () => {
    const bytes = QUERIES[(next += 1) % QUERIES.length]!;
    sent.set(bytes.readUInt16BE(0), performance.now());
    socket.send(bytes, port, '127.0.0.1');
  };
  let isOpen = true;
  socket.on('message', (bytes) => {
    const at = sent.get(bytes.readUInt16BE(0));
    if (at === undefined) return;
    sent.delete(bytes.readUInt16BE(0));
    took.push(performance.now() - at);
    if (isOpen) send();
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const started = performance.now();
  for (let open = 0; open < OPEN; open += 1) send();
  while (performance.now() - started < seconds * 1000) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const [id, at] of sent) {
      if (performance.now() - at < LOST_MS) continue;
      sent.delete(id);
      lost += 1;
      send();
    }
  }
  isOpen = false;
  const passed = (performance.now() - started) / 1000;
  socket.close();
  return { count: took.length, figures: { ...figures(took, passed), lost } };
}

async function loadHttp(port: number, seconds = SECONDS): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: OPEN });
  const took: number[] = [];
  const started = performance.now();
  const one = async (number: number) => {
    for (let round = number; performance.now() - started < seconds * 1000; round += OPEN) {
      const at = performance.now();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      get({ host: '127.0.0.1', port, agent, path: `/dns?name=n${(round * 7919) % NAMES}.bench.test` }, (response) => response.resume().on('end', resolve)).on('error', reject);
      await promise;
      took.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: OPEN }, (_, number) => one(number)));
  agent.destroy();
  return { count: took.length, figures: figures(took, (performance.now() - started) / 1000) };
}

function figures(took: number[], seconds: number): Record<string, number> {
  took.sort((one, other) => one - other);
  const at = (permille: number) => Number((took[Math.floor((took.length * permille) / 1000)] ?? Number.NaN).toFixed(2));
  return { 'queries a second': Math.round(took.length / seconds), 'p50 ms': at(500), 'p99 ms': at(990) };
}
