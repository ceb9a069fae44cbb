// The registry as the rest of the server sees it: what its address is, whether it is up, what an image name means, and how what nobody needs
// leaves it. Embedded as a child process, another one at a URL, or none; behind the same door either way.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { ConflictError, InvalidError, UnavailableError } from '../errors.ts';
import { createSecureListener, type ListenerOptions } from '../fleet/listener.ts';
import type { Log } from '../log.ts';
import { ServerStartError } from '../start-error.ts';
import { deleteManifest, isThere, type ResolvedImage, resolveImage, whyDown } from './client.ts';
import { createDoor, type DoorOptions, MOST_CONNECTIONS } from './door.ts';
import { type Embedded, type EmbeddedState, openEmbedded } from './embedded.ts';
import { type ImageName, parseReference } from './references.ts';
import { diskOf, removeUploads, type StoredManifest, storedManifests, usedBytesOf } from './storage.ts';
import type { Upstream } from './upstream.ts';

export interface RegistryState {
  readonly state: EmbeddedState['state'];
  /** One sentence when it is not up. */
  readonly reason: string | null;
}

/** What of a guest at the door is decided elsewhere. */
export type Guests = Pick<DoorOptions, 'authenticate' | 'whyNotHere' | 'whyNotPush'>;

export interface Registry extends AsyncDisposable {
  readonly kind: 'embedded' | 'external' | 'none';
  /** `address:port` under which hosts reach it: part of every reference. Null until the door is open. */
  readonly address: string | null;
  readonly now: RegistryState;
  /**
   * Opens the door and starts the registry behind it. Returns when the door is open; the registry may still start.
   * @param secure what the door shows to those who speak TLS; absent: plain only. @throws ServerStartError
   */
  open(guests: Guests, secure?: Omit<ListenerOptions, 'make'>): Promise<void>;
  /** `address:port/repository@digest`. @throws UnavailableError when there is no registry */
  referenceOf(repository: string, digest: string): string;
  /** Whether the reference is of this registry. */
  isOurs(reference: string): boolean;
  /** What a reference of this registry means now. @throws InvalidError for one of another, NotFoundError, UnavailableError */
  resolve(reference: string): Promise<ResolvedImage>;
  /** False for what is not of this registry. @throws UnavailableError */
  hasImage(reference: string): Promise<boolean>;
  /** Bytes on the disk; null where they cannot be seen. */
  usedBytes(): Promise<number | null>;
  disk(): Promise<{ readonly totalBytes: number; readonly freeBytes: number } | null>;
  /** Manifests on the disk; empty where they cannot be seen. */
  manifests(): Promise<StoredManifest[]>;
  /** Takes an image away by digest; its layers go with `clean`. @throws UnavailableError */
  remove(repository: string, digest: string): Promise<void>;
  /** True from the beginning of a cleaning to its end: whoever begins a build asks in its transaction. */
  readonly isBeingCleaned: boolean;
  /**
   * Removes what `remove` takes away, then frees what no image names any more, with the registry stopped meanwhile.
   * @returns bytes that became free; null where that is the other registry's own business
   * @throws ConflictError while it is being cleaned already, and what `remove` throws
   */
  clean(remove: () => Promise<void>): Promise<number | null>;
}

const NONE: RegistryState = { state: 'absent', reason: 'There is no registry: set FIRN_REGISTRY_LISTEN to an address of this machine that hosts can reach.' };
/** Pushes end before the disk is full: the database lies there, too. */
const LEAST_FREE_BYTES = 256 * 1024 * 1024;
const EXTERNAL_EVERY_MS = 10_000;
const EXTERNAL_DEADLINE_MS = 5_000;
/** Walking a large folder takes a while, and several views ask for the same. */
const USED_FOR_MS = 10_000;

interface Parts {
  readonly config: Config;
  readonly log: Log;
  readonly onChange: () => void;
}

/** @param parts.onChange is told after every change of the state */
export function openRegistry(parts: Parts): Registry {
  return new BehindDoor(parts);
}

class BehindDoor implements Registry {
  readonly kind: Registry['kind'];
  readonly #parts: Parts;
  readonly #opened = new AsyncDisposableStack();
  #embedded: Embedded | null = null;
  #upstream: Upstream | null = null;
  #external: RegistryState = { state: 'down', reason: 'The registry has not been asked yet.' };
  #address: string | null = null;
  #isBeingCleaned = false;
  #used: { readonly bytes: number; readonly at: number } | null = null;

  constructor(parts: Parts) {
    const { registryListen, registryUrl } = parts.config;
    this.#parts = parts;
    this.kind = registryListen === null ? 'none' : registryUrl === null ? 'embedded' : 'external';
  }

  get address(): string | null {
    return this.#address;
  }

  get now(): RegistryState {
    if (this.kind === 'none') return NONE;
    if (this.kind === 'external') return this.#external;
    return this.#embedded?.now ?? { state: 'down', reason: 'The registry starts.' };
  }

