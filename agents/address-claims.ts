// Before a container starts: does something else have its address, or, where it shares the host's network, its port? While it runs: does anything else
// have its address by now? What was found is kept for reports until nothing answers or is heard any more. Never holds a start up by its own failure.
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
/** One running container's address is asked for in so long: a question is five short processes and a sixth of a second. */
const ASK_MS = 30_000;
/** Besides, addresses of which it is known that somebody else has them. */
const MOST_DOUBTFUL = 3;
/** Another device that was neither heard nor answered for so long is gone. */
const QUIET_MS = 300_000;

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
  /** When another MAC was seen last, by address, of containers that run. */
  readonly #heardMs = new Map<string, number>();
  #watchedMs = Number.NEGATIVE_INFINITY;
  #askedMs = Number.NEGATIVE_INFINITY;
  #turn = -1;

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

  /**
   * Forgets what is past, and looks, now and then, whether somebody else has the address of a container that runs here: its MAC was seen outside, so it
   * runs elsewhere too; another MAC was heard with its address; or, one address at a time, another one answers. Never rejects.
   */
  async watch({ clusterId, network, replicas }: Pick<Assignment, 'clusterId' | 'network' | 'replicas'>, containers: readonly Pick<Container, 'status' | 'owner'>[]): Promise<void> {
    const { clock, log, onChange } = this.#parts;
    this.#retain(replicas);
    const now = clock.elapsedMs();
    if (network.mode !== 'flat' || now - this.#watchedMs < WATCH_MS) return;
    this.#watchedMs = now;
    const here = new Set(containers.flatMap(({ status, owner }) => (status === 'running' && owner?.clusterId === clusterId ? [owner.replicaId] : [])));
    const running = replicas.filter(({ id }) => here.has(id));
    try {
      const others = await this.#others(network, running, now);
      let isNews = false;
      for (const { id, address, mac } of running) {
        const known = this.#conflicts.get(address);
        const other = others.get(address);
        if (other !== undefined) this.#heardMs.set(address, now);
        // Another device does not talk all the time; a container's own MAC that is seen here again is not elsewhere.
        if (other === undefined && known?.otherMac !== mac && now - (this.#heardMs.get(address) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) continue;
        if (other === known?.otherMac && known?.running !== false) continue;
        isNews = true;
        if (other === undefined) this.#conflicts.delete(address);
        else this.#conflicts.set(address, { address, replicaId: id, ownMac: mac, otherMac: other, running: true, at: new Date(clock.nowMs()).toISOString() });
      }
      for (const address of this.#heardMs.keys()) if (!this.#conflicts.has(address)) this.#heardMs.delete(address);
      if (isNews) onChange();
    } catch (error) {
      log.warn({ reason: sentenceOf(error) }, 'could not see whether addresses are used elsewhere too');
    }
  }

  /** Whose MAC is there besides the container's own, by address. */
  async #others(network: HostNetwork, running: readonly ReplicaSpec[], now: number): Promise<Map<string, string>> {
    const { networking } = this.#parts;
    const outside = new Set(await networking.seenOutside?.(network, running.map(({ mac }) => mac)));
    const heard = (await networking.heard?.(network)) ?? new Map<string, string>();
    const others = new Map<string, string>();
    for (const { address, mac } of running) {
      const last = heard.get(address);
      if (outside.has(mac)) others.set(address, mac);
      else if (last !== undefined && last !== mac) others.set(address, last);
    }
    if (networking.whoElse === undefined || running.length === 0 || now - this.#askedMs < ASK_MS) return others;
    this.#askedMs = now;
    const next = running[(this.#turn += 1) % running.length]!;
    const doubtful = running.filter((spec) => spec !== next && this.#conflicts.has(spec.address)).slice(0, MOST_DOUBTFUL);
    for (const { address, mac } of [next, ...doubtful]) {
      const answer = await networking.whoElse(network, address);
      if (answer !== undefined && answer !== mac) others.set(address, answer);
    }
    return others;
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
