// The composition root: everything that the server's parts share, made once, ended in reverse order. Tests make the same with overrides.
import { randomUUIDv7 } from 'node:crypto';
import { join } from 'node:path';
import type { Bus } from './bus.ts';
import { type BurstMemory, openBurstMemory } from './burst/memory.ts';
import { openBus } from './bus.ts';
import type { Config } from './config.ts';
import { type AgentStreams, openAgentStreams } from './control/agent-streams.ts';
import { type BuildLogs, openBuildLogs } from './builds/logs.ts';
import { type Chronicle, openChronicle } from './control/chronicle.ts';
import { type Connections, openConnections } from './control/connections.ts';
import { type Driver, openDriver } from './control/driver.ts';
import { type Fleet, openFleet } from './control/fleet.ts';
import type { Insight } from './control/insight.ts';
import type { Waiting } from './control/planner.ts';
import { openPresent, type PresentSource } from './control/present.ts';
import { openProbes, type Probes } from './control/probes.ts';
import { openRecorder, type Recorder } from './control/recorder.ts';
import { openRolloutMemory, type RolloutMemory } from './rollouts/memory.ts';
import { countSealed } from './db/secrets.ts';
import { openStore, type Store, type StoreOptions } from './db/store.ts';
import { type Dns, openDns } from './dns/dns.ts';
import { type Observations, openObservations } from './dns/observations.ts';
import { type Authority, openAuthority } from './fleet/authority.ts';
import { type Doubles, openDoubles } from './fleet/doubles.ts';
import { type Log, openLog } from './log.ts';
import { type AutoscaleMemory, openAutoscaleMemory } from './autoscale/memory.ts';
import { saveMemories } from './autoscale/loop.ts';
import { type Metrics, openMetrics } from './metrics/metrics.ts';
import { type MarketRoom, openMarket } from './market/market.ts';
import { openRegistry, type Registry } from './registry/registry.ts';
import { openSealer, type Sealer } from './secrets.ts';
import { openShellRoom, type ShellRoom } from './shell/room.ts';
import { type Failovers, openFailovers } from './sites/failovers.ts';
import { type Linger, openLinger } from './sites/linger.ts';
import { openShifting, type Shifting } from './sites/shift-wishes.ts';
import { openSteering, type Steering } from './sites/steering.ts';
import { systemTiming, type Timing } from './timing.ts';
import { openQuestions, type Questioner } from './worker/questions.ts';

export interface Clock {
  /** Milliseconds since 1970, in UTC. */
  now(): number;
}

export interface Ids {
  /** An id that nobody had before; later ones sort after earlier ones. */
  next(): string;
}

export interface Context extends AsyncDisposable {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly ids: Ids;
  readonly log: Log;
  readonly bus: Bus;
  /** What hosts say, in memory. */
  readonly fleet: Fleet;
  /** Agents that are connected. */
  readonly connections: Connections;
  /** Logs and shells that are open on agents. */
  readonly streams: AgentStreams;
  /** Shells that people have open. */
  readonly shells: ShellRoom;
  /** What happens to hosts, on its way to their time lines. */
  readonly chronicle: Chronicle;
  /** What neighbours find of hosts that are silent. */
  readonly probes: Probes;
  readonly loops: Driver;
  /** The snapshot and its base, shared by quotes, the planner and views. */
  readonly present: PresentSource;
  /** Why replicas wait, as the planner saw it last. */
  readonly waiting: { current: Waiting };
  /** Everything that is measured, now and back through months. */
  readonly metrics: Metrics;
  /** Calendars, and the floors that follow from them, from signals and from announced surges. */
  readonly market: MarketRoom;
  /** Traces of drills that have not run yet, by id: a report keeps none. */
  readonly drillTraces: Map<string, string>;
  /** The thread of drills, which keeps nobody else waiting. */
  readonly drillQuestions: Questioner;
  /** What rollouts remember of replicas between two looks. */
  readonly rollouts: RolloutMemory;
  /** What the autoscaler knows of each workload. */
  readonly autoscale: AutoscaleMemory;
  /** What bursting into the cloud knows and does not keep. */
  readonly burst: BurstMemory;
  /** Heavy questions, thought about in a thread of their own. */
  readonly questions: Questioner;
  /** What is thought about the present all the time. */
  readonly insight: Insight;
  /** Writes down what plans were made from. */
  readonly recorder: Recorder;
  /** Seals and opens what nobody may read in the database. */
  readonly secrets: Sealer;
  /** Signs hosts' certificates and agents' bundles. */
  readonly authority: Authority;
  /** Which machine speaks for a host, and which one tried to. */
  readonly doubles: Doubles;
  /** Images that builds made, behind the door that hosts pull through. Opened by start.ts. */
  readonly registry: Registry;
  readonly buildLogs: BuildLogs;
  /** What answers to names come from. */
  readonly steering: Steering;
  /** What fail-over remembers between two looks. */
  readonly failovers: Failovers;
  /** How long what is replaced goes on for clients that still know it. */
  readonly linger: Linger;
  /** Moves that shifts of traffic wish. */
  readonly shifting: Shifting;
  /** Who asks for names. */
  readonly observations: Observations;
  /** Responders that tell names. Opened by start.ts. */
  readonly dns: Dns;
}

