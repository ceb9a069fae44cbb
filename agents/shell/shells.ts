// Terminals that people have open in containers of this host: a process beside the service, its output sent within credit, its input passed on. Whatever
// happens (the server goes, the person goes, time is over, the container goes), the process is ended and the place is free again.
import type { Clock } from '../clock.ts';
import { Credit } from '../credit.ts';
import type { Container, Runtime } from '../docker/runtime.ts';
import type { ShellProcess } from '../docker/streams.ts';
import { sentenceOf, type Log } from '../log.ts';
import { MOST_SHELL_BYTES, type AgentMessage, type ServerMessage, type ShellEndCode, type ShellOrder } from '../protocol.ts';

export type ShellMessage = Extract<ServerMessage, { type: `shell-${string}` }>;

export interface ShellsParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly runtime: Pick<Runtime, 'openShell'>;
  /** The replica's container, running or not. */
  readonly containerOf: (replicaId: string) => Container | undefined;
  readonly send: (message: AgentMessage) => boolean;
}

/** The image decides which there is; no image has to have one. */
const BEST_SHELL = ['/bin/sh', '-c', 'if [ -x /bin/bash ]; then exec /bin/bash; fi; exec /bin/sh'];
const ENVIRONMENT = ['TERM=xterm-256color', 'FIRN_SHELL=1'];

interface Open {
  readonly credit: Credit;
  process: ShellProcess | undefined;
  /** What was typed while the process was being started. */
  readonly early: Buffer[];
  end: { readonly code: ShellEndCode; readonly reason: string } | undefined;
}

export class Shells {
  readonly #parts: ShellsParts;
  readonly #open = new Map<string, Open>();

  constructor(parts: ShellsParts) {
    this.#parts = parts;
  }

  take(message: ShellMessage): void {
    if (message.type === 'shell-open') return void this.#run(message.order, message.creditBytes);
    const shell = this.#open.get(message.id);
    if (shell === undefined) return;
    switch (message.type) {
      case 'shell-data': {
        const bytes = Buffer.from(message.data, 'base64');
        if (shell.process === undefined) shell.early.push(bytes);
        else shell.process.write(bytes);
        return;
      }
      case 'shell-input-end':
        return shell.process?.endInput();
      case 'shell-credit':
        return shell.credit.grant(message.bytes);
      case 'shell-resize':
        return void shell.process?.resize(message.columns, message.rows).catch(() => undefined);
      case 'shell-close':
        return this.#end(shell, 'closed', 'it was closed');
    }
  }

  /** The server is away: nobody sees any of them any more. */
  cancelAll(): void {
    for (const shell of this.#open.values()) this.#end(shell, 'closed', 'the server is away');
  }

  #end(shell: Open, code: ShellEndCode, reason: string): void {
    shell.end ??= { code, reason };
    shell.credit.cancel();
    void shell.process?.kill().catch((error: unknown) => this.#parts.log.warn({ reason: sentenceOf(error) }, 'a shell could not be ended'));
  }

  async #run(order: ShellOrder, creditBytes: number): Promise<void> {
    const { clock, log, send } = this.#parts;
    const { id } = order;
    const end = (code: ShellEndCode, reason: string, exitCode?: number): void => void send({ type: 'shell-end', id, code, reason: reason.slice(0, 1_000), ...(exitCode === undefined ? {} : { exitCode }) });
    if (this.#open.has(id)) return;
    if (this.#open.size >= order.atOnce) return end('too-many', `this host has ${this.#open.size} shells open, and may have ${order.atOnce}`);
    const container = this.#parts.containerOf(order.replicaId);
    if (container === undefined) return end('replica-gone', 'the replica has no container on this host');
    if (container.status !== 'running') return end('cannot-start', `its container is ${container.status}`);
    const shell: Open = { credit: new Credit(creditBytes), process: undefined, early: [], end: undefined };
    this.#open.set(id, shell);
    const cancelLimit = clock.after(order.mostSeconds * 1_000, () => this.#end(shell, 'limit', `it was open for ${order.mostSeconds} s`));
    log.info({ shell: id, replica: order.replicaId, container: container.id }, 'a shell is opened');
    try {
      const code = await this.#serve(order, container.id, shell);
      end(shell.end?.code ?? 'exited', shell.end?.reason ?? '', code);
    } catch (error) {
      end('cannot-start', sentenceOf(error));
    } finally {
      cancelLimit();
      this.#open.delete(id);
      log.info({ shell: id }, 'a shell is over');
    }
  }

  async #serve(order: ShellOrder, containerId: string, shell: Open): Promise<number | undefined> {
    const { runtime, send } = this.#parts;
    const command = order.command.length === 0 ? BEST_SHELL : order.command;
    const process = await runtime.openShell(containerId, { command, tty: order.tty, columns: order.columns, rows: order.rows, env: ENVIRONMENT });
    shell.process = process;
    // It was ended while it was being started.
    if (shell.end !== undefined) await process.kill();
    send({ type: 'shell-opened', id: order.id, command: [...command] });
    for (const bytes of shell.early.splice(0)) process.write(bytes);
    try {
      for await (const bytes of process.output) {
        for (let from = 0; from < bytes.length; from += MOST_SHELL_BYTES) {
          const piece = bytes.subarray(from, from + MOST_SHELL_BYTES);
          if (!(await shell.credit.spend(piece.length))) break;
          send({ type: 'shell-data', id: order.id, data: piece.toString('base64') });
        }
        if (shell.end !== undefined) break;
      }
    } catch {
      // Its end broke the connection to it.
    }
    return shell.end === undefined ? await process.exitCode() : undefined;
  }
}
