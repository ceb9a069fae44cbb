// The images of a Docker Engine: what is there, pulls with progress and sign-in, removals. The part of the Runtime that is about images.
import type Docker from 'dockerode';
import type { Clock } from '../clock.ts';
import { absent, ASK_LIMIT_MS, call, CHANGE_LIMIT_MS, underWay } from './call.ts';
import type { PresentImage, RegistryLogin, Runtime } from './runtime.ts';
import { readLines } from './stream.ts';

/** A pull may take as long as it likes while it moves. */
const PULL_STALL_MS = 60_000;
/** What Docker calls an image or a digest without a name. */
const NAMELESS = '<none>';

export class EngineImages implements Pick<Runtime, 'image' | 'images' | 'removeImage' | 'pull'> {
  readonly #docker: Docker;
  readonly #clock: Clock;

  constructor(docker: Docker, clock: Clock) {
    this.#docker = docker;
    this.#clock = clock;
  }

  async image(reference: string): Promise<{ id: string; architecture: string } | undefined> {
    // The call takes no signal: at the deadline it is only left alone.
    const info = await this.#call('inspection of an image', ASK_LIMIT_MS, () => this.#docker.getImage(reference).inspect()).catch(absent);
    return info === undefined ? undefined : { id: info.Id, architecture: info.Architecture };
  }

  async images(): Promise<PresentImage[]> {
    const listed = await this.#call('list of images', CHANGE_LIMIT_MS, (abortSignal) => this.#docker.listImages({ digests: true, abortSignal }));
    return listed.map((info) => ({
      id: info.Id,
      references: [...(info.RepoTags ?? []), ...(info.RepoDigests ?? [])].filter((reference) => !reference.includes(NAMELESS)),
      bytes: info.Size,
      createdMs: info.Created * 1000,
      labels: info.Labels ?? {},
    }));
  }

  async removeImage(referenceOrId: string): Promise<void> {
    // Without force: what a container uses stays, whatever was believed when the removal was decided.
    await this.#call('removal of an image', CHANGE_LIMIT_MS, (abortSignal) => this.#docker.getImage(referenceOrId).remove({ abortSignal })).catch(absent).catch(underWay);
  }

  async pull(reference: string, say: (progress: string) => void, login?: RegistryLogin): Promise<void> {
    const authconfig = login === undefined ? {} : { authconfig: { username: login.username, password: login.password, serveraddress: login.registry } };
    const what = `pull of ${reference}`;
    const stream = await this.#call(what, CHANGE_LIMIT_MS, (abortSignal) => this.#docker.pull(reference, { ...authconfig, abortSignal }));
    const progress = new PullProgress();
    await readLines<PullLine>(stream, { clock: this.#clock, stallMs: PULL_STALL_MS, what }, (line) => {
      if (line.error !== undefined) throw new Error(`${what}: ${line.error}`);
      const words = progress.take(line);
      if (words !== undefined) say(words);
    });
    // An error in the middle of the stream may end it without a word.
    if ((await this.image(reference)) === undefined) throw new Error(`${what}: ended, but the image is not there`);
  }

  #call<T>(what: string, limitMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return call(this.#clock, what, limitMs, work);
  }
}

interface PullLine {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

/** Sums what Docker says layer by layer to one figure: how much of what is known to come has come. */
class PullProgress {
  readonly #layers = new Map<string, { current: number; total: number }>();
  #said = '';

  /** The new words, or undefined when they would be the same as before. */
  take({ id, status = '', progressDetail }: PullLine): string | undefined {
    const { current, total } = progressDetail ?? {};
    const isDownload = status === 'Downloading';
    if (id !== undefined && isDownload && current !== undefined && total !== undefined) this.#layers.set(id, { current, total });
    const known = id === undefined ? undefined : this.#layers.get(id);
    if (known !== undefined && !isDownload) known.current = known.total;
    const sums = [...this.#layers.values()].reduce((sum, one) => ({ current: sum.current + one.current, total: sum.total + one.total }), { current: 0, total: 0 });
    // Whole tenths, because each new word is a report to the server.
    const words = sums.total === 0 ? 'asks the registry' : `${Math.floor((10 * sums.current) / sums.total) * 10} % of ${(sums.total / 1e6).toFixed(1)} MB`;
    if (words === this.#said) return undefined;
    this.#said = words;
    return words;
  }
}
