// The conversation with the server over one WebSocket that the agent opens: hello, heartbeats, reports until acked, assignments.
// Takes callbacks, owns connecting and coming back (full jitter, so that a restarted server is not stormed). Decides nothing about containers.
import { fullJitterMs, pause, type Clock } from './clock.ts';
import type { Log } from './log.ts';
import { PROTOCOL_VERSION, ServerMessage, type AgentMessage, type Assignment, type BuildReport, type Facts, type Report } from './protocol.ts';
import type { Dial, Wire } from './wire.ts';

export type Welcome = Extract<ServerMessage, { type: 'welcome' }>;
/** What the server says about builds. */
export type BuildMessage = Extract<ServerMessage, { type: 'builds' | 'build-ack' }>;
/** What only agents hear that said that they understand it. */
export type OtherMessage = Exclude<ServerMessage, { type: 'welcome' | 'assignment' | 'ack' | 'goaway' | 'builds' | 'build-ack' }>;

export interface SessionParts {
  readonly url: string;
  readonly hostId: string;
  readonly credential: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly dial: Dial;
  readonly facts: () => Facts;
  readonly generation: () => number;
  /** The whole truth at this moment. */
  readonly compose: () => Omit<Report, 'seq' | 'at'>;
  readonly onWelcome: (welcome: Welcome) => void;
  readonly onAssignment: (assignment: Assignment) => void;
  /** Absent where this host takes no builds. */
  readonly onBuilds?: (message: BuildMessage) => void;
  /** What this agent understands beside the messages that every version has. */
  readonly speaks?: readonly string[];
  readonly onOther?: (message: OtherMessage) => void;
  /** A connection that was welcomed is over: whatever belonged to it will not be answered any more. */
  readonly onEnd?: () => void;
}

const FIRST_RETRY_MS = 200;
/** A server that was away for long has everybody back within this and a moment: full jitter spreads them over all of it. */
const LONGEST_RETRY_MS = 4_000;
const CONNECT_LIMIT_MS = 5_000;
/** From open to welcome. */
const WELCOME_LIMIT_MS = 10_000;
/** A report that is not acked by then is sent anew, with what is true then. */
const ACK_LIMIT_MS = 5_000;

interface Ending {
  readonly reason: string;
  readonly retryAfterMs?: number;
  readonly final?: boolean;
}

