// Images of this host: pulled when a replica needs one, ahead when a rollout will, and cleaned away when the disk fills and nothing needs them.
// One pull for each reference however many wait for it. What replicas wait for always goes before what is pulled ahead.
import { backoffMs, type Clock } from '../clock.ts';
import type { RegistryLogin, Runtime } from '../docker/runtime.ts';
import { sentenceOf, type Log } from '../log.ts';
import type { Assignment, ImagePolicy, ObservedImage, PullProgress, Report } from '../protocol.ts';
import { removable } from './choose.ts';
import type { DiskUse, ReadDisk } from './disk.ts';
import { checkArchitecture, ImageError, troubleOf } from './words.ts';

export interface KeeperParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly runtime: Runtime;
  readonly readDisk: ReadDisk;
  /** Where services keep what outlives them; absent: nowhere that can be looked at. */
  readonly persistDir?: string;
  /** What the agent signs in with at the registry of its assignments. */
  readonly login: Omit<RegistryLogin, 'registry'>;
  /** Called before each pull from that registry. */
  readonly trustRegistry: (registry: string) => Promise<void>;
  /** While something is built here, images come into being that nothing names yet. */
  readonly isBuilding: () => boolean;
  /** What a report would say of images is another thing now. */
  readonly onChange: () => void;
}

const FIRST_RETRY_MS = 1_000;
/** A rollout waits for images, so a registry that is back must be noticed soon. */
const LONGEST_RETRY_MS = 30_000;
/** Somebody may remove an image by hand. */
const LOOK_AGAIN_MS = 60_000;
const CLEAN_MS = 60_000;
const DISK_MS = 10_000;

/** Hears of a pull in words, and in figures where there are some. */
type Say = (words: string, pull?: PullProgress) => unknown;

interface Pull {
  readonly ended: Promise<void>;
  readonly sayers: Set<Say>;
}

interface Waiter {
  readonly isWanted: () => boolean;
  leave: () => void;
}

interface Ahead extends ObservedImage {
  readonly attempts: number;
  /** On the steady clock: when to look or try again. */
  readonly dueMs: number;
}

