// The agents' port, spoken to by hand: joining once, one session a host, bad messages, other versions, and what the server says back.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type AgentMessage, type Facts, MAX_MESSAGE_BYTES, type Report, ServerMessage } from '#agents/protocol.ts';
import { type Answer, NETWORK, startTestServer, type TestServer, until } from '#test/contract/start.ts';

let server: TestServer;
const stack = new AsyncDisposableStack();
beforeAll(async () => {
  server = stack.use(await startTestServer());
  await server.call('POST', '/networks', NETWORK);
}, 30_000);
afterAll(() => stack.disposeAsync());

const FACTS: Facts = { hostname: 'h', bootId: 'b', agentVersion: '0.1', engineVersion: '20.10', engineApiVersion: '1.41', kernel: '6', architecture: 'x64', cgroupVersion: 2, cpuMilli: 8_000, memoryMib: 16_384 };
const join = async (body: unknown): Promise<Answer> => {
  const answer = await fetch(`${server.handle.agentUrl}/agents/join`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: typeof body === 'string' ? body : JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
};
const newToken = async (more: object = {}): Promise<string> => (await server.call('POST', '/join-tokens', { kind: 'physical', site: 'dc1', rack: 'r1', mode: 'flat', network: 'dc', ...more })).body.token;
const request = async (more: object = {}) => ({ protocol: 1, token: await newToken(), name: 'h1', address: '10.9.0.21', facts: FACTS, uplink: 'eth0', ...more });

interface Agent {
  readonly socket: WebSocket;
  readonly heard: ServerMessage[];
  say(message: AgentMessage | string): void;
  hears<T extends ServerMessage['type']>(type: T): Promise<Extract<ServerMessage, { type: T }>>;
  readonly closed: Promise<number>;
}

async function connect(hostId: string, credential: string): Promise<Agent> {
  const socket = new WebSocket(`${server.handle.agentUrl.replace('http', 'ws')}/agents/ws`, { headers: { authorization: `Bearer ${hostId}.${credential}` } });
  stack.defer(() => socket.terminate());
  const heard: ServerMessage[] = [];
  socket.on('message', (data: Buffer) => heard.push(ServerMessage.parse(JSON.parse(data.toString('utf8')))));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return {
    socket,
    heard,
    closed,
    say: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    hears: (type) => until(async () => heard.find((message): message is Extract<ServerMessage, { type: typeof type }> => message.type === type), `a ${type}`),
  };
}

const hello = (hostId: string, protocol = 1): AgentMessage => ({ type: 'hello', protocol, hostId, generation: 0, facts: FACTS });
const report = (seq: number, more: Partial<Report> = {}): AgentMessage => ({ type: 'report', report: { seq, at: new Date().toISOString(), generation: 0, converged: true, facts: FACTS, replicas: [], strangers: 2, problems: [], ...more } });

test('what a machine weighs follows from its kind where nobody says it', async () => {
  const weights = async (kind: string, more = {}) => {
    const { performance, stability } = (await server.call('POST', '/join-tokens', { kind, site: 'dc1', rack: 'r1', mode: 'host', ...more })).body as { performance: number; stability: number };
    return [performance, stability];
  };
  expect([await weights('physical'), await weights('private-vm'), await weights('lxc'), await weights('cloud-vm')]).toEqual([[70, 70], [60, 65], [65, 55], [50, 45]]);
  expect(await weights('cloud-vm', { stability: 0 })).toEqual([50, 0]);
});

test('a host joins once with a token, is told what to run, and is ready when it reports', async () => {
  const body = await request();
  const joined = await join(body);
  expect(joined.status).toBe(201);
  const { hostId, credential } = joined.body;
  const repeated = await join({ ...body, name: 'h2', address: '10.9.0.22' });
  expect([repeated.status, repeated.body.code, repeated.body.detail]).toEqual([409, 'token-used', expect.stringMatching(/was used by h1/)]);
  const agent = await connect(hostId, credential);
  agent.say(hello(hostId));
  expect(await agent.hears('welcome')).toMatchObject({ heartbeatMs: 100, leaseMs: 1000 });
  const { assignment } = await agent.hears('assignment');
  expect(assignment).toMatchObject({ hostId, generation: 1, replicas: [], network: { mode: 'flat', cidr: '10.9.0.0/16', gateway: '10.9.0.1', hostAddress: '10.9.0.21', uplink: 'eth0' } });
  agent.say(report(7, { generation: 1 }));
  expect(await agent.hears('ack')).toEqual({ type: 'ack', seq: 7 });
  const host = await until(async () => ((await server.call('GET', '/hosts/h1')).body.state === 'ready' ? (await server.call('GET', '/hosts/h1')).body : undefined), 'ready');
  expect(host).toMatchObject({ strangers: 2, reportedGeneration: 1, converged: true, capacity: { cpuMilli: 8000, memoryMib: 16_384 } });

  // A second session of the same host replaces the first one.
  const second = await connect(hostId, credential);
  second.say(hello(hostId));
  expect(await agent.hears('goaway')).toMatchObject({ final: false, reason: expect.stringMatching(/newer connection/) });
  await agent.closed;
  second.say(report(1, { generation: 1 }));
  await second.hears('ack');
});

test('joins that cannot be are refused with a stable code, and leave the token unused', async () => {
  const token = await newToken();
  const cases: [more: object, status: number, code: string, says: RegExp][] = [
    [{ protocol: 2 }, 422, 'protocol-version', /speaks protocol 2, this server speaks 1/],
    [{ token: 'x'.repeat(40) }, 401, 'token-unknown', /not known/],
    [{ name: 'h1', address: '10.9.0.30' }, 409, 'name-taken', /A host named h1 has joined already/],
    [{ name: 'h9', address: '10.9.0.21' }, 409, 'address-taken', /10\.9\.0\.21 is the address of host h1/],
    [{ name: 'h9', address: '10.9.0.1' }, 409, 'address-taken', /is the router/],
    [{ name: 'h9', address: '10.7.0.1' }, 422, 'invalid', /is not in 10\.9\.0\.0\/16/],
    [{ name: 'h9', address: '10.9.0.30', declared: { cpuMilli: 1_000_000_000, memoryMib: 1024 } }, 422, 'invalid', /declared\.cpuMilli 1000000000 cannot be the capacity of a host/],
    [{ name: 'h9', address: '10.9.0.30', facts: { ...FACTS, memoryMib: -1 } }, 422, 'invalid', /facts\.memoryMib is -1/],
    [{ name: 'H_9', address: '10.9.0.30' }, 422, 'invalid', /name is "H_9"/],
  ];
  for (const [more, status, code, says] of cases) {
    const answer = await join({ ...(await request()), token, ...more });
    expect([answer.status, answer.body.code, answer.body.detail]).toEqual([status, code, expect.stringMatching(says)]);
  }
  expect((await join('{"protocol":')).status).toBe(400);
  expect((await server.call('GET', '/hosts')).body.items.map(({ name }: { name: string }) => name)).toEqual(['h1']);
  expect((await join({ ...(await request()), token, name: 'h3', address: '10.9.0.23' })).status).toBe(201);
});

test('a routed host brings its own range; one that overlaps is refused whole', async () => {
  const routed = { kind: 'cloud-vm', mode: 'routed', network: undefined, rack: 'vpc' };
  for (const [containerCidr, code] of [[undefined, 'invalid'], ['10.9.7.0/24', 'range-overlaps'], ['10.0.0.0/8', 'invalid'], ['10.40.0.0/30', 'invalid']] as const) {
    const answer = await join({ ...(await request({ token: await newToken(routed) })), name: 'vm1', address: '10.50.0.4', ...(containerCidr === undefined ? {} : { containerCidr }) });
    expect([answer.status >= 400, answer.body.code]).toEqual([true, code]);
  }
  const joined = await join({ ...(await request({ token: await newToken(routed) })), name: 'vm1', address: '10.50.0.4', containerCidr: '10.40.1.77/24' });
  expect(joined.status).toBe(201);
  const network = (await server.call('GET', '/networks')).body.items.find(({ name }: { name: string }) => name === 'vm1');
  expect(network).toMatchObject({ mode: 'routed', cidr: '10.40.1.0/24', gateway: '10.40.1.1', first: '10.40.1.2', last: '10.40.1.254', free: 253, hostId: joined.body.hostId });
  expect((await server.call('DELETE', '/hosts/vm1')).status).toBe(204);
  expect((await server.call('GET', '/networks')).body.items.map(({ name }: { name: string }) => name)).toEqual(['dc']);
  await expect(connect(joined.body.hostId, joined.body.credential)).rejects.toThrow('401');
});

test('credentials that are wrong do not get a connection; what is no upgrade is told so', async () => {
  await expect(connect('nobody', 'x'.repeat(43))).rejects.toThrow('401');
  const { body } = await join({ ...(await request()), name: 'h4', address: '10.9.0.24' });
  await expect(connect(body.hostId, 'x'.repeat(43))).rejects.toThrow('401');
  const answer = await fetch(`${server.handle.agentUrl}/agents/ws`, { headers: { authorization: `Bearer ${body.hostId}.${body.credential}` } });
  expect(answer.status).toBe(426);
  expect((await fetch(`${server.handle.agentUrl}/api/v1/status`)).status).toBe(404);
});

test('what an agent must not say ends its session with the reason', async () => {
  const { body } = await join({ ...(await request()), name: 'h5', address: '10.9.0.25' });
  const speak = async (...messages: (AgentMessage | string)[]) => {
    const agent = await connect(body.hostId, body.credential);
    for (const message of messages) agent.say(message);
    const { reason, final } = await agent.hears('goaway');
    await agent.closed;
    return { reason, final };
  };
  expect(await speak(hello(body.hostId, 9))).toEqual({ reason: expect.stringMatching(/speaks protocol 9, this server speaks 1/), final: true });
  expect(await speak(hello('another-host'))).toEqual({ reason: expect.stringMatching(/belongs to h5.*host another-host/), final: true });
  expect((await server.call('GET', '/events?kind=host.refused')).body.items[0]).toMatchObject({ subject: 'h5', why: 'it said that it is another-host' });
  expect((await speak(report(1))).reason).toBe('report came before hello');
  expect((await speak('{"type":')).reason).toMatch(/cannot be understood/);
  expect((await speak(hello(body.hostId), JSON.stringify({ ...report(1), report: { seq: -1 } }))).reason).toMatch(/report\.seq/);
  const flood = await connect(body.hostId, body.credential);
  flood.say(hello(body.hostId));
  await flood.hears('welcome');
  for (let seq = 0; seq < 150; seq += 1) flood.say({ type: 'heartbeat', seq });
  expect((await flood.hears('goaway')).reason).toMatch(/too many messages/);
  const large = await connect(body.hostId, body.credential);
  large.say('x'.repeat(MAX_MESSAGE_BYTES + 1));
  expect(await large.closed).toBe(1009);
});

test('what cannot be true, comes late or twice, or is said in an unknown way, changes nothing', async () => {
  const { body } = await join({ ...(await request()), name: 'h6', address: '10.9.0.26' });
  const agent = await connect(body.hostId, body.credential);
  agent.say(hello(body.hostId));
  await agent.hears('welcome');
  agent.say(report(5, { generation: 1, strangers: 3 }));
  await agent.hears('ack');
  const strangers = async () => (await server.call('GET', '/hosts/h6')).body.strangers;
  expect(await strangers()).toBe(3);
  // From the past: acknowledged again, and not taken.
  agent.say(report(4, { generation: 1, strangers: 9 }));
  agent.say({ type: 'dance', steps: 3 } as unknown as AgentMessage);
  agent.say(report(6, { generation: 1, strangers: 4, at: new Date(Date.now() - 7_200_000).toISOString() }));
  await until(async () => ((await strangers()) === 4 ? true : undefined), 'the newest report');
  expect(agent.heard.flatMap((message) => (message.type === 'ack' ? [message.seq] : []))).toEqual([5, 4, 6]);
  // Two hours behind: shown, and no reason to doubt the host.
  const evidence = (await server.call('GET', '/hosts/h6/evidence')).body;
  expect(evidence).toMatchObject({ state: 'ready', isConnected: true, engine: 'up' });
  expect(evidence.clockSkewMs).toBeLessThan(-7_190_000);
  await until(async () => (await server.call('GET', '/hosts/h6/timeline?kind=clock')).body.items[0], 'a line about the clock');
  agent.say(report(7, { facts: { ...FACTS, cpuMilli: 1_000_000_000_000 } }));
  expect((await agent.hears('goaway')).reason).toBe('facts.cpuMilli is 1000000000000: a host has 1 to 4096000');
  await agent.closed;
  expect((await server.call('GET', '/hosts/h6')).body.capacity).toEqual({ cpuMilli: 8_000, memoryMib: 16_384 });
});

test('a ping of the connection is a heartbeat, and a neighbour is asked to look for a host that falls silent', async () => {
  const { body: one } = await join({ ...(await request()), name: 'h7', address: '10.9.0.27' });
  const { body: other } = await join({ ...(await request()), name: 'h8', address: '10.9.0.28' });
  const witness = await connect(other.hostId, other.credential);
  witness.say({ ...hello(other.hostId), speaks: ['probe'] } as AgentMessage);
  expect((await witness.hears('welcome')).speaks).toEqual(expect.arrayContaining(['probe', 'ping']));
  witness.say(report(1, { generation: 1 }));
  const pings = setInterval(() => witness.socket.ping(), 100);
  stack.defer(() => clearInterval(pings));
  const silent = await connect(one.hostId, one.credential);
  silent.say(hello(one.hostId));
  await silent.hears('welcome');
  silent.say(report(1, { generation: 1 }));
  const isAsked = () => witness.heard.some((message) => message.type === 'probe' && message.targets.some(({ address }) => address === '10.9.0.27'));
  await until(async () => (isAsked() ? true : undefined), 'a question about the silent host');
  expect((await server.call('GET', '/hosts/h8')).body.state).toBe('ready');
});
