// One simulated host: power, disk, engine, agent and cable, each of which may fail by itself. The agent is the real one.
import { type AgentHandle, runAgent } from '#agents/agent.ts';
import type { AgentConfig } from '#agents/config.ts';
import type { Confirmed } from '#agents/confirmed.ts';
import type { FakeBehaviour } from '#agents/docker/fake-behaviour.ts';
import type { Credential } from '#agents/join.ts';
import { noHostFolders } from '#agents/host/folders.ts';
import type { Ledger } from '#agents/ledger.ts';
import type { Log } from '#agents/log.ts';
import { noHostNetworking } from '#agents/network/run.ts';
import type { Reach } from '#agents/neighbours.ts';
import type { Assignment, Facts, ProbeFinding } from '#agents/protocol.ts';
import { Cable, type Door } from './cable.ts';
import { SimEngine } from './engine.ts';
import type { Chance } from './random.ts';
import { Life, type Time } from './time.ts';
import type { Trace } from './trace.ts';

export interface HostParts {
  readonly time: Time;
  readonly chance: Chance;
  readonly trace: Trace;
  readonly name: string;
  readonly address: string;
  readonly capacity: { readonly cpuMilli: number; readonly memoryMib: number };
  readonly behaviours: ReadonlyMap<string, FakeBehaviour>;
  readonly door: () => Door | null;
  /** Every host of the site, itself too. */
  readonly neighbours: () => readonly SimHost[];
}

/** There and back in one building. */
const REACH_MS = 1;

export class SimHost {
  readonly name: string;
  readonly address: string;
  readonly capacity: HostParts['capacity'];
  readonly engine: SimEngine;
  readonly cable: Cable;
  hostId = '';
  /** What the agent wrote down: outlives it, and the power too. */
  disk: { assignment: Assignment | undefined; confirmedAtMs: number | undefined; isFull: boolean } = { assignment: undefined, confirmedAtMs: undefined, isFull: false };
  isPowered = true;
  /** Nothing comes through between it and other hosts, whatever its cable to the server does. */
  isAlone = false;
  skewMs = 0;
  /** Containers of somebody else. */
  strangers = 0;
  agent: AgentHandle | undefined;
  /** Since when the agent runs without anything being wrong with it, its engine or its host. */
  soundSinceMs = 0;
  readonly #parts: HostParts;
  #life: Life | undefined;
  #credential: Credential | undefined;
  #boots = 1;

  constructor(parts: HostParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.address = parts.address;
    this.capacity = parts.capacity;
    this.engine = new SimEngine(parts.time, parts.name, parts.capacity, parts.behaviours);
    this.cable = new Cable(parts.time, parts.chance.fork('cable'), parts.name);
  }

  get isAgentUp(): boolean {
    return this.#life !== undefined && !this.#life.isOver;
  }

  get facts(): Facts {
    const { name, capacity } = this.#parts;
    return { hostname: name, bootId: `boot-${this.#boots}`, agentVersion: '0.1.0', engineVersion: 'simulated', engineApiVersion: '1.41', kernel: 'simulated', architecture: 'simulated', cgroupVersion: 2, ...capacity };
  }

  joined(credential: Credential): void {
    this.#credential = credential;
    this.hostId = credential.hostId;
  }

  startAgent(): void {
    if (!this.isPowered || this.isAgentUp || this.#credential === undefined) return;
    const { time, chance, trace, name, door } = this.#parts;
    const life = new Life(time, name, () => this.skewMs);
    this.#life = life;
    this.#changed();
    trace.say(name, 'agent starts');
    const runtime = this.engine.forAgent(life);
    const { fake } = this.engine;
    const config: AgentConfig = { serverUrl: 'http://server', stateDir: '/nonexistent', persistDir: '/nonexistent', dockerSocket: '/nonexistent', name, address: this.address, uplink: 'eth0', declared: this.capacity, log: 'silent' };
    const started = runAgent(config, {
      clock: life.clock, random: () => chance.fraction(), credential: this.#credential, runtime, probe: fake.probe, usage: fake.usage, scrape: fake.scrape, networking: noHostNetworking, folders: noHostFolders, reach: this.#reach(life), facts: () => this.facts,
      ledger: this.#ledger(life), log: this.#log(life), prepareFiles: async ({ address }) => ({ persistPath: `/persist/${address}` }), dial: this.cable.dial(life, door), readDisk: async () => undefined, logsDir: null, identities: null, confirmed: this.#confirmed(life),
    });
    started.then((agent) => life.isOver || (this.agent = agent), (error: unknown) => trace.say(name, `agent failed to start: ${String(error)}`));
  }

  /** As with `kill -9`: its connections break, its containers go on. */
  crashAgent(): void {
    if (!this.isAgentUp) return;
    this.#parts.trace.say(this.name, 'agent is killed');
    this.#endAgent();
    this.cable.breakAll();
  }

  async powerOff(): Promise<void> {
    if (!this.isPowered) return;
    this.#parts.trace.say(this.name, 'power is gone');
    this.isPowered = false;
    this.#endAgent();
    this.cable.vanishHost();
    await this.engine.lose();
    this.#changed();
  }

  async powerOn(): Promise<void> {
    if (this.isPowered) return;
    this.#parts.trace.say(this.name, 'power is back');
    this.isPowered = true;
    this.#boots += 1;
    await this.engine.boot();
    this.#changed();
    this.startAgent();
  }

  #endAgent(): void {
    this.#life?.end();
    this.agent = undefined;
    this.#changed();
  }

  #changed(): void {
    this.soundSinceMs = this.#parts.time.nowMs;
  }

  /** What a neighbour finds here: nothing where nobody answers, a refusal where only the kernel does, an answer of a service that is well. */
  async answersAt(address: string): Promise<ProbeFinding> {
    if (!this.isPowered || this.isAlone) return 'silent';
    if (address === this.address) return 'refuses';
    const isHere = (await this.engine.containers()).some((container) => container.address === address && container.status === 'running');
    if (!isHere) return 'silent';
    return await this.engine.fake.probe({ replicaId: '', run: '', address, port: 0 }, AbortSignal.any([])).then(() => 'answers' as const, () => 'refuses' as const);
  }

  /** Over the site's network, which is not the cable to the server. */
  #reach(life: Life): Reach {
    return async ({ address }, limitMs) => {
      const findings = this.isAlone ? [] : await Promise.all(this.#parts.neighbours().map((host) => host.answersAt(address)));
      const finding = findings.find((each) => each !== 'silent') ?? 'silent';
      await new Promise<void>((resolve) => void life.after(finding === 'silent' ? limitMs : REACH_MS, resolve, 'once'));
      return finding;
    };
  }

  #ledger(life: Life): Ledger {
    return {
      read: () => life.hears(Promise.resolve(this.disk.assignment === undefined ? {} : { assignment: this.disk.assignment })),
      write: (assignment) =>
        life.hears(
          (async () => {
            if (this.disk.isFull) throw new Error('ENOSPC: no space left on device');
            this.disk.assignment = assignment;
          })(),
        ),
    };
  }

  #confirmed(life: Life): Confirmed {
    return {
      readAt: () => life.hears(Promise.resolve(this.disk.confirmedAtMs)),
      note: async (nowMs) => {
        if (!life.isOver && !this.disk.isFull) this.disk.confirmedAtMs = nowMs;
      },
    };
  }

  #log(life: Life): Log {
    const say = (fields: object, text: string): void => {
      if (!life.isOver) this.#parts.trace.say(this.name, `agent: ${text}`, fields);
    };
    return { debug: () => undefined, info: say, warn: say, error: say };
  }
}
