// The guard of this host's network, with the world in it: the server's port, a detached timer, the clock.
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentConfig } from '../config.ts';
import { undoAfter } from './commands.ts';
import { openNetworkGuard, type NetworkGuard } from './guard.ts';
import { endpointOf, isReachable } from './reach.ts';
import { openRunner, startDetached } from './run.ts';

/** One attempt to reach the server. */
const ATTEMPT_MS = 1_500;

/** Undefined where the settings ask for none. */
export function openGuard({ serverUrl, stateDir, networkConfirmSeconds: waitSeconds = 20 }: Pick<AgentConfig, 'serverUrl' | 'stateDir' | 'networkConfirmSeconds'>): NetworkGuard | undefined {
  if (waitSeconds === 0) return undefined;
  const endpoint = endpointOf(serverUrl);
  return openNetworkGuard({
    stateDir, waitSeconds,
    reach: () => isReachable(endpoint, ATTEMPT_MS),
    pause: (ms) => delay(ms),
    startTimer: (file, seconds) => startDetached(undoAfter(file, seconds)),
    undoNow: async (file) => void (await openRunner()(undoAfter(file, 0))),
    nowMs: () => Date.now(),
  });
}
