// The images of an engine in memory: all there from the beginning unless told, pulled with a delay, refused where a behaviour says so.
import { pause, type Clock } from '../clock.ts';
import type { PullProgress } from '../protocol.ts';
import { imageIdOf, type FakeBehaviour } from './fake-behaviour.ts';
import type { PresentImage, RegistryLogin, Runtime } from './runtime.ts';

const IMAGE_BYTES = 50_000_000;

export interface FakeImagesParts {
  readonly clock: Clock;
  /** How long a pull takes. */
  readonly pullMs: number | undefined;
  /** Images that are there from the beginning; absent: every image is. */
  readonly images: readonly string[] | undefined;
  readonly behaviours: ReadonlyMap<string, FakeBehaviour> | undefined;
  readonly journal: string[];
  /** Throws when the engine is down, or when this operation shall fail. */
  readonly meet: (operation: 'pull' | 'removeImage' | 'containers', counts?: boolean) => void;
}

export class FakeImages implements Pick<Runtime, 'image' | 'images' | 'removeImage' | 'pull'> {
  readonly #parts: FakeImagesParts;
  readonly #images: Set<string> | undefined;
  /** Images that came by pulls where every image counts as there. */
  readonly #seen = new Set<string>();

  constructor(parts: FakeImagesParts) {
    this.#parts = parts;
    this.#images = parts.images === undefined ? undefined : new Set(parts.images);
  }

  async image(reference: string): Promise<{ id: string; architecture: string } | undefined> {
    this.#parts.meet('containers', false);
    const behaviour = this.#parts.behaviours?.get(reference);
    const isThere = this.#images?.has(reference) ?? (behaviour?.unpullable === undefined || this.#seen.has(reference));
    return isThere ? { id: imageIdOf(reference, behaviour), architecture: behaviour?.architecture ?? 'simulated' } : undefined;
  }

  async images(): Promise<PresentImage[]> {
    this.#parts.meet('containers', false);
    return [...(this.#images ?? this.#seen)].map((reference, index) => ({ id: imageIdOf(reference, this.#parts.behaviours?.get(reference)), references: [reference], bytes: IMAGE_BYTES, createdMs: index, labels: {} }));
  }

  async removeImage(reference: string): Promise<void> {
    this.#parts.meet('removeImage');
    this.#parts.journal.push(`remove image ${reference}`);
    this.#images?.delete(reference);
    this.#seen.delete(reference);
  }

  async pull(reference: string, say: (words: string, progress?: PullProgress) => void, login?: RegistryLogin): Promise<void> {
    const { clock, pullMs, behaviours, journal, meet } = this.#parts;
    say('half of it', { receivedBytes: IMAGE_BYTES / 2, totalBytes: IMAGE_BYTES, layers: 4, layersDone: 2, bytesPerSecond: IMAGE_BYTES });
    if (pullMs !== undefined && pullMs > 0) await pause(clock, pullMs);
    meet('pull');
    const unpullable = behaviours?.get(reference)?.unpullable;
    if (unpullable !== undefined) throw new Error(`pull of ${reference}: ${unpullable}`);
    journal.push(`pull ${reference}${login === undefined ? '' : ` as ${login.username}`}`);
    this.#images?.add(reference);
    this.#seen.add(reference);
  }
}
