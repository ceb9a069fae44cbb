// Which assignments are taken, and with which sentence the others are refused.
import { expect, test } from 'vitest';
import { contains, judge } from './accept.ts';
import { assignment, FLAT, spec } from './fixtures.ts';
import type { Assignment } from './protocol.ts';

const SELF = { clusterId: 'cluster-1', hostId: 'h1', generation: 5, accepted: true };
const reasonFor = (given: Assignment): string => {
  const verdict = judge(given, SELF);
  return 'reason' in verdict ? verdict.reason : verdict.kind;
};

test('newer is taken, the same is known, older is never gone back to; the first is taken whatever its number', () => {
  expect(reasonFor(assignment(6, [spec(1)]))).toBe('accept');
  expect(reasonFor(assignment(5, []))).toBe('same');
  expect(reasonFor(assignment(4, []))).toBe('assignment 4 is refused: this host has accepted generation 5 and never goes back');
  expect(judge(assignment(0, []), { ...SELF, generation: 0, accepted: false })).toEqual({ kind: 'accept' });
});

test('what cannot be carried out is refused whole, by field and value', () => {
  const cases: [Assignment, string][] = [
    [assignment(6, [], { clusterId: 'x' }), 'it is for cluster x, this host belongs to cluster-1'],
    [assignment(6, [spec(1), spec(1, { name: 'b', address: '10.9.1.2' })]), 'replicas: two have the id r1'],
    [assignment(6, [spec(1), spec(2, { address: '10.9.1.1' })]), 'replicas: two have the address 10.9.1.1'],
    [assignment(6, [spec(1, { address: '10.8.1.1' })]), 'replica web-1: address 10.8.1.1 is outside of 10.9.0.0/16'],
    [assignment(6, [spec(1, { address: FLAT.hostAddress })]), 'replica web-1: address 10.9.0.11 belongs to the network itself'],
    [assignment(6, [spec(1, { address: '10.9.255.255' })]), 'replica web-1: address 10.9.255.255 belongs to the network itself'],
    [assignment(6, [spec(1, { mac: '02:42:00:00:00:01' })]), 'replica web-1: MAC 02:42:00:00:00:01 is not the one of 10.9.1.1, which is 02:42:0a:09:01:01'],
    [assignment(6, [], { network: { ...FLAT, gateway: '10.1.0.1' } }), 'network.gateway: 10.1.0.1 is outside of 10.9.0.0/16'],
    [assignment(6, [], { network: { ...FLAT, hostAddress: '10.1.0.1' } }), 'network.hostAddress: 10.1.0.1 is outside of 10.9.0.0/16'],
  ];
  for (const [given, sentence] of cases) expect(reasonFor(given)).toBe(`assignment 6 is refused: ${sentence}`);
});

test('networks contain their addresses, the highest half of the numbers included', () => {
  expect([contains('10.9.0.0/16', '10.9.255.1'), contains('10.9.0.0/16', '10.10.0.1'), contains('200.1.2.0/25', '200.1.2.127'), contains('200.1.2.0/25', '200.1.2.128'), contains('0.0.0.0/0', '1.2.3.4')]).toEqual([
    true, false, true, false, true,
  ]);
});
