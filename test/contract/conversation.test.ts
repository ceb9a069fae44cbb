// Versions one apart work together: conversations of agents and servers as they were released are understood by today's server and today's agent.
// FIRN_RECORD_CONVERSATION=1 records today's, to a file with the name of the version.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { requestJoin } from '#agents/join.ts';
import { AgentMessage, type Facts, PROTOCOL_VERSION, type Report, ServerMessage } from '#agents/protocol.ts';
import { startSimulatedHost } from '#agents/simulated.ts';
import { AGENT_VERSION } from '#agents/version.ts';
import { dialWebSocket } from '#agents/wire.ts';
import { noting, readConversation, recordedServer, type Said, written } from './conversation.ts';
import { draft, NETWORK, startTestServer, type TestServer, until } from './start.ts';

const FOLDER = fileURLToPath(new URL('conversations', import.meta.url));
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));
const stack = new AsyncDisposableStack();
let server: TestServer;

beforeAll(async () => {
  server = stack.use(await startTestServer());
  await server.call('POST', '/networks', NETWORK);
}, 60_000);
afterAll(() => stack.disposeAsync());

const newToken = async (): Promise<string> => (await server.call('POST', '/join-tokens', { kind: 'physical', site: 'dc1', rack: 'r1', mode: 'flat', network: 'dc' })).body.token;
const parsed = <T>(text: string): T => JSON.parse(text) as T;
const first = (said: readonly Said[], by: Said['by'], type: string): string => said.find((each) => each.by === by && parsed<{ type: string }>(each.text).type === type)!.text;

test.runIf(process.env['FIRN_RECORD_CONVERSATION'] !== undefined)('records a conversation', async () => {
  const said: Said[] = [];
  await server.addTeam();
  const host = stack.use(await startSimulatedHost({ serverUrl: server.handle.agentUrl, token: await newToken(), name: 'rec1', address: '10.9.0.90', declared: { cpuMilli: 16_000, memoryMib: 32_768 }, engine: { createMs: 5, startMs: 5, serviceMs: 10 }, deps: { dial: noting(dialWebSocket, said) } }));
  await until(async () => ((await server.call('GET', '/hosts/rec1')).body?.state === 'ready' ? true : undefined), 'the host');
  expect((await server.call('POST', '/requests', draft({ service: 'spoken', peakQps: 1, survive: 'none', run: { image: 'x', env: { MODE: 'fast' } } }))).status).toBe(201);
  const replica = await until(async () => host.describe().replicas.find(({ state }) => state === 'running'), 'a replica that runs');
  await server.call('GET', `/replicas/${replica.id}/logs?tail=5`).catch(() => undefined);
  await until(async () => (said.some(({ by, text }) => by === 'A' && text.includes('"running"')) ? true : undefined), 'its report');
  writeFileSync(join(FOLDER, `${AGENT_VERSION}.txt`), written(`agent and server ${AGENT_VERSION}, protocol ${PROTOCOL_VERSION}`, said));
}, 60_000);

test.each(NAMES)('%s: no message lost a field since', (name) => {
  for (const { by, text } of readConversation(join(FOLDER, name))) {
    const message = parsed<object>(text);
    expect((by === 'A' ? AgentMessage : ServerMessage).parse(message)).toEqual(message);
  }
});

test.each(NAMES)("%s: today's server takes that agent in and believes what it reports", async (name) => {
  const said = readConversation(join(FOLDER, name));
  const hello = parsed<{ readonly hostId: string; readonly facts: Facts }>(first(said, 'A', 'hello'));
  const hostName = `was-${name.replaceAll(/[^0-9a-z]+/g, '-').replace(/-txt$/, '')}`;
  const joined = await requestJoin({ serverUrl: server.handle.agentUrl, name: hostName, address: `10.9.0.${100 + NAMES.indexOf(name)}`, uplink: 'eth0', declared: { cpuMilli: 8_000, memoryMib: 16_384 } }, await newToken(), hello.facts);
  const socket = new WebSocket(`${server.handle.agentUrl.replace(/^http/, 'ws')}/agents/ws`, { headers: { authorization: `Bearer ${joined.hostId}.${joined.credential}` } });
  stack.defer(() => socket.terminate());
  const heard: { readonly type: string }[] = [];
  socket.on('message', (data: Buffer) => heard.push(parsed(data.toString())));
  const untilHeard = (type: string) => until(async () => heard.find((message) => message.type === type), `${type} among ${JSON.stringify(heard)}`);
  await until(async () => (socket.readyState === WebSocket.OPEN ? true : undefined), 'the connection');
  const own = said.filter(({ by }) => by === 'A').map(({ text }) => text.replaceAll(hello.hostId, joined.hostId));
  socket.send(own[0]!);
  await untilHeard('welcome');
  for (const text of own.slice(1)) socket.send(text);
  await untilHeard('ack');
  await until(async () => ((await server.call('GET', `/hosts/${hostName}`)).body.state === 'ready' ? true : undefined), 'the host is ready');
  expect(heard.map(({ type }) => type)).not.toContain('goaway');
});

test.each(NAMES)("%s: today's agent does what that server assigned, and says so", async (name) => {
  const said = readConversation(join(FOLDER, name));
  const { hostId } = parsed<{ readonly hostId: string }>(first(said, 'A', 'hello'));
  const { clusterId } = parsed<{ readonly clusterId: string }>(first(said, 'S', 'welcome'));
  const assignments = said.flatMap(({ by, text }) => (by === 'S' ? [ServerMessage.parse(parsed(text))] : [])).flatMap((message) => (message.type === 'assignment' ? [message.assignment] : []));
  const newest = assignments.toSorted((one, other) => other.generation - one.generation)[0]!;
  expect(newest.replicas.length).toBeGreaterThan(0);
  const reports: Report[] = [];
  const dial = recordedServer(said, (message) => message.type === 'report' && reports.push((message as unknown as { report: Report }).report));
  stack.use(await startSimulatedHost({ serverUrl: 'ws://127.0.0.1:1', token: 'none', name: 'then', address: '10.9.0.90', declared: { cpuMilli: 16_000, memoryMib: 32_768 }, engine: { createMs: 5, startMs: 5, serviceMs: 10 }, deps: { dial, credential: { clusterId, hostId, credential: 'x'.repeat(32) } } }));
  const last = await until(async () => reports.findLast(({ generation, replicas }) => generation === newest.generation && replicas.some(({ state }) => state === 'running')), 'the replicas run');
  expect(last.problems).toEqual([]);
});
