/**
 * The server as a process of its own, so that it can be killed without a last word. Takes the data folder of a site whose own server is
 * stopped; answers on the same addresses, so that agents and callers find it where it was.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LAB_ENVIRONMENT } from './run.ts';

const NODE = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
const MAIN = fileURLToPath(new URL('../../server/main.ts', import.meta.url));
const START_LIMIT_MS = 60_000;
const POLL_MS = 20;

export interface ServerProcessOptions {
  /** `FIRN_...` settings; nothing of the caller's environment is passed on. */
  readonly settings: Readonly<Record<string, string>>;
  /** Where people reach it, as `http://address:port`. */
  readonly url: string;
  /** Output is appended here. */
  readonly logFile: string;
  /** Told of each process that it starts; what that one starts belongs to it. */
  readonly onStart: (pid: number) => Promise<void>;
}

export class ServerProcess {
  readonly #options: ServerProcessOptions;
  #child: ChildProcess | undefined;

  constructor(options: ServerProcessOptions) {
    this.#options = options;
  }

  /** Resolves when it answers. Throws when it has not after a minute, or has ended. */
  async start(): Promise<void> {
    const { settings, url, logFile, onStart } = this.#options;
    const log = openSync(logFile, 'a');
    const child = spawn(NODE, [MAIN], { stdio: ['ignore', log, log], env: { ...LAB_ENVIRONMENT, ...settings } });
    closeSync(log);
    this.#child = child;
    if (child.pid !== undefined) await onStart(child.pid);
    const end = performance.now() + START_LIMIT_MS;
    for (;;) {
      if (await answers(url)) return;
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: see ${logFile}`);
      if (performance.now() > end) throw new Error(`the server does not answer after ${START_LIMIT_MS / 1000} s`);
      await delay(POLL_MS);
    }
  }

  /** Ends it in the middle of whatever it does, unless another signal is named. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}

function answers(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1_000) }).then((response) => response.ok, () => false);
}
