// observe -> reconcile -> execute -> report, one run at a time, woken by assignments, by Docker's events, by finished work and by a timer.
// Takes the newest assignment, owns everything that changes containers, and gives the truth for reports. Knows nothing of the server.
import { AddressClaims } from './address-claims.ts';
import { BootHold, HELD } from './boot-hold.ts';
import type { Clock } from './clock.ts';
import type { Runtime } from './docker/runtime.ts';
import { EngineView } from './engine-view.ts';
import { activityOf, announce, execute, type ExecuteContext } from './execute.ts';
import { withCommands } from './health-command.ts';
import { HealthBoard, type Probe } from './health.ts';
import { openRenewal, type PrepareFiles } from './host/files.ts';
import type { HostFolders } from './host/folders.ts';
import type { UsageReader } from './host/usage.ts';
import { identityOf } from './identity.ts';
import type { ReadDisk } from './images/disk.ts';
import { ImageKeeper } from './images/keeper.ts';
import { Lanes } from './lanes.ts';
import { LastWords } from './last-words.ts';
import { sentenceOf, type Log } from './log.ts';
import { MetricsBoard, type Scrape } from './metrics/board.ts';
import { NetworkKeeper } from './network-keeper.ts';
import type { HostNetworking } from './network/run.ts';
import type { Assignment, Facts, Report, Usage } from './protocol.ts';
import { reconcile, type Reconciliation, type Step } from './reconcile.ts';
import { describeReplicas, newsOf } from './report.ts';
import { targetsOf } from './targets.ts';
import { Upkeep } from './upkeep.ts';

export interface LoopParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly runtime: Runtime;
  readonly networking: HostNetworking;
  readonly usage: UsageReader;
  readonly probe: Probe;
  readonly facts: () => Facts;
  readonly prepareFiles: PrepareFiles;
  readonly scrape: Scrape;
  readonly readDisk: ReadDisk;
  readonly folders: HostFolders;
  readonly persistDir: string;
  /** What the agent signs in with at the registry. */
  readonly login: { readonly username: string; readonly password: string };
  readonly trustRegistry: (registry: string) => Promise<void>;
  readonly isBuilding: () => boolean;
  readonly cgroupParent?: string;
  readonly clusterId: string;
  /** The server confirmed lately what is stored: see confirmed.ts. */ readonly isConfirmed: boolean;
  /** Called, at most every 100 ms, when a report would say something new. */
  readonly onNews: () => void;
  /** Keeps what a container wrote, before it is removed; never rejects. */
  readonly keepOutput: (containerId: string) => Promise<void>;
}

const TIMER_MS = 5_000;
const TIMER_WITHOUT_ENGINE_MS = 1_000;
/** Docker sends several events for one change, and starting containers needs the CPU more than looking at them. */
const RUN_SPACING_MS = 100;
const NEWS_SPACING_MS = 100;
/** Until the server says how often it wants reports. */
const USAGE_MS = 2_000;
/** Containers being created or started at the same time: more does not make one engine faster, see README. */
const WORK_PLACES = 4;
const REMOVAL_PLACES = 32;

export class HostLoop {
  readonly #parts: LoopParts;
  readonly #view: EngineView;
  readonly #lanes: Lanes;
  readonly #health: HealthBoard;
  readonly #network: NetworkKeeper;
  readonly #claims: AddressClaims;
  readonly #images: ImageKeeper;
  readonly #metrics: MetricsBoard;
  readonly #lastWords: LastWords;
  readonly #upkeep: Upkeep;
  readonly #hold: BootHold;
  readonly #renewFiles: ReturnType<typeof openRenewal>;
  #assignment: Assignment | undefined;
  #released: ReadonlySet<string> = new Set();
  #wanted: readonly { spec: Assignment['replicas'][number]; identity: string }[] | undefined;
  #left: Reconciliation = { steps: [], waiting: [] };
  #convergedGeneration = -1;
  #usage = new Map<string, Usage>();
  #hostUsage: Report['hostUsage'];
  #usageMs = USAGE_MS;
  #running: Promise<void> | undefined;
  #again = false;
  #lastRunMs = Number.NEGATIVE_INFINITY;
  #lastNews = '';
  #cancels = new Map<'timer' | 'run' | 'news' | 'usage' | 'restart', () => void>();
  #closed = false;

