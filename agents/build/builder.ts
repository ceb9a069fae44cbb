// The builds of this host: takes the whole list of orders, runs so many at once, says how they go until the server has all of it.
// What the server has not acknowledged is on disk: neither a lost connection nor a restart of the agent loses the end of a build.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { sentenceOf, type Log } from '../log.ts';
import type { BuildOrder, BuildReport, ServerMessage } from '../protocol.ts';
import { BuildRecord, hasEnded, readRecords } from './build-record.ts';
import { buildLabels, BUILD_LABEL } from './engine.ts';
import { LABELS } from '../protocol.ts';
import { perform } from './perform.ts';
import { Telling } from './telling.ts';
import type { BuilderHost } from './work.ts';

export interface BuilderParts extends BuilderHost {
  readonly clock: Clock;
  readonly log: Log;
  /** Folder for builds alone; made when absent. */
  readonly folder: string;
  /** Folder in memory, of this agent alone. */
  readonly memoryFolder: string;
  readonly atOnce: number;
  /** Sends a report; false when there is no connection. */
  readonly send: (report: BuildReport) => boolean;
}

type Acknowledgement = Extract<ServerMessage, { type: 'build-ack' }>;

interface Build {
  readonly telling: Telling;
  /** Absent for builds of an earlier run of the agent, which have ended. */
  readonly order?: BuildOrder;
  readonly control: AbortController;
  ended?: Promise<void>;
}

export class Builder implements AsyncDisposable {
  readonly #parts: BuilderParts;
  readonly #builds = new Map<string, Build>();
  #isClosed = false;
  #isClean = false;

  private constructor(parts: BuilderParts) {
    this.#parts = parts;
  }

  /** Reads what an earlier run left: builds that were under way have failed through no fault of their source. */
  static async open(parts: BuilderParts): Promise<Builder> {
    await mkdir(parts.folder, { recursive: true, mode: 0o700 });
    const builder = new Builder(parts);
    for (const { record, state } of await readRecords(parts.folder)) {
      await record.removeWork();
      const telling = new Telling(record, state, parts);
      if (!hasEnded(state)) await telling.end({ phase: 'failed', reason: 'the agent of the builder host was restarted while it built; it may be tried again', isPlatform: true });
      builder.#builds.set(state.id, { telling, control: new AbortController() });
    }
    await rm(parts.memoryFolder, { recursive: true, force: true });
    await builder.#clean();
    return builder;
  }

  /** All builds that this host should do. */
  take(orders: readonly BuildOrder[]): void {
    if (this.#isClosed) return;
    const wanted = new Map(orders.map((order) => [order.id, order]));
    for (const [id, build] of this.#builds) {
      const order = wanted.get(id);
      if (order !== undefined && order.attempt <= build.telling.attempt) wanted.delete(id);
      else this.#drop(id, build, order === undefined ? 'the build was cancelled' : 'the build is tried anew');
    }
    for (const order of wanted.values()) {
      const record = new BuildRecord(this.#parts.folder, order.id, order.attempt);
      const telling = new Telling(record, { id: order.id, attempt: order.attempt, phase: 'waiting', reason: 'waiting for a place on the builder' }, this.#parts);
      this.#builds.set(order.id, { telling, order, control: new AbortController() });
    }
    this.#startMore();
  }

  /** The server has that much of a build. */
  ack({ id, attempt, logBytes, isEnded }: Omit<Acknowledgement, 'type'>): void {
    const build = this.#builds.get(id);
    if (build === undefined || build.telling.attempt !== attempt) return;
    if (!isEnded) return build.telling.acknowledge(logBytes);
    // An end that the server says of a build at work is a wish: it has the build no more.
    this.#drop(id, build, 'the server does not want this build any more');
  }

  /** The connection is new: says everything that is not acknowledged. */
  resend(): void {
    for (const build of this.#builds.values()) build.telling.tell();
  }

  /** Phases of the builds here, for logs and tests. */
  get phases(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#builds].map(([id, build]) => [id, build.telling.phase]));
  }

  /** Ends what is under way; the next run of the agent reports it as failed and to be tried again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const build of this.#builds.values()) {
      build.telling.close();
      build.control.abort(new Error('the agent stops'));
    }
    await Promise.allSettled([...this.#builds.values()].map(async (build) => build.ended));
    await rm(this.#parts.memoryFolder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #startMore(): void {
    if (this.#isClosed) return;
    const builds = [...this.#builds.values()];
    let places = this.#parts.atOnce - builds.filter((build) => build.ended !== undefined && !build.telling.hasEnded).length;
    for (const build of builds) {
      if (build.order === undefined || build.ended !== undefined) continue;
      if (places <= 0) {
        build.telling.tell();
        continue;
      }
      places -= 1;
      build.ended = this.#run(build, build.order).then(() => this.#startMore());
    }
  }

  async #run(build: Build, order: BuildOrder): Promise<void> {
    const { log } = this.#parts;
    const labels = buildLabels(this.#parts.clusterId, this.#parts.hostId, order.id);
    const memoryFolder = join(this.#parts.memoryFolder, build.telling.key);
    try {
      await build.telling.begin();
      await this.#clean();
      log.info({ build: order.id, attempt: order.attempt, kind: order.source.kind }, 'build starts');
      const end = await perform({ host: this.#parts, order, telling: build.telling, control: build.control, memoryFolder, labels });
      // A build that the end of the agent broke off stays as it is on disk: the next run knows that it did not end.
      if (!this.#isClosed) await build.telling.end(end);
      log.info({ build: order.id, phase: end.phase, reason: end.reason }, 'build ended');
    } catch (error) {
      log.error({ build: order.id, reason: sentenceOf(error) }, 'a build could not be carried out');
      await build.telling.end({ phase: 'failed', reason: `the builder could not carry it out: ${sentenceOf(error)}`, isPlatform: true }).catch(() => undefined);
    } finally {
      await rm(memoryFolder, { recursive: true, force: true });
      await build.telling.record.removeWork();
    }
  }

  #drop(id: string, build: Build, reason: string): void {
    build.control.abort(new Error(reason));
    this.#builds.delete(id);
    build.telling.close();
    // While it works it still writes.
    void (build.ended ?? Promise.resolve()).then(() => build.telling.record.remove());
  }

  /** Containers of builds that an agent which was killed left: ours by cluster, host and label, and nothing else. Once, as soon as the engine answers. */
  async #clean(): Promise<void> {
    if (this.#isClean) return;
    const { engine, clusterId, hostId, log } = this.#parts;
    try {
      const left = await engine.containers({ [LABELS.cluster]: clusterId, [BUILD_LABEL]: '', [`${BUILD_LABEL}.host`]: hostId });
      for (const id of left) await engine.removeContainer(id);
      if (left.length > 0) log.info({ containers: left.length }, 'removed what was left of builds');
      this.#isClean = true;
    } catch (error) {
      log.warn({ reason: sentenceOf(error) }, 'leftovers of builds could not be looked for');
    }
  }
}
