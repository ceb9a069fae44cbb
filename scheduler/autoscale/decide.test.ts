// Properties of every decision, and stories: what a workload sees over minutes and what is decided, as text.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide } from './decide.ts';
import { explainDecision } from './explain.ts';
import { observe, ON, REPLICA, TEN } from './fixtures.ts';
import { freshState } from './memory.ts';
import type { Decision, Observation, Settings, State } from './model.ts';

interface Course {
  state: State;
  desired: number;
  decisions: Decision[];
}

/** Decisions every 10 s with demand as a function of seconds; replicas serve at once. */
function run(seconds: number, qps: (second: number) => number | null, more: (second: number) => Partial<Observation> = () => ({}), settings: Settings = ON, from: Course = { state: freshState(), desired: 10, decisions: [] }, start = TEN): Course {
  const course = { ...from, decisions: [] as Decision[] };
  for (let second = 0; second <= seconds; second += 10) {
    const at = start + second * 1000;
    const result = decide(settings, course.state, observe(at, qps(second), { ready: course.desired, desired: course.desired, ...more(second) }));
    course.state = result.state;
    course.desired = result.decision.replicas;
    course.decisions.push(result.decision);
  }
  return course;
}

const steady = run(3600, () => 8000);

test('steady demand settles at what it needs, and stays', () => {
  expect(steady.desired).toBeGreaterThanOrEqual(10);
  expect(steady.desired).toBeLessThanOrEqual(16);
  const changes = steady.decisions.slice(60).filter(({ action }) => action !== 'hold');
  expect(changes.length).toBeLessThanOrEqual(6);
});

test('five times the demand is answered by one step to the right count', () => {
  const { decisions } = run(60, (second) => (second < 10 ? 4000 : 20_000), () => ({}), ON, run(1800, () => 4000), TEN + 1_810_000);
  const out = decisions.filter(({ action }) => action === 'out');
  expect(out[0]!.replicas).toBeGreaterThanOrEqual(24);
  expect(out[0]!.at).toBe(TEN + 1_820_000);
});

const slow = { startDelayMs: 120_000 };
const quiet = run(1800, () => 4000, () => slow);

/** What is asked for 20 s after 4,000 QPS have begun to change, where starts take two minutes and nothing new serves yet. */
function askedAfter(qps: (second: number) => number): number {
  const begin = TEN + 1_810_000;
  const samples = (second: number) => [8, 6, 4, 2, 0].map((ago) => ({ at: begin + (second - ago) * 1000, value: qps(second - ago) }));
  return run(20, qps, (second) => ({ ...slow, ready: quiet.desired, qps: samples(second) }), ON, quiet, begin).decisions.at(-1)!.replicas;
}

test('a ramp is answered within 20 s by what it comes to when a slow start serves', () => {
  const ramp = (second: number) => 4000 + 200 * Math.max(0, second);
  expect(askedAfter(ramp)).toBeGreaterThanOrEqual(ramp(140) / 1000);
  expect(askedAfter(ramp)).toBeLessThanOrEqual((1.6 * ramp(140)) / 1000);
});

test('a step is no ramp: panic asks for what it needs, and trends go no further than two and a half times that', () => {
  const step = (second: number) => (second < 7 ? 4000 + (second % 3) : 20_000 + (second % 3));
  expect(askedAfter(step)).toBeGreaterThanOrEqual(24);
  expect(askedAfter(step)).toBeLessThanOrEqual(60);
  expect(askedAfter((second) => 4000 + (second % 3))).toBe(quiet.desired);
});

test('what rises gets more headroom than quiet minutes', () => {
  // Every hour it doubles within ten minutes and falls within ten; starts are slow.
  const wave = (second: number) => 10_000 * (1 + Math.max(0, Math.min((second % 3600) / 600, 2 - (second % 3600) / 600)));
  const { decisions } = run(6 * 3600, wave, () => ({ startDelayMs: 120_000 }));
  const headroom = (phase: Decision['phase']) => {
    const of = decisions.slice(720).filter((each) => each.phase === phase);
    return of.reduce((sum, { bound, forecast }) => sum + bound / forecast, 0) / of.length;
  };
  expect(headroom('rising')).toBeGreaterThan(headroom('session') + 0.08);
});

test('a stored state that does not know a phase yet decides like one that has seen nothing of it', () => {
  const seen = observe(TEN + 3_610_000, 9000, { ready: steady.desired, desired: steady.desired });
  const { rising: _errors, ...errors } = steady.state.errors;
  const { rising: _weight, ...weights } = steady.state.weights;
  expect(decide(ON, { ...steady.state, errors, weights } as State, seen)).toEqual(decide(ON, { ...steady.state, errors: { ...steady.state.errors, rising: freshState().errors.rising }, weights: { ...steady.state.weights, rising: 1000 } }, seen));
});

