// A decision on record: where room is short it is packed, and it comes out again with the same solver and no other way.
import { expect, test } from 'vitest';
import { check } from '#scheduler/check.ts';
import { defaultPolicy, host, network, snapshot, workload } from '#scheduler/fixtures/build.ts';
import { prepare } from '#scheduler/prepare.ts';
import { loadSolver } from '../solver.ts';
import { decideAgain, decideOnRecord, isCrowded } from './decision.ts';

const cores = (cpuMilli: number) => ({ cpuMilli, memoryMib: 1024 });
const tight = snapshot({
  policy: { ...defaultPolicy, reservePermille: { cpu: 0, memory: 0 }, weights: { ...defaultPolicy.weights, spread: 0 }, shapes: { three: cores(3000), five: cores(5000) }, defaultShape: 'three' },
  hosts: [host('h1', { capacity: { cpuMilli: 8000, memoryMib: 65_536 } }), host('h2', { capacity: { cpuMilli: 8000, memoryMib: 65_536 } })],
  networks: [network('n1', 1)],
  workloads: ['a', 'b', 'c', 'd'].map((id, index) => workload(id, { peakQps: 1, headroomPermille: 0, shape: index < 2 ? 'three' : 'five' })),
});
const options = () => {
  let given = 0;
  return { seed: 1, newId: () => `id-${(given += 1)}`, wishes: [], moves: 10, resting: new Set<string>(), serves: () => true, fails: () => false };
};

test('what finds no room one after the other finds it packed, and only what is crowded is packed', async () => {
  const solve = await loadSolver();
  const base = prepare(tight);
  const inTurn = decideOnRecord(base, options());
  expect(inTurn.plan.unplaced.map(({ workload: name, count }) => [name, count])).toEqual([['d.production', 1]]);
  expect(isCrowded(inTurn.plan)).toBe(true);
  const packed = decideOnRecord(base, { ...options(), solve });
  expect(packed.plan.unplaced).toEqual([]);
  expect(check(tight, packed.plan)).toEqual([]);
  expect(isCrowded(packed.plan)).toBe(false);
  expect(packed.input.batch).toBe(true);
  expect(decideAgain(prepare(tight), packed.input, solve)).toEqual(packed.plan);
  expect(() => decideAgain(base, packed.input)).toThrow('no solver was given');
});
