/**
 * The server's side of builds for tests: orders, acknowledgements and logs as the protocol wants them, a registry and a git server on the
 * lab's seat, and folders of layers as archives. Takes a stand-in server; gives what a builder said at the end of each build.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildOrder, BuildReport, LayerRef } from '#agents/protocol.ts';
import type { StandInServer } from '#agents/stand-in.ts';
import { LAB_ENVIRONMENT } from './run.ts';

const LAYERS = fileURLToPath(new URL('../../agents/layers', import.meta.url));
const NODE = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));

const HAS_ENDED: ReadonlySet<BuildReport['phase']> = new Set(['succeeded', 'failed', 'cancelled']);

/** The protocol's server side for builds of one host. */
export class BuildSeat {
  readonly reports = new Map<string, BuildReport[]>();
  /** When false, nothing is acknowledged: the server is too busy. */
  acks = true;
  readonly #server: StandInServer;
  readonly #hostId: string;
  readonly #orders = new Map<string, BuildOrder>();
  readonly #logs = new Map<string, Buffer>();

  constructor(server: StandInServer, hostId: string) {
    this.#server = server;
    this.#hostId = hostId;
    server.onMessage = (host, message) => {
      if (host !== hostId) return;
      if (message.type === 'hello') this.#sendList();
      if (message.type === 'build') this.#hear(message.report);
    };
  }

  order(order: BuildOrder): void {
    this.#orders.set(order.id, order);
    this.#sendList();
  }

  cancel(id: string): void {
    this.#orders.delete(id);
    this.#sendList();
  }

  log(id: string): string {
    return (this.#logs.get(id) ?? Buffer.alloc(0)).toString();
  }

  /** The last report of a build once it says how it ended. */
  async ended(id: string, deadlineMs = 120_000): Promise<BuildReport> {
    return this.until(id, (report) => HAS_ENDED.has(report.phase), deadlineMs);
  }

  /** The first report of a build, there already or to come, that fits. */
  async until(id: string, fits: (report: BuildReport) => boolean, deadlineMs = 60_000): Promise<BuildReport> {
    const find = (): BuildReport | undefined => this.reports.get(id)?.find(fits);
    await this.#server.untilTrue(() => find() !== undefined, deadlineMs, () => `build ${id}: ${JSON.stringify(this.reports.get(id)?.at(-1))}\n${this.log(id)}`);
    return find() as BuildReport;
  }

  /** Waits until the log says something; a build that ends before that is an error. */
  async untilLog(id: string, pattern: RegExp, deadlineMs = 60_000): Promise<void> {
    const ended = (): boolean => HAS_ENDED.has(this.reports.get(id)?.at(-1)?.phase ?? 'waiting');
    const told = (): string => `build ${id}: ${JSON.stringify(this.reports.get(id)?.at(-1))}\n${this.log(id)}`;
    await this.#server.untilTrue(() => pattern.test(this.log(id)) || ended(), deadlineMs, told);
    if (!pattern.test(this.log(id))) throw new Error(`ended without saying ${pattern.source}: ${told()}`);
  }

  #sendList(): void {
    try {
      this.#server.tell(this.#hostId, { type: 'builds', orders: [...this.#orders.values()] });
    } catch {
      // Not connected: its hello will ask.
    }
  }

  #hear(report: BuildReport): void {
    const { id, attempt, log } = report;
    this.reports.set(id, [...(this.reports.get(id) ?? []), report]);
    const have = this.#logs.get(id) ?? Buffer.alloc(0);
    if (log !== undefined && log.offset <= have.length) this.#logs.set(id, Buffer.concat([have.subarray(0, log.offset), Buffer.from(log.text)]));
    if (!this.acks) return;
    const isEnded = HAS_ENDED.has(report.phase);
    if (isEnded) this.#orders.delete(id);
    this.#server.tell(this.#hostId, { type: 'build-ack', id, attempt, logBytes: this.#logs.get(id)?.length ?? 0, isEnded });
  }
}

