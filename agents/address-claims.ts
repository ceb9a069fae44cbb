// Before a container starts: does something else have its address, or, where it shares the host's network, its port? What was found is kept for
// reports until the address is asked for again and nothing answers. Never holds a start up by its own failure.
import type { Clock } from './clock.ts';
import type { Container } from './docker/runtime.ts';
import { sentenceOf, type Log } from './log.ts';
import { isReachable } from './network/reach.ts';
import type { HostNetworking } from './network/run.ts';
import type { AddressConflict, Assignment, HostNetwork, ReplicaSpec } from './protocol.ts';

/** Something on this host that listens answers at once. */
const PORT_LIMIT_MS = 500;
/** A second container of an address sends something within seconds; a look costs one short process. */
const WATCH_MS = 10_000;

/** A start that would put an address, or a port, on the network twice. */
export class TakenError extends Error {
  override name = 'TakenError';
}

export interface ClaimParts {
  readonly clock: Pick<Clock, 'nowMs' | 'elapsedMs'>;
  readonly log: Log;
  readonly networking: HostNetworking;
  readonly onChange: () => void;
  /** Whether something listens; replaced by tests. */
  readonly listens?: (host: string, port: number) => Promise<boolean>;
}

export class AddressClaims {
  readonly #parts: ClaimParts;
  readonly #conflicts = new Map<string, AddressConflict>();
  #watchedMs = Number.NEGATIVE_INFINITY;

  constructor(parts: ClaimParts) {
    this.#parts = parts;
  }

  /** For reports. */
  get conflicts(): readonly AddressConflict[] {
    return [...this.#conflicts.values()];
  }

  /** Forgets what is about replicas that are not assigned any more, or with another address. */
  #retain(specs: readonly Pick<ReplicaSpec, 'id' | 'address'>[]): void {
    for (const { address, replicaId } of this.conflicts) if (!specs.some((spec) => spec.id === replicaId && spec.address === address)) this.#conflicts.delete(address);
  }

  /** @throws TakenError with who answers, when the container must not start now */
  async claim(spec: Pick<ReplicaSpec, 'id' | 'address' | 'mac' | 'port'>, network: HostNetwork): Promise<void> {
    if (network.mode === 'host') return await this.#claimPort(spec);
    const otherMac = await this.#ask(spec.address, network);
    const isNews = otherMac !== this.#conflicts.get(spec.address)?.otherMac;
    if (otherMac === undefined) this.#conflicts.delete(spec.address);
    else this.#conflicts.set(spec.address, { address: spec.address, replicaId: spec.id, ownMac: spec.mac, otherMac, running: false, at: new Date(this.#parts.clock.nowMs()).toISOString() });
    if (isNews) this.#parts.onChange();
    if (otherMac === undefined) return;
    const who = otherMac === spec.mac ? `${otherMac}, its own MAC: this replica's earlier container may still run on a host that is cut off` : otherMac;
    throw new TakenError(`address ${spec.address} answers on the network already, with MAC ${who}; it is not started here meanwhile`);
  }

  /** Forgets what is past, and looks, now and then, whether the MAC of a container that runs here was seen outside: then it runs elsewhere too. Never rejects. */
  async watch({ clusterId, network, replicas }: Pick<Assignment, 'clusterId' | 'network' | 'replicas'>, containers: readonly Pick<Container, 'status' | 'owner'>[]): Promise<void> {
    const { clock, networking, log, onChange } = this.#parts;
    this.#retain(replicas);
    if (networking.seenOutside === undefined || clock.elapsedMs() - this.#watchedMs < WATCH_MS) return;
    this.#watchedMs = clock.elapsedMs();
    const here = new Set(containers.flatMap(({ status, owner }) => (status === 'running' && owner?.clusterId === clusterId ? [owner.replicaId] : [])));
    const running = replicas.filter(({ id }) => here.has(id));
    try {
      const outside = new Set(await networking.seenOutside(network, running.map(({ mac }) => mac)));
      let isNews = false;
      for (const { id, address, mac } of running) {
        const known = this.#conflicts.get(address);
        if (outside.has(mac) === (known !== undefined)) continue;
        isNews = true;
        if (known !== undefined) this.#conflicts.delete(address);
        else this.#conflicts.set(address, { address, replicaId: id, ownMac: mac, otherMac: mac, running: true, at: new Date(clock.nowMs()).toISOString() });
      }
      if (isNews) onChange();
    } catch (error) {
      log.warn({ reason: sentenceOf(error) }, 'could not see whether addresses are used elsewhere too');
    }
  }

  async #ask(address: string, network: HostNetwork): Promise<string | undefined> {
    try {
      return await this.#parts.networking.whoAnswers?.(network, address);
    } catch (error) {
      this.#parts.log.warn({ address, reason: sentenceOf(error) }, 'could not ask whether an address is in use');
      return undefined;
    }
  }

  async #claimPort({ address, port }: Pick<ReplicaSpec, 'address' | 'port'>): Promise<void> {
    const listens = this.#parts.listens ?? ((host, at) => isReachable({ host, port: at }, PORT_LIMIT_MS));
    if (await listens(address, port)) throw new TakenError(`port ${port} of this host (${address}) is in use already by something else; stop it, or run this service on another host`);
  }
}
