// A child process for `npm run bench -- fleet`: thousands of agents as far as the server can tell, each on a WebSocket of its own. They say hello, send
// heartbeats as the real session does and a report when it is time, and measure how long the server takes to answer. Prints figures as JSON lines.
import { WebSocket } from 'ws';
import type { AgentMessage, Facts, Report, ServerMessage } from '#agents/protocol.ts';

interface Order {
  readonly url: string;
  readonly first: number;
  readonly count: number;
  readonly replicas: number;
  /** Connections that are dialled at the same time. */
  readonly atOnce: number;
}

const order = JSON.parse(process.argv[2]!) as Order;
const FACTS: Facts = { hostname: 'bench', bootId: 'b', agentVersion: process.argv[3]!, engineVersion: '27.0', engineApiVersion: '1.46', kernel: '6.1', architecture: 'x64', cgroupVersion: 2, cpuMilli: 32_000, memoryMib: 65_536 };
const beats: number[] = [];
const acks: number[] = [];
let welcomed = 0;
let lost = 0;
let heartbeatsSent = 0;
let reportsSent = 0;

function report(seq: number, number: number): Report {
  const at = Date.now();
  const replicas = Array.from({ length: order.replicas }, (_, index): Report['replicas'][number] => ({
    id: `r${number}-${index}`, state: 'running', containerId: 'c'.repeat(64), address: `10.${100 + (number >> 8)}.${number & 255}.${index + 10}`, cpuMilli: 1_000, memoryMib: 2_048, restarts: 0, startedAt: '2026-11-23T00:00:00.000Z',
    usage: { atMs: at, cpuMicros: at, cpuMilli: 200 + (at % 50), throttledPeriods: 0, periods: 100, memoryBytes: 1e9, networkReceivedBytes: at, networkSentBytes: at, blockReadBytes: 1, blockWrittenBytes: 1, connections: 10, processes: 5 },
    release: 'rel', imageId: `sha256:${'a'.repeat(64)}`,
  }));
  return { seq, at: new Date(at).toISOString(), generation: 1, converged: true, facts: FACTS, replicas, strangers: 0, hostUsage: { cpuMilli: 4_000, memoryMib: 8_192 }, problems: [] };
}

/** Resolves when the server has welcomed it. */
function agent(number: number): Promise<void> {
  const hostId = `host-${number}`;
  const socket = new WebSocket(order.url, { headers: { authorization: `Bearer ${hostId}.${'k'.repeat(43)}` }, perMessageDeflate: false });
  const send = (message: AgentMessage): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };
  let seq = 0;
  let askedAt = 0;
  let reportedAt = 0;
  return new Promise((resolve) => {
    socket.on('open', () => send({ type: 'hello', protocol: 1, hostId, generation: 1, facts: FACTS, speaks: ['probe', 'await'] }));
    socket.on('pong', () => {
      beats.push(performance.now() - askedAt);
    });
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as ServerMessage;
      if (message.type === 'ack') acks.push(performance.now() - reportedAt);
      if (message.type !== 'welcome') return;
      welcomed += 1;
      resolve();
      const pingsCount = message.speaks?.includes('ping') === true;
      const say = (): void => {
        reportedAt = performance.now();
        reportsSent += 1;
        send({ type: 'report', report: report((seq += 1), number) });
      };
      say();
      const beat = (): void => {
        if (socket.readyState !== WebSocket.OPEN) return;
        askedAt = performance.now();
        heartbeatsSent += 1;
        if (!pingsCount) send({ type: 'heartbeat', seq: (seq += 1) });
        socket.ping();
      };
      // As agents that started at different moments.
      setTimeout(() => setInterval(beat, message.heartbeatMs), Math.random() * message.heartbeatMs);
      setTimeout(() => setInterval(say, message.reportMs), Math.random() * message.reportMs);
    });
    socket.on('close', () => {
      lost += 1;
      resolve();
    });
    socket.on('error', () => resolve());
  });
}

const at = (values: readonly number[], permille: number): number => values[Math.min(values.length - 1, Math.floor((values.length * permille) / 1000))] ?? Number.NaN;

process.on('message', (what) => {
  if (what === 'reset') for (const list of [beats, acks]) list.length = 0;
  if (what === 'reset') heartbeatsSent = reportsSent = 0;
  if (what !== 'figures') return;
  const sorted = [beats, acks].map((list) => list.toSorted((one, other) => one - other));
  process.send!({ welcomed, lost, heartbeatsSent, reportsSent, beats: [at(sorted[0]!, 500), at(sorted[0]!, 990)], acks: [at(sorted[1]!, 500), at(sorted[1]!, 990)], answered: beats.length });
});
process.on('disconnect', () => process.kill(process.pid));

const numbers = Array.from({ length: order.count }, (_, index) => order.first + index);
await Promise.all(
  Array.from({ length: order.atOnce }, async () => {
    for (let next = numbers.shift(); next !== undefined; next = numbers.shift()) await agent(next);
  }),
);
process.send!({ connected: welcomed });
