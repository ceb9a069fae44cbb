// The lines that people read, as they stand on a terminal.

import { expect, test } from 'vitest';
import { defaultPolicy, host, snapshot, workload } from '../fixtures/build.ts';
import type { Change, Fix, NewHost, Survival } from './model.ts';
import { changeText, fixText, proofText, survivalText } from './sentences.ts';

const named = snapshot({ hosts: ['h1', 'h2', 'h3', 'h4', 'h5'].map((id) => host(id, { name: `host-${id}` })), workloads: [workload('shop')], pools: [{ id: 'p1', name: 'vm8', site: 'cloud', capacity: { cpuMilli: 8000, memoryMib: 16_384 }, costCentsPerHour: 40, limit: 5, performance: 50, stability: 50, labels: {}, taints: [], environments: [] }] });
const machine: NewHost = { kind: 'physical', site: 'a', rack: 'r9', capacity: { cpuMilli: 32_000, memoryMib: 131_072 }, reserved: { cpuMilli: 0, memoryMib: 0 }, costCentsPerHour: 60, performance: 50, stability: 50, labels: {}, taints: [], environments: [] };

test.each<[Change, string]>([
  [{ kind: 'drain', hostIds: ['h1'] }, 'drain host-h1'],
  [{ kind: 'drain', hostIds: ['h2', 'h1', 'h3'] }, 'drain host-h1, host-h2 and host-h3'],
  [{ kind: 'drain', hostIds: ['h1', 'h2', 'h3', 'h4', 'h5'] }, 'drain 5 hosts'],
  [{ kind: 'lose', hostIds: ['h1'], label: 'host-h1' }, 'lose host-h1'],
  [{ kind: 'lose', hostIds: ['h1', 'h2'], label: 'a/r1' }, 'lose a/r1 (2 hosts)'],
  [{ kind: 'add', count: 2, host: machine }, 'add 2 hosts of 32 cores and 131072 MiB (physical) in a/r9, 0.60 an hour each'],
  [{ kind: 'buy' }, 'buy what gives everything that waits its room'],
  [{ kind: 'buy', pools: ['p1'] }, 'buy from vm8 what gives everything that waits its room'],
  [{ kind: 'grow', workloadId: 'shop', permille: 1500 }, 'grow shop.production to 150 % of its peak'],
  [{ kind: 'grow', workloadId: 'shop', permille: 333 }, 'shrink shop.production to 33.3 % of its peak'],
  [{ kind: 'remove', workloadId: 'shop' }, 'remove shop.production'],
  [{ kind: 'policy', policy: { ...defaultPolicy, version: 4 } }, 'change the policy to version 4'],
  [{ kind: 'rearrange', wishes: [{ replicaId: 'x', hostId: 'h1' }, { replicaId: 'y', hostId: 'h1' }] }, 'move 2 replicas to host-h1'],
])('a change: %o', (change, text) => {
  expect(changeText(change, named)).toBe(text);
});

test.each<[Fix, string]>([
  [{ what: { kind: 'raise-cap', cap: 'perRack', from: 2, to: 3 }, moves: 0, addedCentsPerHour: 0 }, 'allow 3 replicas instead of 2 in one rack'],
  [{ what: { kind: 'move', wishes: [{ replicaId: 'a', hostId: 'h1' }, { replicaId: 'b', hostId: 'h2' }], workloads: ['shop.production'] }, moves: 2, addedCentsPerHour: 0 }, 'move 2 replicas of shop.production to host-h1 and host-h2'],
  [{ what: { kind: 'buy', pools: [{ pool: 'vm8', count: 2 }, { pool: 'vm4', count: 1 }] }, moves: 0, addedCentsPerHour: 100 }, 'buy 2 of vm8 and 1 of vm4, 1.00 an hour more'],
  [{ what: { kind: 'shrink', shape: 'small', replicas: 1 }, moves: 1, addedCentsPerHour: 0 }, 'use shape small: 1 replica of it, moves 1 replica'],
  [{ what: { kind: 'lower-peak', peakQps: 217 }, moves: 0, addedCentsPerHour: 0 }, 'lower the peak to 217 QPS'],
  [{ what: { kind: 'survive', survive: 'none' }, moves: 0, addedCentsPerHour: 0 }, 'give up surviving a loss'],
  [{ what: { kind: 'survive', survive: 'host' }, moves: 0, addedCentsPerHour: 0 }, 'survive the loss of a host only'],
  [{ what: { kind: 'uncordon', hostId: 'h1', host: 'host-h1' }, moves: 0, addedCentsPerHour: 60 }, 'lift the cordon of host-h1, 0.60 an hour more'],
  [{ what: { kind: 'allow-cloud' }, moves: 0, addedCentsPerHour: 0 }, 'allow the workload in the cloud'],
  [{ what: { kind: 'label', label: 'disk', value: 'ssd', hostId: 'h1', host: 'host-h1' }, moves: 0, addedCentsPerHour: 0 }, 'give host-h1 the label disk=ssd'],
  [{ what: { kind: 'tolerate', taint: 'for=batch' }, moves: 0, addedCentsPerHour: 0 }, 'tolerate the taint for=batch'],
  [{ what: { kind: 'kind', environment: 'dev', hostKind: 'lxc' }, moves: 0, addedCentsPerHour: 0 }, 'allow hosts of kind lxc for environment dev'],
])('a fix: %o', (fix, text) => {
  expect(fixText(fix, named)).toBe(text);
});

const good = (domain: Survival['domain']): Survival => ({ domain, tried: 3, survives: true, failures: [] });

test('what may die is one sentence, and the worst that may not is the next', () => {
  expect(survivalText([])).toBe('nothing runs, so nothing can be lost');
  expect(survivalText([good('rack'), good('host')])).toBe('any one host or rack may die now and everything fits again');
  const short = [{ workloadId: 'shop', workload: 'shop.production', missing: 2 }];
  const bad: Survival = { domain: 'site', tried: 2, survives: false, failures: [{ label: 'a', missing: 2, workloads: short }, { label: 'b', missing: 1, workloads: short }] };
  expect(survivalText([good('host'), bad])).toBe('any one host may die now and everything fits again; if site a dies now, 2 replicas would have no room (2 of shop.production), and likewise for 1 more of 2 sites');
});

test('a proof says how far from the cheapest possible', () => {
  expect(proofText({ costCentsPerHour: 1004, boundCentsPerHour: 1000, percent: 0.4 })).toBe('proven within 0.40 % of the cheapest possible: 10.04 an hour, and no arrangement of the same replicas costs less than 10.00');
  expect(proofText({ costCentsPerHour: 120, boundCentsPerHour: 120, percent: 0 })).toBe('proven to be the cheapest possible: 1.20 an hour, and no arrangement of the same replicas costs less');
});
