// Silence decides, and nothing else; and never when the server or the network is the likelier fault.
import { expect, test } from 'vitest';
import { type Heard, judge } from './judge.ts';

const LEASE_MS = 5_000;
const NOW = 1_000_000;
const host = (hostId: string, silentMs: number, more: Partial<Heard> = {}): Heard => ({ hostId, state: 'ready', lastSeenAt: NOW - silentMs, reportedAt: NOW - silentMs, since: 0, ...more });
const at = (hosts: Heard[], graceUntil = 0) => judge(hosts, { now: NOW, leaseMs: LEASE_MS, graceUntil });
const states = (hosts: Heard[], graceUntil = 0) => at(hosts, graceUntil).verdicts.map(({ hostId, state }) => `${hostId} ${state}`);

test('a host is suspect after half of its lease and lost after the whole', () => {
  expect(states([host('a', 2_500), host('b', 2_501), host('c', 5_000), host('d', 100), host('e', 100), host('f', 100), host('g', 100)])).toEqual(['b suspect', 'c suspect']);
  expect(states([host('c', 5_001), host('d', 100), host('e', 100)])).toEqual(['c lost']);
  expect(states([host('c', 5_001, { state: 'suspect' }), host('d', 100)])).toEqual(['c lost']);
});

test('a suspect host that is heard again is ready; a heartbeat does not bring a lost one back, a report does', () => {
  expect(states([host('a', 100, { state: 'suspect' })])).toEqual(['a ready']);
  expect(states([host('a', 100, { state: 'lost', since: NOW - 1_000, reportedAt: NOW - 9_000 })])).toEqual([]);
  expect(states([host('a', 100, { state: 'lost', since: NOW - 1_000 })])).toEqual(['a ready']);
  expect(states([host('a', 100, { state: 'joining', reportedAt: null })])).toEqual([]);
  expect(states([host('a', 100, { state: 'joining' })])).toEqual(['a ready']);
});

test('after a start nobody is lost before a whole lease and the time to come back have passed', () => {
  const unheard = [host('a', 0, { lastSeenAt: null, reportedAt: null }), host('b', 60_000)];
  expect(states(unheard, NOW + LEASE_MS)).toEqual([]);
  expect(states(unheard, NOW)).toEqual(['a lost', 'b lost']);
});

test('more than half of four or more hosts at once are not lost: that looks like the network', () => {
  const silent = ['a', 'b', 'c'].map((name) => host(name, 6_000, { state: 'suspect' }));
  expect(at([...silent, host('d', 100)])).toEqual({ verdicts: [], held: { hosts: 3, of: 4 } });
  // Those whose lease has not ended yet count as silent too: they went together.
  expect(at([host('a', 5_100, { state: 'suspect' }), host('b', 4_900, { state: 'suspect' }), host('c', 4_800, { state: 'suspect' }), host('d', 100)]).held).toEqual({ hosts: 1, of: 4 });
  // Two of four are an ordinary fault, and so are two of three.
  expect(states([host('a', 6_000), host('b', 6_000), host('c', 100), host('d', 100)])).toEqual(['a lost', 'b lost']);
  expect(states([host('a', 6_000), host('b', 6_000), host('c', 100)])).toEqual(['a lost', 'b lost']);
  // Hosts that were lost long ago do not make the next loss a mass silence.
  const old = ['x', 'y', 'z'].map((name) => host(name, 600_000, { state: 'lost', since: NOW - 500_000 }));
  expect(states([...old, host('a', 6_000), host('b', 100), host('c', 100), host('d', 100)])).toEqual(['a lost']);
});
