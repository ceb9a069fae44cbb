// What the agent reads of and says to a running container beside its state: its output as it is written, and processes beside its service.
// Types only; `engine-streams.ts` does it with Docker, `fake-streams.ts` in memory.

/** One message as the engine keeps it: its time (RFC 3339 with nanoseconds), a blank, and what was written; without a line end where a line goes on. */
export interface OutputFrame {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Buffer;
}

export interface OutputQuery {
  /** So many lines from the end; absent: all that is kept. */
  readonly tail?: number;
  /** From this moment on, RFC 3339 with nanoseconds. */
  readonly since?: string;
  readonly untilMs?: number;
  /** Go on until the container ends. */
  readonly follow: boolean;
}

export interface ShellCommand {
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly env: readonly string[];
}

/** A process that was started in a container beside its service. */
export interface ShellProcess {
  /** What it writes, until it ends. Not read: it waits. */
  readonly output: AsyncIterable<Buffer>;
  write(bytes: Buffer): void;
  /** Nothing more comes on its standard input. */
  endInput(): void;
  resize(columns: number, rows: number): Promise<void>;
  /** Exit code, once the output is over; undefined: the engine does not say. */
  exitCode(): Promise<number | undefined>;
  /** Ends it, if it still runs: hangs up, and kills what does not heed that. */
  kill(): Promise<void>;
}

export interface ContainerStreams {
  /** What a container wrote, oldest first. Ends early, without an error, when the signal aborts; rejects with a sentence when the engine breaks it off. */
  output(id: string, query: OutputQuery, signal: AbortSignal): AsyncIterable<OutputFrame>;
  /** Starts a process in a running container. Rejects with a sentence when it cannot be started. */
  openShell(id: string, command: ShellCommand): Promise<ShellProcess>;
}
