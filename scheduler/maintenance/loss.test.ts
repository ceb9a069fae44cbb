// What people rely on before they force a drain: the loss that is stated is the one that follows.

import { expect, test } from 'vitest';
import { applyPlan } from '../apply-plan.ts';
import { host, idSource, replica, snapshot, workload } from '../fixtures/build.ts';
import { prepare } from '../prepare.ts';
import { schedule } from '../schedule.ts';
import { lossOf } from './loss.ts';

const startSeconds = () => ({ least: 2, most: 9 });

test('it names what serves on, what that carries, and for how long the rest is missing', () => {
  // Three replicas that survive a host: two of them must carry the peak.
  const pair = workload('pair', { peakQps: 100, survive: 'host' });
  const replicas = [replica('pair', 1, 'h1', '10.1.0.10'), replica('pair', 2, 'h2', '10.1.0.11'), replica('pair', 3, 'h2', '10.1.0.12')];
  const hosts = [host('h1'), host('h2'), host('h3')];
  const base = prepare(snapshot({ hosts, workloads: [pair], replicas }));
  const [loss] = lossOf(base, { hostIds: new Set(['h2']), serves: () => true, withoutRoom: new Set(['pair-3']), startSeconds });
  expect(loss).toMatchObject({ workloadId: 'pair', replicas: 2, serving: 3, remain: 1, withoutRoom: 1, seconds: null });
  expect(loss!.qpsMissing).toBeCloseTo(100 - loss!.qpsPerReplica, 1);
  const [other] = lossOf(base, { hostIds: new Set(['h1']), serves: () => true, withoutRoom: new Set(), startSeconds });
  expect(other).toMatchObject({ replicas: 1, remain: 2, qpsMissing: 0, seconds: { least: 2, most: 9 } });
});

test('what does not serve is no loss, and what a successor replaces is not stopped', () => {
  const shop = workload('shop', { peakQps: 100 });
  const replicas = [replica('shop', 1, 'h1', '10.1.0.10'), replica('shop', 2, 'h1', '10.1.0.11'), replica('shop', 3, 'h2', '10.1.0.12', { successor: { replaces: 'shop-1', state: 'starting' } })];
  const base = prepare(snapshot({ hosts: [host('h1', { draining: true, forced: true }), host('h2')], workloads: [shop], replicas }));
  const [loss] = lossOf(base, { hostIds: new Set(['h1']), serves: ({ id }) => id !== 'shop-2', withoutRoom: new Set(), startSeconds });
  expect(loss).toMatchObject({ replicas: 1, serving: 1, remain: 1, qpsLost: 0 });
  const after = applyPlan(base.snapshot, schedule(base, { verb: 'place', seed: 1, newId: idSource() }));
  expect(after.replicas.filter(({ hostId }) => hostId === 'h1').map(({ id }) => id)).toEqual(['shop-1']);
});
