// One open terminal, between a person's WebSocket and a process beside a service: bytes both ways, size, limits of time, the recording, and exactly one
// end with its reason, whoever it comes from. What it was is written down when it begins and when it ends.
import type { ShellOrder } from '#agents/protocol.ts';
import type { StreamHearer, StreamMessage } from '../control/agent-streams.ts';
import type { Context } from '../context.ts';
import { appendEvent } from '../db/events.ts';
import { endShell, insertShell, type ShellRow } from '../db/shells.ts';
import { ShellClientMessage, type ShellEnd, type ShellRules, type ShellServerMessage } from '../http/contract/shell.ts';
import { openRecording, type Recording, recordingFile } from './recording.ts';

/** What is needed of a person's WebSocket. */
export interface ShellSocket {
  readonly bufferedBytes: number;
  sendText(text: string): void;
  sendBytes(bytes: Buffer): void;
  close(): void;
}

export interface ShellStart {
  readonly row: ShellRow;
  readonly rules: ShellRules;
  readonly tty: boolean;
  readonly columns: number;
  readonly rows: number;
}

const CREDIT_BYTES = 128 * 1024;
/** A person's connection that is behind by more gets nothing new until it has caught up. */
const MOST_BUFFERED_BYTES = 1024 * 1024;
const CATCH_UP_MS = 50;
const PIECE_BYTES = 32 * 1024;
const WARN_SECONDS = 60;

export class LiveShell implements StreamHearer {
  readonly row: ShellRow;
  readonly hostId: string;
  readonly #context: Context;
  readonly #start: ShellStart;
  readonly #socket: ShellSocket;
  readonly #onEnd: () => void;
  readonly #cancels = new Map<'idle' | 'idle-warning' | 'limit' | 'limit-warning' | 'credit', () => void>();
  #recording: Recording | undefined;
  #size: { columns: number; rows: number };
  #inputBytes = 0;
  #outputBytes = 0;
  #owedBytes = 0;
  #ended: Promise<void> | undefined;

  constructor(context: Context, start: ShellStart, socket: ShellSocket, onEnd: () => void) {
    this.row = start.row;
    this.hostId = start.row.hostId;
    this.#context = context;
    this.#start = start;
    this.#socket = socket;
    this.#onEnd = onEnd;
    this.#size = { columns: start.columns, rows: start.rows };
  }

