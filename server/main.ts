// The server's process: reads the configuration, starts, waits for a signal, stops. Nothing else lives here.
import { setFlagsFromString } from 'node:v8';
import { type Flags, readConfig } from './config.ts';
import { DomainError } from './errors.ts';
import { ServerStartError } from './start-error.ts';
import { startServer } from './start.ts';

/**
 * How much the heap may grow before it is collected, in percent. On a machine with much memory garbage would otherwise become several times of what is in use:
 * with reports of 10,000 hosts 79 MB instead of 189 MB of heap, for a twentieth more CPU where they are read.
 */
const HEAP_GROWTH_PERCENT = 40;

/** Runs until a signal arrives. @returns the exit code: 0 after a signal, 1 when it could not start (said on stderr in one sentence) */
export async function runServer(flags: Flags = {}): Promise<number> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  // From the first moment on: a signal that comes while starting stops what was started.
  const ended = signal();
  try {
    const handle = await startServer(readConfig(flags));
    process.stdout.write(`Firn answers on ${handle.url}, agents join on ${handle.agentUrl}\n`);
    if (handle.firstLogin !== null) process.stdout.write(`First login: ${handle.firstLogin.name} with password ${handle.firstLogin.password} (shown once)\n`);
    await ended;
    await handle.stop();
    return 0;
  } catch (error) {
    if (!(error instanceof ServerStartError) && !(error instanceof DomainError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

async function signal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once('SIGINT', resolve).once('SIGTERM', resolve);
  await promise;
}

if (import.meta.main) process.exitCode = await runServer();
