// One agent's conversation, the server's side: hello, welcome, the whole assignment, then heartbeats and reports until it ends. Every message is
// checked, counted and bounded; what is not understood ends the session with the reason.
import { AgentMessage, type BuildReport, PROTOCOL_VERSION, type Report, type ServerMessage } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { assignmentOf } from '../db/assignments.ts';
import { readCluster } from '../db/cluster.ts';
import { appendEvent } from '../db/events.ts';
import { afterWelcome, answerRenewal, IDENTITY_SPEAKS, type SessionPeer, whyNotWelcome } from '../fleet/hello.ts';
import { isStreamMessage, type StreamMessage } from './agent-streams.ts';
import { sendOrders } from '../builds/orders.ts';
import { takeBuildReport } from '../builds/reports.ts';
import type { Connection } from './connections.ts';
import { offer } from './dispatch.ts';
import type { ObservedHost } from './fleet.ts';
import { whyAbsurd, whyFactsAbsurd } from './plausible.ts';

/** What is needed of a WebSocket. */
export interface Socket {
  readonly bufferedBytes: number;
  /** Whether `signOfLife` is called for pings of the connection: then agents need send no other heartbeat. */
  readonly hearsPings?: boolean;
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

/** What this server understands beside the oldest messages. */
const SPEAKS: readonly string[] = ['probe', 'await', ...IDENTITY_SPEAKS];
const KNOWN_TYPES: ReadonlySet<string> = new Set(AgentMessage.options.map(({ shape }) => shape.type.value));
/** Whole reports a second that the server wants of all hosts together, when nothing changes; what changes is always told at once. */
const REPORTS_PER_SECOND = 1_000;

/** How often each of so many hosts should report: as configured, and in a large fleet as often as the server can read. */
export const reportMsFor = (configuredMs: number, hosts: number): number => Math.max(configuredMs, Math.ceil((hosts / REPORTS_PER_SECOND) * 1000));

/** Heartbeats a second that the server wants of all hosts together: reading and answering them is most of what a large fleet costs it. */
const HEARTBEATS_PER_SECOND = 5_000;
/** A host that was silent for half of its lease is suspect: none may be by its own pace. */
const MOST_OF_LEASE = 0.4;

/** How often each of so many hosts should be heard: as configured, and in a large fleet as seldom as its lease lets. */
export const heartbeatMsFor = ({ heartbeatMs, leaseMs }: { readonly heartbeatMs: number; readonly leaseMs: number }, hosts: number): number =>
  Math.max(heartbeatMs, Math.floor(Math.min((hosts / HEARTBEATS_PER_SECOND) * 1000, leaseMs * MOST_OF_LEASE)));

type Hello = Extract<AgentMessage, { type: 'hello' }>;

export class AgentSession implements Connection {
  readonly #context: Context;
  readonly #host: { readonly id: string; readonly name: string };
  readonly #socket: Socket;
  readonly #peer: SessionPeer;
  readonly #cancelDeadline: () => void;
  readonly #budget: { left: number; at: number };
  #speaks: ReadonlySet<string> = new Set();
  /** Of the last report that counted: what comes again or late must not undo it. */
  #reportSeq = -1;
  #hasOrders = false;
  #state: 'new' | 'open' | 'ended' = 'new';

  /** @param host whose credential was shown when the connection was opened */
  constructor(context: Context, host: { readonly id: string; readonly name: string }, socket: Socket, peer: SessionPeer = { address: '', isLocal: true, serial: null }) {
    this.#context = context;
    this.#host = host;
    this.#socket = socket;
    this.#peer = peer;
    this.#budget = { left: MESSAGES_AT_ONCE, at: context.timing.elapsedMs() };
    this.#cancelDeadline = context.timing.after(HELLO_MS, () => socket.terminate());
  }

  get speaks(): ReadonlySet<string> {
    return this.#speaks;
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
    this.#over(reason);
    this.#socket.close();
  }

