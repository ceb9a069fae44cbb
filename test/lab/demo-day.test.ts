// The demo's market day: the same for the same instant, bounded, opening when people are told that it does; and services that could be asked for as they are.
import { expect, test } from 'vitest';
import { AutoscaleSettings } from '#server/http/contract/autoscale.ts';
import { Draft } from '#server/http/contract/requests.ts';
import { demandAt, DAY_MINUTES } from './demo-day.ts';
import { REAL, SIMULATED } from './demo-services.ts';

const MIDNIGHT = Date.UTC(2026, 10, 23);
const at = (minute: number, day = 0): number => demandAt(MIDNIGHT + (day * DAY_MINUTES + minute) * 60_000, { peakQps: 100, curve: 'trading' });

test('a day is the same whenever it is looked at, and no two days are the same', () => {
  expect(at(7)).toBe(at(7));
  expect(at(7, 1)).not.toBe(at(7));
});

test('demand doubles at the open and at the second one, and stays within a fifth above its usual peak', () => {
  for (let day = 0; day < 48; day += 1) {
    expect(at(6.5, day)).toBeGreaterThan(1.8 * at(5.5, day));
    expect(at(16.5, day)).toBeGreaterThan(1.6 * at(15, day));
    expect(Math.max(...Array.from({ length: 2 * DAY_MINUTES }, (_, half) => at(half / 2, day)))).toBeLessThan(121);
  }
});

test('every service of the demo is an ask, and follows by settings, that the product takes', () => {
  for (const { draft, settings } of [...REAL, ...SIMULATED]) {
    expect(Draft.safeParse(draft).error?.message).toBeUndefined();
    expect(AutoscaleSettings.safeParse(settings).error?.message).toBeUndefined();
  }
});
