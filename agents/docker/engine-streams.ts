// Output and processes of containers, as Docker gives them: a stream of frames for logs, and exec over a hijacked connection for shells.
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { pause, withDeadline, type Clock } from '../clock.ts';
import { ASK_LIMIT_MS, call, wordsFor } from './call.ts';
import type { OutputFrame, OutputQuery, ShellCommand, ShellProcess } from './streams.ts';

const HEADER_BYTES = 8;
/** Larger than any message that the engine keeps: what claims more is no frame. */
const MOST_FRAME_BYTES = 1024 * 1024;
/** Between hanging up and killing. */
const HANG_UP_MS = 1_000;
/** The engine knows the exit code a moment after the output is over. */
const EXIT_POLL_MS = 20;
const EXIT_LIMIT_MS = 3_000;

/** What dockerode has no types for: any call, answered as a stream however it ends. */
interface Modem {
  dial(options: object, callback: (error: unknown, stream: Readable) => void): void;
}

/** What a container wrote. */
export async function* engineOutput(docker: Docker, clock: Clock, id: string, query: OutputQuery, signal: AbortSignal): AsyncGenerator<OutputFrame> {
  const options = {
    stdout: true, stderr: true, timestamps: true, follow: query.follow,
    ...(query.tail === undefined ? {} : { tail: query.tail }),
    ...(query.since === undefined ? {} : { since: unixNanos(query.since) }),
    ...(query.untilMs === undefined ? {} : { until: (query.untilMs / 1000).toFixed(3) }),
  };
  const statusCodes = { 200: true, 404: 'no such container', 409: 'container is being removed', 500: 'server error', 501: 'the log driver keeps nothing to read' };
  const path = `/containers/${encodeURIComponent(id)}/logs?`;
  const modem = docker.modem as Modem;
  const stream = await call(clock, 'reading the log', ASK_LIMIT_MS, () => new Promise<Readable>((resolve, reject) => {
    modem.dial({ path, method: 'GET', isStream: true, statusCodes, options, abortSignal: signal }, (error, answer) => (error instanceof Error ? reject(error) : resolve(answer)));
  }));
  const stop = (): void => void stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    yield* framesOf(stream);
  } catch (error) {
    if (!signal.aborted) throw wordsFor('reading the log', error);
  } finally {
    signal.removeEventListener('abort', stop);
    stream.destroy();
  }
}

/** Docker's frames: one byte which stream, three of nothing, four of length, and the message. */
export async function* framesOf(stream: AsyncIterable<Buffer | string>): AsyncGenerator<OutputFrame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, Buffer.from(chunk)]);
    while (rest.length >= HEADER_BYTES) {
      const length = rest.readUInt32BE(4);
      if (length > MOST_FRAME_BYTES) throw new Error(`the engine sends a frame of ${length} bytes`);
      if (rest.length < HEADER_BYTES + length) break;
      const bytes = rest.subarray(HEADER_BYTES, HEADER_BYTES + length);
      const stream = rest[0] === 2 ? 'stderr' : 'stdout';
      rest = rest.subarray(HEADER_BYTES + length);
      yield { stream, bytes };
    }
  }
}

/** `1763890200.123456789`, as Docker wants moments. */
function unixNanos(at: string): string {
  const fraction = /\.(\d{1,9})/.exec(at)?.[1] ?? '';
  return `${Math.floor(Date.parse(at) / 1000)}.${fraction.padEnd(9, '0')}`;
}

/** Starts a process beside the service. */
export async function engineShell(docker: Docker, clock: Clock, id: string, { command, tty, columns, rows, env }: ShellCommand): Promise<ShellProcess> {
  const exec = await call(clock, 'starting a shell', ASK_LIMIT_MS, (abortSignal) =>
    docker.getContainer(id).exec({ Cmd: [...command], Tty: tty, AttachStdin: true, AttachStdout: true, AttachStderr: true, Env: [...env], abortSignal }));
  const stream = await call(clock, 'starting a shell', ASK_LIMIT_MS, () => exec.start({ hijack: true, stdin: true, Tty: tty }));
  const inspect = () => withDeadline(clock, ASK_LIMIT_MS, 'asking for a shell', (abortSignal) => exec.inspect({ abortSignal }));
  const resize = async (width: number, height: number): Promise<void> => {
    // A process that has ended has no terminal any more.
    if (tty) await withDeadline(clock, ASK_LIMIT_MS, 'resizing a terminal', () => exec.resize({ w: width, h: height })).catch(() => undefined);
  };
  // Unheard, a broken connection would end the whole agent.
  stream.on('error', () => undefined);
  await resize(columns, rows);
  return {
    output: tty ? bytesOf(stream) : messagesOf(stream),
    write: (bytes) => void (stream.writable && stream.write(bytes)),
    endInput: () => void stream.end(),
    resize,
    exitCode: async () => {
      for (const endMs = clock.elapsedMs() + EXIT_LIMIT_MS; clock.elapsedMs() < endMs; await pause(clock, EXIT_POLL_MS)) {
        const { Running, ExitCode } = await inspect();
        if (!Running) return ExitCode ?? undefined;
      }
      return undefined;
    },
    kill: async () => {
      await hangUp(clock, inspect).catch(() => undefined);
      stream.destroy();
    },
  };
}

async function* bytesOf(stream: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer> {
  for await (const chunk of stream) yield Buffer.from(chunk);
}

async function* messagesOf(stream: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer> {
  for await (const { bytes } of framesOf(stream)) yield bytes;
}

/** The engine ends no process of its own accord when nobody listens to it any more: the host has to. */
async function hangUp(clock: Clock, inspect: () => Promise<{ readonly Running: boolean; readonly Pid: number }>): Promise<void> {
  for (const signal of ['SIGHUP', 'SIGKILL'] as const) {
    const { Running, Pid } = await inspect();
    if (!Running || Pid <= 1) return;
    process.kill(Pid, signal);
    for (const endMs = clock.elapsedMs() + HANG_UP_MS; clock.elapsedMs() < endMs; await pause(clock, EXIT_POLL_MS)) if (!(await inspect()).Running) return;
  }
}
