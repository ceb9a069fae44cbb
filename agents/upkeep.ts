// Looking after what runs: restarts of what ended by itself, what somebody changed by hand, what nobody assigned. Keeps the three boards together for
// the loop, which asks it what is spared, which steps are to be done, and what belongs into the report. Removes orphaned networks and folders itself,
// one after the other; containers go through the loop's lanes like all others.
import type { Clock } from './clock.ts';
import type { Container, Runtime } from './docker/runtime.ts';
import { DriftBoard } from './drift.ts';
import type { HostFolders } from './host/folders.ts';
import { sentenceOf, type Log } from './log.ts';
import { orphanContainers, OrphanBoard, type Candidate } from './orphans.ts';
import type { Assignment, ObservedDrift, ObservedOrphan } from './protocol.ts';
import type { Step, Wanted } from './reconcile.ts';
import { Restarts } from './restarts.ts';

/** Networks and folders do not come by themselves. */
const LOOK_MS = 60_000;
/** An order to remove must not wait for the next look. */
const MOST_SELF_REMOVED = 1_000;

export interface UpkeepParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly runtime: Pick<Runtime, 'networks' | 'removeNetwork'>;
  readonly folders: HostFolders;
  readonly clusterId: string;
  /** Whether somebody told the container to end. */
  readonly wasStopped: (containerId: string) => boolean;
  readonly onChange: () => void;
}