  /** One message came. */
  received(text: string): void {
    if (this.#state === 'ended') return;
    if (!this.#takeBudget()) return this.#fault(`too many messages: at most ${MESSAGES_PER_SECOND} a second`);
    const json = fromJson(text);
    const parsed = AgentMessage.safeParse(json);
    if (!parsed.success) {
      // A newer agent may say more than this server knows of; that must not cost its host the session.
      const type = typeof json === 'object' && json !== null && 'type' in json ? json.type : undefined;
      if (typeof type === 'string' && !KNOWN_TYPES.has(type)) return this.#context.log.debug({ host: this.#host.name, type: type.slice(0, 40) }, 'agent.unknown-message');
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
    else if (message.type === 'heartbeat') this.signOfLife();
    else if (message.type === 'report') this.#report(message.report);
    else if (message.type === 'build') this.#build(message.report);
    else if (message.type === 'renew') void answerRenewal(this.#context, this.#host, message.csr, this);
    else if (message.type === 'probed') this.#probed(message);
    else if (isStreamMessage(message)) this.#stream(message);
  }

  /** The agent is there, and that is all it says: a heartbeat, or a ping of the connection itself. */
  signOfLife(): void {
    if (this.#state === 'open') this.#context.fleet.heard(this.#host.id, this.#context.clock.now());
  }

  /** The connection is gone. That alone says nothing about the host. */
  ended(): void {
    if (this.#state === 'open') this.#context.log.info({ host: this.#host.name }, 'agent.disconnected');
    this.#over('it was closed by the other side, or broke');
    this.#context.connections.close(this.#host.id, this);
  }

  #over(reason: string): void {
    this.#cancelDeadline();
    if (this.#state === 'open') {
      this.#context.chronicle.disconnected(this.#host.id, reason, this.#context.clock.now());
      this.#context.streams.hostAway(this.#host.id);
    }
    this.#state = 'ended';
  }

  async #hello(message: Hello): Promise<void> {
    const { store, connections, fleet, clock, config, chronicle, log, loops, bus } = this.#context;
    const host = this.#host;
    if (message.protocol !== PROTOCOL_VERSION) {
      return this.end(`this agent speaks protocol ${message.protocol}, this server speaks ${PROTOCOL_VERSION}: install the agent of the server's version`, { retryAfterMs: 0, final: true });
    }
    if (message.hostId !== host.id) return await this.#refuseImpostor(message.hostId);
    const absurd = whyFactsAbsurd(message.facts);
    if (absurd !== undefined) return this.#fault(absurd);
    const turnedAway = await whyNotWelcome(this.#context, host, message.facts, this.#peer);
    if (turnedAway !== null) return this.end(turnedAway.reason, { retryAfterMs: turnedAway.retryAfterMs, final: false });
    this.#cancelDeadline();
    const { clusterId, assignment } = await store.read(async (reader) => ({ clusterId: (await readCluster(reader)).id, assignment: await assignmentOf(reader, host.id) }));
    if (this.#state !== 'new') return;
    this.#state = 'open';
    this.#speaks = new Set(message.speaks);
    connections.open(host.id, this);
    chronicle.connected(host.id, message.facts, clock.now());
    fleet.heard(host.id, clock.now());
    // A host that was lost is told what to run once its report has shown what of it survives: see survivors.ts.
    const isAwaited = fleet.stateOf(host.id) === 'lost' && this.#speaks.has('await');
    const reportMs = reportMsFor(config.reportMs, fleet.size);
    this.send({ type: 'welcome', clusterId, heartbeatMs: heartbeatMsFor(config, fleet.size), reportMs, leaseMs: config.leaseMs, speaks: this.#socket.hearsPings === true ? [...SPEAKS, 'ping'] : [...SPEAKS], ...(isAwaited ? { assignmentComes: true } : {}) });
    void afterWelcome(this.#context, host, this.#peer, this);
    if (assignment !== undefined && !isAwaited) await offer(this.#context, assignment);
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

  /** What was asked for does not count against the agent: its pace is that of the credit it was given. */
  #stream(message: StreamMessage): void {
    if (this.#context.streams.received(this.#host.id, message)) this.#budget.left = Math.min(MESSAGES_AT_ONCE, this.#budget.left + 1);
  }

  #probed(message: Extract<AgentMessage, { type: 'probed' }>): void {
    const { probes, clock, loops } = this.#context;
    if (probes.answered(this.#host.id, message, clock.now())) loops.wake('observe');
  }

  /** Once a session, when the agent says that it takes builds: another agent would not understand it. */
  #orders(): void {
    if (this.#hasOrders) return;
    this.#hasOrders = true;
    void sendOrders(this.#context, this.#host.id).catch((error: unknown) => this.#context.log.error({ err: error, host: this.#host.name }, 'build.orders-failed'));
  }

  #report(report: Report): void {
    const { fleet, metrics, loops, clock, bus, chronicle } = this.#context;
    const before = fleet.get(this.#host.id);
    if (before === undefined) return this.#fault('this host is no longer known');
    // Acknowledged again, since the first acknowledgement may be what was lost; what it says is past.
    if (report.seq <= this.#reportSeq) return this.send({ type: 'ack', seq: report.seq });
    const absurd = whyAbsurd(report);
    if (absurd !== undefined) return this.#fault(absurd);
    this.#reportSeq = report.seq;
    const isNews = differs(before, report);
    const isUpgradeNews = before.report?.upgrade?.state !== report.upgrade?.state;
    const now = clock.now();
    chronicle.reported(this.#host.id, report, Date.parse(report.at) - now, now);
    fleet.reported(this.#host.id, report, now);
    metrics.record(this.#host.id, report, now);
    this.send({ type: 'ack', seq: report.seq });
    if (report.builds === true) this.#orders();
    if (isUpgradeNews) loops.wake('upgrades');
    if (!isNews) return;
    loops.wake('observe');
    bus.publish({ topic: 'services', ids: [] });
    bus.publish({ topic: 'hosts', ids: [this.#host.id] });
  }

  #takeBudget(): boolean {
    // Not by the clock, which somebody may set back: an agent would be refused for as long.
    const now = this.#context.timing.elapsedMs();
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
