// The sum: what it promises whoever asks, its worked examples, and every way to ask for something that has no sum.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyAsk } from './fixtures/arbitrary.ts';
import { defaultPolicy, workload } from './fixtures/build.ts';
import type { Ask, Policy, Sizing, Workload } from './model.ts';
import { isRefusal, size } from './size.ts';

function sum(one: Workload, domains = 3, policy: Policy = defaultPolicy): Sizing {
  const result = size(one, policy, domains);
  if (isRefusal(result)) throw new Error(result.message);
  return result;
}

const sound = fc.record({ ask: anyAsk, domains: fc.integer({ min: 2, max: 40 }), fixed: fc.option(fc.integer({ min: 100, max: 1000 })) });
const policyOf = (fixed: number | null): Policy => (fixed === null ? defaultPolicy : { ...defaultPolicy, utilisation: { rule: 'fixed', permille: fixed } });

test('replicas always carry the peak with its headroom, and are never fewer than asked', () => {
  fc.assert(
    fc.property(sound, ({ ask, domains, fixed }) => {
      const one = workload('w', ask);
      const { replicas, qpsPerReplica } = sum(one, domains, policyOf(fixed));
      expect(replicas * qpsPerReplica.q).toBeGreaterThanOrEqual(((one.ask.peakQps * (1000 + one.ask.headroomPermille)) / 1000) * (1 - 1e-9));
      expect(replicas).toBeGreaterThanOrEqual(one.ask.minReplicas);
      expect(replicas).toBeGreaterThanOrEqual(1);
    }),
    { numRuns: 2000 },
  );
});

test('more QPS never needs fewer replicas', () => {
  fc.assert(
    fc.property(sound, fc.integer({ min: 0, max: 5000 }), ({ ask, domains, fixed }, more) => {
      const less = sum(workload('w', ask), domains, policyOf(fixed));
      const greater = sum(workload('w', { ...ask, peakQps: (ask.peakQps ?? 1) + more }), domains, policyOf(fixed));
      expect(greater.replicas).toBeGreaterThanOrEqual(less.replicas);
    }),
    { numRuns: 2000 },
  );
});

