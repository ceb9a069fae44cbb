// After a boot the host's containers come back with addresses that may have been given to other hosts meanwhile. They stay off a flat network until the
// server has spoken and what is not ours any more is gone, until the network is seen to stand anyway, or in the end by time.
import type { Clock } from './clock.ts';

/** How long without a server. */
const BOOT_HOLD_MS = 15_000;

export const HELD = 'waits for the server before it joins the network after a boot, because its addresses may be in use elsewhere';

export class BootHold {
  readonly #clock: Pick<Clock, 'elapsedMs'>;
  readonly #isConfirmed: boolean;
  readonly #startedMs: number;
  #serverSpoke = false;
  #isHeld: boolean;

  /** @param isConfirmed the server confirmed lately what is stored: time alone may end the hold */
  constructor({ clock, isConfirmed, isHeld }: { readonly clock: Pick<Clock, 'elapsedMs'>; readonly isConfirmed: boolean; readonly isHeld: boolean }) {
    this.#clock = clock;
    this.#isConfirmed = isConfirmed;
    this.#startedMs = clock.elapsedMs();
    this.#isHeld = isHeld;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** The server has said what it had to say. */
  serverSpoke(): void {
    this.#serverSpoke = true;
  }

  /** @param seen whether nothing is left to remove; whether the network needs no hold; whether it stands already */
  async pass(seen: { readonly isClean: () => boolean; readonly isOpen: boolean; readonly stands: () => Promise<boolean> }): Promise<void> {
    if (!this.#isHeld) return;
    const isOverdue = this.#isConfirmed && this.#clock.elapsedMs() - this.#startedMs > BOOT_HOLD_MS;
    if (isOverdue || (this.#serverSpoke && seen.isClean()) || seen.isOpen || (await seen.stands())) this.#isHeld = false;
  }
}
