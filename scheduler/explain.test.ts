// Text for people is stable: logs, the command line and the scenarios print it.

import { expect, test } from 'vitest';
import { explainSizing, explainUnplaced, namesIn, printPlan } from './explain.ts';
import { defaultPolicy, host, snapshot, workload } from './fixtures/build.ts';
import { schedule } from './schedule.ts';
import { isRefusal, size } from './size.ts';

test('the whole sum can be checked with a pencil', () => {
  const one = workload('w', { peakQps: 300, survive: 'rack', minReplicas: 2, profile: { cpuMsPerRequest: 2, memoryBaseMib: 6000, memoryKibPerQps: 10_000, maxQps: 500 } });
  const sizing = size(one, defaultPolicy, 4);
  expect(isRefusal(sizing) ? [] : explainSizing(sizing, one)).toEqual([
    'busy cores at the peak: 300 QPS x 2 ms / 1000 = 0.6',
    'utilisation ceiling: min(0.85, R / (R + 1.9 x sqrt(R))) with R = 0.6 = 0.29',
    'by CPU one replica carries 4000 x 0.29 / 2 = 579.225 QPS',
    'by memory (8192 x 0.9 - 6000) x 1024 / 10000 = 140.575 QPS',
    'by its own limit 500 QPS',
    'so one replica carries q = 140.575 QPS, decided by memory',
    'for the peak with 20 % headroom: ceil(360 / 140.575) = 3',
    'at least 2, as asked',
    'after the loss of a rack, 3 must remain; of 4 racks each may hold at most 1',
    'replicas: 4, decided by survival',
  ]);
});

test('a fixed ceiling is told as such', () => {
  const one = workload('w');
  const sizing = size(one, { ...defaultPolicy, utilisation: { rule: 'fixed', permille: 600 } }, 0);
  expect(isRefusal(sizing) ? '' : explainSizing(sizing, one)[1]).toBe('utilisation ceiling: 0.6, fixed by the policy');
});

test('what found no room is told by rule, kind and site, with the host that came closest', () => {
  const hosts = [host('h1', { capacity: { cpuMilli: 2000, memoryMib: 65_536 } }), host('h2', { capacity: { cpuMilli: 3000, memoryMib: 65_536 } }), host('h3', { site: 'b', state: 'joining' })];
  const big = { ...host('h4', { cordoned: true }) };
  const plan = schedule(snapshot({ hosts: [...hosts, big], workloads: [workload('w')] }), { verb: 'place', seed: 1, newId: (id, ordinal) => `${id}-${ordinal}` });
  expect(explainUnplaced(plan.unplaced[0]!)).toEqual([
    'w.production: no room for 2 replicas of 4 cores 8192 MiB',
    '  2 hosts, physical in a: needs 4 cores, 2.7 cores free (closest: h2)',
    '  1 host, physical in a: the host is cordoned: it takes nothing new (h4)',
    '  1 host, physical in b: the host is joining, it must be ready (h3)',
  ]);
});

test('a fleet without hosts is a reason too', () => {
  const one = snapshot({ hosts: [], workloads: [workload('w')] });
  const plan = schedule(one, { verb: 'place', seed: 1, newId: (id, ordinal) => `${id}-${ordinal}` });
  expect(explainUnplaced(plan.unplaced[0]!)).toEqual(['w.production: no room for 2 replicas of 4 cores 8192 MiB', '  there is no host in the fleet']);
});

test('a plan prints as a diff with its totals', () => {
  const one = snapshot({ hosts: [host('h1')], workloads: [workload('w', { peakQps: 1 })] });
  const plan = schedule(one, { verb: 'scale', seed: 1, newId: (id, ordinal) => `${id}-${ordinal}` });
  expect(printPlan(plan, namesIn(plan, one))).toBe(
    [
      'plan scale on revision 1, policy 1: 1 step',
      '  + w-production-1 on h1 at 10.1.0.10, 4 cores 8192 MiB [asked: 1 replica]',
      '  before: 0 replicas (0 pending) on 0 hosts, 0 cores, 0 MiB, 0 cents an hour',
      '  after:  1 replica (0 pending) on 1 host, 4 cores, 8192 MiB, 60 cents an hour',
      '',
    ].join('\n'),
  );
});
