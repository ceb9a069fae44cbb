// Room is bought before it is needed: by what comes on days that were alike, and for an opening that is near; never for what is old or only a preview.
import { expect, test } from 'vitest';
import { newlyKnown, type Remembered } from '../autoscale/memory.ts';
import { forecastReplicas } from './forecasts.ts';

const NOW = Date.parse('2026-11-23T01:20:00Z');
const known = (decision: object, mode: 'on' | 'preview' = 'on'): Remembered => ({
  ...newlyKnown(),
  last: { id: null, mode, decision: { at: NOW, replicas: 4, bound: 400, replicaQps: 100, opening: null, ...decision }, observation: { moment: { day: 20_780, dayType: 'trading', minuteOfDay: 560, isSession: false, isAfterBreak: false, events: [] } } } as unknown as Remembered['last'],
});

test('an opening within twenty minutes counts with what is prepared for it', () => {
  const opening = (minutes: number) => ({ opening: { market: 'a-share', kind: 'open', at: NOW + minutes * 60_000, replicas: 9 } });
  expect(forecastReplicas(known(opening(10)), NOW)).toBe(9);
  expect(forecastReplicas(known(opening(25)), NOW)).toBeNull();
  expect(forecastReplicas(known({ ...opening(10), replicas: 12 }), NOW)).toBeNull();
});

test('without anything to come, with an old decision or in preview nothing is forecast', () => {
  const opening = { opening: { market: 'a-share', kind: 'open', at: NOW + 60_000, replicas: 9 } };
  expect(forecastReplicas(known({}), NOW)).toBeNull();
  expect(forecastReplicas(known(opening, 'preview'), NOW)).toBeNull();
  expect(forecastReplicas(known(opening), NOW + 10 * 60_000)).toBeNull();
  expect(forecastReplicas(newlyKnown(), NOW)).toBeNull();
});

test('large figures go in steps, so that a tremble is no other question', () => {
  const opening = (replicas: number) => forecastReplicas(known({ opening: { market: 'a-share', kind: 'open', at: NOW, replicas } }), NOW);
  expect([opening(101), opening(103), opening(109)]).toEqual([110, 110, 110]);
});
