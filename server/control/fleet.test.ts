// What the present in memory keeps of reports that say the same again, and of those that do not.
import { expect, test } from 'vitest';
import type { ObservedReplica, Report } from '#agents/protocol.ts';
import { openFleet } from './fleet.ts';

const usage = (cpuMicros: number, more: object = {}) => ({ cpuMicros, cpuMilli: 1, throttledPeriods: 0, memoryBytes: 1, networkReceivedBytes: 0, networkSentBytes: 0, blockReadBytes: 0, blockWrittenBytes: 0, ...more });
const replica = (id: string, more: Partial<ObservedReplica> = {}): ObservedReplica => ({ id, state: 'running', restarts: 0, address: '10.9.1.1', usage: usage(1), ...more });
const report = (seq: number, replicas: ObservedReplica[], more: Partial<Report> = {}): Report => ({
  seq, at: '2026-11-23T00:00:00.000Z', generation: 1, converged: true, replicas, strangers: 0, problems: [],
  facts: { hostname: 'h', bootId: 'b', agentVersion: '1', engineVersion: '27', engineApiVersion: '1.46', kernel: '6', architecture: 'x64', cgroupVersion: 2, cpuMilli: 1, memoryMib: 1 }, ...more,
});
const open = () => {
  const fleet = openFleet();
  fleet.watch({ hostId: 'h', state: 'ready', reason: '', since: 0, lastSeenAt: null, facts: null, reportedGeneration: 0 });
  return { fleet, host: fleet.get('h')! };
};

test('what a report says is known, whatever was said before', () => {
  const { fleet, host } = open();
  const told: [string, Report][] = [
    ['first', report(1, [replica('a'), replica('b')])],
    ['newer usage', report(2, [replica('a', { usage: usage(2, { connections: 3 }) }), replica('b', { usage: usage(3) })])],
    ['usage without what it had', report(3, [replica('a', { usage: usage(4) }), replica('b')])],
    ['another state', report(4, [replica('a', { state: 'unhealthy', reason: 'HTTP 503' }), replica('b')])],
    ['no usage, other problems', report(5, [{ id: 'a', state: 'exited', restarts: 1 }, replica('b')], { problems: ['disk full'], engineDown: true })],
    ['one less', report(6, [replica('b')])],
    ['another one, in another order', report(7, [replica('c'), replica('b')])],
    ['the same twice', report(8, [replica('b'), replica('c')])],
  ];
  for (const [what, said] of told) {
    const copy = structuredClone(said);
    fleet.reported('h', said, said.seq);
    expect([...host.replicas.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1)), what).toEqual(copy.replicas.toSorted((one, other) => (one.id < other.id ? -1 : 1)));
    expect({ ...host.report, replicas: [] }, what).toEqual({ ...copy, replicas: [] });
    expect(new Set(host.report!.replicas), what).toEqual(new Set(copy.replicas));
    expect(host.facts, what).toEqual(copy.facts);
  }
  expect([...host.vanished]).toEqual(['a']);
});

test('what is said again keeps its objects, so that nothing new grows old', () => {
  const { fleet, host } = open();
  fleet.reported('h', report(1, [replica('a'), replica('b')]), 1);
  const [map, one, list, facts] = [host.replicas, host.replicas.get('a'), host.report!.replicas, host.facts];
  fleet.reported('h', report(2, [replica('a', { usage: usage(9) }), replica('b')]), 2);
  expect([host.replicas === map, host.replicas.get('a') === one, host.report!.replicas === list, host.facts === facts]).toEqual([true, true, true, true]);
  expect(one!.usage!.cpuMicros).toBe(9);
});