/** What a test or another starter may put in place of the usual. */
export interface Overrides {
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly log?: Log;
  /** False: loops run only when woken. */
  readonly timers?: boolean;
  readonly timing?: Timing;
  readonly database?: Pick<StoreOptions, 'open' | 'checkpointer'>;
  /** Both the server's questions and those of drills. */
  readonly questions?: Questioner;
  readonly recorder?: Recorder;
  /** Password of the first user, instead of a random one. */
  readonly adminPassword?: string;
}

/** @throws ServerStartError when the data folder cannot be used */
export async function openContext(config: Config, overrides: Overrides = {}): Promise<Context> {
  const log = overrides.log ?? openLog(config);
  const bus = openBus();
  const clock = overrides.clock ?? { now: () => Date.now() };
  const timing = overrides.timing ?? systemTiming;
  const store = openStore({ dataDir: config.dataDir, migrationsDir: config.migrationsDir, bus, timing, ...overrides.database });
  const secrets = openSealer(config.secretsKeyFile ?? join(config.dataDir, 'secrets.key'), (await store.read(countSealed)) > 0);
  if (secrets.problem !== null) log.error({ problem: secrets.problem }, 'secrets.closed');
  const fleet = openFleet();
  const metrics = openMetrics({ store, clock, fleet });
  const linger = openLinger(config);
  const present = openPresent({ store, fleet, clock, config, linger });
  const steering = openSteering({ store, bus, fleet, clock, present, linger });
  const observations = openObservations({ now: clock.now });
  const dns = openDns({ config, steering, observations, clock });
  const autoscale = openAutoscaleMemory();
  const questions = overrides.questions ?? openQuestions({ log });
  const drillQuestions = overrides.questions ?? openQuestions({ log });
  const recorder = overrides.recorder ?? openRecorder({ store, clock, log });
  const registry = openRegistry({ config, log, onChange: () => bus.publish({ topic: 'registry', ids: [] }) });
  const shells = openShellRoom();
  const loops = openDriver({ log, now: clock.now, isTimed: overrides.timers ?? true, timing });
  return {
    config,
    store,
    clock,
    timing,
    ids: overrides.ids ?? { next: () => randomUUIDv7() },
    log,
    bus,
    fleet,
    streams: openAgentStreams(),
    shells,
    loops,
    present,
    metrics,
    drillQuestions,
    market: openMarket({ folder: config.calendarsDir ?? join(config.dataDir, 'calendars'), store, metrics }),
    autoscale,
    questions,
    recorder,
    secrets,
    authority: openAuthority({ config, store, clock }),
    registry,
    buildLogs: openBuildLogs(join(config.dataDir, 'builds')),
    steering,
    linger,
    observations,
    dns,
    ...emptyMemories(config),
    async [Symbol.asyncDispose]() {
      await shells.close();
      // First, so that no loop waits for an answer.
      await questions[Symbol.asyncDispose]();
      await drillQuestions[Symbol.asyncDispose]();
      await dns[Symbol.asyncDispose]();
      await loops[Symbol.asyncDispose]();
      await metrics.history.flush();
      await saveMemories({ autoscale, store, clock });
      await recorder[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** What is known in memory only, and begins anew with each process. */
function emptyMemories(config: Config) {
  return {
    connections: openConnections(),
    chronicle: openChronicle(),
    probes: openProbes(config),
    waiting: { current: { unplaced: [], refusals: [] } as Waiting },
    drillTraces: new Map<string, string>(),
    rollouts: openRolloutMemory(),
    burst: openBurstMemory(),
    insight: { proof: null, survival: null } as Insight,
    doubles: openDoubles(),
    failovers: openFailovers(),
    shifting: openShifting(),
  };
}