test('the same input gives the same bytes, and nothing that came in is changed', () => {
  const seen = observe(TEN + 3_610_000, 9000, { ready: steady.desired, desired: steady.desired });
  const before = JSON.stringify(steady.state);
  expect(JSON.stringify(decide(ON, steady.state, seen))).toBe(JSON.stringify(decide(ON, JSON.parse(before) as State, seen)));
  expect(JSON.stringify(steady.state)).toBe(before);
});

const anyObservation = fc.record({
  qps: fc.oneof(fc.constant(null), fc.double({ min: 0, max: 200_000, noNaN: true }), fc.constantFrom(Number.NaN, -5, Infinity)),
  desired: fc.integer({ min: 0, max: 300 }),
  max: fc.integer({ min: 1, max: 200 }),
  quota: fc.option(fc.integer({ min: 0, max: 200 })),
  min: fc.integer({ min: 0, max: 20 }),
  cpu: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
  step: fc.integer({ min: 1, max: 400 }),
  isDeploying: fc.boolean(),
  isRestarted: fc.boolean(),
  startDelayMs: fc.option(fc.integer({ min: 0, max: 3_600_000 })),
});

test('whatever is seen: whole replicas within bounds, no scale-in on doubt, deploy or restart, and a small state', () => {
  fc.assert(
    fc.property(fc.array(anyObservation, { minLength: 1, maxLength: 25 }), (course) => {
      let state = freshState();
      let at = TEN;
      for (const { qps, desired, max, quota, min, cpu, step, isDeploying, isRestarted, startDelayMs } of course) {
        at += step * 1000;
        const seen = observe(at, qps, { desired, ready: desired, bounds: { min, max, quota }, cpuMilli: cpu === null ? null : { at, value: cpu }, isDeploying, isRestarted, startDelayMs });
        const result = decide(ON, state, seen);
        const { replicas } = result.decision;
        const highest = Math.min(max, quota ?? Infinity);
        expect(Number.isInteger(replicas)).toBe(true);
        expect(replicas).toBeLessThanOrEqual(highest);
        expect(replicas).toBeGreaterThanOrEqual(Math.min(min, highest));
        if (result.state.doubt !== null || isDeploying || isRestarted || result.decision.isPanic) expect(replicas).toBeGreaterThanOrEqual(Math.min(desired, highest));
        if (result.decision.wouldWant > highest) expect(result.decision.alerts.some(({ kind }) => kind === 'atMax' || kind === 'atQuota')).toBe(true);
        expect(explainDecision(result.decision)).not.toMatch(/NaN|undefined|Infinity/);
        const text = JSON.stringify(result.state);
        expect(text.length).toBeLessThan(64_000);
        state = JSON.parse(text) as State;
      }
    }),
    { numRuns: 60 },
  );
});

test('a higher floor never means fewer replicas', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 300 }), (one, other) => {
      const least = (replicas: number) => decide(ON, steady.state, observe(TEN + 3_610_000, 8000, { ready: steady.desired, desired: steady.desired, floors: [{ kind: 'schedule', replicas, reason: 'a schedule' }] })).decision.replicas;
      expect(least(Math.max(one, other))).toBeGreaterThanOrEqual(least(Math.min(one, other)));
    }),
    { numRuns: 40 },
  );
});

test.each(['missing', 'zero', 'stuck', 'late', 'gateway'] as const)('%s metrics for 20 minutes: nothing scales in, and demand that CPU sees is followed', (kind) => {
  // More at once than a witness can be wrong by.
  const truth = (second: number) => 10_400 + second * 3;
  const told = (second: number) => ({ missing: null, zero: 0, stuck: 8000, late: null, gateway: (truth(second) * 2) / 3 })[kind];
  const seen = (second: number): Partial<Observation> => {
    const at = TEN + 3_610_000 + second * 1000;
    const part = (source: string, when: number) => ({ source, qps: truth(second) / 3, at: when });
    return {
      cpuMilli: { at, value: truth(second) * 4 },
      ...(kind === 'stuck' ? { qps: [8000, 6000, 4000, 2000, 0].map((ago) => ({ at: at - ago, value: 8000 })) } : {}),
      ...(kind === 'late' ? { qps: [{ at: at - 600_000, value: 8000 }] } : {}),
      ...(kind === 'gateway' ? { sources: [part('g1', TEN + 3_600_000), part('g2', at), part('g3', at)] } : {}),
    };
  };
  const gateways = (second: number): Partial<Observation> => (kind === 'gateway' ? { sources: ['g1', 'g2', 'g3'].map((source) => ({ source, qps: 8000 / 3, at: TEN + second * 1000 })) } : {});
  const before = run(3600, () => 8000, gateways);
  const { decisions, desired } = run(1200, told, seen, ON, before, TEN + 3_610_000);
  expect(decisions.every(({ action }) => action !== 'in')).toBe(true);
  expect(desired * 1000).toBeGreaterThan(truth(1200));
  expect(decisions.slice(6).some(({ alerts }) => alerts.some((alert) => alert.kind === 'metricLoss'))).toBe(true);
});

