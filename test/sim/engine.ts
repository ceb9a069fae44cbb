// The engine of one simulated host: FakeRuntime with the faults that engines have. It outlives agents; only the host's power ends it.
import { FakeRuntime } from '#agents/docker/fake.ts';
import type { FakeBehaviour, FakeLies } from '#agents/docker/fake-behaviour.ts';
import type { Container, Runtime } from '#agents/docker/runtime.ts';
import { Life, type Time } from './time.ts';

export interface EngineFaults {
  /** Every answer takes so much longer. */
  slowMs: number;
  /** Nothing is answered at all. */
  hangs: boolean;
  /** Lists of containers are as old as that. */
  staleMs: number;
}

/** What is noticed at an engine, for the checkers. */
export type EngineWatch = (what: 'start' | 'stop' | 'remove', container: Container) => void;

export class SimEngine {
  readonly fake: FakeRuntime;
  readonly faults: EngineFaults = { slowMs: 0, hangs: false, staleMs: 0 };
  readonly #time: Time;
  readonly #name: string;
  #life: Life;
  /** Lists that were true, newest last. */
  #lists: { readonly atMs: number; readonly list: readonly Container[] }[] = [];
  /** Strangers that ran when the power went. */
  #running: string[] = [];
  #heals: (() => void)[] = [];

  constructor(time: Time, name: string, capacity: { readonly cpuMilli: number; readonly memoryMib: number }, behaviours: ReadonlyMap<string, FakeBehaviour>) {
    this.#time = time;
    this.#name = name;
    this.#life = new Life(time, name);
    // Its timers belong to the power that it has when it sets them.
    const clock = { nowMs: () => this.#life.clock.nowMs(), elapsedMs: () => time.nowMs, after: (delayMs: number, callback: () => void) => this.#life.after(delayMs, callback) };
    this.fake = new FakeRuntime({ clock, ...capacity, createMs: 120, startMs: 180, serviceMs: 250, behaviours });
  }

  /** What really is, whatever the engine says. */
  async containers(): Promise<readonly Container[]> {
    if (this.#isDown) return this.#last;
    this.fake.lie({});
    const truth = this.fake.containers();
    this.fake.lie(this.#lies);
    return (this.#last = await truth);
  }

  /** From now on it tells untruths; an empty object ends that. */
  lie(lies: FakeLies): void {
    this.#lies = lies;
    this.fake.lie(lies);
  }

  #isDown = false;
  #lies: FakeLies = {};
  #last: readonly Container[] = [];

  /** Stops answering while its containers go on, or answers again. */
  async setDown(isDown: boolean): Promise<void> {
    if (isDown) await this.containers();
    this.#isDown = isDown;
    this.fake.setDown(isDown ? 'connect ECONNREFUSED /var/run/docker.sock' : undefined);
  }

  hang(isHanging: boolean): void {
    this.faults.hangs = isHanging;
    if (!isHanging) for (const heal of this.#heals.splice(0)) heal();
  }

  /** The power is gone: nothing runs, nothing is answered, what was under way is lost. */
  async lose(): Promise<void> {
    await this.setDown(false);
    this.hang(false);
    Object.assign(this.faults, { slowMs: 0, staleMs: 0 });
    this.#life.end();
    this.#life = new Life(this.#time, this.#name);
    this.#running = [];
    this.lie({});
    for (const { name, status, owner } of await this.fake.containers()) {
      if (status !== 'running' && status !== 'restarting') continue;
      if (owner === undefined) this.#running.push(name);
      this.fake.tamper(name, (container) => {
        container.status = 'exited';
        container.exitCode = 137;
        delete container.pid;
      });
    }
    this.#lists = [];
    await this.setDown(true);
    this.#last = [];
  }

  /** The power is back, and with it strangers that ran before: ours have no restart policy, their agent decides. */
  async boot(): Promise<void> {
    this.#isDown = false;
    this.fake.setDown(undefined);
    for (const name of this.#running.splice(0)) this.fake.tamper(name, (container) => void (container.status = 'running'));
  }

  /** The engine as an agent of one life sees it: an answer to a dead one is not heard, and what a dead one asks is not done. */
  forAgent(agent: Life): Runtime {
    const methods = new Map<PropertyKey, unknown>();
    return new Proxy<Runtime>(this.fake, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        if (key === 'watch') return value.bind(target);
        let method = methods.get(key);
        if (method === undefined) {
          method = (...given: unknown[]) => this.#asked(agent, key, () => (value as (...all: unknown[]) => Promise<unknown>).apply(target, given));
          methods.set(key, method);
        }
        return method;
      },
    });
  }

  #asked(agent: Life, key: PropertyKey, work: () => Promise<unknown>): Promise<unknown> {
    if (agent.isOver) return new Promise(() => undefined);
    const { slowMs, hangs, staleMs } = this.faults;
    if (slowMs === 0 && !hangs && staleMs === 0) return agent.hears(work());
    return agent.hears(this.#later(key, work));
  }

  async #later(key: PropertyKey, work: () => Promise<unknown>): Promise<unknown> {
    const power = this.#life;
    if (this.faults.hangs) await power.hears(new Promise<void>((resolve) => this.#heals.push(resolve)));
    if (this.faults.slowMs > 0) await new Promise<void>((resolve) => void power.after(this.faults.slowMs, resolve));
    const answer = await work();
    return key === 'containers' && this.faults.staleMs > 0 ? this.#stale(answer as Container[]) : answer;
  }

  #stale(list: readonly Container[]): readonly Container[] {
    const oldestMs = this.#time.nowMs - this.faults.staleMs;
    this.#lists.push({ atMs: this.#time.nowMs, list });
    while (this.#lists.length > 1 && this.#lists[1]!.atMs <= oldestMs) this.#lists.shift();
    return this.#lists[0]!.list;
  }
}