  async open(guests: Guests, secure?: Omit<ListenerOptions, 'make'>): Promise<void> {
    const { config, log, onChange } = this.#parts;
    if (this.kind === 'none') return;
    if (this.kind === 'embedded') {
      this.#embedded = this.#opened.use(await openEmbedded({ folder: join(config.dataDir, 'registry'), log, onChange }));
      this.#upstream = this.#embedded.upstream;
    } else this.#watch((this.#upstream = externalUpstream(config)));
    const whyClosed = () => (this.now.state === 'up' ? null : (this.now.reason ?? 'the registry is not up'));
    const door = createDoor({ ...guests, log, upstream: this.#upstream, whyClosed, whyFull: () => this.#whyFull() });
    this.#address = await listenAt(secure === undefined ? plainly(door) : createSecureListener({ ...secure, make: (parts) => door(parts.createServer, parts.serverOptions) }), config, this.#opened);
  }

  referenceOf(repository: string, digest: string): string {
    return `${this.#needAddress()}/${repository}@${digest}`;
  }

  isOurs(reference: string): boolean {
    return this.#nameOf(reference) !== undefined;
  }

  async resolve(reference: string): Promise<ResolvedImage> {
    const name = this.#nameOf(reference);
    if (name === undefined) throw new InvalidError('image-elsewhere', `${reference} is not an image of the registry ${this.#needAddress()}.`);
    return await resolveImage(this.#needUp(), name);
  }

  async hasImage(reference: string): Promise<boolean> {
    const name = this.#nameOf(reference);
    return name !== undefined && (await isThere(this.#needUp(), name));
  }

  async usedBytes(): Promise<number | null> {
    if (this.#embedded === null) return null;
    if (this.#used === null || performance.now() - this.#used.at > USED_FOR_MS) this.#used = { bytes: await usedBytesOf(this.#embedded.storageFolder), at: performance.now() };
    return this.#used.bytes;
  }

  async disk(): Promise<{ readonly totalBytes: number; readonly freeBytes: number } | null> {
    return this.#embedded === null ? null : await diskOf(this.#embedded.storageFolder);
  }

  async manifests(): Promise<StoredManifest[]> {
    return this.#embedded === null ? [] : await storedManifests(this.#embedded.storageFolder);
  }

  async remove(repository: string, digest: string): Promise<void> {
    await deleteManifest(this.#needUp(), repository, digest);
  }

  get isBeingCleaned(): boolean {
    return this.#isBeingCleaned;
  }

  async clean(remove: () => Promise<void>): Promise<number | null> {
    if (this.#isBeingCleaned) throw new ConflictError('registry-cleaning', 'The registry is being cleaned already.');
    this.#isBeingCleaned = true;
    try {
      await remove();
      if (this.#embedded === null) return null;
      const { storageFolder } = this.#embedded;
      let before = 0;
      await this.#embedded.collect(async () => {
        before = await usedBytesOf(storageFolder);
        await removeUploads(storageFolder);
      });
      this.#used = { bytes: await usedBytesOf(storageFolder), at: performance.now() };
      return Math.max(0, before - this.#used.bytes);
    } finally {
      this.#isBeingCleaned = false;
      this.#parts.onChange();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }

  #nameOf(reference: string): ImageName | undefined {
    return this.#address === null ? undefined : parseReference(reference, this.#address);
  }

  #needAddress(): string {
    if (this.#address === null) throw new UnavailableError('registry-absent', NONE.reason ?? '');
    return this.#address;
  }

  #needUp(): Upstream {
    const { state, reason } = this.now;
    if (this.#upstream === null || state !== 'up') throw new UnavailableError(`registry-${state}`, reason ?? 'The registry is not up.');
    return this.#upstream;
  }

  async #whyFull(): Promise<string | null> {
    const disk = await this.disk();
    return disk !== null && disk.freeBytes < LEAST_FREE_BYTES ? `the disk of the registry is full: ${Math.floor(disk.freeBytes / 1_048_576)} MiB are left; clean it with \`firn registry clean\`` : null;
  }

  /** Asks another registry for its health, again and again. */
  #watch(upstream: Upstream): void {
    const ask = async () => {
      const why = await whyDown(upstream, EXTERNAL_DEADLINE_MS);
      const next: RegistryState = why === null ? { state: 'up', reason: null } : { state: 'down', reason: why };
      if (next.state === this.#external.state && next.reason === this.#external.reason) return;
      this.#external = next;
      this.#parts.onChange();
    };
    void ask();
    const timer = setInterval(() => void ask(), EXTERNAL_EVERY_MS).unref();
    this.#opened.defer(() => clearInterval(timer));
  }
}

/** @throws ServerStartError when the file with user and password cannot be read */
function externalUpstream({ registryUrl, registryLoginFile }: Config): Upstream {
  const url = new URL(registryUrl!);
  if (registryLoginFile === null) return { url, authorization: undefined };
  try {
    return { url, authorization: `Basic ${Buffer.from(readFileSync(registryLoginFile, 'utf8').trim()).toString('base64')}` };
  } catch (error) {
    throw new ServerStartError(`The file with the registry's user and password cannot be read: ${error instanceof Error ? error.message : String(error)}. FIRN_REGISTRY_LOGIN_FILE must name a file with USER:PASSWORD.`, { cause: error });
  }
}

function plainly(door: ReturnType<typeof createDoor>): { readonly server: Server; close(): Promise<void> } {
  const server = door(createServer);
  return {
    server,
    async close() {
      const closed = new Promise((done) => void server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** @returns `address:port` as hosts reach it */
async function listenAt({ server: door, close }: ReturnType<typeof plainly>, { registryListen, registryAddress }: Config, opened: AsyncDisposableStack): Promise<string> {
  const { host, port } = registryListen!;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  door.once('error', reject).listen(port, host, resolve);
  try {
    await promise;
  } catch (error) {
    throw new ServerStartError(`Cannot listen on ${host}:${port}: ${error instanceof Error ? error.message : String(error)}. Set FIRN_REGISTRY_LISTEN to another address.`, { cause: error });
  }
  door.maxConnections = MOST_CONNECTIONS;
  opened.defer(close);
  const bound = door.address() as AddressInfo;
  return registryAddress ?? `${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
}
