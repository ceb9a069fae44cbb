// Passes what this host's containers write on to a collector: syslog (RFC 5424) over TCP or UDP, or lines of a file. A collector that is away or slow costs
// no memory beyond a bound: the oldest goes, and a message with the size of what is missing stands in its place.
import { createSocket } from 'node:dgram';
import { appendFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { backoffMs, pause, type Clock } from '../clock.ts';
import type { Container, Runtime } from '../docker/runtime.ts';
import { sentenceOf, type Log } from '../log.ts';
import type { Checkpoint } from './checkpoint.ts';
import { FrameJoiner, levelOf, type Level, type LogLine } from './lines.ts';
import { LiveQueue } from './live-queue.ts';

export type ForwardTarget = { readonly kind: 'tcp' | 'udp'; readonly host: string; readonly port: number } | { readonly kind: 'file'; readonly path: string };

export interface ForwardParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly runtime: Pick<Runtime, 'output'>;
  readonly target: ForwardTarget;
  readonly host: string;
  /** This cluster's, as last seen. */
  readonly containers: () => readonly Container[];
  readonly checkpoint: Checkpoint;
}

/** A message that waits, and which line of which container it is. */
interface Waiting {
  readonly text: string;
  readonly containerId: string;
  readonly at: string | undefined;
}

const QUEUE_BYTES = 4 * 1024 * 1024;
const LOOK_MS = 1_000;
/** What is sent within this time goes twice when the agent is killed. */
const NOTE_MS = 2_000;
const CONNECT_LIMIT_MS = 5_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
const MOST_DATAGRAM_BYTES = 8_000;
/** Facility local0. */
const FACILITY = 16;
const SEVERITY: Readonly<Record<Level, number>> = { error: 3, warn: 4, info: 6, debug: 7 };

