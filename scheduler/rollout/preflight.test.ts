// A preflight says what the planner then does: where the successors of each step go, why they do not fit, and what would help.
import { expect, test } from 'vitest';
import { host, replica, snapshot, workload } from '../fixtures/build.ts';
import type { Host, Pool, Snapshot } from '../model.ts';
import { prepare } from '../prepare.ts';
import type { Strategy } from './model.ts';
import { preflight, roomToGoBack } from './preflight.ts';

const strategy = (parts: Partial<Strategy> = {}): Strategy => ({
  steps: [{ target: { count: 1 }, promotion: { by: 'gates' } }, { target: { permille: 500 }, promotion: { by: 'gates' } }, { target: { permille: 1000 }, promotion: { by: 'hand' } }],
  order: 'start-first', surge: { permille: 500 }, unavailable: { count: 1 }, gates: { windowSeconds: 60, leastRequests: 50 }, prepareSeconds: 900, startSeconds: 120, mostFailures: 2, onFailure: 'roll-back', ...parts,
});
const big: Pool = { id: 'big', name: 'big', site: 'a', capacity: { cpuMilli: 8000, memoryMib: 32_768 }, costCentsPerHour: 40, limit: 3, performance: 50, stability: 50, labels: {}, taints: [], environments: [] };

/** Four replicas of four cores on as many hosts, each with this many cores more. */
function shop(free: readonly number[], parts: Partial<Snapshot> = {}): Snapshot {
  const hosts: Host[] = free.map((cores, at) => host(`h${at + 1}`, { capacity: { cpuMilli: 4445 + cores * 1112, memoryMib: 65_536 } }));
  return snapshot({ hosts, workloads: [workload('shop', { peakQps: 1, minReplicas: 4 })], replicas: free.map((_, at) => replica('shop', at + 1, `h${at + 1}`, `10.1.0.${10 + at}`)), ...parts });
}
const look = (from: Snapshot, parts: Partial<Strategy> = {}) => preflight(prepare(from), 'shop', { releaseId: 'r2', strategy: strategy(parts) });

test('each step begins where the one before ended', () => {
  const found = look(shop([8, 8, 8, 8]));
  expect(found).toMatchObject({ replicas: 4, fits: true, advice: [] });
  expect(found.steps.map(({ target, beside, fits, hosts }) => [target, beside, fits, hosts.map((each) => `${each.host}:${each.replicas}`).join(' ')])).toEqual([[1, 1, true, 'h1:1'], [2, 1, true, 'h2:1'], [4, 2, true, 'h3:1 h4:1']]);
  expect(found.steps[2]!.sentence).toBe('4 of 4 replicas on the new release: on h3, h4, at most 2 beside the others.');
});

test('where one successor finds room at a time it goes on in turns, and says so', () => {
  const found = look(shop([4, 0, 0, 0]));
  expect(found.fits).toBe(true);
  expect(found.steps.map(({ beside }) => beside)).toEqual([1, 1, 1]);
  expect(found.advice).toEqual([{ code: 'smaller-surge', sentence: 'Of the 2 successors at once that the surge allows only 1 find room: it goes on in turns of 1, and takes longer.' }]);
});

test('where none fits every step says why, and what would help', () => {
  const found = look(shop([0, 0, 0, 0], { pools: [big] }));
  expect(found.fits).toBe(false);
  expect(found.steps[0]!.sentence).toBe('1 of 4 replicas on the new release: 1 replica cannot change, no room for a successor. 4 hosts, physical in a: needs 4 cores, 0 cores free (closest: h1).');
  expect(found.steps.map(({ fits, beside }) => [fits, beside])).toEqual([[false, 0], [false, 0], [false, 0]]);
  expect(found.advice).toEqual([
    { code: 'stop-first', sentence: 'Stop-first needs no room: at most 1 of 4 replicas would be missing at once.' },
    { code: 'buy', sentence: '1 of big for 40 cents an hour would make room for one more replica.' },
  ]);
  const stopping = look(shop([0, 0, 0, 0]), { order: 'stop-first' });
  expect(stopping).toMatchObject({ fits: true, advice: [], steps: [{ beside: 0, hosts: [{ host: 'h1', replicas: 1 }] }, { beside: 0 }, { beside: 0 }] });
});

test('room to go back is room for all at once; under way only what is new has to go', () => {
  expect(roomToGoBack(prepare(shop([8, 8, 8, 8])), 'shop')).toBe(true);
  expect(roomToGoBack(prepare(shop([4, 0, 0, 0])), 'shop')).toBe(false);
  const begun = shop([4, 0, 0, 0]);
  const rollout = { id: 'one', releaseId: 'r2', target: { count: 1 }, order: 'start-first', surge: { count: 1 }, unavailable: { count: 1 } } as const;
  const underWay = { ...begun, workloads: begun.workloads.map((each) => ({ ...each, rollout })), replicas: begun.replicas.map((each) => (each.ordinal === 2 ? { ...each, releaseId: 'r2' } : each)) };
  expect(roomToGoBack(prepare(underWay), 'shop')).toBe(true);
  expect(() => look(shop([1]), {}) && preflight(prepare(shop([1])), 'nobody', { releaseId: 'r2', strategy: strategy() })).toThrow('no workload nobody');
});
