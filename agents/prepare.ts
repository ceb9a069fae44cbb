// Prepares a joined host while somebody watches, over the very connection that may be cut: the agent runs until the network stands or was taken
// back, and tells which. Containers that were assigned meanwhile go on.
import { runAgent } from './agent.ts';
import { pause, systemClock } from './clock.ts';
import type { AgentConfig } from './config.ts';
import { openLedger } from './ledger.ts';
import { openHostNetworking, openRunner } from './network/run.ts';

/** The server's assignment comes within a second; the rest is for the guard of the network. */
const FIRST_LIMIT_MS = 30_000;
const POLL_MS = 250;

export interface Prepared {
  readonly stands: boolean;
  /** For the person at the terminal. */
  readonly sentence: string;
}

/** @throws when this host has not joined */
export async function prepareHost(config: AgentConfig): Promise<Prepared> {
  const networking = openHostNetworking(openRunner());
  const agent = await runAgent(config);
  try {
    for (const endMs = performance.now() + FIRST_LIMIT_MS + (config.networkConfirmSeconds ?? 20) * 2_000; performance.now() < endMs; await pause(systemClock, POLL_MS)) {
      const { assignment } = await openLedger(config.stateDir).read();
      if (assignment === undefined) continue;
      const problem = agent.describe().problems.find((sentence) => /^(network |uplink|bridge|hostAddress|range)/.test(sentence));
      if (problem !== undefined) return { stands: false, sentence: problem };
      const { network } = assignment;
      const plan = await networking.examine(network);
      // The server is heard again only when the change was good for it.
      if (plan.steps.length === 0 && plan.problems.length === 0 && agent.connected) return { stands: true, sentence: `the network of this host stands: ${network.mode === 'host' ? 'containers share it' : `${network.bridge} for ${network.cidr}`}; the server can be reached` };
    }
    return { stands: false, sentence: `the server at ${config.serverUrl} has assigned nothing to this host yet; is it reachable? See: firn agent doctor` };
  } finally {
    await agent.stop();
  }
}
