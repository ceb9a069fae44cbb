// The entry of `firn`: gives the process's streams, terminal and signals to the program, and its exit code back.
import { processEnvironment } from './config.ts';
import type { Io } from './io.ts';
import { run } from './program.ts';

/** Stops what is under way; a second one ends the process as usual. */
const stopped = new AbortController();

function processIo(): Io {
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
      await setTimeout(ms, undefined, { signal: stopped.signal });
    },
    ask: async (question, hidden) => (await import('./ask.ts')).ask(question, hidden),
    stdin: async () => (await import('node:stream/consumers')).text(process.stdin),
    signal: stopped.signal,
  };
}

// A reader that had enough (`firn event list | head -1`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exitCode = 0;
  else throw error;
});

const argv = process.argv.slice(2);
// The server and the agent have their own way to stop.
if (argv[0] !== 'server' && argv[0] !== 'agent') process.once('SIGINT', () => stopped.abort()).once('SIGTERM', () => stopped.abort());
process.exitCode = await run(argv, processIo());
