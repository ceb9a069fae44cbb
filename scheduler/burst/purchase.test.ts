// What is bought: enough, within the money, never twice, and never for what no VM could hold.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultPolicy, host, idSource, snapshot, workload } from '../fixtures/build.ts';
import type { Policy, Snapshot } from '../model.ts';
import { MINUTE, offer, pool } from './fixtures.ts';
import type { Offer } from './model.ts';
import { outlook } from './outlook.ts';
import { type Money, purchase, type Purchase } from './purchase.ts';
import { said } from '../said.ts';

const policy: Policy = { ...defaultPolicy, reservePermille: { cpu: 0, memory: 0 } };
const rich: Money = { leftCentsPerHour: 1e6, leftCentsToday: 1e6, capCentsPerHour: 1e6, capCentsPerDay: 1e6, stayMs: 90 * MINUTE, stayTodayMs: 90 * MINUTE };
const options = () => ({ seed: 1, newId: idSource() });
/** A full fleet, and a workload of so many standard replicas (four cores each). */
const wanting = (replicas: number, parts: Partial<Snapshot> = {}) => snapshot({ policy, hosts: [host('tiny', { capacity: { cpuMilli: 1_000, memoryMib: 2_048 } })], workloads: [workload('shop', { peakQps: 1, minReplicas: replicas })], ...parts });
const mixOf = ({ mix }: Pick<Purchase, 'mix'>) => mix.map(({ pool: name, count }) => `${count} ${name}`);
const codes = (list: readonly { readonly code: string }[]) => list.map(({ code }) => code);
const small = offer(pool('small', 4, 6));
const big = offer(pool('big', 8, 10));

test('the cheapest mix is bought, with what it is for and what it will cost', () => {
  const bought = purchase(wanting(3), [big, small], rich, options());
  expect(mixOf(bought)).toEqual(['1 big', '1 small']);
  expect(bought).toMatchObject({ centsPerHour: 16, predictedCents: 32, givesRoomFor: [{ workload: 'shop.production', replicas: 3 }], leaves: [], bounded: [] });
  expect(bought.reasons[0]!.sentence).toBe('3 replicas of 1 workloads wait for room or soon will, shop.production first');
});

test('where nothing waits nothing is bought, and nothing is bought twice', () => {
  expect(mixOf(purchase(wanting(0, { workloads: [] }), [small], rich, options()))).toEqual([]);
  const coming = [{ name: 'a', pool: small.pool }, { name: 'b', pool: small.pool }];
  expect(mixOf(purchase(outlook(wanting(3), { forecasts: {}, warmRoom: {}, coming }), [small], rich, options()))).toEqual(['1 small']);
});

test.each<[string, Partial<Money>, string[], string]>([
  ['an hour', { leftCentsPerHour: 13, capCentsPerHour: 13 }, ['2 small'], 'The cap of 13 cents an hour leaves 13: would buy 4 VMs for 24 cents an hour, buys 2'],
  ['a day', { leftCentsToday: 36, capCentsPerDay: 50 }, ['3 small'], 'The cap of 50 cents a day leaves 36: would buy 4 VMs for 24 cents an hour, buys 3'],
  ['zero', { leftCentsPerHour: 0, leftCentsToday: 0, capCentsPerHour: 0, capCentsPerDay: 0 }, [], 'The spend cap is 0: nothing is bought; would buy 4 VMs for 24 cents an hour'],
])('the cap of %s cuts what is bought, and says what would be', (_, money, mix, sentence) => {
  const bought = purchase(wanting(4), [small], { ...rich, ...money }, options());
  expect(mixOf(bought)).toEqual(mix);
  expect(mixOf({ mix: bought.wouldBuy })).toEqual(['4 small']);
  expect(bought.bounded.map((each) => each.sentence)).toEqual([sentence]);
  expect(codes(bought.leaves.map(({ reason }) => reason))).toEqual(['cap']);
});

test('pools sell no more than their limit and the addresses that are left, closed ones nothing; it is said', () => {
  const closed: Offer = offer(pool('closed', 4, 1), { problem: said('cooling', { pool: 'closed' }, 'Pool {pool} failed a moment ago') });
  const bought = purchase(wanting(6), [offer(pool('few', 4, 5, { limit: 3 }), { out: 2 }), offer(pool('narrow', 4, 5), { rangesLeft: 2 }), closed], rich, options());
  expect(mixOf(bought)).toEqual(['1 few', '2 narrow']);
  expect(codes(bought.bounded)).toEqual(['pool-limit', 'ranges', 'cooling']);
  expect(bought.leaves).toMatchObject([{ workload: 'shop.production', replicas: 3, reason: { code: 'no-pool' } }]);
});