test('zero is not believed when a sixth of the demand is left, and CPU and connections both say so', () => {
  const busy = run(300, () => 8000, (second) => ({ ready: 200, desired: 200, connections: { at: TEN + 3_610_000 + second * 1000, value: 800 } }), ON, steady, TEN + 3_610_000);
  const at = TEN + 3_920_000;
  const zero = (connections: number) => decide(ON, busy.state, observe(at, 0, { ready: 200, desired: 200, cpuMilli: { at, value: 1300 * 4 }, connections: { at, value: connections } })).decision;
  expect(zero(130)).toMatchObject({ replicas: 200, alerts: [{ kind: 'metricLoss' }] });
  expect(zero(0).witnesses[0]).toMatchObject({ verdict: 'trusted' });
});

test('zero is not believed of many idle replicas either, while their CPU says that half of the demand is there', () => {
  const { decisions } = run(600, () => 0, (second) => ({ cpuMilli: { at: TEN + 3_610_000 + second * 1000, value: 16_000 } }), ON, { ...steady, desired: 200 }, TEN + 3_610_000);
  expect(decisions.every(({ action, alerts }) => action !== 'in' && alerts.some(({ kind }) => kind === 'metricLoss'))).toBe(true);
});

test('what each replica takes for itself, and while it starts, is not taken for demand: none asks for the next one', () => {
  const capacity = { ...REPLICA, cpuMilli: 1000, cpuMsPerRequest: 20 };
  let newest = 3;
  // 50 QPS are 1,000 millicores; a crowded machine makes them dearer, and a replica takes 150 of its own, a starting one all that it may.
  const crowded = (course: { desired: number }, second: number): Partial<Observation> => {
    const starting = Math.max(0, course.desired - newest);
    newest = course.desired;
    return { capacity, cpuMilli: { at: TEN + 610_000 + second * 1000, value: 1300 + 150 * course.desired + 1000 * starting } };
  };
  const before = run(600, () => 50, (second) => ({ capacity, cpuMilli: { at: TEN + second * 1000, value: 1000 } }), ON, { state: freshState(), desired: 3, decisions: [] });
  const course: Course = { ...before };
  for (let second = 0; second <= 900; second += 10) {
    const result = run(0, () => 50, () => crowded(course, second), ON, course, TEN + 610_000 + second * 1000);
    Object.assign(course, result);
  }
  expect(course.desired).toBeLessThanOrEqual(before.desired + 2);
});

test('traffic that is really gone is believed when CPU says so too', () => {
  const { desired } = run(1800, () => 300, () => ({}), ON, steady, TEN + 3_610_000);
  expect(desired).toBeLessThan(4);
});

test('memory is a second count', () => {
  const capacity = { ...REPLICA, memoryKibPerQps: 40_960 };
  const { decisions } = run(600, () => 4000, () => ({ capacity }));
  expect(decisions.at(-1)!.memoryNeed).toBeGreaterThan(20);
  expect(decisions.at(-1)!.winner).toBe('memory');
});

test('a p99 above its limit for 30 s adds a fifth; latency takes nothing away', () => {
  const settings = { ...ON, latencySloMs: 200 };
  const slow = run(60, () => 8000, (second) => ({ p99Ms: { at: TEN + 3_610_000 + second * 1000, value: 900 } }), settings, steady, TEN + 3_610_000);
  expect(slow.decisions.slice(0, 3).every(({ winner }) => winner !== 'latency')).toBe(true);
  expect(slow.decisions.some(({ winner, replicas, before }) => winner === 'latency' && replicas === Math.ceil(before * 1.2))).toBe(true);
});

test('a story as a person reads it', () => {
  const event = { kind: 'open' as const, market: 'a-share', name: '', at: TEN + 3_600_000 + 120_000 };
  const opened = { ...steady.state, openings: { 'a-share:open:': [{ at: event.at - 86_400_000, peakQps: 30_000 }] } };
  const say = (state: State, seen: Observation) => explainDecision(decide(ON, state, seen).decision);
  const at = TEN + 3_610_000;
  const base = { ready: 12, desired: 12 };
  const moment = observe(at, 8000).moment;
  const story = [
    say(steady.state, observe(at, 8000, base)),
    say(opened, observe(at + 60_000, 8000, { ...base, moment: { ...moment, events: [event] } })),
    say(steady.state, observe(at, null, base)),
    say(steady.state, observe(at, 8000, { ...base, bounds: { min: 1, max: 9, quota: null } })),
    say(steady.state, observe(at, 8000, { ...base, isDeploying: true, floors: [{ kind: 'signal', replicas: 20, reason: 'turnover is twice the usual' }] })),
    explainDecision(decide({ ...ON, isPaused: true }, steady.state, observe(at, 16_000, base)).decision),
  ];
  expect(story).toMatchSnapshot();
});
