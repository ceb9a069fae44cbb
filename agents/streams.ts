// What people watch of a host through the server, put together: streams of logs, terminals, and output kept of containers before they are removed.
// Takes the server's messages and what the agent knows of its containers; says what it has to through `send`.
import type { Clock } from './clock.ts';
import type { Container, Runtime } from './docker/runtime.ts';
import type { Log } from './log.ts';
import type { LogArchive } from './logs/archive.ts';
import { LogStreams } from './logs/log-streams.ts';
import { readLogs } from './logs/read-logs.ts';
import type { AgentMessage, Assignment } from './protocol.ts';
import type { OtherMessage } from './session.ts';
import { Shells } from './shell/shells.ts';

export interface StreamsParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly runtime: Pick<Runtime, 'output' | 'openShell'>;
  readonly archive: LogArchive;
  readonly persistDir: string;
  readonly clusterId: string;
  /** As last seen. */
  readonly containers: () => readonly Container[];
  readonly assignment: () => Assignment | undefined;
  readonly send: (message: AgentMessage) => boolean;
}

/** A removal waits so long for the output of its container, and no longer. */
const KEEP_LIMIT_MS = 15_000;

export class Streams {
  /** What the server is told that it may ask for. */
  static readonly SPEAKS = ['logs', 'shell'] as const;
  readonly #parts: StreamsParts;
  readonly #logs: LogStreams;
  readonly #shells: Shells;

  constructor(parts: StreamsParts) {
    this.#parts = parts;
    const { clock, log, runtime, archive, persistDir, send } = parts;
    const containerOf = (replicaId: string) => this.#containerOf(replicaId);
    const holderOf = (address: string) => parts.assignment()?.replicas.find((replica) => replica.address === address)?.id;
    this.#logs = new LogStreams({ clock, log, send, read: (query, signal) => readLogs({ clock, runtime, archive, persistDir, containerOf, holderOf }, query, signal) });
    this.#shells = new Shells({ clock, log, runtime, containerOf, send });
  }

  /** False: it is not about streams. */
  take(message: OtherMessage): boolean {
    switch (message.type) {
      case 'logs-open':
      case 'logs-credit':
      case 'logs-cancel':
        this.#logs.take(message);
        return true;
      case 'shell-open':
      case 'shell-data':
      case 'shell-input-end':
      case 'shell-credit':
      case 'shell-resize':
      case 'shell-close':
        this.#shells.take(message);
        return true;
      default:
        return false;
    }
  }

  /** The connection to the server is over. */
  cancelAll(): void {
    this.#logs.cancelAll();
    this.#shells.cancelAll();
  }

  /** Keeps what a container wrote; to be called before it is removed. Never rejects, and ends soon. */
  async keepOutput(containerId: string): Promise<void> {
    const { clock, runtime, archive } = this.#parts;
    const container = this.#parts.containers().find((one) => one.id === containerId);
    if (container?.owner === undefined || container.startedAt === undefined) return;
    const { name, address, owner, startedAt, exitCode } = container;
    const { replicaId, workload, release } = owner;
    const closing = new AbortController();
    const cancel = clock.after(KEEP_LIMIT_MS, () => closing.abort());
    const departing = { replicaId, name, workload, containerId, startedAt, ...(address === undefined ? {} : { address }), ...(release === undefined ? {} : { release }), ...(exitCode === undefined ? {} : { exitCode }) };
    try {
      await archive.keep(departing, (signal) => runtime.output(containerId, { follow: false }, signal), closing.signal);
    } finally {
      cancel();
    }
  }

  #containerOf(replicaId: string): Container | undefined {
    const own = this.#parts.containers().filter(({ owner }) => owner?.replicaId === replicaId && owner.clusterId === this.#parts.clusterId);
    return own.find(({ status }) => status === 'running') ?? own[0];
  }
}
