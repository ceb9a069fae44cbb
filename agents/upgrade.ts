// An order to upgrade, until the new program can be tried: fetched over the listener of the session, checked against size, SHA-256 and the signature of
// the authority that this host trusts, written beside the present one, started once to see that it starts. Trying it is trial.ts. Containers do not notice.
import { verify, X509Certificate } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { callServer } from './call-server.ts';
import { pause, withDeadline, type Clock } from './clock.ts';
import type { AgentConfig } from './config.ts';
import type { HostIdentity } from './identity-files.ts';
import { httpBase, type Credential } from './join.ts';
import { sentenceOf, type Log } from './log.ts';
import { upgradeText, type UpgradeOrder, type UpgradeProgress } from './protocol.ts';
import { digestOf, programOf, type UpgradeState } from './upgrade-state.ts';

/** A program that passed every check and was not tried yet. */
export interface Trial {
  readonly order: UpgradeOrder;
  readonly file: string;
}

export interface UpgradeStore {
  read(): UpgradeState;
  write(state: UpgradeState): void;
  /** Runs `FILE version`; gives what it prints. Rejects when it does not start. */
  preflight(file: string): Promise<string>;
}

export interface UpgraderParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly config: Pick<AgentConfig, 'serverUrl' | 'stateDir'>;
  readonly credential: Credential;
  readonly store: UpgradeStore;
  readonly identity: () => HostIdentity | undefined;
  /** Progress changed: report it. */
  readonly news: () => void;
  readonly onTrial: (trial: Trial) => void;
}

const FETCH_LIMIT_MS = 120_000;
/** How long the report that says `trying` may take to leave before this process stops talking. */
const LAST_WORD_MS = 300;

class RefusedError extends Error {
  override name = 'RefusedError';
}

export class Upgrader {
  readonly #parts: UpgraderParts;
  #busy: string | undefined;
  #isStopped = false;

  constructor(parts: UpgraderParts) {
    this.#parts = parts;
  }

  get progress(): UpgradeProgress | undefined {
    return this.#parts.store.read().progress;
  }

  /** The server is there: what runs now is reachable. */
  welcomed(): void {
    const state = this.#parts.store.read();
    if (state.starts > 0) this.#parts.store.write({ ...state, starts: 0 });
  }

  /** Does an order once; the same one again, or another one meanwhile, changes nothing. */
  async take(order: UpgradeOrder): Promise<void> {
    const { log, clock, store } = this.#parts;
    const known = store.read().progress;
    if (this.#busy !== undefined || this.#isStopped) return;
    if (known?.id === order.id && known.state !== 'downloading' && known.state !== 'trying') return this.#parts.news();
    this.#busy = order.id;
    try {
      this.#tell({ id: order.id, state: 'downloading' });
      const file = await this.#fetch(order);
      const version = (await store.preflight(file).catch((error: unknown) => { throw new RefusedError(`it does not start here: ${sentenceOf(error)}`); })).trim();
      if (version !== order.version) throw new RefusedError(`it says that it is version ${version.slice(0, 40) || '(nothing)'}, and the order says ${order.version}`);
      this.#tell({ id: order.id, state: 'trying' });
      await pause(clock, LAST_WORD_MS);
      if (!this.#isStopped) this.#parts.onTrial({ order, file });
    } catch (error) {
      this.#busy = undefined;
      const reason = sentenceOf(error).slice(0, 900);
      log.error({ upgrade: order.id, version: order.version, reason }, 'the upgrade is refused; this agent goes on');
      this.#tell({ id: order.id, state: 'refused', reason });
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  #tell(progress: UpgradeProgress): void {
    const { store, news } = this.#parts;
    store.write({ ...store.read(), progress });
    news();
  }

  async #fetch(order: UpgradeOrder): Promise<string> {
    const { config, credential, identity, clock } = this.#parts;
    const own = identity();
    if (own === undefined) throw new RefusedError('this host has no certificate, and so no authority by which a bundle could be checked');
    const signature = Buffer.from(order.signature, 'base64');
    if (!verify('sha256', Buffer.from(upgradeText(credential.clusterId, order)), new X509Certificate(own.authority).publicKey, signature)) throw new RefusedError("its signature is not that of this cluster's authority");
    const bytes = await withDeadline(clock, FETCH_LIMIT_MS, 'the bundle', async (signal) => {
      const url = `${httpBase(config.serverUrl).replace(/^http:/, 'https:')}/agents/bundles/${order.sha256}`;
      const answer = await callServer({ method: 'GET', url, headers: { authorization: `Bearer ${credential.hostId}.${credential.credential}` }, tls: { authority: own.authority, identity: own }, signal });
      if (answer.statusCode !== 200) throw new RefusedError(`the server does not give the bundle: HTTP ${answer.statusCode ?? 0}`);
      const chunks: Buffer[] = [];
      let length = 0;
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (length > order.bytes) throw new RefusedError(`the bundle is larger than the ${order.bytes} bytes of the order`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    });
    if (bytes.length !== order.bytes || digestOf(bytes) !== order.sha256) throw new RefusedError('the bundle is not what the order says: its SHA-256 differs');
    const file = programOf(config.stateDir, order.sha256);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(`${file}.new`, bytes, { mode: 0o600 });
    await rename(`${file}.new`, file);
    return file;
  }
}
