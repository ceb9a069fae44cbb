// When the server last confirmed what this host runs, on disk: after a boot without a server it decides whether the host's containers may go back onto a
// flat network. The server keeps an address to a host until the host itself says that it is free; only of a host that a person removed it gives the
// addresses away, a day later. So a host that was confirmed within that day cannot meet anybody at its addresses.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from './ledger.ts';

export interface Confirmed {
  /** Milliseconds since 1970 by this host's clock; undefined: never, or it cannot be read. */
  readAt(): Promise<number | undefined>;
  /** Never rejects: without it a host that boots alone waits, and nothing else follows. */
  note(nowMs: number): Promise<void>;
}

/** Less than the day for which addresses of a removed host rest: clocks drift, and the last note may be minutes old. */
const STANDS_MS = 20 * 3_600_000;
/** While the server is there it is noted this often. */
export const NOTE_EVERY_MS = 600_000;

export function openConfirmed(stateDir: string): Confirmed {
  const file = join(stateDir, 'confirmed');
  return {
    async readAt() {
      const text = await readFile(file, 'utf8').catch(() => '');
      return /^\d{1,15}\n$/.test(text) ? Number(text) : undefined;
    },
    note: (nowMs) => writeWhole(file, `${nowMs}\n`, 0o600).catch(() => undefined),
  };
}

/** Of hosts that exist only in memory. */
export const confirmedInMemory = (): Confirmed => {
  let at: number | undefined;
  return {
    readAt: async () => at,
    note: async (nowMs) => {
      at = nowMs;
    },
  };
};

/**
 * Whether containers may go back onto the network without a word of the server. A clock that is behind its own past tells nothing (no battery): then the
 * addresses are asked for on the network, as before every start, and that has to do.
 */
export function mayReturnAlone(confirmedAtMs: number | undefined, nowMs: number): boolean {
  return confirmedAtMs === undefined || nowMs < confirmedAtMs || nowMs - confirmedAtMs <= STANDS_MS;
}
