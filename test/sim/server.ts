// The server of a simulation: the real context, loops and HTTP app on a database file in memory, without listeners. It may crash between any two
// statements of its database, and starts again on the same file.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { type Config, DEFAULTS } from '#server/config.ts';
import { type Context, openContext } from '#server/context.ts';
import { prepareFirstStart } from '#server/control/first-start.ts';
import { hostOfCredential } from '#server/fleet/host-credentials.ts';
import type { Loop, LoopName } from '#server/control/driver.ts';
import { startLoops } from '#server/control/loops.ts';
import { AgentSession } from '#server/control/session.ts';
import { openDatabase, type OpenDatabase } from '#server/db/open.ts';
import { ensureFirstAdmin } from '#server/http/accounts.ts';
import { createApp } from '#server/http/app.ts';
import type { Door } from './cable.ts';
import { questionsHere } from './questions.ts';
import { EPOCH_MS, Life, type Time } from './time.ts';
import type { Trace } from './trace.ts';

export interface Answer {
  readonly status: number;
  readonly body: ReturnType<typeof JSON.parse>;
}

/** Loops that ask the world outside, or only make figures for people: a simulation has neither. */
const LEFT_OUT: ReadonlySet<LoopName> = new Set<LoopName>(['insight', 'builds', 'drills', 'prometheus', 'webhooks', 'market', 'burst', 'sites', 'retention']);
const PASSWORD = 'admin-of-this-simulation';
/** Where memory is a file system. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export class SimServer {
  context: Context | undefined;
  isUp = false;
  /** Times that it started. */
  starts = 0;
  /** When it was up again. */
  startedMs = 0;
  readonly folder: string;
  readonly #time: Time;
  readonly #trace: Trace;
  readonly #config: Config;
  readonly #token: string;
  readonly #isTraced: boolean;
  #life: Life;
  #database: OpenDatabase | undefined;
  #app: ReturnType<typeof createApp> | undefined;
  #ids = 0;
  /** Calls that are not answered yet. */
  readonly #waiting = new Set<(answer: null) => void>();
  #statementsToCrash = Number.POSITIVE_INFINITY;
  /** Called when it crashed by a statement. */
  onCrash: () => void = () => undefined;

  constructor(parts: { readonly time: Time; readonly trace: Trace; readonly isTraced: boolean; readonly template: Template; readonly config?: Partial<Config> }) {
    this.#time = parts.time;
    this.#trace = parts.trace;
    this.#isTraced = parts.isTraced;
    this.#token = parts.template.token;
    this.folder = mkdtempSync(join(MEMORY, 'firn-sim-'));
    for (const name of readdirSync(parts.template.folder)) copyFileSync(join(parts.template.folder, name), join(this.folder, name));
    this.#config = configOf(this.folder, parts.config);
    this.#life = new Life(this.#time, 'server');
  }

  get databasePath(): string {
    return join(this.folder, 'firn.db');
  }

  get config(): Config {
    return this.#config;
  }

  /** Opens everything on the file that is there. Rejects where a crash comes in between. */
  async start(): Promise<void> {
    const life = new Life(this.#time, 'server');
    this.#life = life;
    this.starts += 1;
    this.#trace.say('server', 'starts');
    const context = await openContext(this.#config, {
      clock: { now: () => EPOCH_MS + Math.round(this.#time.nowMs) },
      timing: life.timing,
      ids: { next: () => `id-${String((this.#ids += 1)).padStart(9, '0')}` },
      log: this.#log(life),
      questions: questionsHere,
      recorder: { note: async () => undefined, settled: async () => undefined, [Symbol.asyncDispose]: async () => undefined },
      database: { open: (folder, migrations) => this.#open(life, folder, migrations), checkpointer: () => ({ committed: () => undefined, close: async () => undefined }) },
    });
    await prepareFirstStart(context);
    const loops = { ...context.loops, add: (loop: Loop) => void (LEFT_OUT.has(loop.name) || context.loops.add(loop)) };
    await startLoops({ ...context, loops });
    await context.steering.refresh();
    if (life.isOver) throw new Error('the server crashed while it started');
    this.context = context;
    this.#app = createApp(context, { callsPerMinute: 1_000_000_000 });
    this.isUp = true;
    this.startedMs = this.#time.nowMs;
  }

  /** The process is gone: its transaction with it, nothing of it goes on. */
  crash(): void {
    if (this.#life.isOver) return;
    this.#trace.say('server', 'is killed');
    this.#life.end();
    this.isUp = false;
    this.context = undefined;
    this.#app = undefined;
    this.#statementsToCrash = Number.POSITIVE_INFINITY;
    this.#database?.close();
    this.#database = undefined;
    for (const answered of this.#waiting) answered(null);
    this.onCrash();
  }

  /** It crashes before so many further statements of its database have run. */
  crashAfterStatements(count: number): void {
    this.#statementsToCrash = count;
  }

  /** Calls the API as an administrator; null: the server went away before it answered. */
  call(method: string, path: string, body?: unknown): Promise<Answer | null> {
    const app = this.#app;
    const life = this.#life;
    if (app === undefined) return Promise.resolve(null);
    const headers = { authorization: `Bearer ${this.#token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    return new Promise((resolve) => {
      const answered = (answer: Answer | null): void => {
        if (this.#waiting.delete(answered)) this.#time.machineWork -= 1;
        if (answer === null || !life.isOver) resolve(answer);
      };
      this.#waiting.add(answered);
      this.#time.machineWork += 1;
      const work = async (): Promise<Answer> => {
        const response = await app.request(`/api/v1${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
        const text = await response.text();
        return { status: response.status, body: text === '' ? null : JSON.parse(text) };
      };
      work().then(answered, () => undefined);
    });
  }

  /** What agents find at the server's address. */
  get door(): Door | null {
    const { context } = this;
    if (context === undefined) return null;
    return {
      life: this.#life,
      accept: async (authorization, socket) => {
        const [, hostId, credential] = /^Bearer ([^.\s]{1,64})\.([^\s]{16,256})$/.exec(authorization) ?? [];
        const host = await hostOfCredential(context, hostId, credential);
        return host === undefined ? null : new AgentSession(context, host, socket);
      },
    };
  }

  remove(): void {
    this.crash();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #open(life: Life, folder: string, migrations: string): OpenDatabase {
    const database = openDatabase(folder, migrations);
    this.#database = database;
    for (const client of [database.writerClient, database.readerClient]) {
      const prepare = client.prepare.bind(client);
      client.prepare = (text: string) => {
        this.#countStatement(life);
        return prepare(text);
      };
      const exec = client.exec.bind(client);
      client.exec = (text) => {
        this.#countStatement(life);
        return exec(text);
      };
    }
    return database;
  }

  #countStatement(life: Life): void {
    if (life.isOver) throw new Error('this process is dead');
    if (this.#statementsToCrash-- > 0) return;
    this.crash();
    throw new Error('this process is dead');
  }

  #log(life: Life): Context['log'] {
    if (!this.#isTraced) return pino({ level: 'silent' });
    const write = (line: string): void => {
      if (life.isOver) return;
      const { level: _, time: __, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
      this.#trace.say('server', String(msg), fields);
    };
    return pino({ level: 'info', base: null }, { write });
  }
}

/** A data folder with a user and a token, made once and copied for each simulation. */
export interface Template extends Disposable {
  readonly folder: string;
  readonly token: string;
}

export async function makeTemplate(): Promise<Template> {
  const folder = mkdtempSync(join(MEMORY, 'firn-sim-template-'));
  mkdirSync(folder, { recursive: true });
  let ids = 0;
  const context = await openContext(configOf(folder), { clock: { now: () => EPOCH_MS }, ids: { next: () => `first-${(ids += 1)}` }, log: pino({ level: 'silent' }), timers: false });
  await prepareFirstStart(context);
  await ensureFirstAdmin(context, PASSWORD);
  const app = createApp(context);
  const json = { 'content-type': 'application/json' };
  const login = await app.request('/api/v1/auth/login', { method: 'POST', headers: json, body: JSON.stringify({ name: 'admin', password: PASSWORD }) });
  const cookie = login.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const made = await app.request('/api/v1/tokens', { method: 'POST', headers: { ...json, cookie }, body: JSON.stringify({ name: 'sim', scopes: ['admin'], team: null, expiresInSeconds: 365 * 86_400 }) });
  const { secret } = (await made.json()) as { secret?: string };
  await context[Symbol.asyncDispose]();
  if (secret === undefined) throw new Error(`no token for the simulation: ${made.status}`);
  return { folder, token: secret, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

const configOf = (dataDir: string, more: Partial<Config> = {}): Config => ({ ...DEFAULTS, dataDir, fleet: 'simulated', logLevel: 'silent', consoleDir: null, ...more });
