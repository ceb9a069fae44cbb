// The agent of one host, put together: credential and ledger from disk, the loop that keeps containers, the session that talks to the server.
// Everything that touches the world can be replaced, so that tests and the simulated fleet run this very code.
import { join } from 'node:path';
import { judge } from './accept.ts';
import type { Builder } from './build/builder.ts';
import { pause, systemClock, type Clock } from './clock.ts';
import { tlsOf } from './call-server.ts';
import type { AgentConfig } from './config.ts';
import { type Confirmed, mayReturnAlone, NOTE_EVERY_MS, openConfirmed } from './confirmed.ts';
import { openEngine } from './docker/engine.ts';
import type { EngineFacts, Runtime } from './docker/runtime.ts';
import { networkProbe, type Probe } from './health.ts';
import { hostFacts } from './host/facts.ts';
import { openHostFiles, type PrepareFiles } from './host/files.ts';
import { openHostFolders, type HostFolders } from './host/folders.ts';
import { openUsageReader, SYSTEM_PLACES, type UsageReader } from './host/usage.ts';
import { readImageDisk, type ReadDisk } from './images/disk.ts';
import { openIdentityFiles, type HostIdentity, type IdentityStore } from './identity-files.ts';
import { readCredential, webSocketUrl, type Credential } from './join.ts';
import { openLedger, type Ledger } from './ledger.ts';
import { openLog, type Log } from './log.ts';
import { HostLoop } from './loop.ts';
import type { Scrape } from './metrics/board.ts';
import { DEFAULT_LIMITS, LogArchive } from './logs/archive.ts';
import { openCheckpoint } from './logs/checkpoint.ts';
import { Forwarder } from './logs/forward.ts';
import { scrapeOverHttp } from './metrics/scrape.ts';
import { lookAround, reachByNetwork, type Reach } from './neighbours.ts';
import { openGuard } from './network/open-guard.ts';
import { openHostNetworking, openRunner, type HostNetworking } from './network/run.ts';
import type { Assignment, Facts, Report } from './protocol.ts';
import { CERTS_DIR, openRegistryTrust, type TrustRegistry } from './registry-trust.ts';
import { Session, type BuildMessage, type OtherMessage, type Welcome } from './session.ts';
import { Streams } from './streams.ts';
import { Self } from './self.ts';
import type { Trial, UpgradeStore } from './upgrade.ts';
import { dialWith, type Dial } from './wire.ts';

export interface AgentDeps {
  readonly clock: Clock;
  readonly random: () => number;
  /** Null: over a WebSocket, with this host's certificate where it has one. */
  readonly dial: Dial | null;
  readonly log: Log;
  readonly runtime: Runtime;
  readonly networking: HostNetworking;
  readonly usage: UsageReader;
  readonly probe: Probe;
  readonly ledger: Ledger;
  readonly credential: Credential;
  /** Certificate and key of this host; null where it never has one. */
  readonly identities: IdentityStore | null;
  /** How this agent replaces itself; null where it does not. */
  readonly upgrades: UpgradeStore | null;
  /** SHA-256 of this agent's program, where it is one file. */
  readonly bundle: string | undefined;
  readonly onWelcomed: () => void;
  readonly facts: (engine: EngineFacts | undefined) => Facts;
  readonly prepareFiles: PrepareFiles;
  readonly scrape: Scrape;
  readonly readDisk: ReadDisk;
  readonly folders: HostFolders;
  /** Where output of containers is kept that are gone; null: nowhere. */
  readonly logsDir: string | null;
  /** How neighbours that are silent are looked for; null: not from this host. */
  readonly reach: Reach | null;
  /** When the server last confirmed what runs here. */
  readonly confirmed: Confirmed;
}

export interface AgentHandle extends AsyncDisposable {
  readonly hostId: string;
  /** Whether the server has welcomed the present connection. */
  readonly connected: boolean;
  /** What the next report would say. */
  describe(): Omit<Report, 'seq' | 'at'>;
  /** Cleans images away now instead of at the next turn, by the same rules; gives how many went. */
  cleanImages(): Promise<number>;
  /** Resolves when another agent is here that should be tried in place of this one; never, where this one does not replace itself. */
  readonly trial: Promise<Trial>;
  /** Ends the agent; containers go on. */
  stop(): Promise<void>;
}

