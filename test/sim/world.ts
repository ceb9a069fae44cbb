// One simulated site: a server, hosts and cables in one time, and how to set them up. What goes wrong in it is decided by episodes.ts.
import { joinHost } from '#server/fleet/join.ts';
import type { FakeBehaviour } from '#agents/docker/fake-behaviour.ts';
import type { Config } from '#server/config.ts';
import { SimHost } from './host.ts';
import { type Chance, openChance } from './random.ts';
import { type Answer, SimServer, type Template } from './server.ts';
import { Time } from './time.ts';
import { openTrace, type Trace } from './trace.ts';

export interface WorldOptions {
  readonly seed: string;
  readonly hosts: number;
  readonly template: Template;
  /** Keeps the trace's lines, or hands each to `write`. */
  readonly isTraced?: boolean;
  readonly write?: (line: string) => void;
  readonly config?: Partial<Config>;
}

const HOSTS_PER_RACK = 2;
/** In a large site so many join together; in others one after the other, so that each seed gives each host the same id. */
const JOINS_AT_ONCE = 250;

export class World {
  readonly time = new Time();
  readonly chance: Chance;
  readonly trace: Trace;
  readonly server: SimServer;
  readonly hosts: SimHost[] = [];
  readonly behaviours = new Map<string, FakeBehaviour>();
  #isStarting = false;

  constructor(options: WorldOptions) {
    this.chance = openChance(options.seed);
    const isTraced = options.isTraced === true || options.write !== undefined;
    this.trace = openTrace(() => this.time.nowMs, options.isTraced === true, options.write);
    this.server = new SimServer({ time: this.time, trace: this.trace, isTraced, template: options.template, ...(options.config === undefined ? {} : { config: options.config }) });
    this.server.onCrash = () => {
      for (const host of this.hosts) host.cable.endServer();
    };
    const draw = this.chance.fork('hosts');
    for (let index = 0; index < options.hosts; index += 1) {
      const cores = draw.pick([16, 24, 24, 32]);
      this.hosts.push(
        new SimHost({
          time: this.time, chance: this.chance.fork(`host ${index}`), trace: this.trace, name: `h${index + 1}`, address: addressOf(index), capacity: { cpuMilli: cores * 1000, memoryMib: cores * 2048 },
          behaviours: this.behaviours, door: () => this.server.door, neighbours: () => this.hosts,
        }),
      );
    }
  }

  /** Starts the server and joins every host. */
  async setUp(): Promise<void> {
    await this.time.finish(this.server.start(), 'the first start');
    await this.must('POST', '/networks', { name: 'dc', site: 'dc1', cidr: '10.0.0.0/8', gateway: '10.0.0.1', first: '10.64.0.0', last: '10.127.255.255' });
    await this.must('POST', '/teams', { name: 'team' });
    await this.must('PUT', '/quotas/team/production', { cpuMilli: 1_000_000_000, memoryMib: 1_000_000_000, reason: 'simulation' });
    const atOnce = this.hosts.length > JOINS_AT_ONCE ? JOINS_AT_ONCE : 1;
    for (let first = 0; first < this.hosts.length; first += atOnce) {
      const joining = this.hosts.slice(first, first + atOnce).map((host, index) => this.#join(host, `r${Math.floor((first + index) / HOSTS_PER_RACK) + 1}`));
      await this.time.finish(Promise.all(joining), 'joining');
    }
    for (const host of this.hosts) host.startAgent();
  }

  /** Starts the server unless it is up; where it crashes while it starts, it is started once more a second later. */
  async startServer(): Promise<void> {
    if (this.server.isUp || this.#isStarting) return;
    this.#isStarting = true;
    this.time.machineWork += 1;
    try {
      await this.server.start();
    } catch (error) {
      this.trace.say('server', `does not start: ${String(error)}`);
      this.time.after(1_000, 'plan', 'seed', () => void this.startServer());
    }
    this.#isStarting = false;
    this.time.machineWork -= 1;
  }

  /** One container of somebody else on each host. */
  async addStrangers(): Promise<void> {
    for (const host of this.hosts) {
      host.engine.fake.addStranger(`stranger-of-${host.name}`);
      host.strangers += 1;
    }
  }

  /** Time passes in which nothing happens: looks that find nothing are left out, and signs of life are given as if they had come. */
  skip(ms: number): void {
    this.time.jump(this.time.nowMs + ms);
    for (const host of this.hosts) host.cable.refresh();
  }

  /** A call that must succeed. */
  async must(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.time.finish(this.server.call(method, path, body), `${method} ${path}`);
    if (answer === null || answer.status >= 300) throw new Error(`${method} ${path}: ${answer?.status} ${JSON.stringify(answer?.body)}`);
    return answer;
  }

  /** Lets time pass. `look` is called after every event. */
  async pass(untilMs: number, look?: () => Promise<void> | void): Promise<void> {
    for (let next = this.time.nextMs; next !== undefined && next <= untilMs; next = this.time.nextMs) {
      await this.time.step();
      const looked = look?.();
      if (looked !== undefined) await looked;
    }
    this.time.nowMs = Math.max(this.time.nowMs, untilMs);
  }

  end(): void {
    this.server.remove();
    for (const host of this.hosts) host.crashAgent();
  }

  async #join(host: SimHost, rack: string): Promise<void> {
    const token = await this.server.call('POST', '/join-tokens', { kind: 'physical', site: 'dc1', rack, mode: 'flat', network: 'dc', costCentsPerHour: 100 });
    const { context } = this.server;
    if (context === undefined || token === null) throw new Error('the server is down');
    const joined = joinHost(context, { protocol: 1, token: token.body.token, name: host.name, address: host.address, facts: host.facts, declared: host.capacity, uplink: 'eth0' });
    const { clusterId, hostId, credential } = await joined;
    host.joined({ clusterId, hostId, credential });
  }
}

const addressOf = (index: number): string => `10.${1 + Math.floor(index / 60_000)}.${Math.floor(index / 250) % 240}.${(index % 250) + 2}`;
