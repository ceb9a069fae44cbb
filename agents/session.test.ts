// The conversation with a server that is slow, silent, rude or gone, over a real WebSocket.
import { afterEach, expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { assignment, spec } from './fixtures.ts';
import type { Assignment, Facts, Report } from './protocol.ts';
import { Session } from './session.ts';
import { StandInServer, type StandInOptions } from './stand-in.ts';
import { dialWebSocket } from './wire.ts';

const FACTS: Facts = {
  hostname: 'h1', bootId: 'b', agentVersion: '0', engineVersion: '1', engineApiVersion: '1.41', kernel: 'k', architecture: 'a', cgroupVersion: 2, cpuMilli: 1000, memoryMib: 1024,
};
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function server(options: StandInOptions = {}): Promise<StandInServer> {
  const started = await StandInServer.start({ heartbeatMs: 100, reportMs: 60_000, ...options });
  cleanups.push(() => started[Symbol.asyncDispose]());
  return started;
}

/** A session of host h1 whose reports carry `strangers` as a number to tell them apart. */
function session(url: string, more: { assignments?: Assignment[]; welcomes?: number[] } = {}): { session: Session; state: { strangers: number } } {
  const state = { strangers: 0 };
  const compose = (): Omit<Report, 'seq' | 'at'> => ({ generation: 4, converged: true, facts: FACTS, replicas: [], strangers: state.strangers, problems: [] });
  const made = new Session({
    url: `${url}/agents/ws`, hostId: 'h1', credential: 'secret.with.dots', clock: systemClock, log: SILENT, random: () => 0.1, dial: dialWebSocket, facts: () => FACTS, generation: () => 4, compose,
    onWelcome: (welcome) => more.welcomes?.push(welcome.leaseMs),
    onAssignment: (given) => more.assignments?.push(given),
  });
  cleanups.push(() => made.close());
  made.start();
  return { session: made, state };
}

test('says who it is, what it has, and reports as soon as it is welcome', async () => {
  const at = await server();
  at.assign(assignment(5, [spec(1)]));
  const assignments: Assignment[] = [];
  session(at.url, { assignments });
  await at.untilTrue(() => at.lastReport('h1') !== undefined && assignments.length > 0);
  const [conversation] = at.conversations;
  expect(conversation?.authorization).toBe('Bearer h1.secret.with.dots');
  expect(conversation?.heard[0]).toEqual({ type: 'hello', protocol: 1, hostId: 'h1', generation: 4, facts: FACTS });
  expect(conversation?.heard[1]).toMatchObject({ type: 'report', report: { generation: 4 } });
  expect(assignments).toEqual([assignment(5, [spec(1)])]);
});

test('news wait for the ack of the report before, and then all go in one', async () => {
  const at = await server();
  at.acks = false;
  const { session: one, state } = session(at.url);
  await at.untilTrue(() => at.lastReport('h1') !== undefined);
  for (state.strangers = 1; state.strangers < 5; state.strangers += 1) one.news();
  await at.untilTrue(() => at.conversations[0]?.heard.some((message) => message.type === 'heartbeat') ?? false);
  expect(at.lastReport('h1')?.strangers).toBe(0);
  at.acks = true;
  at.tell('h1', { type: 'ack', seq: at.lastReport('h1')?.seq ?? 0 });
  await at.until('h1', (report) => report.strangers === 5);
  expect(at.conversations[0]?.heard.filter((message) => message.type === 'report')).toHaveLength(2);
});

test('comes back after a cut, tells the whole truth again, and does so when the server was away', async () => {
  const at = await server();
  const { session: one, state } = session(at.url);
  await at.untilTrue(() => at.lastReport('h1') !== undefined);
  state.strangers = 9;
  at.conversations[0]?.cut();
  await at.until('h1', (report) => report.strangers === 9);
  const { port } = at;
  await at[Symbol.asyncDispose]();
  await expect.poll(() => one.connected).toBe(false);
  const again = await server({ port });
  await again.until('h1', (report) => report.strangers === 9);
});

test('a server that is silent beyond its lease is left and dialled again', async () => {
  const at = await server({ heartbeatMs: 100, leaseMs: 100 });
  session(at.url);
  await at.untilTrue(() => at.lastReport('h1') !== undefined);
  // Without acks nothing else comes but pongs; without those there is only silence.
  at.acks = false;
  at.muteConnections();
  await at.untilTrue(() => at.conversations.length >= 2, 5_000);
});

test('goaway: stays away as long as told, or for good when it is final', async () => {
  const at = await server();
  const { session: one } = session(at.url);
  await at.untilTrue(() => at.lastReport('h1') !== undefined);
  const saidAtMs = Date.now();
  at.tell('h1', { type: 'goaway', reason: 'the server restarts', retryAfterMs: 400, final: false });
  await at.untilTrue(() => at.conversations.length === 2);
  expect(Date.now() - saidAtMs).toBeGreaterThanOrEqual(400);
  await at.untilTrue(() => one.connected);
  at.tell('h1', { type: 'goaway', reason: 'this host was removed', retryAfterMs: 0, final: true });
  await one.ended;
  expect(at.conversations).toHaveLength(2);
});

test('messages that cannot be understood are ignored and the conversation goes on', async () => {
  const at = await server();
  const assignments: Assignment[] = [];
  session(at.url, { assignments });
  await at.untilTrue(() => at.lastReport('h1') !== undefined);
  at.tellRaw('h1', 'not json');
  at.tellRaw('h1', '{"type":"dance"}');
  at.tellRaw('h1', JSON.stringify({ type: 'assignment', assignment: { ...assignment(5, []), network: {} } }));
  at.assign(assignment(6, []));
  await at.untilTrue(() => assignments.length > 0 || at.conversations.length > 1);
  await expect.poll(() => assignments.map((one) => one.generation)).toEqual([6]);
  expect(at.conversations).toHaveLength(1);
});