test('after the loss of the fullest domain what must remain still runs, and one replica less would not do', () => {
  fc.assert(
    fc.property(sound, fc.constantFrom('host', 'rack', 'site'), ({ ask, domains, fixed }, survive) => {
      const one = workload('w', { ...ask, survive });
      const { replicas, mustRemain, perDomainCap, qpsPerReplica, forPeak } = sum(one, domains, policyOf(fixed));
      expect(mustRemain * qpsPerReplica.q).toBeGreaterThanOrEqual(one.ask.peakQps * (1 - 1e-9));
      // Fill domains to the cap, as badly as placement may, and lose the fullest.
      const cap = perDomainCap ?? 0;
      expect(cap * domains).toBeGreaterThanOrEqual(replicas);
      expect(replicas - Math.min(cap, replicas)).toBeGreaterThanOrEqual(mustRemain);
      const fewer = replicas - 1;
      const needed = Math.max(one.ask.minReplicas, forPeak);
      expect(fewer < needed || fewer - Math.ceil(fewer / domains) < mustRemain).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test('the worked example of the README', () => {
  const result = sum(workload('w', { peakQps: 300, survive: 'host', profile: { cpuMsPerRequest: 20, memoryBaseMib: 512, memoryKibPerQps: 100 } }));
  expect(result).toMatchObject({ busyCores: 6, qLimit: 'cpu', forPeak: 4, mustRemain: 3, domains: 3, perDomainCap: 2, replicas: 5, limit: 'survival' });
  expect(result.utilisation).toBeCloseTo(6 / (6 + 1.9 * Math.sqrt(6)), 12);
  expect(result.qpsPerReplica.q).toBeCloseTo(112.633, 3);
});

test('the limit that decided is named', () => {
  const decided = (ask: Partial<Ask>, parts: Partial<Workload> = {}) => sum(workload('w', ask, parts)).limit;
  expect(decided({ peakQps: 300 })).toBe('cpu');
  expect(decided({ peakQps: 300, profile: { cpuMsPerRequest: 1, memoryBaseMib: 7000, memoryKibPerQps: 20_000 } })).toBe('memory');
  expect(decided({ peakQps: 300, profile: { cpuMsPerRequest: 1, memoryBaseMib: 7, memoryKibPerQps: 0, maxQps: 50 } })).toBe('max-qps');
  expect(decided({ peakQps: 3, minReplicas: 4 })).toBe('minimum');
  expect(decided({ peakQps: 3, survive: 'rack' })).toBe('survival');
  expect(decided({ peakQps: 900 }, { decision: { replicas: 3, reason: 'quiet' } })).toBe('autoscaler');
});

test('the autoscaler moves only between the smallest number and the number that was granted', () => {
  const decided = (replicas: number) => sum(workload('w', { peakQps: 900, minReplicas: 2 }, { decision: { replicas, reason: 'x' } })).replicas;
  const granted = sum(workload('w', { peakQps: 900, minReplicas: 2 })).replicas;
  expect([decided(0), decided(3), decided(1000)]).toEqual([2, 3, granted]);
});

test('an even division is not rounded up by the error of floating point', () => {
  // 6000 QPS over 2000 x 0.55 / 1.1 QPS each is exactly 6; in floating point it is 6.000000000000001.
  const exact = workload('w', { peakQps: 6000, headroomPermille: 0, shape: 'small', profile: { cpuMsPerRequest: 1.1, memoryBaseMib: 1, memoryKibPerQps: 0 } });
  expect(sum(exact, 3, policyOf(550)).forPeak).toBe(6);
});

const refusals: readonly [string, Partial<Ask>, string][] = [
  ['peakQps', { peakQps: 0 }, 'a number from 0.001'],
  ['peakQps', { peakQps: -5 }, 'peakQps is -5'],
  ['peakQps', { peakQps: Number.NaN }, 'peakQps is NaN'],
  ['peakQps', { peakQps: 1e12 }, 'to 100000000'],
  ['peakQps', { peakQps: 90_000_000 }, 'at most 100000 are allowed'],
  ['profile.cpuMsPerRequest', { profile: { cpuMsPerRequest: 0, memoryBaseMib: 1, memoryKibPerQps: 0 } }, 'profile.cpuMsPerRequest is 0'],
  ['profile.memoryBaseMib', { profile: { cpuMsPerRequest: 1, memoryBaseMib: 7500, memoryKibPerQps: 0 } }, 'or one of these shapes: large'],
  ['profile.memoryBaseMib', { profile: { cpuMsPerRequest: 1, memoryBaseMib: 99_000, memoryKibPerQps: 0 } }, 'no shape of the policy is larger'],
  ['profile.maxQps', { profile: { cpuMsPerRequest: 1, memoryBaseMib: 1, memoryKibPerQps: 0, maxQps: 0 } }, 'profile.maxQps is 0'],
  ['headroomPermille', { headroomPermille: -1 }, 'headroomPermille is -1'],
  ['minReplicas', { minReplicas: -1 }, 'a whole number from 0'],
  ['minReplicas', { minReplicas: 1.5 }, 'a whole number'],
  ['caps.perHost', { caps: { perHost: 0 } }, 'caps.perHost is 0'],
  ['shape', { shape: 'gigantic' }, 'one of large, small, standard'],
  ['shape', { shape: 'constructor' }, 'one of large, small, standard'],
];

test.each(refusals)('%s is refused with its value and what is allowed: %j', (field, ask, part) => {
  const result = size(workload('w', ask), defaultPolicy, 3);
  expect(result).toMatchObject({ field });
  expect(isRefusal(result) && result.message).toContain(part);
});

test('an unknown environment and too few domains are refused by name', () => {
  expect(size(workload('w', {}, { environment: 'moon' }), defaultPolicy, 3)).toMatchObject({ field: 'environment', value: 'moon', allowed: 'one of dev, production' });
  expect(size(workload('w', { survive: 'site' }), defaultPolicy, 1)).toMatchObject({ field: 'survive', value: 'site', message: 'survive is site, but this workload may use 1 site: at least 2 are needed' });
});
