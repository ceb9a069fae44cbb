// What no machine is or does is refused by name, value and what is allowed; what a very large one is passes.
import { Facts, type ObservedReplica, type Report } from '#agents/protocol.ts';
import { expect, test } from 'vitest';
import { whyAbsurd, whyFactsAbsurd } from './plausible.ts';

const FACTS: Facts = { hostname: 'h', bootId: 'b', agentVersion: '0', engineVersion: '20', engineApiVersion: '1.41', kernel: '6', architecture: 'x64', cgroupVersion: 2, cpuMilli: 16_000, memoryMib: 32_768 };
const told = (more: Partial<Pick<Report, 'facts' | 'hostUsage' | 'replicas'>> = {}) => whyAbsurd({ facts: FACTS, replicas: [], ...more });
const replica = (id: string): ObservedReplica => ({ id, state: 'running', address: '10.9.1.1', restarts: 0 });

test.each<[string, Partial<Facts>, string]>([
  ['a billion cores', { cpuMilli: 1_000_000_000_000 }, 'facts.cpuMilli is 1000000000000: a host has 1 to 4096000'],
  ['no core at all', { cpuMilli: 0 }, 'facts.cpuMilli is 0: a host has 1 to 4096000'],
  ['negative memory', { memoryMib: -1 }, 'facts.memoryMib is -1: a host has 1 to 134217728'],
  ['more memory than there is', { memoryMib: 2 ** 40 }, 'facts.memoryMib is 1099511627776: a host has 1 to 134217728'],
])('%s is refused, at hello and in reports', (_, more, why) => {
  expect([whyFactsAbsurd({ ...FACTS, ...more }), told({ facts: { ...FACTS, ...more } })]).toEqual([why, why]);
});

test('figures below zero, fractions and words do not even come so far', () => {
  for (const more of [{ memoryMib: -1 }, { cpuMilli: 1.5 }, { cpuMilli: Number.NaN }, { memoryMib: '32768' }, { cgroupVersion: 3 }]) expect(Facts.safeParse({ ...FACTS, ...more }).success).toBe(false);
});

test('use beyond any machine, and a replica that is told twice, are refused; the largest machine is not', () => {
  expect(told({ hostUsage: { cpuMilli: 5_000_000, memoryMib: 1 } })).toBe('hostUsage.cpuMilli is 5000000: no host uses more than 4096000');
  expect(told({ replicas: [replica('r1'), replica('r2'), replica('r1')] })).toBe('replicas has r1 twice: each replica is told once');
  expect(told({ facts: { ...FACTS, cpuMilli: 4_096_000, memoryMib: 134_217_728 }, hostUsage: { cpuMilli: 4_096_000, memoryMib: 0 }, replicas: [replica('r1')] })).toBeUndefined();
});
