// One agent's conversation, the server's side: hello, welcome, the whole assignment, then heartbeats and reports until it ends. Every message is
// checked, counted and bounded; what is not understood ends the session with the reason.
import { AgentMessage, type BuildReport, PROTOCOL_VERSION, type Report, type ServerMessage } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { assignmentOf } from '../db/assignments.ts';
import { readCluster } from '../db/cluster.ts';
import { appendEvent } from '../db/events.ts';
import { sendOrders } from './build-orders.ts';
import { takeBuildReport } from './build-reports.ts';
import type { Connection } from './connections.ts';
import { offer } from './dispatch.ts';
import type { ObservedHost } from './fleet.ts';

/** What is needed of a WebSocket. */
export interface Socket {
  readonly bufferedBytes: number;
  send(text: string): void;
  close(): void;
  /** Ends the connection without a word. */
  terminate(): void;
}

/** An agent says hello at once; whoever does not within this time is no agent. */
const HELLO_MS = 10_000;
/** Two whole assignments that are not read: the agent hangs, and will get the newest one when it comes back. */
const MOST_BUFFERED_BYTES = 8 * 1024 * 1024;
/** Messages a second that an agent may send in the long run, and at once: far more than heartbeats and reports need. */
const MESSAGES_PER_SECOND = 20;
const MESSAGES_AT_ONCE = 100;
/** What an agent does wrong it will do again: let it stay away for a while. */
const RETRY_AFTER_FAULT_MS = 30_000;

type Hello = Extract<AgentMessage, { type: 'hello' }>;

export class AgentSession implements Connection {
  readonly #context: Context;
  readonly #host: { readonly id: string; readonly name: string };
  readonly #socket: Socket;
  readonly #cancelDeadline: () => void;
  readonly #budget: { left: number; at: number };
  #hasOrders = false;
  #state: 'new' | 'open' | 'ended' = 'new';

  /** @param host whose credential was shown when the connection was opened */
  constructor(context: Context, host: { readonly id: string; readonly name: string }, socket: Socket) {
    this.#context = context;
    this.#host = host;
    this.#socket = socket;
    this.#budget = { left: MESSAGES_AT_ONCE, at: context.clock.now() };
    this.#cancelDeadline = context.timing.after(HELLO_MS, () => socket.terminate());
  }

