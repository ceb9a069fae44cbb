// One seed from beginning to end: a site is set up, and then, one episode after the other, things go wrong while people work; all is mended, and the site
// has to be as it should be within a bound. Between episodes lie hours in which nothing happens, which are skipped (see README.md).
import { beginFault, drawFault, endFault, type Fault, mendAll } from './faults.ts';
import { type Action, drawAction, People } from './actions.ts';
import { Checks, Violation } from './checks.ts';
import { type Chance, openChance } from './random.ts';
import type { Template } from './server.ts';
import { moment } from './trace.ts';
import { World } from './world.ts';

export interface RunOptions {
  readonly seed: string;
  readonly template: Template;
  readonly episodes?: number;
  /** Host-hours that pass quietly after each episode. */
  readonly quietHours?: number;
  readonly write?: (line: string) => void;
  /** Faults and actions that are left out, by their number in the whole run. */
  readonly without?: ReadonlySet<number>;
}

export interface Outcome {
  readonly seed: string;
  /** Null: everything held. */
  readonly violation: Violation | null;
  readonly hostHours: number;
  /** Of them: simulated event by event. */
  readonly detailedHostHours: number;
  readonly events: number;
  readonly looks: number;
  readonly rightVerdicts: number;
  readonly starts: number;
  /** Faults and actions that were drawn. */
  readonly drawn: readonly (Fault | Action)[];
}

/** Faults and actions of an episode begin within this time. */
const EPISODE_MS = 30_000;
/** From the last mending until everything has to be as it should be. */
const BOUND_MS = 300_000;
/** Convergence is looked at so often. */
const LOOK_MS = 1_000;
/** What stands still for so long is quiet. */
const STILL_MS = 15_000;

export async function runSeed(options: RunOptions): Promise<Outcome> {
  const shape = shapeOf(options.seed);
  const world = new World({ seed: options.seed, hosts: shape.hosts, template: options.template, ...(options.write === undefined ? {} : { write: options.write }) });
  const run = new Run(world, options);
  try {
    await run.all();
  } finally {
    run.end();
  }
  return run.outcome;
}

/** A site has at least as many hosts as a fleet needs before mass silence counts, sometimes fewer. */
const shapeOf = (seed: string): { readonly hosts: number } => ({ hosts: openChance(`${seed}/shape`).whole(3, 7) });

class Run {
  readonly #world: World;
  readonly #checks: Checks;
  readonly #people: People;
  readonly #chance: Chance;
  readonly #options: RunOptions;
  readonly #drawn: (Fault | Action)[] = [];
  #violation: Violation | null = null;
  #skippedMs = 0;
  /** A step of the world that failed in a callback. */
  #broken: Error | undefined;

  constructor(world: World, options: RunOptions) {
    this.#world = world;
    this.#options = options;
    this.#checks = new Checks(world);
    this.#people = new People(world, this.#checks);
    this.#chance = world.chance.fork('episodes');
  }

