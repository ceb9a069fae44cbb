// Logs and terminals of a real agent on an engine in memory, as the server asks for them over the session.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { assignment, spec } from './fixtures.ts';
import type { AgentMessage, LogsItem, LogsQuery } from './protocol.ts';
import { startSimulatedHost, type SimulatedHost } from './simulated.ts';
import { StandInServer } from './stand-in.ts';

const cleanups: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of cleanups.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function started(): Promise<{ readonly at: StandInServer; readonly host: SimulatedHost }> {
  const stateDir = await mkdtemp(join(tmpdir(), 'firn-streams-'));
  cleanups.push({ [Symbol.asyncDispose]: () => rm(stateDir, { recursive: true, force: true }) });
  const at = await StandInServer.start({ heartbeatMs: 200, reportMs: 500 });
  cleanups.push(at);
  const host = await startSimulatedHost({ serverUrl: at.url, token: 'token-0123456789abcdef', name: 'h1', address: '10.9.0.11', declared: { cpuMilli: 16_000, memoryMib: 32_768 }, stateDir, engine: { createMs: 1, startMs: 1, serviceMs: 1 } });
  cleanups.push(host);
  at.assign(assignment(1, [spec(1)]));
  await at.until('h1', (report) => report.replicas[0]?.state === 'running');
  return { at, host };
}

const heard = (at: StandInServer): AgentMessage[] => at.conversations.flatMap((one) => one.heard);
const itemsOf = (at: StandInServer, id: string): LogsItem[] => heard(at).flatMap((message) => (message.type === 'logs-data' && message.id === id ? message.items : []));
const textsOf = (at: StandInServer, id: string): string[] => itemsOf(at, id).flatMap((item) => (item.kind === 'line' ? [item.text] : []));
const endOf = (at: StandInServer, id: string) => heard(at).find((message) => message.type === 'logs-end' && message.id === id);
const query = (more: Partial<LogsQuery> = {}): LogsQuery => ({ replicaId: 'r1', source: 'stdout', previous: false, follow: false, ...more });

test('an agent says that it speaks logs and shells; a log is answered to its end, followed until it is cancelled, and sent within credit', async () => {
  const { at, host } = await started();
  expect(heard(at).find((message) => message.type === 'hello')?.speaks).toEqual(expect.arrayContaining(['logs', 'shell']));
  for (const text of ['one', 'two', 'three']) host.engine.write('web-1', text);
  at.tell('h1', { type: 'logs-open', id: 'a', query: query({ tail: 2 }), creditBytes: 100_000 });
  await at.untilTrue(() => endOf(at, 'a') !== undefined);
  expect(textsOf(at, 'a')).toEqual(['two', 'three']);
  expect(endOf(at, 'a')).toMatchObject({ code: 'complete' });
  at.tell('h1', { type: 'logs-open', id: 'b', query: query({ tail: 0, follow: true }), creditBytes: 1 });
  await at.untilTrue(() => itemsOf(at, 'b').length >= 1);
  host.engine.write('web-1', 'four');
  at.tell('h1', { type: 'logs-credit', id: 'b', bytes: 10_000 });
  await at.untilTrue(() => textsOf(at, 'b').length === 1);
  at.tell('h1', { type: 'logs-cancel', id: 'b' });
  host.engine.write('web-1', 'five');
  at.tell('h1', { type: 'logs-open', id: 'c', query: query({ tail: 1 }), creditBytes: 100_000 });
  await at.untilTrue(() => endOf(at, 'c') !== undefined);
  expect([textsOf(at, 'b'), textsOf(at, 'c'), endOf(at, 'b')]).toEqual([['four'], ['five'], undefined]);
});

test('what a container wrote can be read when another took its place, and when the replica is gone', async () => {
  const { at, host } = await started();
  host.engine.write('web-1', 'said by the first');
  at.assign(assignment(2, [spec(1, { image: 'firn/demo:2' })]));
  await at.until('h1', (report) => report.generation === 2 && report.converged);
  host.engine.write('web-1', 'said by the second');
  at.assign(assignment(3, []));
  await at.until('h1', (report) => report.generation === 3 && report.converged && report.replicas.length === 0);
  at.tell('h1', { type: 'logs-open', id: 'p', query: query({ previous: true }), creditBytes: 100_000 });
  await at.untilTrue(() => endOf(at, 'p') !== undefined);
  expect(itemsOf(at, 'p').map((item) => (item.kind === 'line' ? item.text : item.kind))).toEqual(['instance', 'said by the first', 'instance', 'said by the second']);
});

test('a terminal ends with the connection to the server', async () => {
  const { at } = await started();
  const order = { id: 's', replicaId: 'r1', command: [], tty: true, columns: 80, rows: 24, mostSeconds: 60, atOnce: 1 };
  at.tell('h1', { type: 'shell-open', order, creditBytes: 10_000 });
  at.tell('h1', { type: 'shell-data', id: 's', data: Buffer.from('echo here\r').toString('base64') });
  const screen = () => heard(at).map((message) => (message.type === 'shell-data' ? Buffer.from(message.data, 'base64').toString() : '')).join('');
  await at.untilTrue(() => screen().includes('here\r\n'));
  at.conversations[0]?.cut();
  await at.untilTrue(() => at.conversations.length === 2 && at.conversations[1]!.heard.length > 0);
  // Its place is free again.
  at.tell('h1', { type: 'shell-open', order: { ...order, id: 't', command: ['echo', 'again'] }, creditBytes: 10_000 });
  await at.untilTrue(() => heard(at).some((message) => message.type === 'shell-end' && message.id === 't'));
  expect(heard(at).find((message) => message.type === 'shell-end')).toMatchObject({ id: 't', code: 'exited', exitCode: 0 });
});