test('what the policy lets the cloud cost, and caps of domains, hold for what is bought', () => {
  const thrifty: Policy = { ...policy, cloud: { mostCentsPerCoreHour: null, mostCentsPerHour: 13 } };
  const bought = purchase(wanting(4, { policy: thrifty }), [small], rich, options());
  expect([mixOf(bought), bought.bounded.map(({ sentence }) => sentence)]).toEqual([['2 small'], ['The policy lets all cloud hosts in use cost 13 cents an hour together']]);
  const capped = [workload('shop', { peakQps: 1, minReplicas: 4, caps: { perRack: 3 } })];
  expect(mixOf(purchase(wanting(4, { workloads: capped }), [small, big], rich, options()))).toEqual(['2 small', '1 big']);
});

test('nothing is bought for what may not leave; the rest is', () => {
  const workloads = [workload('home', { peakQps: 1, minReplicas: 2, cloud: 'never' }), workload('shop', { peakQps: 1, minReplicas: 1 })];
  const bought = purchase(wanting(0, { workloads }), [small], rich, options());
  expect([mixOf(bought), bought.leaves.map(({ reason }) => reason.sentence)]).toEqual([['1 small'], ['home.production may not use the cloud']]);
});

test('warm room is bought as a share of what runs, and a forecast as far as the ask allows', () => {
  const fleet = snapshot({ policy, hosts: [host('h1', { capacity: { cpuMilli: 16_000, memoryMib: 65_536 } })], workloads: [workload('shop', { peakQps: 1, minReplicas: 1 }, { decision: { replicas: 1, reason: '' } })] });
  const held = { ...fleet, replicas: [1, 2, 3, 4].map((ordinal) => ({ id: `r${ordinal}`, workloadId: 'shop', ordinal, shape: { cpuMilli: 4_000, memoryMib: 8_192 }, releaseId: 'r1', hostId: 'h1', address: `10.1.0.${10 + ordinal}` })), workloads: [workload('shop', { peakQps: 1, minReplicas: 4 })] };
  const warm = purchase(outlook(held, { forecasts: {}, warmRoom: { production: 300 }, coming: [] }), [small], rich, options());
  expect([mixOf(warm), codes(warm.reasons), warm.givesRoomFor]).toEqual([['2 small'], ['warm-room'], [{ workload: 'warm room of production', replicas: 2 }]]);
  // 500 QPS of 20 ms: about four replicas at the peak, of which two run and more are expected.
  const asked = workload('shop', { peakQps: 500, minReplicas: 1, headroomPermille: 0 }, { decision: { replicas: 1, reason: '' } });
  const calm = wanting(0, { hosts: [host('h1', { capacity: { cpuMilli: 4_000, memoryMib: 65_536 } })], workloads: [asked] });
  expect(mixOf(purchase(outlook(calm, { forecasts: {}, warmRoom: {}, coming: [] }), [small], rich, options()))).toEqual([]);
  expect(mixOf(purchase(outlook(calm, { forecasts: { shop: 3 }, warmRoom: {}, coming: [] }), [small], rich, options()))).toEqual(['2 small']);
  expect(purchase(outlook(calm, { forecasts: { shop: 300 }, warmRoom: {}, coming: [] }), [small], rich, options()).mix[0]!.count).toBeLessThan(6);
});

test('with any caps, limits and ranges: what is bought keeps all of them, and less money never buys more', () => {
  const anyOffers = fc.array(fc.record({ cores: fc.constantFrom(4, 8, 16), cents: fc.integer({ min: 1, max: 40 }), limit: fc.integer({ min: 0, max: 4 }), out: fc.integer({ min: 0, max: 2 }), rangesLeft: fc.integer({ min: 0, max: 4 }) }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), anyOffers, fc.integer({ min: 0, max: 120 }), fc.integer({ min: 0, max: 300 }), (replicas, list, hour, day) => {
      const offers = list.map(({ cores, cents, limit, out, rangesLeft }, index) => offer(pool(`p${index}`, cores, cents, { limit }), { out, rangesLeft }));
      const bought = purchase(wanting(replicas), offers, { ...rich, leftCentsPerHour: hour, leftCentsToday: day, capCentsPerHour: hour, capCentsPerDay: day }, options());
      expect(bought.centsPerHour).toBeLessThanOrEqual(hour);
      expect(bought.centsPerHour * 2).toBeLessThanOrEqual(Math.max(day, 0));
      for (const line of bought.mix) {
        const from = offers.find(({ pool: { id } }) => id === line.poolId)!;
        expect(line.count).toBeLessThanOrEqual(Math.min(from.pool.limit - from.out, from.rangesLeft));
      }
      const sum = (lines: readonly { readonly replicas: number }[]) => lines.reduce((total, line) => total + line.replicas, 0);
      expect(sum(bought.givesRoomFor) + sum(bought.leaves)).toBe(replicas);
    }),
    { numRuns: 120, seed: 3 },
  );
}, 60_000);