/** How long the first report waits for the first answers of services that run already: without them it would call them `starting`. */
const SETTLE_LIMIT_MS = 1_500;
const SETTLE_POLL_MS = 20;
/** An assignment that the disk had no room for is tried again after so long. */
const STORE_AGAIN_MS = 3_000;
/** What every agent of this version understands beside the oldest messages. */
const ALWAYS_SPEAKS: readonly string[] = ['await', 'registry-tls'];
/** The server sends its assignment, if it has one, right after the welcome. */
const AFTER_WELCOME_MS = 500;

/**
 * Starts the agent and resolves when it works; it may not be connected yet, and does not need to be.
 * Throws when this host has not joined, or when its files cannot be read.
 */
export async function runAgent(config: AgentConfig, given: Partial<AgentDeps> = {}): Promise<AgentHandle> {
  const credential = given.credential ?? (await readCredential(config.stateDir));
  if (credential === undefined) throw new Error(`stateDir: there is no credential in ${config.stateDir}; let this host join first (firn agent join)`);
  const deps = fillIn(config, given, credential);
  const identity = await deps.identities?.read();
  const { assignment: stored, released = [], damage } = await deps.ledger.read();
  const isConfirmed = mayReturnAlone(await deps.confirmed.readAt(), deps.clock.nowMs());
  const agent = new Agent(config, deps, { stored, released, identity, isConfirmed });
  if (damage !== undefined) agent.note('ledger', damage);
  await agent.start();
  return agent;
}

function fillIn(config: AgentConfig, given: Partial<AgentDeps>, credential: Credential): AgentDeps {
  const clock = given.clock ?? systemClock;
  const { cgroupParent } = config;
  return {
    clock,
    credential,
    random: given.random ?? Math.random,
    dial: given.dial ?? null,
    identities: given.identities === undefined ? openIdentityFiles(config.stateDir) : given.identities,
    upgrades: given.upgrades ?? null,
    bundle: given.bundle,
    onWelcomed: given.onWelcomed ?? (() => undefined),
    log: given.log ?? openLog(config.log, config.name),
    runtime: given.runtime ?? openEngine({ socketPath: config.dockerSocket, clock }),
    networking: given.networking ?? openHostNetworking(openRunner(), openGuard(config)),
    usage: given.usage ?? openUsageReader(clock, { ...SYSTEM_PLACES, ...(cgroupParent === undefined ? {} : { hostGroup: cgroupParent }) }),
    probe: given.probe ?? networkProbe,
    ledger: given.ledger ?? openLedger(config.stateDir),
    facts: given.facts ?? hostFacts,
    prepareFiles: given.prepareFiles ?? openHostFiles(config),
    scrape: given.scrape ?? scrapeOverHttp,
    readDisk: given.readDisk ?? readImageDisk,
    folders: given.folders ?? openHostFolders(config.persistDir),
    logsDir: given.logsDir === undefined ? join(config.stateDir, 'logs') : given.logsDir,
    reach: given.reach === undefined ? reachByNetwork(clock) : given.reach,
    confirmed: given.confirmed ?? openConfirmed(config.stateDir),
  };
}

/** What the disk says at the start. */
interface Remembered {
  readonly stored: Assignment | undefined;
  readonly released: readonly string[];
  readonly identity: HostIdentity | undefined;
  /** The server confirmed it recently enough for its addresses to be this host's still. */
  readonly isConfirmed: boolean;
}

class Agent implements AgentHandle {
  readonly #config: AgentConfig;
  readonly #deps: AgentDeps;
  #builder: Builder | undefined;
  readonly #loop: HostLoop;
  readonly #session: Session;
  readonly #archive: LogArchive;
  readonly #streams: Streams;
  #forwarder: Forwarder | undefined;
  readonly #self: Self;
  readonly #trustRegistry: TrustRegistry;
  readonly #trial = Promise.withResolvers<Trial>();
  /** Problems that are the agent's own, by what they are about. */
  readonly #notes = new Map<'ledger' | 'assignment', string>();
  #stored: Assignment | undefined;
  /** Assignments are judged and stored one after the other, in the order in which they came. */
  #accepting: Promise<void> = Promise.resolve();
  #cancelSpoke: () => void = () => undefined;
  #cancelNote: () => void = () => undefined;
  #cancelStoring: () => void = () => undefined;
  #stopped: Promise<void> | undefined;

