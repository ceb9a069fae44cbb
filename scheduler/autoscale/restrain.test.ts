// Limits in the words of HPA v2, and everything that forbids taking replicas away.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { observe, ON, TEN } from './fixtures.ts';
import { freshState } from './memory.ts';
import type { Observation, Settings, State } from './model.ts';
import { restrain, reversals, type Wish } from './restrain.ts';

const wish = (replicas: number, more: Partial<Wish> = {}): Wish => ({ replicas, highest: replicas, least: replicas, lowest: replicas, beforeRise: 0, isPanic: false, isDoubtful: false, panicUntil: 0, windowMs: 180_000, restartedAt: 0, ...more });
const ask = (want: Wish, settings: Settings = ON, more: Partial<Observation> = {}, state: State = freshState()) => restrain(settings, state, observe(TEN, 1000, { desired: 20, ready: 20, ...more }), want);
const rule = (direction: 'scaleUp' | 'scaleDown', more: object): Settings => ({ ...ON, behavior: { ...ON.behavior, [direction]: { ...ON.behavior[direction], ...more } } });

test('outwards it goes at once, as far as is wanted', () => {
  expect(ask(wish(200))).toEqual({ replicas: 200, suppressed: [] });
});

test('policies limit each direction by count and percent, the widest or the narrowest', () => {
  const policies = [{ kind: 'count' as const, value: 4, periodSeconds: 60 }, { kind: 'percent' as const, value: 50, periodSeconds: 60 }];
  expect(ask(wish(200), rule('scaleUp', { policies, select: 'max' })).replicas).toBe(30);
  expect(ask(wish(200), rule('scaleUp', { policies, select: 'min' })).replicas).toBe(24);
  expect(ask(wish(2), rule('scaleDown', { policies: policies.map((each) => ({ ...each, value: 2 })), select: 'min' })).replicas).toBe(19);
  expect(ask(wish(200), rule('scaleUp', { select: 'disabled' })).suppressed[0]?.by).toBe('disabled');
});

test('what was added within the period counts against the policy', () => {
  const policies = [{ kind: 'count' as const, value: 4, periodSeconds: 60 }];
  const state = { ...freshState(), changes: [{ at: TEN - 30_000, before: 17, after: 20, by: 'forecast' as const }] };
  expect(ask(wish(200), rule('scaleUp', { policies }), {}, state).replicas).toBe(21);
});

test('inwards it goes by at most 30 % at a time and once a minute', () => {
  expect(ask(wish(2)).replicas).toBe(14);
  const state = { ...freshState(), changes: [{ at: TEN - 30_000, before: 26, after: 20, by: 'forecast' as const }] };
  expect(ask(wish(2), ON, {}, state)).toMatchObject({ replicas: 20, suppressed: [{ by: 'pace', until: TEN + 30_000 }] });
});

test.each([
  ['panic', wish(5, { isPanic: true }), ON, {}],
  ['panic', wish(5, { panicUntil: TEN + 1 }), ON, {}],
  ['metricLoss', wish(5, { isDoubtful: true }), ON, {}],
  ['restart', wish(5, { restartedAt: TEN - 1000 }), ON, {}],
  ['restart', wish(5), ON, { isRestarted: true }],
  ['deploy', wish(5), ON, { isDeploying: true }],
  ['pauseScaleIn', wish(5), { ...ON, pauseScaleIn: true }, {}],
  ['disabled', wish(5), rule('scaleDown', { select: 'disabled' }), {}],
  ['window', wish(5, { highest: 20 }), ON, {}],
  ['beforeRise', wish(5, { beforeRise: 30 }), ON, {}],
] as const)('nothing is taken away: %s', (by, want, settings, more) => {
  expect(ask(want, settings, more)).toMatchObject({ replicas: 20, suppressed: [{ by }] });
});

test('a spent flap budget keeps what is there', () => {
  const turns = [20, 24, 20, 24, 20].map((after, index) => ({ at: TEN - 3_000_000 + index * 300_000, before: after === 24 ? 20 : 24, after, by: 'forecast' as const }));
  const state = { ...freshState(), changes: turns };
  expect(reversals(state, TEN)).toBe(4);
  expect(ask(wish(5), { ...ON, flapBudgetPerHour: 4 }, {}, state).suppressed[0]?.by).toBe('flapBudget');
  expect(ask(wish(5), { ...ON, flapBudgetPerHour: 5 }, {}, state).replicas).toBe(14);
});

test('small steps in wait until nothing has changed for ten minutes', () => {
  const state = { ...freshState(), changes: [{ at: TEN - 400_000, before: 30, after: 20, by: 'forecast' as const }] };
  expect(ask(wish(19), ON, {}, state).suppressed[0]?.by).toBe('smallChange');
  expect(ask(wish(19)).replicas).toBe(19);
});

test('whatever the limits are, it goes no further than wanted and never the other way', () => {
  const policy = fc.record({ kind: fc.constantFrom('count' as const, 'percent' as const), value: fc.integer({ min: 1, max: 200 }), periodSeconds: fc.integer({ min: 1, max: 1800 }) });
  const any = fc.record({ policies: fc.array(policy, { maxLength: 3 }), select: fc.constantFrom('max' as const, 'min' as const, 'disabled' as const), tolerancePermille: fc.integer({ min: 0, max: 300 }) });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 300 }), any, any, (desired, wanted, up, down) => {
      const settings = { ...ON, behavior: { scaleUp: { ...ON.behavior.scaleUp, ...up }, scaleDown: { ...ON.behavior.scaleDown, ...down } } };
      const { replicas } = ask(wish(wanted), settings, { desired, ready: desired });
      expect(replicas).toBeGreaterThanOrEqual(Math.min(desired, wanted));
      expect(replicas).toBeLessThanOrEqual(Math.max(desired, wanted));
    }),
  );
});