/** `tcp://HOST:PORT`, `udp://HOST:PORT` or `file:/PATH`; undefined: none of these. */
export function readTarget(text: string): ForwardTarget | undefined {
  const [, kind, host = '', port] = /^(tcp|udp):\/\/(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(text) ?? [];
  if (kind === 'tcp' || kind === 'udp') return Number(port) <= 65_535 ? { kind, host: host.replace(/^\[|\]$/g, ''), port: Number(port) } : undefined;
  return /^file:\/[^\0]+$/.test(text) ? { kind: 'file', path: text.slice('file:'.length) } : undefined;
}

/** As settings write it: what `readTarget` reads. */
export const targetText = (target: ForwardTarget): string => (target.kind === 'file' ? `file:${target.path}` : `${target.kind}://${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`);

/** One message of RFC 5424, without its framing. Pure. */
export function syslogMessage({ at, stream, text }: LogLine, from: { readonly name: string; readonly workload: string; readonly containerId: string; readonly replicaId: string; readonly host: string }, nowMs: number): string {
  const severity = SEVERITY[levelOf(text) ?? 'info'];
  // RFC 5424 knows microseconds and no more.
  const time = (at ?? new Date(nowMs).toISOString()).replace(/(\.\d{6})\d+/, '$1');
  const word = (value: string, most: number): string => value.replaceAll(/[^!-~]/g, '_').slice(0, most) || '-';
  const quoted = (value: string): string => value.replaceAll(/["\\\]]/g, (letter) => `\\${letter}`);
  return `<${FACILITY * 8 + severity}>1 ${time} ${word(from.name, 255)} ${word(from.workload, 48)} ${word(from.containerId.slice(0, 12), 128)} ${stream} [firn@32473 host="${quoted(from.host)}" replica="${quoted(from.replicaId)}"] ${text}`;
}

export class Forwarder {
  readonly #parts: ForwardParts;
  readonly #queue = new LiveQueue<Waiting>(QUEUE_BYTES);
  readonly #closing = new AbortController();
  readonly #followed = new Set<string>();
  /** Containers that ended, and whose end was read. */
  readonly #drained = new Set<string>();
  /** Time of the last line of each container: where following goes on when it was broken off. */
  readonly #last = new Map<string, string>();
  /** The same of what was sent. */
  readonly #sent = new Map<string, string>();
  /** From when on containers count that nothing was noted of. */
  #since: string;
  #isChanged = false;
  #cancelLook: () => void = () => undefined;
  #cancelNote: () => void = () => undefined;
  #working: Promise<unknown> = Promise.resolve();

  constructor(parts: ForwardParts) {
    this.#parts = parts;
    this.#since = new Date(parts.clock.nowMs()).toISOString();
  }

  start(): void {
    this.#working = this.#begin();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#cancelLook();
    this.#cancelNote();
    this.#queue.end();
    await this.#working;
    await this.#note();
  }

  async #begin(): Promise<void> {
    const noted = await this.#parts.checkpoint.read();
    if (this.#closing.signal.aborted) return;
    if (noted !== undefined) {
      this.#since = noted.at;
      for (const [id, at] of Object.entries(noted.sent)) {
        this.#last.set(id, at);
        this.#sent.set(id, at);
      }
    }
    this.#isChanged = true;
    this.#look();
    this.#noteSoon();
    await this.#send();
  }

  #noteSoon(): void {
    this.#cancelNote = this.#parts.clock.after(NOTE_MS, () => void this.#note().then(() => this.#closing.signal.aborted || this.#noteSoon()));
  }

  /** What is not sent yet is not noted: a moment that lies before it stays the beginning of containers without a line. */
  async #note(): Promise<void> {
    if (!this.#isChanged) return;
    this.#isChanged = false;
    await this.#parts.checkpoint.write({ at: this.#since, sent: Object.fromEntries(this.#sent) });
  }

  #look(): void {
    const containers = this.#parts.containers();
    const ids = new Set(containers.map(({ id }) => id));
    // Until the engine was heard, nothing is known to be gone.
    if (ids.size > 0) for (const kept of [this.#last, this.#sent, this.#drained]) for (const id of kept.keys()) if (!ids.has(id)) kept.delete(id);
    for (const container of containers) {
      const { id, status } = container;
      if (status === 'running') this.#drained.delete(id);
      else if (status !== 'exited') continue;
      if (this.#followed.has(id) || this.#drained.has(id)) continue;
      this.#followed.add(id);
      void this.#follow(container).then(() => status !== 'running' && this.#drained.add(id)).catch(() => undefined).finally(() => this.#followed.delete(id));
    }
    this.#cancelLook = this.#parts.clock.after(LOOK_MS, () => this.#look());
  }

  async #follow({ id, name, owner, status }: Container): Promise<void> {
    const { clock, host, runtime } = this.#parts;
    const from = { name, workload: owner?.workload ?? '', containerId: id, replicaId: owner?.replicaId ?? '', host };
    const joiner = new FrameJoiner();
    const last = this.#last.get(id);
    for await (const frame of runtime.output(id, { follow: status === 'running', since: last ?? this.#since }, this.#closing.signal)) {
      const line = joiner.push(frame);
      if (line === undefined || (last !== undefined && line.at !== undefined && line.at <= last)) continue;
      if (line.at !== undefined) this.#last.set(id, line.at);
      const text = syslogMessage(line, from, clock.nowMs());
      this.#queue.push({ text, containerId: id, at: line.at }, text.length);
    }
  }

  async #send(): Promise<void> {
    const sink = this.#parts.target.kind === 'tcp' ? new TcpSink(this.#parts, this.#parts.target, this.#closing.signal) : undefined;
    for await (const next of this.#queue.read()) {
      if (this.#closing.signal.aborted) break;
      const text = 'item' in next ? next.item.text : this.#mark(`${next.lost.items} lines (${next.lost.bytes} bytes) are missing here: the receiver of forwarded logs was away or too slow`);
      if (sink !== undefined) await sink.send(text, (reason) => this.#mark(reason));
      else await this.#sendPlain(text);
      // An end in the middle of a message means that it was not sent.
      if (this.#closing.signal.aborted || !('item' in next) || next.item.at === undefined) continue;
      this.#sent.set(next.item.containerId, next.item.at);
      this.#isChanged = true;
    }
    sink?.close();
  }

  /** A message of the agent's own, where something is missing. */
  #mark(text: string): string {
    const { clock, host } = this.#parts;
    return syslogMessage({ stream: 'stderr', text: `WARN firn: ${text}` }, { name: host, workload: 'firn-agent', containerId: '', replicaId: '', host }, clock.nowMs());
  }

  async #sendPlain(text: string): Promise<void> {
    const { target, log } = this.#parts;
    try {
      if (target.kind === 'file') await appendFile(target.path, `${text}\n`, { mode: 0o640 });
      else if (target.kind === 'udp') await datagram(target.host, target.port, Buffer.from(text).subarray(0, MOST_DATAGRAM_BYTES));
    } catch (error) {
      log.warn({ reason: sentenceOf(error) }, 'a line could not be forwarded');
    }
  }
}

async function datagram(host: string, port: number, bytes: Buffer): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.on('error', reject);
  socket.send(bytes, port, host, (error) => (error === null ? resolve() : reject(error)));
  await promise.finally(() => socket.close());
}

/** A connection that comes back: each message with its length before it, as RFC 6587 says. */
class TcpSink {
  readonly #parts: Pick<ForwardParts, 'clock' | 'log'>;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #signal: AbortSignal;
  #socket: Socket | undefined;
  #wasConnected = false;

  constructor(parts: Pick<ForwardParts, 'clock' | 'log'>, target: { readonly host: string; readonly port: number }, signal: AbortSignal) {
    this.#parts = parts;
    this.#target = target;
    this.#signal = signal;
  }

  /** Resolves when the kernel has taken it, however long the other side is away; only the agent's end gives it up. */
  async send(text: string, mark: (reason: string) => string): Promise<void> {
    for (let attempt = 1; !this.#signal.aborted; attempt += 1) {
      try {
        if (this.#socket === undefined || this.#socket.destroyed) {
          this.#socket = await this.#connect();
          if (this.#wasConnected) await this.#write(mark('the connection broke: what was on its way then may be missing'));
          this.#wasConnected = true;
        }
        return await this.#write(text);
      } catch (error) {
        if (attempt === 1) this.#parts.log.warn({ reason: sentenceOf(error) }, 'the receiver of forwarded logs is away');
        this.close();
        await pause(this.#parts.clock, backoffMs(attempt, FIRST_RETRY_MS, LONGEST_RETRY_MS), this.#signal);
      }
    }
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  async #connect(): Promise<Socket> {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const socket = connect(this.#target.port, this.#target.host, () => resolve(socket));
    socket.setTimeout(CONNECT_LIMIT_MS, () => reject(new Error(`no connection within ${CONNECT_LIMIT_MS} ms`)));
    socket.on('error', (error) => {
      reject(error);
      socket.destroy();
    });
    socket.on('close', () => reject(new Error('the connection was closed')));
    // Nothing is expected from there; unread, its end would not be noticed.
    socket.resume();
    await promise.catch((error: unknown) => {
      socket.destroy();
      throw error;
    });
    socket.setTimeout(0);
    return socket;
  }

  async #write(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#socket?.write(Buffer.concat([Buffer.from(`${bytes.length} `), bytes]), (error) => (error === undefined || error === null ? resolve() : reject(error)));
    await promise;
  }
}