export class ImageKeeper {
  readonly #parts: KeeperParts;
  readonly #pulls = new Map<string, Pull>();
  readonly #ahead = new Map<string, Ahead>();
  /** Replicas that wait for an image now. */
  readonly #waiters = new Set<Waiter>();
  readonly #cancels = new Map<'ahead' | 'clean' | 'disk', () => void>();
  #policy: ImagePolicy | undefined;
  #assigned: ReadonlySet<string> = new Set();
  #engine: { readonly architecture?: string; readonly rootDir?: string } = {};
  #isPullingAhead = false;
  #disk: DiskUse | undefined;
  #persistDisk: DiskUse | undefined;
  #closed = false;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** Every image that is to be had ahead, as it is now. */
  get observed(): ObservedImage[] | undefined {
    return this.#policy?.prefetch.map((reference) => {
      const { attempts: _, dueMs: __, ...observed } = this.#ahead.get(reference) ?? WAITING(reference);
      return observed;
    });
  }

  get disk(): Report['imageDisk'] {
    return this.#disk;
  }

  /** Every file system that services depend on, as far as it can be seen. */
  get disks(): Report['disks'] {
    const all = [{ place: 'engine' as const, use: this.#disk }, { place: 'persist' as const, use: this.#persistDisk }];
    const seen = all.flatMap(({ place, use }) => (use === undefined ? [] : [{ place, ...use }]));
    return seen.length === 0 ? undefined : seen;
  }

  /** Begins to look at the disk, and to clean when asked to. */
  start(): void {
    void this.#measure();
    this.#after('clean', CLEAN_MS, () => void this.clean());
  }

  /** What the engine says of itself, once it has answered. */
  know(engine: { readonly architecture?: string; readonly rootDir?: string } | undefined): void {
    const isNews = engine?.rootDir !== this.#engine.rootDir;
    this.#engine = engine ?? this.#engine;
    if (isNews) void this.#measure();
  }

  /** Another assignment holds from now on. */
  take({ images, replicas }: Pick<Assignment, 'images' | 'replicas'>): void {
    this.#policy = images;
    this.#assigned = new Set(replicas.map((replica) => replica.image));
    const listed = new Set(images?.prefetch);
    for (const reference of this.#ahead.keys()) if (!listed.has(reference)) this.#ahead.delete(reference);
    for (const waiter of this.#waiters) if (!waiter.isWanted()) waiter.leave();
    this.#wake();
  }

  /**
   * True when the image is there and can run here; false as soon as it is not wanted any more, whatever the registry does: it is asked again with
   * every new assignment. Rejects with ImageError. `say` hears what is waited for.
   */
  async ensure(reference: string, say: (words: string, pull?: PullProgress) => void, isWanted: () => boolean): Promise<boolean> {
    const waiter: Waiter = { isWanted, leave: () => undefined };
    const left = new Promise<false>((resolve) => {
      waiter.leave = () => resolve(false);
    });
    this.#waiters.add(waiter);
    try {
      const had = await Promise.race([this.#ensure(reference, (...words) => this.#waiters.has(waiter) && say(...words)), left]);
      return had !== false && isWanted();
    } finally {
      this.#waiters.delete(waiter);
      this.#wake();
    }
  }

  close(): void {
    this.#closed = true;
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }

  /** Removes what nothing needs, oldest first, when the disk is fuller than it may be, until it is empty enough. Gives how many went. */
  async clean(): Promise<number> {
    this.#after('clean', CLEAN_MS, () => void this.clean());
    try {
      return await this.#clean();
    } catch (error) {
      this.#parts.log.warn({ reason: sentenceOf(error) }, 'images could not be cleaned');
      return 0;
    }
  }

  async #clean(): Promise<number> {
    const { runtime, log } = this.#parts;
    const policy = this.#policy;
    if (policy === undefined || !policy.mayClean || this.#parts.isBuilding() || !(await this.#isFullerThan(policy.watermarkPermille.high))) return 0;
    const [images, containers] = await Promise.all([runtime.images(), runtime.containers()]);
    const usedIds = new Set(containers.flatMap(({ imageId }) => imageId ?? []));
    let count = 0;
    for (const image of removable(images, { policy, usedIds, assigned: this.#assigned })) {
      // Meanwhile a rollout or a build may have begun.
      if (this.#closed || this.#policy !== policy || this.#parts.isBuilding() || !(await this.#isFullerThan(policy.watermarkPermille.low))) break;
      for (const name of image.references.length === 0 ? [image.id] : image.references) await runtime.removeImage(name);
      log.info({ image: image.references[0] ?? image.id, bytes: image.bytes }, 'image removed: nothing needs it and the disk is full');
      count += 1;
    }
    return count;
  }

  async #isFullerThan(permille: number): Promise<boolean> {
    await this.#look();
    return this.#disk !== undefined && this.#disk.usedBytes * 1000 > this.#disk.totalBytes * permille;
  }

  async #look(): Promise<void> {
    this.#disk = await this.#parts.readDisk(this.#engine.rootDir);
  }

  async #measure(): Promise<void> {
    await this.#look().catch(() => undefined);
    this.#persistDisk = await this.#parts.readDisk(this.#parts.persistDir).catch(() => undefined);
    this.#after('disk', DISK_MS, () => void this.#measure());
  }

  async #ensure(reference: string, say: Say): Promise<string> {
    const { runtime } = this.#parts;
    let image = await runtime.image(reference);
    if (image === undefined) {
      await this.#pull(reference, say);
      image = await runtime.image(reference);
    }
    if (image === undefined) throw new ImageError('other', `${reference} was pulled and is gone again`);
    checkArchitecture(reference, image.architecture, this.#engine.architecture ?? '');
    return image.id;
  }

  async #pull(reference: string, say: Say): Promise<void> {
    const pull = this.#pulls.get(reference) ?? this.#begin(reference);
    pull.sayers.add(say);
    say(`pulls ${reference}`);
    try {
      await pull.ended;
    } finally {
      pull.sayers.delete(say);
    }
  }

  #begin(reference: string): Pull {
    const { runtime, log } = this.#parts;
    const sayers = new Set<Say>();
    const tell = (words: string, pull?: PullProgress): void => {
      for (const say of sayers) say(`pulls ${reference}: ${words}`, pull);
    };
    const login = this.#loginFor(reference);
    const trusted = login === undefined ? Promise.resolve() : this.#parts.trustRegistry(login.registry);
    const ended = trusted
      .then(() => runtime.pull(reference, tell, login))
      .then(() => log.info({ image: reference }, 'image pulled'))
      .catch((error: unknown) => {
        throw troubleOf(reference, sentenceOf(error));
      })
      .finally(() => this.#pulls.delete(reference));
    const pull = { ended, sayers };
    this.#pulls.set(reference, pull);
    return pull;
  }

  /** The credential goes to the registry of the assignment and to no other. */
  #loginFor(reference: string): RegistryLogin | undefined {
    const registry = this.#policy?.registry;
    return registry !== undefined && reference.startsWith(`${registry}/`) ? { registry, ...this.#parts.login } : undefined;
  }

  /** Takes the next image that is to be had ahead, unless one is on its way or replicas wait for images. */
  #wake(): void {
    if (this.#closed || this.#isPullingAhead || this.#waiters.size > 0) return;
    const nowMs = this.#parts.clock.elapsedMs();
    const due = (this.#policy?.prefetch ?? []).map((reference) => this.#ahead.get(reference) ?? WAITING(reference)).toSorted((one, other) => one.dueMs - other.dueMs);
    const [next] = due;
    if (next === undefined) return;
    if (next.dueMs > nowMs) return this.#after('ahead', next.dueMs - nowMs, () => this.#wake());
    this.#isPullingAhead = true;
    void this.#fetchAhead(next).finally(() => {
      this.#isPullingAhead = false;
      this.#wake();
    });
  }

  async #fetchAhead({ reference, attempts, state }: Ahead): Promise<void> {
    const { clock, log } = this.#parts;
    const put = (more: Omit<Ahead, 'reference'>): void => {
      if (this.#policy?.prefetch.includes(reference) !== true) return;
      this.#ahead.set(reference, { reference, ...more });
      this.#parts.onChange();
    };
    // One that could not be had counts as such until something really comes.
    let isMoving = attempts === 0;
    try {
      const imageId = await this.#ensure(reference, (reason, pull) => {
        if (isMoving) put({ state: 'pulling', reason, ...(pull === undefined ? {} : { pull }), attempts, dueMs: clock.elapsedMs() });
        isMoving = true;
      });
      put({ state: 'present', imageId, attempts: 0, dueMs: clock.elapsedMs() + LOOK_AGAIN_MS });
    } catch (error) {
      const waitMs = backoffMs(attempts + 1, FIRST_RETRY_MS, LONGEST_RETRY_MS);
      const reason = sentenceOf(error);
      if (state !== 'failed') log.warn({ image: reference, reason }, 'an image could not be had ahead; it is tried again');
      put({ state: 'failed', reason: `${reason} (attempt ${attempts + 1}, tried again)`, attempts: attempts + 1, dueMs: clock.elapsedMs() + waitMs });
    }
  }

  #after(name: 'ahead' | 'clean' | 'disk', delayMs: number, callback: () => void): void {
    this.#cancels.get(name)?.();
    if (this.#closed) return;
    this.#cancels.set(name, this.#parts.clock.after(delayMs, () => {
      this.#cancels.delete(name);
      callback();
    }));
  }
}

const WAITING = (reference: string): Ahead => ({ reference, state: 'waiting', reason: 'waits for its turn', attempts: 0, dueMs: 0 });
