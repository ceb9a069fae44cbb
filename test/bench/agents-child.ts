// A child process for `npm run bench -- fleet`: thousands of agents as far as the server can tell, each on a connection of its own. They say hello, beat and
// report as the real session does, and measure how long the server takes to answer. Bare sockets and one timer, because the server is what is measured:
// whatever this process takes of a core, the server may not have.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { AgentMessage, Facts, Report, ServerMessage } from '#agents/protocol.ts';

export interface Order {
  readonly host: string;
  readonly port: number;
  readonly first: number;
  readonly count: number;
  readonly replicas: number;
  /** Connections that are begun each second. */
  readonly joinsPerSecond: number;
}

/** What came of it since the last reset. */
export interface Figures {
  readonly welcomed: number;
  readonly lost: number;
  readonly heartbeats: number;
  readonly reports: number;
  /** Heartbeats that have no answer yet. */
  readonly waiting: number;
  /** Milliseconds that heartbeats and reports waited for their answer: p50 and p99. */
  readonly heartbeatMs: readonly [number, number];
  readonly reportMs: readonly [number, number];
  /** How late this process itself was, p99: of what was waited for, so much may be its own. */
  readonly ownMs: number;
}

const TICK_MS = 10;
const TEXT = 0x1;
const PING = 0x9;
const PONG = 0xa;
const HEADER_END = '\r\n\r\n';
/** Stands in the report for what differs from host to host. */
const NUMBER = '@N@';
const ADDRESS = '@A@';

const order = JSON.parse(process.argv[2]!) as Order;
const FACTS: Facts = { hostname: 'bench', bootId: 'b', agentVersion: process.argv[3]!, engineVersion: '27.0', engineApiVersion: '1.46', kernel: '6.1', architecture: 'x64', cgroupVersion: 2, cpuMilli: 32_000, memoryMib: 65_536 };
const heartbeatMs: number[] = [];
const reportMs: number[] = [];
const own = monitorEventLoopDelay({ resolution: TICK_MS });
own.enable();
let lost = 0;
let heartbeats = 0;
let reports = 0;

interface Agent {
  readonly number: number;
  readonly socket: Socket;
  readonly askedAt: number[];
  readonly reportedAt: Map<number, number>;
  rest: Buffer;
  isUpgraded: boolean;
  seq: number;
  beatMs: number;
  reportMs: number;
  nextBeatAt: number;
  nextReportAt: number;
}
const welcomed = new Set<Agent>();

/** A frame as clients send them: masked, so that the server has its usual work. */
function frame(opcode: number, text = ''): Buffer {
  const payload = Buffer.from(text);
  const mask = randomBytes(4);
  const extra = payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + extra + 4);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (extra === 0 ? payload.length : extra === 2 ? 126 : 127);
  if (extra === 2) head.writeUInt16BE(payload.length, 2);
  if (extra === 8) head.writeBigUInt64BE(BigInt(payload.length), 2);
  mask.copy(head, 2 + extra);
  for (let index = 0; index < payload.length; index += 1) payload[index]! ^= mask[index & 3]!;
  return Buffer.concat([head, payload]);
}
const say = (agent: Agent, message: AgentMessage): boolean => agent.socket.write(frame(TEXT, JSON.stringify(message)));

let template = { at: 0, pieces: [''] };

/** One report, with this host's names in it: made once a second for all of them. */
function reportText(agent: Agent): string {
  const at = Math.floor(Date.now() / 1000) * 1000;
  if (template.at !== at) {
    const replicas = Array.from({ length: order.replicas }, (_, index): Report['replicas'][number] => ({
      id: `r${NUMBER}-${index}`, state: 'running', containerId: 'c'.repeat(64), address: `10.${ADDRESS}.${index + 10}`, cpuMilli: 1_000, memoryMib: 2_048, restarts: 0, startedAt: '2026-11-23T00:00:00.000Z',
      usage: { atMs: at, cpuMicros: at, cpuMilli: 200 + ((at / 1000) % 50), throttledPeriods: 0, periods: 100, memoryBytes: 1e9, networkReceivedBytes: at, networkSentBytes: at, blockReadBytes: 1, blockWrittenBytes: 1, connections: 10, processes: 5 },
      release: 'rel', imageId: `sha256:${'a'.repeat(64)}`,
    }));
    const report: Omit<Report, 'seq'> = { at: new Date(at).toISOString(), generation: 1, converged: true, facts: FACTS, replicas, strangers: 0, hostUsage: { cpuMilli: 4_000, memoryMib: 8_192 }, problems: [] };
    template = { at, pieces: JSON.stringify(report).slice(1).split(/(@[NA]@)/) };
  }
  const address = `${100 + (agent.number >> 8)}.${agent.number & 255}`;
  const body = template.pieces.map((piece) => (piece === NUMBER ? String(agent.number) : piece === ADDRESS ? address : piece)).join('');
  return `{"type":"report","report":{"seq":${(agent.seq += 1)},${body}}`;
}

