// Silence and what neighbours find decide, and nothing else; and never when the server is the likelier fault.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Finding, type Heard, judge } from './judge.ts';

const LEASE_MS = 5_000;
const AWAY_MS = 600_000;
const NOW = 1_000_000;
const host = (hostId: string, silentMs: number, more: Partial<Heard> = {}): Heard => ({ hostId, state: 'ready', lastSeenAt: NOW - silentMs, reportedAt: NOW - silentMs, since: 0, finding: 'none', ...more });
const at = (hosts: Heard[], graceUntil = 0) => judge(hosts, { now: NOW, leaseMs: LEASE_MS, graceUntil, awayMs: AWAY_MS });
const states = (hosts: Heard[], graceUntil = 0) => {
  const { verdicts, losses } = at(hosts, graceUntil);
  return [...verdicts, ...losses].map(({ hostId, state, grounds }) => `${hostId} ${state}: ${grounds.code}`);
};

test('a host is suspect after half of its lease and lost after the whole', () => {
  expect(states([host('a', 2_500), host('b', 2_501), host('c', 5_000), host('d', 100)])).toEqual(['b suspect: silent', 'c suspect: silent']);
  expect(states([host('c', 5_001), host('d', 100)])).toEqual(['c lost: unwitnessed']);
  expect(states([host('c', 5_001, { state: 'suspect' })])).toEqual(['c lost: unwitnessed']);
});

test('what neighbours find decides at the end of the lease', () => {
  const silent = (finding: Finding, ms = 5_001) => states([host('a', ms, { state: 'suspect', finding })]);
  expect(silent('unreachable')).toEqual(['a lost: unreachable']);
  expect(silent('alive')).toEqual(['a lost: serves-nothing']);
  expect(silent('serves')).toEqual(['a suspect: serves-without-agent']);
  expect(silent('serves', AWAY_MS)).toEqual(['a suspect: serves-without-agent']);
  expect(silent('serves', AWAY_MS + 1)).toEqual(['a lost: away-too-long']);
  expect(silent('serves', 100)).toEqual(['a ready: heard']);
});

test('a suspect host that is heard again is ready; a heartbeat does not bring a lost one back, a report does', () => {
  expect(states([host('a', 100, { state: 'suspect' })])).toEqual(['a ready: heard']);
  expect(states([host('a', 100, { state: 'lost', since: NOW - 1_000, reportedAt: NOW - 9_000 })])).toEqual([]);
  expect(states([host('a', 100, { state: 'lost', since: NOW - 1_000 })])).toEqual(['a ready: reports-again']);
  expect(states([host('a', 100, { state: 'joining', reportedAt: null })])).toEqual([]);
  expect(states([host('a', 100, { state: 'joining' })])).toEqual(['a ready: first-report']);
});

test('after a start nobody is lost before a whole lease and the time to come back have passed', () => {
  const unheard = [host('a', 0, { lastSeenAt: null, reportedAt: null }), host('b', 60_000)];
  expect(states(unheard, NOW + LEASE_MS)).toEqual([]);
  expect(states(unheard, NOW)).toEqual(['a lost: unwitnessed', 'b lost: unwitnessed']);
});

test('hosts that went silent together are told with those whose lease has ended', () => {
  const { losses, brink } = at([host('a', 5_100, { state: 'suspect' }), host('b', 4_900, { state: 'suspect' }), host('c', 4_800), host('d', 100)]);
  expect([losses.map(({ hostId }) => hostId), brink]).toEqual([['a'], ['b', 'c']]);
  // One that serves is no part of it.
  expect(at([host('a', 4_900, { finding: 'serves' })]).brink).toEqual([]);
});

const anyHost = fc.record({
  hostId: fc.constant('h'),
  state: fc.constantFrom<Heard['state']>('ready', 'suspect', 'lost', 'joining'),
  lastSeenAt: fc.option(fc.integer({ min: NOW - 2 * AWAY_MS, max: NOW + 10_000 })),
  reportedAt: fc.option(fc.integer({ min: NOW - 2 * AWAY_MS, max: NOW + 10_000 })),
  since: fc.integer({ min: 0, max: NOW }),
  finding: fc.constantFrom<Finding>('serves', 'alive', 'unreachable', 'none'),
});

test('whoever was heard within its lease is never lost, nor is anybody in the grace, nor one that serves before the limit', () => {
  fc.assert(
    fc.property(anyHost, fc.integer({ min: NOW - 20_000, max: NOW + 20_000 }), (heard, graceUntil) => {
      const { losses, verdicts } = judge([heard], { now: NOW, leaseMs: LEASE_MS, graceUntil, awayMs: AWAY_MS });
      expect(verdicts.every(({ state }) => state !== 'lost')).toBe(true);
      if (losses.length === 0) return;
      const silentMs = heard.lastSeenAt === null ? Number.POSITIVE_INFINITY : NOW - heard.lastSeenAt;
      expect(silentMs).toBeGreaterThan(LEASE_MS);
      expect(graceUntil).toBeLessThanOrEqual(NOW);
      expect(['ready', 'suspect']).toContain(heard.state);
      if (heard.finding === 'serves') expect(silentMs).toBeGreaterThan(AWAY_MS);
    }),
  );
});
