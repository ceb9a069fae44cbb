// The registry as a child process: Debian's `docker-registry` on a socket in its own folder, which only this user may open. Started again with
// rising pauses when it ends, asked for its health, its log kept short. It stands still while what nobody needs is collected.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Log } from '../log.ts';
import { whyDown } from './client.ts';
import { type BoundedLog, openBoundedLog } from './log-file.ts';
import { repositoriesFolder } from './storage.ts';
import type { Upstream } from './upstream.ts';

export interface EmbeddedState {
  readonly state: 'up' | 'down' | 'cleaning' | 'absent';
  /** One sentence when it is not up. */
  readonly reason: string | null;
}

export interface Embedded extends AsyncDisposable {
  readonly upstream: Upstream;
  readonly storageFolder: string;
  readonly now: EmbeddedState;
  /** Collects what no manifest names, with the child stopped. @throws Error with what the program said */
  collect(beside: () => Promise<void>): Promise<void>;
}

const PROGRAM = 'docker-registry';
/** The longest path of a socket that every Unix takes. */
const LONGEST_SOCKET = 100;
const HEALTH_EVERY_MS = 3_000;
/** While it starts, it is asked more often: a build waits for it. */
const HEALTH_AT_START_MS = 50;
/** A busy machine answers late, and is not down for that. */
const HEALTH_DEADLINE_MS = 4_000;
/** Silent for this long it hangs, and is ended; while it starts, too. */
const HANGS_MS = 60_000;
const LEAST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;
/** It ends open calls within this time, or is ended. */
const STOP_MS = 5_000;
const COLLECT_MS = 30 * 60_000;
const ABSENT: EmbeddedState = { state: 'absent', reason: `There is no registry on the server's machine: install ${PROGRAM} (apt-get install ${PROGRAM}).` };

/** @param onChange is told after every change of the state */
export async function openEmbedded({ folder, log, onChange }: { readonly folder: string; readonly log: Log; readonly onChange: () => void }): Promise<Embedded> {
  const storageFolder = join(folder, 'storage');
  const socket = await socketFor(folder);
  const configFile = await writeConfig(folder, storageFolder, socket.path);
  return new Child({ storageFolder, socket, configFile, pidFile: join(folder, 'pid'), output: openBoundedLog(join(folder, 'registry.log')), log, onChange });
}

interface Parts {
  readonly storageFolder: string;
  readonly socket: Socket;
  readonly configFile: string;
  readonly pidFile: string;
  readonly output: BoundedLog;
  readonly log: Log;
  readonly onChange: () => void;
}