/** A folder of a shipped layer as the archive that a server would keep; what a layer of Node lacks is put in from this machine. */
export function layerArchive(name: string, scratch: string, more: Readonly<Record<string, string>> = {}): Buffer {
  const folder = join(scratch, `layer-${name}`);
  if (existsSync(join(LAYERS, name))) cpSync(join(LAYERS, name), folder, { recursive: true });
  mkdirSync(folder, { recursive: true });
  if (name.startsWith('node')) {
    const node = realpathSync(NODE);
    const libraries = name === 'node' ? [] : [...execFileSync('ldd', [node], { encoding: 'utf8' }).matchAll(/(?:=>\s+|^\s*)(\/\S+)\s+\(0x/gm)].map(([, path = '']) => path);
    for (const [from, to] of [[node, '/usr/local/bin/node'], ...libraries.map((path) => [path, path])] as [string, string][]) {
      mkdirSync(dirname(join(folder, 'files', to)), { recursive: true });
      cpSync(realpathSync(from), join(folder, 'files', to));
      chmodSync(join(folder, 'files', to), 0o755);
    }
  }
  for (const [path, text] of Object.entries(more)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
  }
  const archive = join(scratch, `layer-${name}.tar`);
  execFileSync('tar', ['-C', folder, '-cf', archive, '.']);
  return readFileSync(archive);
}

/** An order to build a layer whose folder the stand-in serves from now on. */
export function layerOrder(server: StandInServer, name: string, archive: Buffer, parts: { id: string; registry: string; from?: LayerRef; network?: boolean }): BuildOrder {
  const contextPath = `/agents/layers/${parts.id}`;
  server.files.set(contextPath, archive);
  return {
    id: parts.id,
    attempt: 1,
    source: { kind: 'layer', name, contextPath, contextSha256: createHash('sha256').update(archive).digest('hex'), ...(parts.from === undefined ? {} : { from: parts.from }) },
    repository: `${parts.registry}/layers/${name}`,
    limits: { cpuMilli: 2_000, memoryMib: 1_024, seconds: 900, diskMib: 4_096, logBytes: 1 << 20 },
    secrets: {},
    network: parts.network ?? false,
  };
}

/** A git repository whose commits have fixed authors and times, so that the same files give the same commit. */
export class Repository {
  readonly folder: string;
  #seconds = 1_790_000_000;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    this.#git('init', '--quiet', '--initial-branch=main');
  }

  /** Writes files, `null` removes one, and commits everything; gives the commit. */
  commit(files: Readonly<Record<string, string | null>>, subject = 'a change'): string {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      if (text === null) this.#git('rm', '--quiet', path);
      else writeFileSync(join(this.folder, path), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
    }
    this.#git('add', '-A');
    this.#git('commit', '--quiet', '--allow-empty', '-m', subject);
    this.#seconds += 60;
    return this.#git('rev-parse', 'HEAD');
  }

  /** Names the newest commit. */
  tag(name: string): void {
    this.#git('tag', name);
  }

  #git(...args: string[]): string {
    const date = `${this.#seconds} +0000`;
    const env = { ...LAB_ENVIRONMENT, GIT_CONFIG_GLOBAL: '/dev/null', GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date, GIT_AUTHOR_NAME: 'Ann', GIT_AUTHOR_EMAIL: 'ann@example.org', GIT_COMMITTER_NAME: 'Ann', GIT_COMMITTER_EMAIL: 'ann@example.org' };
    return execFileSync('git', ['-C', this.folder, ...args], { encoding: 'utf8', env }).trim();
  }
}

/** Configuration of Debian's docker-registry: one folder, one address, nothing else. */
export function registryConfig(address: string, folder: string): string {
  return `version: 0.1\nlog:\n  level: warn\nstorage:\n  filesystem:\n    rootdirectory: ${folder}\n  delete:\n    enabled: true\nhttp:\n  addr: ${address}\n`;
}
