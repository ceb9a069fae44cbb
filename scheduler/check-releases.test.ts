// The checker must see every way in which a plan can be wrong about releases: each test breaks a sound plan in one way.

import { expect, test } from 'vitest';
import { check } from './check.ts';
import { host, idSource, replica, snapshot, workload } from './fixtures/build.ts';
import type { Plan, Rollout, Snapshot, Step } from './model.ts';
import { schedule } from './schedule.ts';

const rollout = (parts: Partial<Rollout> = {}): Rollout => ({ id: 'one', releaseId: 'r2', target: { count: 2 }, order: 'start-first', surge: { count: 2 }, unavailable: { count: 2 }, ...parts });
const shop = (asked: Rollout | undefined): Snapshot =>
  snapshot({
    hosts: [1, 2, 3, 4].map((at) => host(`h${at}`)),
    workloads: [workload('shop', { peakQps: 1, minReplicas: 4 }, asked === undefined ? {} : { rollout: asked })],
    replicas: [1, 2, 3, 4].map((at) => replica('shop', at, `h${at}`, `10.1.0.${9 + at}`)),
  });
const plan = (from: Snapshot): Plan => schedule(from, { verb: 'place', seed: 1, newId: idSource() });
const startFirst = shop(rollout());
const stopFirst = shop(rollout({ order: 'stop-first' }));
const starting = plan(startFirst);
const renewing = plan(stopFirst);

const first = (from: Plan, change: (step: Step) => Step): Plan => ({ ...from, steps: from.steps.with(0, change(from.steps[0]!)) });
const running = (releaseId: string) => (step: Step) => ({ ...step, replica: { ...step.replica, releaseId } }) as Step;
const renew = (ordinal: number, releaseId = 'r2'): Step => ({ kind: 'renew', replica: replica('shop', ordinal, `h${ordinal}`, `10.1.0.${9 + ordinal}`, { releaseId }), hostId: `h${ordinal}`, reason: { code: 'released', detail: '' } });

test('the sound plans that are broken here are sound', () => {
  expect(check(startFirst, starting)).toEqual([]);
  expect(starting.steps.map(({ kind }) => kind)).toEqual(['start', 'start']);
  expect(check(stopFirst, renewing)).toEqual([]);
  expect(renewing.steps.map(({ kind }) => kind)).toEqual(['renew', 'renew']);
  expect(check(stopFirst, { ...renewing, steps: [renew(1)] })).toEqual([]);
});

const corruptions: readonly [string, string, Snapshot, Plan][] = [
  ['a release that nobody asks for', 'release', startFirst, first(starting, running('r9'))],
  ['the old release on a successor that is to bring the new one', 'successor', startFirst, first(starting, running('r1'))],
  ['more on the new release than asked for', 'release', shop(rollout({ target: { count: 1 } })), starting],
  ['any on it, though nobody rolls anything out', 'release', shop(undefined), starting],
  ['more successors than the surge', 'release', shop(rollout({ surge: { count: 1 } })), starting],
  ['renewed where another one should serve first', 'release', startFirst, renewing],
  ['more renewed than may be missing', 'release', shop(rollout({ order: 'stop-first', unavailable: { count: 1 } })), renewing],
  ['renewed with the release that it has', 'release', stopFirst, first(renewing, () => renew(1, 'r1'))],
  ['renewed on another host', 'step', stopFirst, first(renewing, (step) => ({ ...step, hostId: 'h4' }) as Step)],
  ['renewed with another address', 'release', stopFirst, first(renewing, (step) => ({ ...step, replica: { ...step.replica, address: '10.1.0.99' } }))],
  ['renewed in another shape', 'release', stopFirst, first(renewing, (step) => ({ ...step, replica: { ...step.replica, shape: { cpuMilli: 2000, memoryMib: 8192 } } }))],
  ['renewed though it is unknown', 'step', stopFirst, first(renewing, (step) => ({ ...step, replica: { ...step.replica, id: 'nobody' } }))],
  ['renewed on a lost host', 'rule', { ...stopFirst, hosts: stopFirst.hosts.map((each) => ({ ...each, state: 'lost' as const })) }, renewing],
  ['two successors for one replica', 'successor', startFirst, { ...starting, steps: starting.steps.map((step) => ({ ...step, replica: { ...step.replica, successor: { replaces: 'shop-1', state: 'starting' as const } } })) }],
];

test.each(corruptions)('%s is seen as a violation of %s', (_, invariant, from, broken) => {
  expect(check(from, broken).map((each) => each.invariant)).toContain(invariant);
});

test('what does not serve may be renewed at any time, and counts as missing', () => {
  const one = shop(rollout({ order: 'stop-first', target: { count: 4 }, unavailable: { count: 2 } }));
  const found = (silent: readonly string[], ...steps: Step[]) => check(one, { ...plan(one), steps }, new Set(silent)).filter(({ invariant }) => invariant === 'release').length;
  expect(found([], renew(1), renew(2))).toBe(0);
  expect(found(['shop-3'], renew(1), renew(2))).toBe(1);
  expect(found(['shop-3'], renew(1), renew(3))).toBe(0);
  expect(found(['shop-1', 'shop-2', 'shop-3'], renew(1), renew(2), renew(3))).toBe(0);
  expect(check(startFirst, { ...starting, steps: [renew(1), renew(2)] }, new Set(['shop-1', 'shop-2']))).toMatchObject([{ invariant: 'totals' }, { invariant: 'totals' }, { invariant: 'totals' }]);
});