  send(message: ServerMessage): void {
    if (this.#state === 'ended') return;
    if (this.#socket.bufferedBytes > MOST_BUFFERED_BYTES) {
      this.#context.log.warn({ host: this.#host.name, bytes: this.#socket.bufferedBytes }, 'agent.slow');
      this.#socket.terminate();
    } else this.#socket.send(JSON.stringify(message));
  }

  end(reason: string, { retryAfterMs, final }: { readonly retryAfterMs: number; readonly final: boolean }): void {
    this.send({ type: 'goaway', reason, retryAfterMs, final });
    this.#state = 'ended';
    this.#cancelDeadline();
    this.#socket.close();
  }

  /** One message came. */
  received(text: string): void {
    if (this.#state === 'ended') return;
    if (!this.#takeBudget()) return this.#fault(`too many messages: at most ${MESSAGES_PER_SECOND} a second`);
    const parsed = AgentMessage.safeParse(fromJson(text));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return this.#fault(`a message cannot be understood: ${issue?.path.join('.') || 'message'}: ${issue?.message ?? 'is not JSON'}`);
    }
    const message = parsed.data;
    if (message.type === 'hello') {
      if (this.#state !== 'new') return this.#fault('hello was said already');
      void this.#hello(message).catch((error: unknown) => {
        this.#context.log.error({ err: error, host: this.#host.name }, 'agent.hello-failed');
        this.#socket.terminate();
      });
    } else if (this.#state === 'new') this.#fault(`${message.type} came before hello`);
    else if (message.type === 'heartbeat') this.#context.fleet.heard(this.#host.id, this.#context.clock.now());
    else if (message.type === 'report') this.#report(message.report);
    else if (message.type === 'build') this.#build(message.report);
  }

  /** The connection is gone. That alone says nothing about the host. */
  ended(): void {
    this.#cancelDeadline();
    if (this.#state === 'open') this.#context.log.info({ host: this.#host.name }, 'agent.disconnected');
    this.#state = 'ended';
    this.#context.connections.close(this.#host.id, this);
  }

  async #hello(message: Hello): Promise<void> {
    const { store, connections, fleet, clock, config, log, loops, bus } = this.#context;
    const host = this.#host;
    if (message.protocol !== PROTOCOL_VERSION) {
      return this.end(`this agent speaks protocol ${message.protocol}, this server speaks ${PROTOCOL_VERSION}: install the agent of the server's version`, { retryAfterMs: 0, final: true });
    }
    if (message.hostId !== host.id) return await this.#refuseImpostor(message.hostId);
    this.#cancelDeadline();
    const { clusterId, assignment } = await store.read(async (reader) => ({ clusterId: (await readCluster(reader)).id, assignment: await assignmentOf(reader, host.id) }));
    if (this.#state !== 'new') return;
    this.#state = 'open';
    connections.open(host.id, this);
    fleet.heard(host.id, clock.now());
    this.send({ type: 'welcome', clusterId, heartbeatMs: config.heartbeatMs, reportMs: config.reportMs, leaseMs: config.leaseMs });
    if (assignment !== undefined) await offer(this.#context, assignment);
    if (assignment === undefined || message.generation > assignment.generation) loops.wake('dispatch');
    log.info({ host: host.name, generation: message.generation, agent: message.facts.agentVersion }, 'agent.connected');
    bus.publish({ topic: 'hosts', ids: [host.id] });
  }

  #build(report: BuildReport): void {
    takeBuildReport(this.#context, this.#host, report).catch((error: unknown) => {
      // It is not acknowledged, so it comes again.
      this.#context.log.error({ err: error, host: this.#host.name, build: report.id }, 'build.report-failed');
    });
  }

  /** Once a session, when the agent says that it takes builds: another agent would not understand it. */
  #orders(): void {
    if (this.#hasOrders) return;
    this.#hasOrders = true;
    void sendOrders(this.#context, this.#host.id).catch((error: unknown) => this.#context.log.error({ err: error, host: this.#host.name }, 'build.orders-failed'));
  }

  #report(report: Report): void {
    const { fleet, usage, metrics, loops, clock, bus } = this.#context;
    const before = fleet.get(this.#host.id);
    if (before === undefined) return this.#fault('this host is no longer known');
    const isNews = differs(before, report);
    const now = clock.now();
    fleet.reported(this.#host.id, report, now);
    usage.record(this.#host.id, report, now);
    metrics.record(this.#host.id, report, now);
    this.send({ type: 'ack', seq: report.seq });
    if (report.builds === true) this.#orders();
    if (!isNews) return;
    loops.wake('observe');
    bus.publish({ topic: 'services', ids: [] });
    bus.publish({ topic: 'hosts', ids: [this.#host.id] });
  }

  #takeBudget(): boolean {
    const now = this.#context.clock.now();
    this.#budget.left = Math.min(MESSAGES_AT_ONCE, this.#budget.left + ((now - this.#budget.at) * MESSAGES_PER_SECOND) / 1000) - 1;
    this.#budget.at = now;
    return this.#budget.left >= 0;
  }

  #fault(reason: string): void {
    this.#context.log.warn({ host: this.#host.name, reason }, 'agent.fault');
    this.end(reason, { retryAfterMs: RETRY_AFTER_FAULT_MS, final: false });
  }

  /** A credential of one host with the id of another: a copied state folder, or worse. */
  async #refuseImpostor(claimed: string): Promise<void> {
    const { store, clock, log } = this.#context;
    const { id, name } = this.#host;
    log.warn({ host: name, claimed }, 'agent.impostor');
    this.end(`the credential belongs to ${name}, but the agent says that it is host ${claimed}`, { retryAfterMs: 0, final: true });
    await store.tx((tx) => appendEvent(tx, { at: clock.now(), actor: `host ${name}`, kind: 'host.refused', subjectType: 'host', subjectId: id, subject: name, message: `${name} tried to speak for another host and was refused`, why: `it said that it is ${claimed}` }));
  }
}

/** Whether a report says something that a verdict, the ledger or people wait for. */
function differs(before: ObservedHost, report: Report): boolean {
  if (before.state !== 'ready' || before.report === null || before.report.builds !== report.builds || before.report.generation !== report.generation || before.report.converged !== report.converged) return true;
  return report.replicas.length !== before.replicas.size || report.replicas.some(({ id, state, address }) => before.replicas.get(id)?.state !== state || before.replicas.get(id)?.address !== address);
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