export class Upkeep {
  readonly restarts: Restarts;
  readonly #parts: UpkeepParts;
  readonly #drift: DriftBoard;
  readonly #orphans: OrphanBoard;
  /** Containers that this agent removed, newest last. */
  readonly #removed = new Set<string>();
  #released: ReadonlySet<string> = new Set();
  #lookedMs = Number.NEGATIVE_INFINITY;
  #isLooking = false;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
    this.restarts = new Restarts(parts.clock);
    this.#orphans = new OrphanBoard(parts.clock);
    this.#drift = new DriftBoard(parts.clock, { wasStopped: parts.wasStopped, wasRemoved: (id) => this.#removed.has(id) });
  }

  get orphans(): ObservedOrphan[] {
    return this.#orphans.observed;
  }

  get drift(): ObservedDrift[] {
    return this.#drift.observed;
  }

  givenUp(replicaId: string): string | undefined {
    return this.#drift.sentenceFor(replicaId);
  }

  /** Another assignment holds; `released` are replicas that were told to go. */
  take({ upkeep }: Pick<Assignment, 'upkeep'>, released: ReadonlySet<string>): void {
    this.#released = released;
    this.#orphans.follow(upkeep);
    this.#drift.resume(upkeep?.repairAgain ?? []);
    // What was decided about a folder or a network is done now.
    this.#lookedMs = Number.NEGATIVE_INFINITY;
  }

  /** Which containers without an assignment are left as they are, by id. */
  spare(containers: readonly Container[], assignment: Assignment): ReadonlyMap<string, 'waits' | 'kept'> {
    const assigned = new Set(assignment.replicas.map((spec) => spec.id));
    this.#orphans.found('container', orphanContainers(containers, { clusterId: this.#parts.clusterId, assigned, released: this.#released }));
    return new Map(containers.flatMap(({ id }) => {
      const fate = this.#orphans.fateOf('container', id);
      return fate === undefined || fate === 'goes' ? [] : [[id, fate] as const];
    }));
  }

  /** What is said of a container that nobody assigned and that is left as it is. */
  orphanSentence(containerId: string): string | undefined {
    const fate = this.#orphans.fateOf('container', containerId);
    if (fate === undefined || fate === 'goes') return undefined;
    const orphan = this.#orphans.observed.find(({ kind, id }) => kind === 'container' && id === containerId);
    if (fate === 'kept') return 'nobody assigned it; it is kept because somebody decided so';
    return `nobody assigned it${orphan?.removeAt === undefined ? '' : `; it is removed at ${orphan.removeAt}`}`;
  }

  /** Leaves out what rests between restarts and what was repaired too often. To be told of every look, with all steps that it gave. */
  sift(steps: readonly Step[], wanted: readonly Wanted[], containers: readonly Container[]): Step[] {
    this.restarts.retain(new Set(containers.map(({ id }) => id)));
    this.#drift.settle(wanted, containers, steps);
    for (const { id, status, owner } of containers) {
      if (status === 'exited' && owner?.clusterId === this.#parts.clusterId && !this.#parts.wasStopped(id)) this.restarts.ended(id);
      if (status === 'running') this.restarts.started(id);
    }
    const byId = new Map(wanted.map((one) => [one.spec.id, one]));
    return steps.filter((step) => {
      if (step.kind === 'start' && this.restarts.isResting(step.containerId)) return false;
      return this.#drift.givenUp(step, this.#drift.kindOf(step, byId.get(step.replicaId))) === undefined;
    });
  }

  /** A step was taken up. Gives what is to be called when it is done. */
  begins(step: Step, wanted: Wanted | undefined): () => void {
    const kind = this.#drift.kindOf(step, wanted);
    const repaired = kind === undefined ? undefined : this.#drift.begins(step, kind);
    if (kind !== undefined) this.#parts.log.warn({ replica: step.replicaId, drift: kind, reason: step.reason }, 'a container is not as it was left');
    return () => {
      repaired?.();
      if (step.kind === 'start') this.restarts.started(step.containerId);
      if (step.kind !== 'remove') return;
      this.#removed.add(step.containerId);
      for (const id of this.#removed) if (this.#removed.size > MOST_SELF_REMOVED) this.#removed.delete(id);
    };
  }

  /** Looks for networks and folders that nobody assigned, now and then, and removes those whose time has come. Never rejects. */
  async look(assignment: Assignment, containers: readonly Container[]): Promise<void> {
    const { clock, log, onChange } = this.#parts;
    if (this.#isLooking || clock.elapsedMs() - this.#lookedMs < LOOK_MS) return;
    this.#isLooking = true;
    this.#lookedMs = clock.elapsedMs();
    try {
      await this.#lookAtNetworks(assignment);
      await this.#lookAtFolders(assignment, containers);
      onChange();
    } catch (error) {
      log.warn({ reason: sentenceOf(error) }, 'what nobody assigned could not be looked for');
    } finally {
      this.#isLooking = false;
    }
  }

  async #lookAtNetworks({ network, clusterId }: Assignment): Promise<void> {
    const { runtime, log } = this.#parts;
    const found = (await runtime.networks()).filter((one) => one.clusterId === clusterId && one.name !== network.name);
    const candidates = found.map(({ id, name }): Candidate => ({ kind: 'network', id, name, reason: `containers of this cluster are on network ${network.name} here` }));
    this.#orphans.found('network', candidates);
    const gone = new Set<Candidate>();
    for (const candidate of candidates) {
      const { id, name } = candidate;
      if (this.#orphans.fateOf('network', id) !== 'goes') continue;
      log.info({ network: name }, 'an orphaned network is removed');
      // One that containers are on is refused by the engine, and stays listed.
      await runtime.removeNetwork(name).then(() => gone.add(candidate)).catch((error: unknown) => log.warn({ network: name, reason: sentenceOf(error) }, 'an orphaned network could not be removed'));
    }
    if (gone.size > 0) this.#orphans.found('network', candidates.filter((candidate) => !gone.has(candidate)));
  }

  async #lookAtFolders({ replicas }: Assignment, containers: readonly Container[]): Promise<void> {
    const { folders, log } = this.#parts;
    const inUse = new Set([...replicas.map(({ address }) => address), ...containers.flatMap(({ address }) => address ?? [])]);
    const found = (await folders.list()).filter(({ address }) => !inUse.has(address));
    const candidates = found.map(({ path, address }): Candidate => ({ kind: 'directory', id: path, name: address, address, reason: `no replica of this host has address ${address}; what was kept below /persist for it is still there` }));
    this.#orphans.found('directory', candidates);
    const left = candidates.filter(({ id }) => this.#orphans.fateOf('directory', id) !== 'goes');
    for (const { id: path } of candidates) {
      if (left.some(({ id }) => id === path)) continue;
      log.info({ path }, 'an orphaned folder is removed');
      await folders.remove(path);
    }
    this.#orphans.found('directory', left);
  }
}