  /** Writes down that it begins, and asks the agent. */
  async begin(): Promise<void> {
    const { store, streams, connections, config, timing } = this.#context;
    const { row, rules, tty } = this.#start;
    const { id, replicaId, replica, host, command, by, from, team, startedAt, reason } = row;
    await store.tx(async (tx) => {
      await insertShell(tx, row);
      await appendEvent(tx, { at: startedAt, actor: by, kind: 'shell.opened', subjectType: 'replica', subjectId: replicaId, subject: replica, team, message: `${by} opened a shell in ${replica} on ${host} from ${from}: ${commandText(command)}`, why: reason });
    });
    this.#recording = await openRecording(recordingFile(config.dataDir, id), { ...this.#size, startedAt, title: `${by} in ${replica}`, command: commandText(command) }, timing).catch(() => undefined);
    if (this.#ended !== undefined) return;
    streams.open(id, this);
    const order: ShellOrder = { id, replicaId, command: [...command], tty, ...this.#size, mostSeconds: rules.mostSeconds, atOnce: rules.perHost };
    if (!connections.send(this.hostId, { type: 'shell-open', order, creditBytes: CREDIT_BYTES })) return this.finish('host-away', `${host} is not connected`);
    this.#after('limit', rules.mostSeconds, () => this.finish('limit', `it was open for ${rules.mostSeconds} s, which is the most`));
    this.#after('limit-warning', rules.mostSeconds - WARN_SECONDS, () => this.#warn('limit', 'the time of this shell is over soon'));
    this.#typed();
  }

  /** What the person typed. */
  bytes(bytes: Buffer): void {
    if (this.#ended !== undefined) return;
    this.#inputBytes += bytes.length;
    this.#typed();
    for (let from = 0; from < bytes.length; from += PIECE_BYTES) this.#context.connections.send(this.hostId, { type: 'shell-data', id: this.row.id, data: bytes.subarray(from, from + PIECE_BYTES).toString('base64') });
  }

  /** A message of the person's side; one that cannot be understood ends it. */
  text(text: string): void {
    if (this.#ended !== undefined) return;
    const { connections } = this.#context;
    const message = ShellClientMessage.safeParse(fromJson(text)).data;
    if (message === undefined) return this.finish('closed', 'a message of the client could not be understood');
    const { id } = this.row;
    if (message.type === 'input-end') return void connections.send(this.hostId, { type: 'shell-input-end', id });
    const { columns, rows } = message;
    this.#size = { columns, rows };
    this.#recording?.resize(columns, rows);
    connections.send(this.hostId, { type: 'shell-resize', id, columns, rows });
  }

  hear(message: StreamMessage): void {
    if (this.#ended !== undefined) return;
    if (message.type === 'shell-opened') {
      const { rules, row } = this.#start;
      this.#say({ type: 'open', id: row.id, replica: row.replica, host: row.host, command: message.command, idleSeconds: rules.idleSeconds, mostSeconds: rules.mostSeconds, isRecorded: this.#recording !== undefined });
    } else if (message.type === 'shell-data') {
      const bytes = Buffer.from(message.data, 'base64');
      this.#outputBytes += bytes.length;
      this.#owedBytes += bytes.length;
      this.#recording?.output(bytes);
      this.#socket.sendBytes(bytes);
      this.#grant();
    } else if (message.type === 'shell-end') this.finish(message.code, message.reason, message.exitCode, true);
  }

  away(): void {
    this.finish('host-away', `${this.row.host} is not connected any more`, undefined, true);
  }

  /** Ends it, once; whoever is first says why. @param isOver the agent's side has ended already */
  finish(code: ShellEnd, message: string, exitCode?: number, isOver = false): void {
    this.#ended ??= this.#finish(code, message, exitCode ?? null, isOver).catch((error: unknown) => this.#context.log.error({ err: error, shell: this.row.id }, 'shell.end-failed'));
  }

  /** Resolves when its end is written down. */
  get over(): Promise<void> {
    return this.#ended ?? Promise.resolve();
  }

  async #finish(code: ShellEnd, message: string, exitCode: number | null, isOver: boolean): Promise<void> {
    const { store, streams, connections, clock } = this.#context;
    const { id, replicaId, replica, host, by, team, startedAt } = this.row;
    for (const cancel of this.#cancels.values()) cancel();
    streams.close(id);
    if (!isOver) connections.send(this.hostId, { type: 'shell-close', id });
    this.#say({ type: 'end', code, exitCode, message });
    this.#socket.close();
    this.#onEnd();
    const recordingBytes = (await this.#recording?.close()) ?? null;
    const endedAt = clock.now();
    const [inputBytes, outputBytes] = [this.#inputBytes, this.#outputBytes];
    await store.tx(async (tx) => {
      await endShell(tx, id, { endedAt, end: code, exitCode, message, inputBytes, outputBytes, recordingBytes });
      const seconds = Math.round((endedAt - startedAt) / 1000);
      await appendEvent(tx, { at: endedAt, actor: by, kind: 'shell.closed', subjectType: 'replica', subjectId: replicaId, subject: replica, team, message: `the shell of ${by} in ${replica} on ${host} ended after ${seconds} s: ${code}${exitCode === null ? '' : ` with ${exitCode}`}, ${inputBytes} bytes in, ${outputBytes} bytes out`, why: message });
    });
  }

  /** The agent may send on as fast as the person's connection takes it. */
  #grant(): void {
    if (this.#cancels.has('credit') || this.#ended !== undefined) return;
    if (this.#socket.bufferedBytes > MOST_BUFFERED_BYTES) {
      this.#cancels.set('credit', this.#context.timing.after(CATCH_UP_MS, () => {
        this.#cancels.delete('credit');
        this.#grant();
      }));
      return;
    }
    this.#context.connections.send(this.hostId, { type: 'shell-credit', id: this.row.id, bytes: this.#owedBytes });
    this.#owedBytes = 0;
  }

  #typed(): void {
    const { idleSeconds } = this.#start.rules;
    this.#after('idle', idleSeconds, () => this.finish('idle', `nothing was typed for ${idleSeconds} s`));
    this.#after('idle-warning', idleSeconds - WARN_SECONDS, () => this.#warn('idle', 'nothing was typed for long'));
  }

  #warn(code: 'idle' | 'limit', message: string): void {
    this.#say({ type: 'warning', code, seconds: WARN_SECONDS, message: `${message}: it ends in ${WARN_SECONDS} s` });
  }

  #after(name: 'idle' | 'idle-warning' | 'limit' | 'limit-warning', seconds: number, callback: () => void): void {
    this.#cancels.get(name)?.();
    if (seconds > 0) this.#cancels.set(name, this.#context.timing.after(seconds * 1000, callback));
  }

  #say(message: ShellServerMessage): void {
    this.#socket.sendText(JSON.stringify(message));
  }
}

export const commandText = (command: readonly string[]): string => (command.length === 0 ? 'a shell' : command.join(' ').slice(0, 500));

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
