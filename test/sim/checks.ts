// What must hold in every simulated site, whatever goes wrong: safety at each step, convergence after faults have stopped. Shares no code with what it
// judges: it looks at engines themselves and reads the database with its own statements.
import Sqlite from 'better-sqlite3';
import type { Container } from '#agents/docker/runtime.ts';
import type { SimHost } from './host.ts';
import { moment } from './trace.ts';
import type { World } from './world.ts';

/** Something that must never be. The message says what, where and when. */
export class Violation extends Error {
  override readonly name = 'Violation';
  /** Which rule. */
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(`${rule}: ${message}`);
    this.rule = rule;
  }
}

/** An agent that lost the server comes back within its longest pause. */
const RETURN_MS = 10_000;
/** What hosts and the server tell each other is at most so old. */
const NEWS_MS = 15_000;
const OVERCOMMIT_PERMILLE = 1_000;
const MIB_BYTES = 1_048_576;

interface Ours {
  readonly host: SimHost;
  readonly container: Container;
}

export class Checks {
  /** Asks that were answered with success, by id, with what was promised. */
  readonly accepted = new Map<string, string>();
  /** Replicas that carry the peak of a workload, by its name, as its last accepted ask says. */
  readonly forPeak = new Map<string, number>();
  /** When something last went wrong because the seed wanted it. */
  faultAtMs = Number.NEGATIVE_INFINITY;
  /** Verdicts `lost` that were right. */
  lostHosts = 0;
  /** Safety was looked at so often. */
  looks = 0;
  readonly #world: World;
  readonly #journals = new Map<SimHost, number>();
  readonly #generations = new Map<SimHost, number>();
  readonly #states = new Map<string, string>();
  readonly #running = new Map<string, number>();
  #database: Sqlite.Database | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** After every event. @throws Violation */
  async step(): Promise<void> {
    this.#verdicts();
    const stops: string[] = [];
    let isChanged = false;
    for (const host of this.#world.hosts) {
      const { journal } = host.engine.fake;
      const seen = this.#journals.get(host) ?? 0;
      if (journal.length === seen) continue;
      isChanged = true;
      stops.push(...journal.slice(seen).filter((entry) => entry.startsWith('stop ')).map((entry) => entry.split(' ')[1]!));
      this.#journals.set(host, journal.length);
      this.#generation(host);
    }
    if (isChanged) await this.look(stops);
  }

  /** Looks at all engines. @param stops containers that agents stopped since the last look */
  async look(stops: readonly string[] = []): Promise<void> {
    this.looks += 1;
    const running = await this.#ours();
    this.#overcommit(running);
    this.#addresses(running);
    this.#survival(running, stops);
  }

  /** Why the site is not as it should be; null: it is. Reads the desired state from the database and what runs from the engines. */
  async unsettled(): Promise<string | null> {
    const world = this.#world;
    if (!world.server.isUp) return 'the server is down';
    for (const host of world.hosts) {
      const state = world.server.context?.fleet.get(host.hostId)?.state;
      if (state !== 'ready') return `${host.name} is ${state}`;
      if (host.agent?.connected !== true) return `${host.name} is not connected`;
    }
    const wanted = this.#replicas();
    const waiting = wanted.find(({ hostId }) => hostId === null);
    if (waiting !== undefined) return `${waiting.id} waits for a place`;
    const running = await this.#ours();
    const byReplica = Map.groupBy(running, ({ container }) => container.owner!.replicaId);
    for (const { id, hostId, address } of wanted) {
      const found = byReplica.get(id) ?? [];
      const name = world.hosts.find((host) => host.hostId === hostId)?.name;
      if (found.length !== 1) return `${id} should run on ${name} and runs ${found.length} times`;
      const [{ host, container }] = found as [Ours];
      if (host.hostId !== hostId) return `${id} should run on ${name} and runs on ${host.name}`;
      if (container.address !== address) return `${id} should have ${address} and has ${container.address}`;
    }
    const ids = new Set(wanted.map(({ id }) => id));
    for (const { host, container } of await this.#ours('all')) if (!ids.has(container.owner!.replicaId)) return `${host.name} has ${container.name}, which nobody wants`;
    for (const host of world.hosts) {
      const report = host.agent?.describe();
      if (report?.converged !== true) return `${host.name} has something left to do: ${[...(report?.problems ?? []), ...(report?.replicas ?? []).flatMap(({ id, reason }) => (reason === undefined ? [] : `${id}: ${reason}`))].join('; ')}`;
      const head = this.#rows<{ generation: number }>('SELECT generation FROM assignments WHERE host_id = ?', host.hostId)[0];
      if (head !== undefined && report.generation !== head.generation) return `${host.name} has generation ${report.generation} of ${head.generation}`;
    }
    return null;
  }

  /** That nothing that was accepted is lost, and no stranger was touched. @throws Violation */
  async promises(): Promise<void> {
    const known = new Set(this.#rows<{ id: string }>('SELECT id FROM requests').map(({ id }) => id));
    for (const [id, what] of this.accepted) if (!known.has(id)) throw this.#violation('request-lost', `${what} was accepted as ${id} and is not in the database`);
    for (const host of this.#world.hosts) {
      if (!host.isPowered) continue;
      const strangers = (await host.engine.containers()).filter(({ owner }) => owner === undefined);
      if (strangers.length !== host.strangers || strangers.some(({ status }) => status !== 'running')) throw this.#violation('stranger', `${host.name} should have ${host.strangers} strangers running and has ${strangers.map(({ name, status }) => `${name} ${status}`).join(', ') || 'none'}`);
    }
  }

  /** Whether something is under way that takes its time: a rollout, a move, an address that is being let go. */
  isUnderWay(): boolean {
    const [{ moves }] = this.#rows<{ moves: number }>('SELECT count(*) AS moves FROM replicas WHERE replaces IS NOT NULL') as [{ moves: number }];
    const [{ rollouts }] = this.#rows<{ rollouts: number }>("SELECT count(*) AS rollouts FROM rollouts WHERE ended_at IS NULL") as [{ rollouts: number }];
    return moves + rollouts > 0;
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
  }

  #verdicts(): void {
    const { server, hosts, time } = this.#world;
    if (server.context === undefined) return;
    for (const host of hosts) {
      const state = server.context.fleet.get(host.hostId)?.state ?? 'unknown';
      const before = this.#states.get(host.hostId);
      if (state === before) continue;
      this.#states.set(host.hostId, state);
      if (state !== 'lost') continue;
      const soundMs = time.nowMs - Math.max(host.soundSinceMs, host.cable.soundSinceMs, server.startedMs);
      if (host.isAgentUp && host.cable.isSound && soundMs > server.config.leaseMs + RETURN_MS + 1_000) throw this.#violation('false-verdict', `${host.name} is called lost, and nothing was wrong with it for ${Math.round(soundMs)} ms`);
      this.lostHosts += 1;
    }
  }

  #generation(host: SimHost): void {
    const generation = host.disk.assignment?.generation ?? 0;
    const before = this.#generations.get(host) ?? 0;
    if (generation < before) throw this.#violation('generation', `${host.name} went from generation ${before} back to ${generation}`);
    this.#generations.set(host, generation);
  }