  /** `stored` is the assignment that was accepted before this process began. */
  constructor(parts: LoopParts, stored: Assignment | undefined, released: ReadonlySet<string> = new Set()) {
    this.#parts = parts;
    const { clock, log, runtime, networking } = parts;
    this.#view = new EngineView({ runtime, clock, log, onChange: () => (this.#network.doubt(), this.wake()), onEnd: (id, atMs, wasStopped) => this.#onEnd(id, atMs, wasStopped) });
    this.#lanes = new Lanes({ clock, log, places: { work: WORK_PLACES, removal: REMOVAL_PLACES }, onChange: (_, ended) => (ended ? this.wake() : this.#news()) });
    this.#upkeep = new Upkeep({ clock, log, runtime, folders: parts.folders, clusterId: parts.clusterId, wasStopped: (id) => this.#view.lastEnd(id)?.wasStopped === true, onChange: () => this.#news() });
    this.#health = new HealthBoard({ clock, probe: withCommands(parts.probe, runtime), onChange: () => this.#news() });
    this.#network = new NetworkKeeper({ clock, log, runtime, networking });
    this.#claims = new AddressClaims({ clock, log, networking, onChange: () => this.#news() });
    this.#images = new ImageKeeper({ clock, log, runtime, readDisk: parts.readDisk, persistDir: parts.persistDir, login: parts.login, trustRegistry: parts.trustRegistry, isBuilding: parts.isBuilding, onChange: () => this.#news() });
    this.#metrics = new MetricsBoard({ clock, log, scrape: parts.scrape });
    this.#lastWords = new LastWords({ clock, log, runtime, onChange: () => this.#news() });
    this.#hold = new BootHold({ clock, isConfirmed: parts.isConfirmed, isHeld: stored?.network.mode === 'flat' });
    this.#renewFiles = openRenewal(parts.prepareFiles, log);
    if (stored !== undefined) this.#take(stored, released);
  }

  /** Looks at the engine once and begins to work. Resolves after that first look, so that the first report says something. */
  async start(): Promise<void> {
    this.#view.listen();
    this.#images.start();
    this.#measure();
    await this.#run();
  }

  /** A newer assignment, already stored; `released` are the replicas that it told to go, and those before that are still there. */
  accept(assignment: Assignment, released: ReadonlySet<string>): void {
    this.#take(assignment, released);
    this.wake();
  }

