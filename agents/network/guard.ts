// A change of the host's network that cuts it off from the server is taken back, also when this process dies meanwhile: before the change a
// detached process is started that puts everything back after a while, unless the server was reached and it was called off.
// What worked once is remembered and not guarded again: a site that comes back without its server must not take its own bridges down.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../ledger.ts';
import type { HostNetwork } from '../protocol.ts';
import type { NetworkStep, PresentNetworkState } from './plan.ts';
import { undoLines } from './undo.ts';

/** Steps after which the host's own connection may be gone. */
const DISRUPTIVE: readonly NetworkStep['kind'][] = ['enslave', 'drop-address', 'drop-route'];
export const isDisruptive = (steps: readonly NetworkStep[]): boolean => steps.some(({ kind }) => DISRUPTIVE.includes(kind));

export interface NetworkGuard {
  /** Why this network is not to be tried now, or undefined. */
  whyHeld(network: HostNetwork): Promise<string | undefined>;
  /** Before a disruptive change: prepares to take it back. False where nothing is to be guarded. */
  arm(network: HostNetwork, before: PresentNetworkState): Promise<boolean>;
  /** After it: waits for the server. @returns undefined when it was reached, else the sentence that says what was taken back */
  confirm(network: HostNetwork): Promise<string | undefined>;
}

export interface GuardParts {
  readonly stateDir: string;
  /** How long the server may take to be reached again. */
  readonly waitSeconds: number;
  /** Whether the server can be reached now. */
  readonly reach: () => Promise<boolean>;
  readonly pause: (ms: number) => Promise<void>;
  /** Starts what runs on without this process: after so many seconds the file's lines are run, if the file is still there. */
  readonly startTimer: (file: string, seconds: number) => Promise<void>;
  /** Runs the file's lines now and removes it; nothing happens where it is gone. */
  readonly undoNow: (file: string) => Promise<void>;
  readonly nowMs: () => number;
}

const POLL_MS = 500;
/** The timer is later than this process by so much: where both live, this one does it and can tell. */
const TIMER_LATER_SECONDS = 5;
/** After it was taken back: a person has to change something first, and may want to see it. */
const HOLD_MS = 600_000;

const Held = (text: string): { key: string; untilMs: number } | undefined => {
  const [key, until] = text.trim().split(' ');
  return key === undefined || until === undefined ? undefined : { key, untilMs: Number(until) };
};

export function openNetworkGuard({ stateDir, waitSeconds, reach, pause, startTimer, undoNow, nowMs }: GuardParts): NetworkGuard {
  let undoFile: string | undefined;
  const confirmedFile = join(stateDir, 'network-confirmed');
  const heldFile = join(stateDir, 'network-held');
  const read = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
  return {
    async whyHeld(network) {
      const held = Held(await read(heldFile));
      if (held === undefined || held.key !== keyOf(network) || held.untilMs <= nowMs()) return undefined;
      return `network ${network.name}: the change of the host's network was taken back, because the server could not be reached with it; it is tried again in ${Math.ceil((held.untilMs - nowMs()) / 60_000)} min, or after: rm ${heldFile}`;
    },
    async arm(network, before) {
      // Without the server beforehand nothing can be told from being without it afterwards.
      if ((await read(confirmedFile)).trim() === keyOf(network) || !(await reach())) return false;
      await mkdir(stateDir, { recursive: true, mode: 0o700 });
      // A name of its own: an earlier timer must not take it for its own.
      undoFile = join(stateDir, `network-undo-${nowMs()}.batch`);
      await writeWhole(undoFile, `${undoLines(network, before).join('\n')}\n`, 0o600);
      await startTimer(undoFile, waitSeconds + TIMER_LATER_SECONDS);
      return true;
    },
    async confirm(network) {
      for (const endMs = nowMs() + waitSeconds * 1_000; ; await pause(POLL_MS)) {
        if (await reach()) {
          if (undoFile !== undefined) await rm(undoFile, { force: true });
          await writeWhole(confirmedFile, `${keyOf(network)}\n`, 0o600);
          return undefined;
        }
        if (nowMs() >= endMs) break;
      }
      await writeWhole(heldFile, `${keyOf(network)} ${nowMs() + HOLD_MS}\n`, 0o600);
      if (undoFile !== undefined) await undoNow(undoFile);
      return `network ${network.name}: the change of the host's network was taken back, because the server could not be reached within ${waitSeconds} s of it; check uplink ${network.uplink}, VLAN and gateway ${network.gateway}`;
    },
  };
}

/** What of a network decides how the host is reached: other hosts of a tunnel do not. */
function keyOf({ mode, bridge, uplink, cidr, gateway, hostAddress, vlan }: HostNetwork): string {
  return createHash('sha256').update(JSON.stringify([mode, bridge, uplink, cidr, gateway, hostAddress, vlan ?? null])).digest('hex').slice(0, 32);
}
