// The images of a Docker Engine: what is there, pulls with progress and sign-in, removals. The part of the Runtime that is about images.
import type Docker from 'dockerode';
import type { Clock } from '../clock.ts';
import { absent, ASK_LIMIT_MS, call, CHANGE_LIMIT_MS, underWay } from './call.ts';
import type { PullProgress } from '../protocol.ts';
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

  async pull(reference: string, say: (words: string, progress?: PullProgress) => void, login?: RegistryLogin): Promise<void> {
    const authconfig = login === undefined ? {} : { authconfig: { username: login.username, password: login.password, serveraddress: login.registry } };
    const what = `pull of ${reference}`;
    const stream = await this.#call(what, CHANGE_LIMIT_MS, (abortSignal) => this.#docker.pull(reference, { ...authconfig, abortSignal }));
    const progress = new Progress(this.#clock);
    await readLines<PullLine>(stream, { clock: this.#clock, stallMs: PULL_STALL_MS, what }, (line) => {
      if (line.error !== undefined) throw new Error(`${what}: ${line.error}`);
      const words = progress.take(line);
      if (words !== undefined) say(words, progress.figures);
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
class Progress {
  readonly #clock: Pick<Clock, 'elapsedMs'>;
  readonly #beganMs: number;
  readonly #layers = new Map<string, { current: number; total: number; isDone: boolean }>();
  #said = '';

  constructor(clock: Pick<Clock, 'elapsedMs'>) {
    this.#clock = clock;
    this.#beganMs = clock.elapsedMs();
  }

  /** Layers that were there already have no bytes to come. */
  get figures(): PullProgress {
    const layers = [...this.#layers.values()];
    const receivedBytes = layers.reduce((sum, one) => sum + one.current, 0);
    const seconds = Math.max(0.1, (this.#clock.elapsedMs() - this.#beganMs) / 1000);
    return {
      receivedBytes, totalBytes: layers.reduce((sum, one) => sum + one.total, 0), layers: layers.length, layersDone: layers.filter(({ isDone }) => isDone).length,
      bytesPerSecond: Math.round(receivedBytes / seconds),
    };
  }

  /** The new words, or undefined when they would be the same as before. */
  take({ id, status = '', progressDetail }: PullLine): string | undefined {
    const { current, total } = progressDetail ?? {};
    const isDownload = status === 'Downloading';
    if (id !== undefined && LAYER_WORDS.test(status) && !this.#layers.has(id)) this.#layers.set(id, { current: 0, total: 0, isDone: false });
    const known = id === undefined ? undefined : this.#layers.get(id);
    if (known !== undefined) {
      if (isDownload && current !== undefined && total !== undefined) Object.assign(known, { current, total });
      // What is unpacked or checked has come as a whole.
      else if (COME_WORDS.test(status)) known.current = known.total;
      known.isDone ||= DONE_WORDS.test(status);
    }
    const { receivedBytes, totalBytes, bytesPerSecond } = this.figures;
    // Whole tenths, because each new word is a report to the server.
    const share = totalBytes === 0 ? undefined : Math.floor((10 * receivedBytes) / totalBytes) * 10;
    if (this.#said === String(share)) return undefined;
    this.#said = String(share);
    return share === undefined ? 'asks the registry' : `${share} % of ${(totalBytes / 1e6).toFixed(1)} MB, ${(bytesPerSecond / 1e6).toFixed(1)} MB/s`;
  }
}

/** Docker's words for layers, not for the image as a whole. */
const LAYER_WORDS = /^(Pulling fs layer|Waiting|Downloading|Verifying|Download complete|Extracting|Pull complete|Already exists)/;
const COME_WORDS = /^(Verifying|Download complete|Extracting|Pull complete)/;
const DONE_WORDS = /^(Pull complete|Already exists)/;