  constructor(config: AgentConfig, deps: AgentDeps, { stored, released, identity, isConfirmed }: Remembered) {
    const { clock, log, credential, random } = deps;
    const facts = (): Facts => ({ ...deps.facts(this.#loop.engineFacts), ...(deps.bundle === undefined ? {} : { agentBundle: deps.bundle }) });
    this.#config = config;
    this.#deps = deps;
    this.#stored = stored?.clusterId === credential.clusterId ? stored : undefined;
    this.#trustRegistry = openRegistryTrust({ folder: config.registryCertsDir ?? CERTS_DIR, identity: () => this.#self.identity, log });
    this.#loop = new HostLoop(
      {
        clock, log, facts, runtime: deps.runtime, networking: deps.networking, usage: deps.usage, probe: deps.probe, prepareFiles: deps.prepareFiles,
        scrape: deps.scrape, readDisk: deps.readDisk, folders: deps.folders, persistDir: config.persistDir, login: { username: credential.hostId, password: credential.credential }, trustRegistry: this.#trustRegistry, isBuilding: () => Object.keys(this.#builder?.phases ?? {}).length > 0,
        clusterId: credential.clusterId, isConfirmed, ...(config.cgroupParent === undefined ? {} : { cgroupParent: config.cgroupParent }),
        onNews: () => this.#session.news(),
        keepOutput: (containerId) => this.#streams.keepOutput(containerId),
      },
      this.#stored,
      new Set(released),
    );
    this.#archive = new LogArchive({ clock, log, folder: deps.logsDir, limits: { ...DEFAULT_LIMITS, ...config.keepLogs } });
    this.#streams = new Streams({
      clock, log, runtime: deps.runtime, archive: this.#archive, persistDir: config.persistDir, clusterId: credential.clusterId,
      containers: () => this.#loop.containers, assignment: () => this.#loop.assignment, send: (message) => this.#session.send(message),
    });
    this.#self = new Self({
      clock, log, config, credential, identity, identities: deps.identities, upgrades: deps.upgrades,
      send: (message) => this.#session.send(message), news: () => this.#session.news(), redial: (reason) => this.#session.redial(reason), onTrial: (trial) => this.#trial.resolve(trial),
    });
    this.#session = new Session({
      clock, log, random, facts,
      dial: deps.dial ?? dialWith(() => this.#self.identity),
      url: webSocketUrl(config.serverUrl),
      hostId: credential.hostId,
      credential: credential.credential,
      generation: () => this.#stored?.generation ?? 0,
      compose: () => this.describe(),
      speaks: [...ALWAYS_SPEAKS, ...this.#self.speaks, ...Streams.SPEAKS, ...(deps.reach === null ? [] : ['probe'])],
      onWelcome: (welcome) => this.#onWelcome(welcome),
      onAssignment: (assignment) => this.#onAssignment(assignment),
      onBuilds: (message) => this.#onBuilds(message),
      onOther: (message) => this.#onOther(message),
      onEnd: () => {
        this.#streams.cancelAll();
        this.#self.disconnected();
      },
    });
  }

  get hostId(): string {
    return this.#deps.credential.hostId;
  }

  get connected(): boolean {
    return this.#session.connected;
  }

  get trial(): Promise<Trial> {
    return this.#trial.promise;
  }

  async start(): Promise<void> {
    const { clock, log, credential } = this.#deps;
    log.info({ hostId: credential.hostId, cluster: credential.clusterId, generation: this.#stored?.generation ?? 0 }, 'agent starts');
    this.#archive.start();
    await this.#loop.start();
    this.#forward();
    if (this.#config.builds !== undefined) {
      // Only here: other hosts need not carry in memory what builds need.
      const { openBuilder } = await import('./build/open-builder.ts');
      this.#builder = await openBuilder(this.#config, { clock, log, credential, tls: () => tlsOf(this.#self.identity), trustRegistry: this.#trustRegistry, send: (report) => this.#session.sendBuild(report) });
    }
    const endMs = clock.elapsedMs() + SETTLE_LIMIT_MS;
    while (!this.#loop.settled && clock.elapsedMs() < endMs) await pause(clock, SETTLE_POLL_MS);
    this.#session.start();
  }

  #forward(): void {
    const { logForward: target, name: host } = this.#config;
    if (target === undefined) return;
    const { clock, log, runtime, credential } = this.#deps;
    this.#forwarder = new Forwarder({ clock, log, runtime, target, host, checkpoint: openCheckpoint(join(this.#config.stateDir, 'forwarded.json')), containers: () => this.#loop.containers.filter(({ owner }) => owner?.clusterId === credential.clusterId) });
    this.#forwarder.start();
  }

  /** Keeps a problem of the agent itself for reports; undefined clears it. */
  note(about: 'ledger' | 'assignment', sentence: string | undefined): void {
    if (sentence === undefined) this.#notes.delete(about);
    else {
      this.#notes.set(about, sentence);
      this.#deps.log.warn({ about, reason: sentence }, 'problem');
    }
  }

  describe(): Omit<Report, 'seq' | 'at'> {
    const told = this.#loop.describe();
    const problems = [...told.problems, ...this.#notes.values()].map((sentence) => sentence.slice(0, 1_000));
    const upgrade = this.#self.progress;
    return { ...told, ...(upgrade === undefined ? {} : { upgrade }), ...(this.#builder === undefined ? {} : { builds: true }), problems: problems.slice(0, 20) };
  }

  cleanImages(): Promise<number> {
    return this.#loop.cleanImages();
  }

  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      this.#cancelSpoke();
      this.#cancelNote();
      this.#cancelStoring();
      this.#self.stop();
      await this.#session.close();
      this.#streams.cancelAll();
      this.#archive.close();
      await this.#forwarder?.close();
      await this.#builder?.close();
      await this.#accepting;
      await this.#loop.stop();
      this.#deps.log.info({}, 'agent stopped; containers go on');
    })();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #onWelcome(welcome: Welcome): void {
    const { reportMs, assignmentComes } = welcome;
    this.#self.welcomed(welcome);
    this.#deps.onWelcomed();
    this.#loop.reportEvery(reportMs);
    this.#deps.log.info({}, 'connected to the server');
    this.#builder?.resend();
    this.#cancelSpoke();
    // The server decides first what of this host survives: nothing but an assignment is its word.
    if (assignmentComes === true) return;
    this.#cancelSpoke = this.#deps.clock.after(AFTER_WELCOME_MS, () => {
      this.#accepting = this.#accepting.then(() => this.#serverSpoke());
    });
  }

  #onBuilds(message: BuildMessage): void {
    if (message.type === 'builds') this.#builder?.take(message.orders);
    else this.#builder?.ack(message);
  }

  #onOther(message: OtherMessage): void {
    if (message.type === 'probe') void this.#lookFor(message);
    else if (!this.#self.take(message)) this.#streams.take(message);
  }

  async #lookFor({ id, limitMs, targets }: Extract<OtherMessage, { type: 'probe' }>): Promise<void> {
    const { clock, reach } = this.#deps;
    if (reach === null) return;
    this.#session.send({ type: 'probed', id, findings: await lookAround(targets, limitMs, { clock, reach }) });
  }

  #onAssignment(assignment: Assignment): void {
    this.#accepting = this.#accepting.then(() => this.#accept(assignment));
  }

  async #accept(assignment: Assignment): Promise<void> {
    const { ledger, log, credential } = this.#deps;
    const { clusterId, hostId } = credential;
    const verdict = judge(assignment, { clusterId, hostId, generation: this.#stored?.generation ?? 0, accepted: this.#stored !== undefined });
    if (verdict.kind === 'same') return this.#serverSpoke();
    if (verdict.kind === 'older') {
      log.warn({ offered: assignment.generation, accepted: this.#stored?.generation }, verdict.reason);
      return this.#session.news();
    }
    if (verdict.kind === 'wrong') {
      this.note('assignment', verdict.reason);
      return this.#session.news();
    }
    // What was told to go is no orphan, whenever it is seen again: also after a crash between now and its removal.
    const released = this.#loop.releasedBy(assignment);
    try {
      await ledger.write(assignment, released);
    } catch (error) {
      // Not stored means not accepted: after a restart this host would go back to the one before.
      this.note('ledger', `assignment ${assignment.generation} could not be stored: ${error instanceof Error ? error.message : String(error)}`);
      this.#cancelStoring();
      // The server sends it once: where the disk has room again, nobody else would think of it.
      this.#cancelStoring = this.#deps.clock.after(STORE_AGAIN_MS, () => this.#onAssignment(assignment));
      return this.#session.news();
    }
    this.note('assignment', undefined);
    this.note('ledger', undefined);
    this.#stored = assignment;
    log.info({ generation: assignment.generation, replicas: assignment.replicas.length }, 'assignment accepted');
    this.#loop.accept(assignment, new Set(released));
    this.#serverSpoke();
  }

  /** What is stored is what the server wants now. */
  #serverSpoke(): void {
    const { clock, confirmed } = this.#deps;
    this.#loop.serverSpoke();
    void confirmed.note(clock.nowMs());
    this.#cancelNote();
    this.#cancelNote = clock.after(NOTE_EVERY_MS, () => this.connected && this.#serverSpoke());
  }
}
