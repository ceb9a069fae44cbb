import type { RolloutDetail } from '#server/http/contract/index.ts';
import { expect, test } from 'vitest';
import { en } from '../text/en/index.ts';
import { limitText, promotionText, railOf, shareText, sideText } from './rollout.ts';

test('shares and promotions as people say them', () => {
  expect([{ count: 1 }, { count: 3 }, { permille: 250 }, { permille: 1000 }].map((share) => shareText(share, en, 'en'))).toEqual(['1 replica', '3 replicas', '25%', 'all']);
  expect([{ by: 'hand' }, { by: 'gates' }, { by: 'time', seconds: 300 }].map((promotion) => promotionText(promotion as { by: 'hand' }, en, 'en'))).toEqual(['by hand', 'gates', 'after 5 min']);
});

const rollout = (over: Partial<RolloutDetail>) =>
  ({ kind: 'release', phase: 'watching', step: 1, images: { needed: 3, present: 3, hindrance: null }, replicas: { wanted: 4, onNew: 1, onOld: 3, target: 1 }, strategy: { steps: [{ target: { count: 1 }, promotion: { by: 'gates' } }, { target: { permille: 500 }, promotion: { by: 'hand' } }, { target: { permille: 1000 }, promotion: { by: 'time', seconds: 60 } }] }, ...over }) as RolloutDetail;
const states = (over: Partial<RolloutDetail>) => railOf(rollout(over), en, 'en').map(({ state }) => state);

test('the rail shows what is done, where it is and what is ahead', () => {
  expect(states({})).toEqual(['done', 'done', 'here', 'ahead', 'ahead']);
  expect(states({ phase: 'preparing', step: 0 })).toEqual(['here', 'ahead', 'ahead', 'ahead', 'ahead']);
  expect(states({ phase: 'held' })).toEqual(['done', 'done', 'here', 'ahead', 'ahead']);
  expect(states({ phase: 'succeeded', step: 2 })).toEqual(['done', 'done', 'done', 'done', 'done']);
  expect(states({ phase: 'rolling-back' })).toEqual(['here', 'ahead']);
  expect(states({ phase: 'rolled-back' })).toEqual(['done', 'done']);
});

test('gates in their own units, and nothing where nothing is known', () => {
  const side = { replicas: 2, requests: 2000, errors: 10, p99Ms: null, cpuMsPerRequest: 12.5 };
  expect((['errors', 'p99', 'cpu', 'requests'] as const).map((gate) => sideText(gate, side, en, 'en'))).toEqual(['0.5%', null, '12.5 ms', '2,000']);
  expect(sideText('errors', { ...side, requests: 0 }, en, 'en')).toBeNull();
  const verdict = { gate: 'cpu', state: 'holds', value: 2000, limit: 1200, sentence: '' } as const;
  expect(limitText(verdict, en, 'en')).toBe('at most 1.2 × the old');
  expect(limitText({ ...verdict, gate: 'errors', limit: 10 }, en, 'en')).toBe('at most 1%');
});