  get outcome(): Outcome {
    const { time, hosts, server } = this.#world;
    const hours = (ms: number): number => (ms * hosts.length) / 3_600_000;
    return { seed: this.#options.seed, violation: this.#violation, hostHours: hours(time.nowMs), detailedHostHours: hours(time.nowMs - this.#skippedMs), events: time.count, looks: this.#checks.looks, rightVerdicts: this.#checks.lostHosts, starts: server.starts, drawn: this.#drawn };
  }

  async all(): Promise<void> {
    const { episodes = 2, quietHours = 24 } = this.#options;
    try {
      await this.#world.setUp();
      await this.#world.addStrangers();
      await this.#settle('after hosts joined');
      this.#people.begin({ atMs: 0, kind: 'ask', target: 0, size: 2 });
      this.#people.begin({ atMs: 0, kind: 'ask', target: 1, size: 1 });
      await this.#settle('after the site was set up');
      for (let episode = 1; episode <= episodes; episode += 1) {
        await this.#episode(episode);
        await this.#quiet((quietHours * 3_600_000) / this.#world.hosts.length);
      }
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#world.trace.say('checks', `VIOLATION ${error.message}`);
      this.#violation = error;
    }
  }

  end(): void {
    this.#checks.close();
    this.#world.end();
  }

  async #episode(number: number): Promise<void> {
    const { time, hosts, trace } = this.#world;
    trace.say('seed', `episode ${number}`);
    const draw = this.#chance.fork(String(number));
    const beganMs = time.nowMs;
    let lastMs = beganMs + EPISODE_MS;
    for (let count = draw.permille(250) ? draw.whole(5, 9) : draw.whole(1, 4); count > 0; count -= 1) {
      const fault = drawFault(draw, hosts.length, EPISODE_MS);
      if (this.#isLeftOut(fault)) continue;
      time.at(beganMs + fault.atMs, 'plan', 'seed', () => this.#now(() => beginFault(this.#world, fault)));
      time.at(beganMs + fault.atMs + fault.lastsMs, 'plan', 'seed', () => this.#now(() => endFault(this.#world, fault)));
      lastMs = Math.max(lastMs, beganMs + fault.atMs + fault.lastsMs);
    }
    for (let count = draw.whole(0, 3); count > 0; count -= 1) {
      const action = drawAction(draw, hosts.length, EPISODE_MS);
      if (!this.#isLeftOut(action)) time.at(beganMs + action.atMs, 'plan', 'seed', () => this.#people.begin(action));
    }
    await this.#pass(lastMs);
    await this.#now(() => mendAll(this.#world));
    await this.#pass(time.nowMs + LOOK_MS);
    await this.#people.liftAll();
    await this.#settle(`after episode ${number}`);
  }

  /** Waits until the site is as it should be. @throws Violation after the bound */
  async #settle(when: string): Promise<void> {
    const { time } = this.#world;
    const endMs = time.nowMs + BOUND_MS;
    for (;;) {
      await this.#pass(time.nowMs + LOOK_MS);
      const why = (await this.#checks.unsettled()) ?? (this.#checks.isUnderWay() ? 'a rollout or a move is under way' : null);
      if (why === null) break;
      if (time.nowMs > endMs) throw new Violation('convergence', `${moment(time.nowMs)} ${BOUND_MS / 1000} s ${when}: ${why}`);
    }
    await this.#checks.promises();
    this.#world.trace.say('checks', `as it should be, ${when}`);
  }

  /** A time in which nothing happens: once everything stands still, it is skipped. */
  async #quiet(ms: number): Promise<void> {
    const { time, trace } = this.#world;
    await this.#pass(time.nowMs + STILL_MS);
    const why = await this.#checks.unsettled();
    if (why !== null) throw new Violation('stillness', `${moment(time.nowMs)} what was as it should be is so no more: ${why}`);
    trace.say('seed', `${(ms / 3_600_000).toFixed(1)} hours pass`);
    this.#world.skip(ms);
    this.#skippedMs += ms;
    await this.#pass(time.nowMs + 3 * this.#world.server.config.leaseMs);
    const after = await this.#checks.unsettled();
    if (after !== null) throw new Violation('stillness', `${moment(time.nowMs)} after quiet hours: ${after}`);
  }

  async #pass(untilMs: number): Promise<void> {
    await this.#world.pass(untilMs, () => this.#checks.step());
    if (this.#broken !== undefined) throw this.#broken;
  }

  async #now(change: () => Promise<void> | void): Promise<void> {
    this.#checks.faultAtMs = this.#world.time.nowMs;
    try {
      await change();
    } catch (error) {
      this.#broken ??= error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Numbers what was drawn, and says whether this run is to do without it. */
  #isLeftOut(drawn: Fault | Action): boolean {
    this.#drawn.push(drawn);
    return this.#options.without?.has(this.#drawn.length - 1) === true;
  }
}