  /** Replicas that an assignment tells to go: those that it leaves out, and those before that are still there. */
  releasedBy(next: Assignment): string[] {
    const present = new Set(this.#view.containers.flatMap(({ owner }) => owner?.replicaId ?? []));
    const wanted = new Set(next.replicas.map((spec) => spec.id));
    const earlier = [...this.#released].filter((id) => this.#view.facts === undefined || present.has(id));
    return [...new Set([...earlier, ...(this.#assignment?.replicas ?? []).map((spec) => spec.id)])].filter((id) => !wanted.has(id));
  }

  /** The server has said what it had to say: nothing else is to be waited for before the network is joined. */
  serverSpoke(): void {
    this.#hold.serverSpoke();
    if (this.#hold.isHeld) this.wake();
  }

  /** How often the server wants reports, in milliseconds: what is read for them alone need not be read oftener. */
  reportEvery(ms: number): void {
    this.#metrics.every(ms);
    this.#usageMs = ms;
  }

  /** Whether every running service has been asked at least once. */
  get settled(): boolean {
    return this.#health.settled;
  }

  /** As last seen. */
  get containers(): EngineView['containers'] {
    return this.#view.containers;
  }

  /** The newest one that was accepted. */
  get assignment(): Assignment | undefined {
    return this.#assignment;
  }

  get engineFacts(): EngineView['facts'] {
    return this.#view.facts;
  }

  /** What is true now. */
  describe(): Omit<Report, 'seq' | 'at' | 'problems'> & { problems: string[] } {
    const { clusterId } = this.#parts;
    const down = this.#view.down;
    const generation = this.#assignment?.generation ?? 0;
    const containers = this.#view.containers;
    const replicas = describeReplicas({
      assignment: this.#assignment,
      clusterId,
      containers,
      ...(down === undefined ? {} : { engineDown: down }),
      waiting: this.#left.waiting,
      activity: (id) => this.#lanes.activity(id),
      failure: (id) => this.#lanes.failure(id),
      verdict: (id) => this.#health.verdict(id),
      usage: (id) => this.#usage.get(id),
      lastEnd: (id) => this.#view.lastEnd(id),
      lastWords: (id) => this.#lastWords.of(id),
      run: (id) => this.#upkeep.restarts.of(id),
      wallClock: (ms) => new Date(this.#parts.clock.nowMs() + Math.round(ms - this.#parts.clock.elapsedMs())).toISOString(),
      givenUp: (id) => this.#upkeep.givenUp(id),
      orphan: (id) => this.#upkeep.orphanSentence(id),
      requests: (id) => this.#metrics.counters(id),
    });
    const { observed: images, disk: imageDisk, disks } = this.#images;
    return {
      generation,
      converged: down === undefined && this.#convergedGeneration === generation && !this.#lanes.busy,
      facts: this.#parts.facts(),
      replicas,
      strangers: containers.filter((container) => container.owner?.clusterId !== clusterId).length,
      ...(this.#hostUsage === undefined ? {} : { hostUsage: this.#hostUsage }),
      orphans: this.#upkeep.orphans,
      drift: this.#upkeep.drift,
      ...(images === undefined ? {} : { images }),
      ...(imageDisk === undefined ? {} : { imageDisk }),
      ...(disks === undefined ? {} : { disks }),
      ...(this.#claims.conflicts.length === 0 ? {} : { conflicts: this.#claims.conflicts.slice(0, 200) }),
      ...(down === undefined ? {} : { engineDown: true }),
      problems: [...(down === undefined ? [] : [down]), ...this.#network.problems, ...(this.#hold.isHeld ? [HELD] : [])],
    };
  }

  cleanImages(): Promise<number> {
    return this.#images.clean();
  }

  /** Stops working; containers stay as they are. */
  async stop(): Promise<void> {
    this.#closed = true;
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
    this.#lanes.close();
    this.#health.close();
    this.#metrics.close();
    this.#images.close();
    await this.#view.close();
    await this.#running;
  }

  /** Runs the loop soon, or once more after the present run. */
  wake(): void {
    if (this.#closed) return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    const waitMs = Math.max(0, this.#lastRunMs + RUN_SPACING_MS - this.#parts.clock.elapsedMs());
    if (!this.#cancels.has('run')) this.#after('run', waitMs, () => void this.#run());
  }

  #take(assignment: Assignment, released: ReadonlySet<string>): void {
    this.#assignment = assignment;
    this.#wanted = assignment.replicas.map((spec) => ({ spec, identity: identityOf(spec, assignment.network) }));
    this.#images.take(assignment);
    this.#released = released;
    this.#upkeep.take(assignment, released);
    this.#lanes.retain(new Set([...assignment.replicas.map((spec) => spec.id), ...this.#view.containers.map((container) => container.owner?.replicaId ?? '')]));
  }

  #onEnd(containerId: string, atMs: number | undefined, wasStopped: boolean): void {
    const owner = this.#view.containers.find((one) => one.id === containerId)?.owner;
    // What the agent stops did not end by itself.
    if (owner?.clusterId !== this.#parts.clusterId || this.#lanes.activity(owner.replicaId)?.state === 'stopping') return;
    this.#lastWords.ended(containerId, atMs);
    if (!wasStopped) this.#upkeep.restarts.ended(containerId, this.#health.wellForMs(owner.replicaId));
  }

  async #run(): Promise<void> {
    if (this.#closed || this.#running !== undefined) return;
    this.#again = false;
    this.#running = this.#pass().catch((error: unknown) => this.#parts.log.error({ reason: sentenceOf(error) }, 'a run of the loop failed'));
    await this.#running;
    this.#running = undefined;
    this.#lastRunMs = this.#parts.clock.elapsedMs();
    if (this.#closed) return;
    this.#news();
    this.#after('timer', this.#view.down === undefined ? TIMER_MS : TIMER_WITHOUT_ENGINE_MS, () => this.wake());
    if (this.#again) this.wake();
  }

  async #pass(): Promise<void> {
    this.#lanes.beginRound();
    await this.#view.look();
    if (this.#closed) return;
    this.#images.know(this.#view.facts);
    const assignment = this.#assignment;
    if (assignment !== undefined && this.#view.down === undefined) {
      await this.#hold.pass({ isClean: () => !this.#reconcile(assignment).steps.some((step) => step.kind === 'remove'), isOpen: assignment.network.mode !== 'flat', stands: () => this.#network.stands(assignment.network) });
      if (!this.#hold.isHeld) await this.#network.keep(assignment);
      if (this.#closed || this.#assignment !== assignment) {
        this.#again = true;
        return;
      }
      await this.#renewFiles(assignment, this.#view.containers);
      this.#left = this.#reconcile(assignment);
      const steps = this.#upkeep.sift(this.#left.steps, this.#wanted ?? [], this.#view.containers);
      this.#dispatch(steps, assignment);
      void this.#upkeep.look(assignment, this.#view.containers);
      const restartMs = this.#upkeep.restarts.nextMs;
      if (restartMs !== undefined) this.#after('restart', restartMs - this.#parts.clock.elapsedMs(), () => this.wake());
      const isDone = steps.length === 0 && this.#left.waiting.length === 0 && this.#network.problems.length === 0 && !this.#hold.isHeld;
      this.#convergedGeneration = isDone ? assignment.generation : -1;
    }
    this.#watchServices();
    if (assignment !== undefined && this.#view.down === undefined) void this.#claims.watch(assignment, this.#view.containers);
  }

  #reconcile(assignment: Assignment): Reconciliation {
    const { networkId } = this.#network;
    const hindrance = this.#hold.isHeld ? HELD : this.#network.problems[0];
    return reconcile({
      clusterId: assignment.clusterId,
      ...(this.#wanted === undefined ? {} : { wanted: this.#wanted }),
      containers: this.#view.containers,
      ...(networkId === undefined ? {} : { networkId }),
      ...(hindrance === undefined ? {} : { hindrance }),
      limitsSwap: this.#view.facts?.limitsSwap ?? false,
      ...(assignment.network.mode === 'host' ? {} : { networkName: assignment.network.name }),
      spared: this.#upkeep.spare(this.#view.containers, assignment),
    });
  }

  /** Gives each replica's steps to its lane; what is busy or backing off is left out there. */
  #dispatch(steps: readonly Step[], assignment: Assignment): void {
    const byReplica = Map.groupBy(steps, (step) => `${step.kind === 'remove' ? 'removal' : 'work'} ${step.replicaId}`);
    for (const own of byReplica.values()) {
      const [first] = own;
      if (first === undefined) continue;
      const done = new Map<Step, () => void>();
      const isTaken = this.#lanes.offer({
        replicaId: first.replicaId,
        kind: first.kind === 'remove' ? 'removal' : 'work',
        fingerprint: own.map((step) => (step.kind === 'run' ? `run ${step.wanted.identity}` : `${step.kind} ${step.reason}`)).join('; '),
        activity: activityOf(first),
        work: async (say) => {
          for (const step of own) {
            this.#parts.log.info({ replica: step.replicaId, step: step.kind, generation: assignment.generation, reason: step.reason }, 'step');
            await execute(step, this.#context(assignment), say);
            done.get(step)?.();
          }
        },
      });
      if (isTaken) for (const step of own) done.set(step, this.#upkeep.begins(step, this.#wanted?.find(({ spec }) => spec.id === step.replicaId)));
    }
  }

  #context(assignment: Assignment): ExecuteContext {
    const { runtime, cgroupParent, prepareFiles } = this.#parts;
    return {
      runtime, assignment, prepareFiles, images: this.#images,
      isWanted: (spec) => this.#isWanted(spec, identityOf(spec, assignment.network)),
      ...(cgroupParent === undefined ? {} : { cgroupParent }),
      announce: (id) => announce(id, assignment, this.#parts),
      keepOutput: this.#parts.keepOutput,
      claim: (spec) => this.#claims.claim(spec, assignment.network),
    };
  }

  #isWanted({ id, release }: Assignment['replicas'][number], identity: string): boolean {
    const wanted = this.#wanted?.find(({ spec }) => spec.id === id);
    return wanted !== undefined && wanted.identity === identity && wanted.spec.release === release;
  }

  #watchServices(): void {
    const isDown = this.#view.down !== undefined;
    const mine = this.#view.containers.filter((one) => one.owner?.clusterId === this.#parts.clusterId);
    const { health, metrics } = targetsOf(this.#assignment?.replicas ?? [], mine, isDown);
    this.#health.watch(health);
    this.#metrics.watch(metrics);
    this.#lastWords.retain(new Set(mine.map((one) => one.id)));
    for (const { id, status, owner } of mine) {
      if ((status === 'exited' || status === 'restarting') && this.#lanes.activity(owner?.replicaId ?? '')?.state !== 'stopping') this.#lastWords.found(id);
    }
  }

  #measure(): void {
    const running = this.#view.containers.filter((one) => one.owner?.clusterId === this.#parts.clusterId && one.pid !== undefined);
    this.#usage = this.#parts.usage.read(running.map((one) => ({ containerId: one.id, pid: one.pid ?? 0 })));
    this.#hostUsage = this.#parts.usage.host();
    this.#after('usage', this.#usageMs, () => this.#measure());
  }

  /** Tells that there is something to report, when there is. */
  #news(): void {
    if (this.#closed || this.#cancels.has('news')) return;
    this.#after('news', NEWS_SPACING_MS, () => {
      const news = newsOf(this.describe());
      if (news === this.#lastNews) return;
      this.#lastNews = news;
      this.#parts.onNews();
    });
  }

  #after(name: 'timer' | 'run' | 'news' | 'usage' | 'restart', delayMs: number, callback: () => void): void {
    this.#cancels.get(name)?.();
    this.#cancels.set(name, this.#parts.clock.after(delayMs, () => {
      this.#cancels.delete(name);
      if (!this.#closed) callback();
    }));
  }
}
