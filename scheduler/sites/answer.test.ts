import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answer, readyName } from './answer.ts';
import { client, site, spec, targets } from './fixtures/names.ts';
import type { NameSpec, Site } from './model.ts';
import { openNearness } from './nearness.ts';

const SITES = [site('a'), site('b')];
const told = (sites: readonly Site[], name: NameSpec, count = 2000, near: string | null = null) => {
  const ready = readyName(sites, name);
  return Array.from({ length: count }, (_, index) => answer(ready, client(index), near));
};
const shareOf = (answers: readonly { readonly site: string | null }[], of: string) => answers.filter(({ site }) => site === of).length / answers.length;

test('a client goes to its nearest site, one that is near none to any by weight', () => {
  const ready = readyName(SITES, spec());
  expect(answer(ready, client(1), 'b')).toMatchObject({ site: 'b', code: 'nearest', why: 'b is the nearest site' });
  expect(shareOf(told(SITES, spec()), 'a')).toBeCloseTo(0.5, 1);
});

test('weights are shares of the clients, and a change moves only those that it has to', () => {
  const before = told(SITES, spec({ preference: 'weights', weights: { a: 1000, b: 1000 } }));
  const after = told(SITES, spec({ preference: 'weights', weights: { a: 250, b: 1000 } }));
  expect(shareOf(after, 'a')).toBeCloseTo(0.2, 1);
  for (const [index, { site: now }] of after.entries()) if (now === 'a') expect(before[index]!.site).toBe('a');
});

test('a site takes only the share of its own clients that its weight says', () => {
  const answers = told(SITES, spec({ weights: { a: 700 } }), 4000, 'a');
  expect(shareOf(answers, 'a')).toBeCloseTo(0.7, 1);
  expect(answers.find(({ code }) => code === 'elsewhere')?.why).toBe('b, since a takes only 70 % of its clients');
});

test('in order the first site that serves is told, the next one when it is failed', () => {
  const name = spec({ preference: 'order', order: ['b', 'a'] });
  expect(told(SITES, name, 5).every(({ site, code }) => site === 'b' && code === 'first')).toBe(true);
  expect(told([site('a'), site('b', { mark: 'failed' })], name, 5).every(({ site }) => site === 'a')).toBe(true);
});

test('only healthy replicas are told, and those that are about to stop only when nothing else is left', () => {
  const ready = (parts: Partial<NameSpec>) => answer(readyName(SITES, spec({ mostAddresses: 9, ...parts })), client(7), 'a');
  const mixed = [...targets('a', 2), ...targets('a', 1, { replicaId: 'sick', isHealthy: false }), ...targets('a', 1, { replicaId: 'going', isLeaving: true })];
  expect(ready({ targets: mixed }).targets.map(({ replicaId }) => replicaId).sort()).toEqual(['a-0', 'a-1']);
  expect(ready({ targets: targets('a', 2, { isLeaving: true }) })).toMatchObject({ code: 'leaving', site: 'a' });
  expect(ready({ targets: [...targets('a', 2, { isHealthy: false }), ...targets('b', 1)] })).toMatchObject({ site: 'b', code: 'elsewhere', why: 'b, since none of its 2 replicas at a is healthy' });
});

test('when nothing looks well the best there is is told, and said to be so', () => {
  const bad = spec({ targets: [...targets('a', 2, { isHealthy: false }), ...targets('b', 2, { isHealthy: false })] });
  expect(told(SITES, bad, 3, 'a')[0]).toMatchObject({ code: 'unhealthy', site: 'a', why: 'no replica looks healthy: those at a are told as the best there is' });
  const drained = [site('a', { mark: 'drained' as const }), site('b')];
  expect(told(drained, spec({ targets: [...targets('a', 2), ...targets('b', 2, { isHealthy: false })] }), 3, 'a')[0]).toMatchObject({ code: 'against-weights', site: 'a' });
  expect(told(SITES, spec({ targets: [] }), 1)[0]).toMatchObject({ code: 'nothing', why: 'it has no replica with an address' });
});

const oneWay = [site('a', { links: [{ to: 'b', data: 'one-way' }] }), site('b')];
const anySpec = fc.record({
  preference: fc.constantFrom<NameSpec['preference']>('nearest', 'weights', 'order'),
  order: fc.constantFrom<string[]>([], ['a'], ['b', 'a'], ['c']),
  weights: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 1000 })),
  layer: fc.constantFrom<NameSpec['layer']>('access', 'service'),
  isReadOnly: fc.boolean(),
  stages: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom<NameSpec['stages'][string]>('none', 'proxy-back', 'local', 'read-only', 'active-active')),
  failedAt: fc.subarray(['a', 'b', 'c']),
  targets: fc.array(fc.record({ replicaId: fc.uuid(), address: fc.ipV4(), site: fc.constantFrom('a', 'b', 'c'), isHealthy: fc.boolean(), isLeaving: fc.boolean() }), { maxLength: 12 }),
  mostAddresses: fc.integer({ min: 1, max: 5 }),
});

test('whatever the name and the client: no data rule is broken, the healthy come first, and the answer is the same twice', () => {
  fc.assert(
    fc.property(anySpec, fc.integer({ min: 0, max: 1_000_000 }), fc.constantFrom(null, 'a', 'b', 'c'), (parts, number, near) => {
      const name = spec(parts);
      const ready = readyName(oneWay, name);
      const got = answer(ready, client(number), near);
      expect(answer(readyName(oneWay, name), client(number), near)).toEqual(got);
      const mayServe = new Set(ready.standings.filter(({ code }) => code !== 'stage' && code !== 'one-way-data').map(({ site }) => site));
      expect(name.isReadOnly || got.site !== 'b').toBe(true);
      expect(got.targets.length).toBeLessThanOrEqual(name.mostAddresses);
      expect(got.targets.every((target) => mayServe.has(target.site) && target.site === got.site)).toBe(true);
      // At least something, wherever its data allows it.
      expect(got.targets.length > 0).toBe(name.targets.some((target) => mayServe.has(target.site)));
      if (name.targets.some(({ isHealthy, site }) => isHealthy && mayServe.has(site))) expect(got.targets.every(({ isHealthy }) => isHealthy)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('a replica that goes changes the answers of those clients alone that had it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 20 }), fc.integer({ min: 0, max: 1_000_000 }), (count, number) => {
      const all = targets('a', count);
      const [gone] = all;
      const before = answer(readyName(SITES, spec({ targets: all, mostAddresses: 1 })), client(number), 'a').targets[0]!;
      const after = answer(readyName(SITES, spec({ targets: all.slice(1), mostAddresses: 1 })), client(number), 'a').targets[0]!;
      expect(after.replicaId === before.replicaId || before.replicaId === gone!.replicaId).toBe(true);
    }),
  );
});

test('the longest range that holds a client names its site, in its own family', () => {
  const near = openNearness([
    { bytes: [10, 0, 0, 0], bits: 8, site: 'a' },
    { bytes: [10, 20, 128, 0], bits: 17, site: 'b' },
    { bytes: [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], bits: 32, site: 'c' },
  ]);
  expect([near([10, 1, 2, 3]), near([10, 20, 200, 1]), near([10, 20, 100, 1]), near([11, 0, 0, 1])]).toEqual(['a', 'b', 'a', null]);
  expect(near([0x20, 0x01, 0x0d, 0xb8, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9])).toBe('c');
});
