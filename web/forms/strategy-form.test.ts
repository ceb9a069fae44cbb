import { expect, test } from 'vitest';
import { presetOf, STRATEGIES, toStrategy, usualPreset } from './strategy-form.ts';

test('every preset is a strategy and is known again', () => {
  for (const name of ['canary', 'batches', 'all', 'stop-first'] as const) {
    expect(toStrategy(STRATEGIES[name])).toMatchObject({ faults: {} });
    expect(presetOf({ ...STRATEGIES[name] })).toBe(name);
  }
  expect(presetOf({ ...STRATEGIES.canary, surge: '50' })).toBeNull();
  expect([usualPreset('production'), usualPreset('staging')]).toEqual(['canary', 'all']);
});

test('percent become thousandths, counts stay counts, an empty limit is not asked', () => {
  const { strategy } = toStrategy({ ...STRATEGIES.canary, mostCpu: '', mostErrors: '0.5' });
  expect(strategy?.steps.slice(0, 2)).toEqual([{ target: { count: 1 }, promotion: { by: 'gates' } }, { target: { permille: 250 }, promotion: { by: 'gates' } }]);
  expect(strategy?.gates).toEqual({ windowSeconds: 60, leastRequests: 50, mostErrorsPermille: 5, mostP99Permille: 2000 });
});

test('what is wrong is told at its field', () => {
  const { strategy, faults } = toStrategy({ ...STRATEGIES.batches, surge: 'many', steps: [{ amount: '50', unit: 'percent', by: 'time', seconds: '' }, { amount: '25', unit: 'percent', by: 'hand', seconds: '' }] });
  expect(strategy).toBeNull();
  expect(faults).toEqual({ surge: { code: 'notNumber' }, 'steps.0.promotion.seconds': { code: 'needed' }, 'steps.1.target': { code: 'rising' } });
});