function join(number: number): void {
  const hostId = `host-${number}`;
  const socket = connect({ host: order.host, port: order.port, noDelay: true });
  const agent: Agent = { number, socket, askedAt: [], reportedAt: new Map(), rest: Buffer.alloc(0), isUpgraded: false, seq: 0, beatMs: 0, reportMs: 0, nextBeatAt: 0, nextReportAt: 0 };
  const lines = ['GET /agents/ws HTTP/1.1', `Host: ${order.host}:${order.port}`, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`, `Authorization: Bearer ${hostId}.${'k'.repeat(43)}`];
  socket.on('connect', () => socket.write(`${lines.join('\r\n')}${HEADER_END}`));
  socket.on('data', (data) => {
    agent.rest = agent.rest.length === 0 ? data : Buffer.concat([agent.rest, data]);
    if (!agent.isUpgraded && !upgraded(agent)) return;
    while (takeFrame(agent));
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (welcomed.delete(agent)) lost += 1;
    // As real agents do, after a while.
    setTimeout(() => join(number), 1_000 + Math.random() * 4_000);
  });
}

function upgraded(agent: Agent): boolean {
  const end = agent.rest.indexOf(HEADER_END);
  if (end < 0) return false;
  const status = agent.rest.subarray(0, end).toString().split(' ')[1];
  if (status !== '101') {
    agent.socket.destroy();
    return false;
  }
  agent.rest = agent.rest.subarray(end + HEADER_END.length);
  agent.isUpgraded = true;
  say(agent, { type: 'hello', protocol: 1, hostId: `host-${agent.number}`, generation: 1, facts: FACTS, speaks: ['probe', 'await'] });
  return true;
}

/** Handles the next whole frame of the server, which are not masked. @returns false when there is none yet */
function takeFrame(agent: Agent): boolean {
  const { rest } = agent;
  if (rest.length < 2) return false;
  const short = rest[1]! & 0x7f;
  const from = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (rest.length < from) return false;
  const size = short < 126 ? short : short === 126 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
  if (rest.length < from + size) return false;
  agent.rest = rest.subarray(from + size);
  const opcode = rest[0]! & 0xf;
  if (opcode === PONG) heartbeatMs.push(performance.now() - (agent.askedAt.shift() ?? Number.NaN));
  if (opcode === TEXT) heard(agent, JSON.parse(rest.subarray(from, from + size).toString()) as ServerMessage);
  return true;
}

function heard(agent: Agent, message: ServerMessage): void {
  if (message.type === 'ack') {
    const at = agent.reportedAt.get(message.seq);
    if (at !== undefined) reportMs.push(performance.now() - at);
    agent.reportedAt.delete(message.seq);
  }
  if (message.type !== 'welcome') return;
  if (message.speaks?.includes('ping') !== true) throw new Error('the server does not count pings: this is no measure of it');
  const now = performance.now();
  // As agents that started at different moments.
  Object.assign(agent, { beatMs: message.heartbeatMs, reportMs: message.reportMs, nextBeatAt: now + Math.random() * message.heartbeatMs, nextReportAt: now + Math.random() * message.reportMs });
  welcomed.add(agent);
  report(agent);
}

function report(agent: Agent): void {
  const text = reportText(agent);
  agent.reportedAt.set(agent.seq, performance.now());
  reports += 1;
  agent.socket.write(frame(TEXT, text));
}

setInterval(() => {
  for (const agent of welcomed) {
    const now = performance.now();
    if (now >= agent.nextBeatAt) {
      agent.nextBeatAt = Math.max(agent.nextBeatAt + agent.beatMs, now);
      agent.askedAt.push(now);
      heartbeats += 1;
      agent.socket.write(frame(PING));
    }
    if (now >= agent.nextReportAt) {
      agent.nextReportAt = Math.max(agent.nextReportAt + agent.reportMs, now);
      report(agent);
    }
  }
}, TICK_MS);

const at = (values: readonly number[], permille: number): number => values.toSorted((one, other) => one - other)[Math.floor((values.length * permille) / 1000)] ?? Number.NaN;

process.on('message', (what: string) => {
  if (what === 'reset') {
    heartbeatMs.length = reportMs.length = 0;
    heartbeats = reports = lost = 0;
    own.reset();
  }
  const figures: Figures = {
    welcomed: welcomed.size, lost, heartbeats, reports, waiting: [...welcomed].reduce((sum, { askedAt }) => sum + askedAt.length, 0),
    heartbeatMs: [at(heartbeatMs, 500), at(heartbeatMs, 990)], reportMs: [at(reportMs, 500), at(reportMs, 990)], ownMs: own.percentile(99) / 1e6,
  };
  process.send!(figures);
});
process.on('disconnect', () => process.kill(process.pid));

const begunAt = performance.now();
let begun = 0;
const joining = setInterval(() => {
  for (const due = Math.min(order.count, Math.ceil(((performance.now() - begunAt) / 1000) * order.joinsPerSecond)); begun < due; begun += 1) join(order.first + begun);
  if (begun === order.count) clearInterval(joining);
}, TICK_MS);
