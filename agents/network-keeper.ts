// Keeps this host's network as the assignment says: first the host's side (bridge, addresses, forwarding), then the engine's network on it.
// Takes the assignment, gives the engine's network id or the sentences that hinder. Repairs nothing that somebody else made.
import type { Clock } from './clock.ts';
import { networkSettingsOf, type NetworkSettings, type PresentNetwork, type Runtime } from './docker/runtime.ts';
import { sentenceOf, type Log } from './log.ts';
import type { HostNetworking } from './network/run.ts';
import type { Assignment, HostNetwork } from './protocol.ts';

/** What stands is looked at again this often; an event on the engine's networks asks at once. */
const RECHECK_MS = 30_000;
const RETRY_MS = 3_000;

export class NetworkKeeper {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #runtime: Runtime;
  readonly #networking: HostNetworking;
  #problems: readonly string[] = [];
  #networkId: string | undefined;
  #keptFor: string | undefined;
  #dueMs = 0;

  constructor(parts: { clock: Clock; log: Log; runtime: Runtime; networking: HostNetworking }) {
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#runtime = parts.runtime;
    this.#networking = parts.networking;
  }

  get problems(): readonly string[] {
    return this.#problems;
  }

  /** The engine's id of the network; undefined while there is none. */
  get networkId(): string | undefined {
    return this.#networkId;
  }

  /** Something about networks may have changed: the next `keep` looks again. */
  doubt(): void {
    this.#dueMs = 0;
  }

  /** Whether the host's side stands already, so that keeping it would not put containers on the network anew. */
  async stands(network: HostNetwork): Promise<boolean> {
    try {
      const plan = await this.#networking.examine(network);
      return plan.steps.length === 0 && plan.problems.length === 0;
    } catch {
      return false;
    }
  }

  /** Makes the network so, when it is time to look. Never rejects: what hinders is in `problems`. */
  async keep(assignment: Assignment): Promise<void> {
    const key = JSON.stringify(assignment.network);
    if (key === this.#keptFor && this.#clock.elapsedMs() < this.#dueMs) return;
    const before = this.#problems;
    try {
      this.#problems = await this.#networking.ensure(assignment.network);
      if (this.#problems.length === 0) this.#problems = await this.#keepEngineNetwork(assignment);
    } catch (error) {
      this.#problems = [`network ${assignment.network.name}: ${sentenceOf(error)}`];
    }
    this.#keptFor = key;
    this.#dueMs = this.#clock.elapsedMs() + (this.#problems.length > 0 ? RETRY_MS : RECHECK_MS);
    if (this.#problems.length > 0 && this.#problems.join() !== before.join()) this.#log.error({ problems: this.#problems }, 'the network is not as assigned');
  }

  async #keepEngineNetwork(assignment: Assignment): Promise<readonly string[]> {
    // The engine has a network of its own for containers that share the host's.
    if (assignment.network.mode === 'host') {
      this.#networkId = undefined;
      return [];
    }
    const { name } = assignment.network;
    const settings = networkSettingsOf(assignment.network);
    const present = await this.#runtime.network(name);
    if (present !== undefined) {
      const differences = differencesOf(present, settings);
      if (differences.length === 0 || present.clusterId !== assignment.clusterId) {
        this.#networkId = present.id;
        return differences.length === 0 ? [] : [`network ${name}: exists on the engine, is not Firn's and has ${differences.join(', ')}; remove it by hand`];
      }
      this.#networkId = present.id;
      if (present.attached.length > 0) {
        return [`network ${name}: has ${differences.join(', ')}, and cannot be made anew while ${present.attached.length} containers (${present.attached.slice(0, 3).join(', ')}) are on it`];
      }
      this.#log.warn({ network: name, differences }, 'the network is made anew');
      await this.#runtime.removeNetwork(name);
    }
    await this.#runtime.createNetwork(settings, assignment.clusterId);
    this.#networkId = (await this.#runtime.network(name))?.id;
    return [];
  }
}

/** How a present network differs, each as `field value instead of value`. */
function differencesOf(present: PresentNetwork, wanted: NetworkSettings): string[] {
  const fields = ['bridge', 'masquerade', 'subnet', 'gateway', 'range'] as const;
  const auxiliary = (settings: NetworkSettings): string => JSON.stringify(Object.entries(settings.auxiliary).sort());
  return [
    ...fields.filter((field) => present[field] !== wanted[field]).map((field) => `${field} ${present[field] || 'none'} instead of ${wanted[field]}`),
    ...(auxiliary(present) === auxiliary(wanted) ? [] : [`auxiliary addresses ${auxiliary(present)} instead of ${auxiliary(wanted)}`]),
  ];
}
