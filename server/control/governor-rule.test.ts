// The rule of the governor: one host may always be lost, more only up to the share, and all of what is asked together or nothing.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { govern, type Reach } from './governor-rule.ts';

const LIMIT = { hostPermille: 400, replicaPermille: 1000, windowMs: 300_000 };
const hosts = (...ids: string[]): Reach[] => ids.map((hostId) => ({ hostId, replicas: {} }));
const ask = (fleet: number, wanted: Reach[], passed: Reach[] = [], limit = LIMIT) => govern({ limit, hosts: fleet, replicasOf: () => 4, passed, wanted });

test.each([
  [2, 1, true],
  [2, 2, false],
  [3, 1, true],
  [4, 2, false],
  [5, 2, true],
  [8, 3, true],
  [8, 4, false],
  [200, 80, true],
  [200, 81, false],
])('of %i hosts, %i at once: %s', (fleet, lost, allows) => {
  expect(ask(fleet, hosts(...Array.from({ length: lost }, (_, index) => `h${index}`))).allows).toBe(allows);
});

test('what passed within the window counts, and the same host only once', () => {
  expect(ask(5, hosts('c'), hosts('a', 'b'))).toEqual({ allows: false, by: 'hosts', wanted: 1, passed: 2, most: 2, of: 5 });
  expect(ask(5, hosts('b'), hosts('a', 'b')).allows).toBe(true);
});

test('a workload keeps most of its replicas, unless one host is all that is reached', () => {
  const limit = { hostPermille: 1000, replicaPermille: 500, windowMs: 1 };
  const with2 = (hostId: string): Reach => ({ hostId, replicas: { w: 2 } });
  expect(ask(4, [{ hostId: 'a', replicas: { w: 4 } }], [], limit).allows).toBe(true);
  expect(ask(4, [with2('a')], [with2('b')], limit)).toEqual({ allows: false, by: 'replicas', workloadId: 'w', wanted: 2, passed: 2, most: 2, of: 4 });
});

test('never more hosts than the share pass within a window, and one always may', () => {
  const ids = fc.uniqueArray(fc.integer({ min: 0, max: 60 }).map(String), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 1000 }), ids, ids, (fleet, hostPermille, before, now) => {
      const asked = { limit: { ...LIMIT, hostPermille }, hosts: fleet, replicasOf: () => 1, passed: hosts(...before), wanted: hosts(...now) };
      const reached = new Set([...before, ...now]).size;
      const ruling = govern(asked);
      if (now.length > 0 && reached === 1) expect(ruling.allows).toBe(true);
      if (now.length > 0 && ruling.allows) expect(reached).toBeLessThanOrEqual(Math.max(1, Math.floor((fleet * hostPermille) / 1000)));
      if (now.length === 0) expect(ruling.allows).toBe(true);
    }),
  );
});