  #overcommit(running: readonly Ours[]): void {
    for (const [host, own] of Map.groupBy(running, (each) => each.host)) {
      const cpuMilli = own.reduce((sum, { container: { limits } }) => sum + (limits === undefined ? 0 : (limits.cpuQuotaMicros * 1000) / limits.cpuPeriodMicros), 0);
      const memoryMib = own.reduce((sum, { container }) => sum + (container.limits?.memoryBytes ?? 0) / MIB_BYTES, 0);
      if (cpuMilli > (host.capacity.cpuMilli * OVERCOMMIT_PERMILLE) / 1000 || memoryMib > host.capacity.memoryMib) throw this.#violation('overcommit', `${host.name} has ${host.capacity.cpuMilli} millicores and ${host.capacity.memoryMib} MiB and runs ${own.length} containers with ${cpuMilli} and ${memoryMib}`);
    }
  }

  #addresses(running: readonly Ours[]): void {
    for (const [address, holders] of Map.groupBy(running, ({ container }) => container.address)) {
      if (address !== undefined && holders.length > 1) throw this.#violation('address-twice', `${address} is used by ${holders.map(({ host, container }) => `${container.name} on ${host.name}`).join(' and ')}`);
    }
  }

  /** What agents stop must not take a workload below its peak, unless something went wrong just now that nobody could know of. */
  #survival(running: readonly Ours[], stops: readonly string[]): void {
    const counts = new Map([...Map.groupBy(running, ({ container }) => container.owner!.workload)].map(([workload, own]) => [workload, own.length]));
    if (stops.length > 0 && this.#world.time.nowMs - this.faultAtMs > NEWS_MS) {
      for (const [workload, needed] of this.forPeak) {
        const [now, before] = [counts.get(workload) ?? 0, this.#running.get(workload) ?? 0];
        if (now < needed && now < before) throw this.#violation('survival', `${workload} needs ${needed} replicas for its peak, ran ${before}, and runs ${now} since ${stops.join(', ')} stopped`);
      }
    }
    this.#running.clear();
    for (const [workload, count] of counts) this.#running.set(workload, count);
  }

  async #ours(which: 'running' | 'all' = 'running'): Promise<Ours[]> {
    const found: Ours[] = [];
    for (const host of this.#world.hosts) {
      if (!host.isPowered) continue;
      for (const container of await host.engine.containers()) if (container.owner !== undefined && (which === 'all' || container.status === 'running')) found.push({ host, container });
    }
    return found;
  }

  #replicas(): { id: string; hostId: string | null; address: string | null }[] {
    return this.#rows('SELECT id, host_id AS hostId, address FROM replicas');
  }

  #rows<T>(sql: string, ...values: unknown[]): T[] {
    this.#database ??= new Sqlite(this.#world.server.databasePath, { readonly: true });
    return this.#database.prepare(sql).all(...values) as T[];
  }

  #violation(rule: string, message: string): Violation {
    return new Violation(rule, `${moment(this.#world.time.nowMs)} ${message}`);
  }
}