export class Session {
  readonly #parts: SessionParts;
  readonly #closing = new AbortController();
  #live: LiveConnection | undefined;
  #ended: Promise<void> = Promise.resolve();
  #hasBegun = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Connects, and keeps coming back until `close` or until the server says that it is final. */
  start(): void {
    if (!this.#hasBegun) this.#ended = this.#run();
    this.#hasBegun = true;
  }

  /** Resolves when it will not connect again: closed, or told for good to stay away. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  get connected(): boolean {
    return this.#live?.welcomed ?? false;
  }

  /** There is something new to say: reports now, or as soon as the report before is acked, or when the connection is back. */
  news(): void {
    this.#live?.report();
  }

  /** Says how a build goes; false when there is no connection now. */
  sendBuild(report: BuildReport): boolean {
    return this.send({ type: 'build', report });
  }

  /** Says anything else; false when there is no connection now. */
  send(message: AgentMessage): boolean {
    return this.#live?.sendOther(message) ?? false;
  }

  /** Ends the present connection and makes another: what it was made with has changed. */
  redial(reason: string): void {
    this.#live?.end(reason);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#live?.end('the agent stops');
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { clock, log, random } = this.#parts;
    let attempts = 0;
    while (!this.#closing.signal.aborted) {
      const live = new LiveConnection(this.#parts);
      this.#live = live;
      const ending = await live.ended;
      this.#live = undefined;
      if (live.welcomed) this.#parts.onEnd?.();
      if (this.#closing.signal.aborted) return;
      if (ending.final) {
        log.error({ reason: ending.reason }, 'the server does not want this host back; containers stay as they are');
        return;
      }
      attempts = live.welcomed ? 1 : attempts + 1;
      const waitMs = Math.max(ending.retryAfterMs ?? 0, fullJitterMs(attempts, FIRST_RETRY_MS, LONGEST_RETRY_MS, random));
      log.warn({ reason: ending.reason, retryInMs: waitMs }, 'no connection to the server');
      await pause(clock, waitMs, this.#closing.signal);
    }
  }
}

/** One connection from dialling to its end. */
class LiveConnection {
  readonly ended: Promise<Ending>;
  welcomed = false;
  readonly #parts: SessionParts;
  readonly #wire: Wire;
  #settle: (ending: Ending) => void = () => undefined;
  #cancelBeat: () => void = () => undefined;
  #cancelReport: () => void = () => undefined;
  #cancelAck: () => void = () => undefined;
  #heardMs: number;
  #seq = 0;
  #unacked: number | undefined;
  #hasNews = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#heardMs = parts.clock.elapsedMs();
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    const authorization = `Bearer ${parts.hostId}.${parts.credential}`;
    this.#wire = parts.dial(
      { url: parts.url, authorization, limitMs: CONNECT_LIMIT_MS },
      { onOpen: () => this.#onOpen(), onMessage: (text) => this.#onMessage(text), onSign: () => this.#heard(), onEnd: (reason) => this.end(reason) },
    );
  }

  /** Says what is true now, unless an earlier report is still on its way: then right after its ack. */
  report(): void {
    if (!this.welcomed) return;
    if (this.#unacked !== undefined) {
      this.#hasNews = true;
      return;
    }
    this.#hasNews = false;
    this.#unacked = this.#seq += 1;
    const report: Report = { seq: this.#unacked, at: new Date(this.#parts.clock.nowMs()).toISOString(), ...this.#parts.compose() };
    this.#send({ type: 'report', report });
    this.#cancelAck();
    this.#cancelAck = this.#parts.clock.after(ACK_LIMIT_MS, () => {
      this.#unacked = undefined;
      this.report();
    });
  }

  sendOther(message: AgentMessage): boolean {
    if (!this.welcomed || this.#wire.state !== 'open') return false;
    this.#send(message);
    return true;
  }

  /** Ends the connection for a reason; only the first counts. */
  end(reason: string, more: Omit<Ending, 'reason'> = {}): void {
    this.#cancelBeat();
    this.#cancelReport();
    this.#cancelAck();
    this.#settle({ reason, ...more });
    if (this.#wire.state === 'open') this.#wire.close();
    else this.#wire.terminate();
    // A peer that does not answer a close must not keep the socket.
    this.#cancelBeat = this.#parts.clock.after(1_000, () => this.#wire.terminate());
    if (this.#wire.state === 'closed') this.#cancelBeat();
  }

  #onOpen(): void {
    this.#heard();
    this.#cancelBeat = this.#parts.clock.after(WELCOME_LIMIT_MS, () => this.end(`no welcome within ${WELCOME_LIMIT_MS} ms`));
    this.#send({ type: 'hello', protocol: PROTOCOL_VERSION, hostId: this.#parts.hostId, generation: this.#parts.generation(), facts: this.#parts.facts(), ...(this.#parts.speaks === undefined ? {} : { speaks: [...this.#parts.speaks] }) });
  }

  #onMessage(text: string): void {
    this.#heard();
    const message = parseMessage(text);
    if (message === undefined) {
      this.#parts.log.warn({ bytes: text.length, begins: text.slice(0, 40) }, 'a message of the server is not understood and ignored');
      return;
    }
    switch (message.type) {
      case 'welcome':
        return this.#onWelcome(message);
      case 'assignment':
        return this.#parts.onAssignment(message.assignment);
      case 'ack':
        return this.#onAck(message.seq);
      case 'builds':
      case 'build-ack':
        return this.#parts.onBuilds?.(message);
      case 'goaway':
        return this.end(`the server says: ${message.reason}`, { retryAfterMs: message.retryAfterMs, final: message.final });
      default:
        return this.#parts.onOther?.(message);
    }
  }

  #onWelcome(welcome: Welcome): void {
    this.welcomed = true;
    this.#parts.onWelcome(welcome);
    this.#beat(welcome);
    this.#reportRegularly(welcome.reportMs);
  }

  #onAck(seq: number): void {
    if (this.#unacked === undefined || seq < this.#unacked) return;
    this.#unacked = undefined;
    this.#cancelAck();
    if (this.#hasNews) this.report();
  }

  #beat(welcome: Welcome): void {
    this.#cancelBeat();
    this.#cancelBeat = this.#parts.clock.after(welcome.heartbeatMs, () => {
      const silentMs = this.#parts.clock.elapsedMs() - this.#heardMs;
      // A cable that is out says nothing: without this the connection would look alive until the kernel gives up, minutes later.
      if (silentMs > Math.max(welcome.leaseMs, 3 * welcome.heartbeatMs)) return this.end(`the server is silent for ${Math.round(silentMs)} ms`);
      // A ping is answered by the connection itself: where it counts as a heartbeat it costs the server next to nothing.
      if (welcome.speaks?.includes('ping') !== true) this.#send({ type: 'heartbeat', seq: (this.#seq += 1) });
      this.#wire.ping();
      this.#beat(welcome);
    });
  }

  #reportRegularly(reportMs: number): void {
    this.report();
    this.#cancelReport = this.#parts.clock.after(reportMs, () => this.#reportRegularly(reportMs));
  }

  #send(message: AgentMessage): void {
    if (this.#wire.state === 'open') this.#wire.send(JSON.stringify(message));
  }

  #heard(): void {
    this.#heardMs = this.#parts.clock.elapsedMs();
  }
}

function parseMessage(text: string): ServerMessage | undefined {
  try {
    return ServerMessage.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
