// A builder host of a test's own making: it joins, takes orders over the real connection, pushes real images through the real door, and says what
// the test wants it to say. It builds nothing.
import { randomBytes } from 'node:crypto';
import { WebSocket } from 'ws';
import { type AgentMessage, type BuildOrder, type BuildReport, type BuildResult, type Facts, PROTOCOL_VERSION, type Report, ServerMessage } from '#agents/protocol.ts';
import { pushImage } from '#server/registry/fixtures/push-image.ts';
import { NETWORK, type TestServer, until } from './start.ts';

const FACTS: Facts = { hostname: 'b', bootId: 'b', agentVersion: '0', engineVersion: '20', engineApiVersion: '1.41', kernel: '6', architecture: 'x64', cgroupVersion: 2, cpuMilli: 8_000, memoryMib: 16_384 };
export const COMMIT = 'c'.repeat(40);
export const SPEC = { runtime: 'node', start: ['node', 'main.mjs'], port: 8080 };

export interface FakeBuilder extends AsyncDisposable {
  readonly hostId: string;
  readonly name: string;
  /** Basic auth of this host at the registry's door. */
  readonly login: Record<string, string>;
  /** The last list of orders that came. */
  readonly orders: readonly BuildOrder[];
  readonly acks: readonly Extract<ServerMessage, { type: 'build-ack' }>[];
  say(report: Partial<BuildReport> & Pick<BuildReport, 'id' | 'attempt' | 'phase'>): void;
  /** Waits for an order of this build. */
  order(id: string): Promise<BuildOrder>;
  /** Pushes an image for an order and gives the result that a builder would report. */
  push(order: BuildOrder, more?: { readonly layer?: Buffer; readonly result?: Partial<BuildResult> }): Promise<BuildResult>;
  /** Ends the connection as a power cut does; reports stop, too. */
  cut(): void;
  /** @param to the server that took the place of the one that it joined */
  connect(to?: TestServer): Promise<void>;
}

let count = 0;

/** A host that takes builds, ready when this returns. */
export async function startBuilder(server: TestServer, name: string): Promise<FakeBuilder> {
  await server.call('POST', '/networks', NETWORK);
  const token = await server.call('POST', '/join-tokens', { kind: 'physical', site: 'dc1', rack: 'b1', mode: 'flat', network: 'dc', costCentsPerHour: 0 });
  const joined = await fetch(`${server.handle.agentUrl}/agents/join`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ protocol: PROTOCOL_VERSION, token: token.body.token, name, address: `10.9.0.${200 + (count += 1)}`, facts: FACTS, uplink: 'eth0' }),
  });
  const { hostId, credential } = (await joined.json()) as { hostId: string; credential: string };
  const login = { authorization: `Basic ${Buffer.from(`${hostId}:${credential}`).toString('base64')}` };
  let orders: BuildOrder[] = [];
  const acks: Extract<ServerMessage, { type: 'build-ack' }>[] = [];
  let socket: WebSocket | undefined;
  let timer: NodeJS.Timeout | undefined;
  let generation = 0;
  const send = (message: AgentMessage) => socket?.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message));
  let seq = 0;
  const report = () => send({ type: 'report', report: { seq: (seq += 1), at: new Date().toISOString(), generation, converged: true, facts: FACTS, replicas: [], strangers: 0, builds: true, problems: [] } satisfies Report });
  const builder: FakeBuilder = {
    hostId,
    name,
    login,
    get orders() {
      return orders;
    },
    acks,
    say: (about) => void send({ type: 'build', report: { reason: '', ...about } }),
    order: (id) => until(async () => orders.find((each) => each.id === id), `an order of ${id}`),
    async push(order, { layer = randomBytes(2_000), result = {} } = {}) {
      const [address, ...repository] = order.repository.split('/');
      const image = await pushImage(`http://${address}`, login, { repository: repository.join('/'), tag: `build-${order.id}`, layer });
      const source = order.source.kind === 'layer' ? {} : { commit: COMMIT, tree: 'd'.repeat(40), author: 'ann', subject: 'a change', committedAt: '2026-11-20T10:00:00.000Z', spec: SPEC, layer: order.source.layers[0]?.name ?? 'none' };
      return { ...source, digest: image.digest, imageId: image.imageId, architecture: 'amd64', layers: [{ digest: image.layerDigest, bytes: layer.length }], pushedBytes: layer.length, ...result };
    },
    cut() {
      clearInterval(timer);
      socket?.terminate();
    },
    async connect(to = server) {
      socket = new WebSocket(`${to.handle.agentUrl.replace('http', 'ws')}/agents/ws`, { headers: { authorization: `Bearer ${hostId}.${credential}` } });
      const { promise: welcomed, resolve: welcome } = Promise.withResolvers<void>();
      socket.on('message', (data: Buffer) => {
        const message = ServerMessage.parse(JSON.parse(data.toString('utf8')));
        if (message.type === 'builds') orders = message.orders;
        else if (message.type === 'build-ack') acks.push(message);
        else if (message.type === 'assignment') generation = message.assignment.generation;
        else if (message.type === 'welcome') welcome();
      });
      await new Promise((resolve, reject) => socket!.once('open', resolve).once('error', reject));
      send({ type: 'hello', protocol: PROTOCOL_VERSION, hostId, generation, facts: FACTS });
      await welcomed;
      report();
      timer = setInterval(report, 150);
      await until(async () => ((await to.call('GET', `/hosts/${name}`)).body.state === 'ready' ? true : undefined), `${name} to be ready`);
    },
    async [Symbol.asyncDispose]() {
      builder.cut();
    },
  };
  await builder.connect();
  return builder;
}
