// Renews this host's certificate over its session, at two thirds of its life or when the server asks for it. The new key is made here and stays here;
// the new certificate counts when both are on disk, from the next connection on.
import type { Clock } from './clock.ts';
import { makeRequest, type KeyedRequest } from './csr.ts';
import { belongTogether, lifeOf, type HostIdentity, type IdentityStore } from './identity-files.ts';
import { sentenceOf, type Log } from './log.ts';
import type { AgentMessage, Identity } from './protocol.ts';

export interface RenewalParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly name: string;
  readonly store: IdentityStore;
  /** Says it to the server, when it is there and understands it. */
  readonly send: (message: Extract<AgentMessage, { type: 'renew' }>) => void;
  /** The host has another certificate now. */
  readonly onRenewed?: (identity: HostIdentity) => void;
}

/** A request that is not answered by then is made anew. */
const ANSWER_LIMIT_MS = 60_000;
/** Timers hold no longer than this; what is due later is looked at again. */
const LONGEST_TIMER_MS = 24 * 3_600_000;

/** When a certificate is renewed: with a third of its life left, so that a host may be away for days. */
export const renewsAtMs = ({ notBefore, notAfter }: { readonly notBefore: number; readonly notAfter: number }): number => notBefore + Math.floor(((notAfter - notBefore) * 2) / 3);

export class Renewal {
  readonly #parts: RenewalParts;
  #identity: HostIdentity | undefined;
  #asked: KeyedRequest | undefined;
  #isConnected = false;
  #cancel: () => void = () => undefined;

  constructor(parts: RenewalParts, identity: HostIdentity | undefined) {
    this.#parts = parts;
    this.#identity = identity;
  }

  get identity(): HostIdentity | undefined {
    return this.#identity;
  }

  /** The server is there. @param understands whether it answers requests for certificates */
  connected(understands: boolean): void {
    this.#isConnected = understands;
    this.#asked = undefined;
    this.#look();
  }

  disconnected(): void {
    this.#isConnected = false;
    this.#cancel();
  }

  /** The server sent a certificate, or asks this host to ask for one. */
  async received(issued: Identity | undefined): Promise<void> {
    if (issued === undefined) return this.#ask();
    const asked = this.#asked;
    if (asked === undefined) return;
    const identity = { key: asked.key, certificate: issued.certificate, authority: issued.authority };
    // Another authority is not taken from a session: whoever replaces it lets hosts join again.
    const isOther = this.#identity !== undefined && this.#identity.authority !== issued.authority;
    if (isOther || !belongTogether(identity)) return this.#parts.log.error({ isOther }, 'the certificate that the server sent does not fit this host and is not used');
    try {
      await this.#parts.store.write(identity);
    } catch (error) {
      return this.#parts.log.error({ reason: sentenceOf(error) }, 'the new certificate could not be stored; the present one stays in use');
    }
    this.#asked = undefined;
    this.#identity = identity;
    this.#parts.log.info({ serial: lifeOf(identity).serial, until: new Date(lifeOf(identity).notAfter).toISOString() }, 'this host has a new certificate');
    this.#parts.onRenewed?.(identity);
    this.#look();
  }

  stop(): void {
    this.disconnected();
  }

  #ask(): void {
    if (!this.#isConnected) return;
    this.#asked = makeRequest(this.#parts.name);
    this.#parts.send({ type: 'renew', csr: this.#asked.csr });
    this.#later(ANSWER_LIMIT_MS);
  }

  #look(): void {
    if (!this.#isConnected || this.#identity === undefined) return;
    const dueMs = renewsAtMs(lifeOf(this.#identity)) - this.#parts.clock.nowMs();
    if (dueMs <= 0) this.#ask();
    else this.#later(Math.min(dueMs, LONGEST_TIMER_MS));
  }

  #later(delayMs: number): void {
    this.#cancel();
    this.#cancel = this.#parts.clock.after(delayMs, () => this.#look());
  }
}
