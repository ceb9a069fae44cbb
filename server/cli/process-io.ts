// The process's streams, terminal and signals, as commands see them.
import { processEnvironment } from './config.ts';
import type { Io } from './io.ts';
import { run } from './program.ts';

/** Runs one command in this process. @returns its exit code */
export async function main(argv: readonly string[]): Promise<number> {
  // A reader that had enough (`firn event list | head -1`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const stopped = new AbortController();
  // The first signal stops what is under way, a second one ends the process as usual. The server and the agent have their own way to stop.
  if (argv[0] !== 'server' && argv[0] !== 'agent') process.once('SIGINT', () => stopped.abort()).once('SIGTERM', () => stopped.abort());
  return run(argv, processIo(stopped.signal));
}

function processIo(signal: AbortSignal): Io {
  const env = processEnvironment();
  const colours = (stream: NodeJS.WriteStream) => stream.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    color: { out: colours(process.stdout), err: colours(process.stderr) },
    interactive: process.stdin.isTTY && process.stderr.isTTY,
    env,
    now: () => Date.now(),
    wait: async (ms) => {
      const { setTimeout } = await import('node:timers/promises');
      await setTimeout(ms, undefined, { signal });
    },
    ask: async (question, hidden) => (await import('./ask.ts')).ask(question, hidden),
    stdin: async () => (await import('node:stream/consumers')).text(process.stdin),
    signal,
  };
}