class Child implements Embedded {
  readonly upstream: Upstream;
  readonly storageFolder: string;
  readonly #parts: Parts;
  readonly #closing = new AbortController();
  readonly #life: Promise<void>;
  #now: EmbeddedState = { state: 'down', reason: 'The registry starts.' };
  #child: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();
  /** While what nobody needs is collected: the child is not started before it resolves. */
  #held: PromiseWithResolvers<void> | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.storageFolder = parts.storageFolder;
    this.upstream = { socketPath: parts.socket.path };
    this.#life = this.#live();
  }

  get now(): EmbeddedState {
    return this.#now;
  }

  async collect(beside: () => Promise<void>): Promise<void> {
    this.#held = Promise.withResolvers();
    this.#settle({ state: 'cleaning', reason: 'The registry stands still while what nobody needs is removed; it goes on by itself.' });
    try {
      await this.#stop();
      await mkdir(repositoriesFolder(this.storageFolder), { recursive: true });
      await beside();
      await promisify(execFile)(PROGRAM, ['garbage-collect', this.#parts.configFile], { timeout: COLLECT_MS, maxBuffer: 64 * 1024 * 1024, env: { PATH } });
    } finally {
      this.#settle({ state: 'down', reason: 'The registry starts again after cleaning.' });
      this.#held.resolve();
      this.#held = null;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#held?.resolve();
    await this.#stop();
    await this.#life;
    await this.#parts.output[Symbol.asyncDispose]();
    await this.#parts.socket.remove();
  }

  /** Starts the child again and again, until this is closed. */
  async #live(): Promise<void> {
    const { signal } = this.#closing;
    await endLeftOver(this.#parts.pidFile, this.#parts.configFile);
    for (let pauseMs = LEAST_PAUSE_MS; !signal.aborted; ) {
      await this.#held?.promise;
      if (signal.aborted) break;
      await this.#start();
      const startedAt = performance.now();
      await this.#watch();
      await this.#ended;
      pauseMs = performance.now() - startedAt > LONGEST_PAUSE_MS ? LEAST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
      if (this.#held === null) await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #start(): Promise<void> {
    const { socket, configFile, pidFile, output } = this.#parts;
    await rm(socket.path, { force: true });
    const child = spawn(PROGRAM, ['serve', configFile], { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH } });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => output.write(part));
    const { promise, resolve } = Promise.withResolvers<void>();
    child.once('error', (error: NodeJS.ErrnoException) => {
      this.#settle(error.code === 'ENOENT' ? ABSENT : { state: 'down', reason: `The registry cannot be started: ${error.message}.` });
      resolve();
    });
    child.once('exit', (code, signal) => {
      if (this.#held === null && !this.#closing.signal.aborted) this.#settle({ state: 'down', reason: `The registry ended (${signal ?? `exit code ${code}`}) and is started again: ${output.last()}` });
      resolve();
    });
    this.#child = child;
    this.#ended = promise.then(() => void (this.#child = null));
    if (child.pid !== undefined) await writeFile(pidFile, String(child.pid));
    // Closed meanwhile: whoever closed it found no child to stop.
    if (this.#closing.signal.aborted) child.kill('SIGTERM');
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await this.#ended;
    clearTimeout(timer);
    await rm(this.#parts.pidFile, { force: true });
  }

  /** Asks for its health until it ends; one that is silent for long is ended. */
  async #watch(): Promise<void> {
    for (let heardAt = performance.now(); this.#child !== null; ) {
      const why = await whyDown(this.upstream, HEALTH_DEADLINE_MS);
      if (this.#isLeft()) return;
      const now = performance.now();
      if (why === null) {
        heardAt = now;
        this.#settle({ state: 'up', reason: null });
      } else if (this.#now.state === 'up' && now - heardAt > HEALTH_DEADLINE_MS) this.#settle({ state: 'down', reason: why });
      if (now - heardAt > HANGS_MS) this.#child?.kill('SIGKILL');
      await Promise.race([this.#ended, delay(this.#now.state === 'up' ? HEALTH_EVERY_MS : HEALTH_AT_START_MS)]);
    }
  }

  /** The child ended or is being stopped: its health says nothing any more. */
  #isLeft(): boolean {
    return this.#child === null || this.#held !== null || this.#closing.signal.aborted;
  }

  #settle(next: EmbeddedState): void {
    const { log, onChange } = this.#parts;
    if (next.state === this.#now.state && next.reason === this.#now.reason) return;
    log[next.state === 'up' ? 'info' : 'warn']({ state: next.state, reason: next.reason }, 'registry.state');
    this.#now = next;
    onChange();
  }
}

/** Debian keeps the program here; the server's own environment is nobody's business. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

interface Socket {
  readonly path: string;
  remove(): Promise<void>;
}

/** In the registry's folder, or in one of the system's where that path is too long for a socket. */
async function socketFor(folder: string): Promise<Socket> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const near = join(folder, 'registry.sock');
  if (Buffer.byteLength(near) <= LONGEST_SOCKET) return { path: near, remove: () => rm(near, { force: true }) };
  const far = await mkdtemp(join(tmpdir(), 'firn-registry-'));
  return { path: join(far, 'registry.sock'), remove: () => rm(far, { recursive: true, force: true }) };
}

/** JSON is YAML. No telemetry, no access log, no port. */
async function writeConfig(folder: string, storageFolder: string, socket: string): Promise<string> {
  await mkdir(storageFolder, { recursive: true, mode: 0o700 });
  const secretFile = join(folder, 'upload-secret');
  // Kept, so that uploads which were begun go on after a restart.
  const secret = await readFile(secretFile, 'utf8').catch(() => '');
  const kept = secret.length >= 64 ? secret : randomBytes(32).toString('hex');
  if (kept !== secret) await writeFile(secretFile, kept, { mode: 0o600 });
  const config = {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storageFolder }, delete: { enabled: true }, cache: { blobdescriptor: 'inmemory' } },
    http: { net: 'unix', addr: socket, relativeurls: true, secret: kept, headers: { 'X-Content-Type-Options': ['nosniff'] } },
  };
  const path = join(folder, 'config.yml');
  await writeFile(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  return path;
}

/** A server that was killed left its child behind: two registries on one folder would not know of each other's collections. */
async function endLeftOver(pidFile: string, configFile: string): Promise<void> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 1) return;
  // The command line says whether the number is still that process's.
  const isOurs = async () => (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0').includes(configFile);
  for (let tries = 0; tries < 50 && (await isOurs()); tries += 1) {
    try {
      process.kill(pid, tries < 25 ? 'SIGTERM' : 'SIGKILL');
    } catch {
      return;
    }
    await delay(100);
  }
}
