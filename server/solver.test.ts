// GLPK behind the scheduler's `Solve`: right answers with duals, statuses that never lie, and packings that rest on it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkBound } from '#scheduler/check-bound.ts';
import { anyProblem, leastCost } from '#scheduler/fixtures/packing.ts';
import { pack } from '#scheduler/pack/pack.ts';
import type { LinearProgram } from '#scheduler/pack/problem.ts';
import { loadSolver } from './solver.ts';

const solve = await loadSolver();
const LIMIT = { milliseconds: 1000 };

test('a linear programme: values, objective and duals', () => {
  // Least 2x + 3y with x + y >= 4 and x <= 3: x = 3, y = 1; one more of the first row costs 3, one more of the second saves 1.
  const programme: LinearProgram = { rows: [{ kind: 'at-least', right: 4 }, { kind: 'at-most', right: 3 }], columns: [{ cost: 2, entries: [[0, 1], [1, 1]] }, { cost: 3, entries: [[0, 1]] }] };
  const { status, objective, values, duals } = solve(programme, LIMIT);
  expect({ status, values }).toEqual({ status: 'optimal', values: [3, 1] });
  expect(objective).toBeCloseTo(9, 9);
  expect(duals.map((dual) => Math.round(dual * 1e6) / 1e6)).toEqual([3, -1]);
});

test('an integer programme: whole values, upper limits kept, no duals', () => {
  const programme: LinearProgram = { rows: [{ kind: 'at-least', right: 7 }], columns: [{ cost: 3, entries: [[0, 2]], integer: true, most: 2 }, { cost: 5, entries: [[0, 3]], integer: true }] };
  expect(solve(programme, LIMIT)).toEqual({ status: 'optimal', objective: 11, values: [2, 1], duals: [] });
});

test('what cannot be is infeasible, what never ends is unbounded, and neither has a value', () => {
  const infeasible: LinearProgram = { rows: [{ kind: 'equal', right: 5 }], columns: [{ cost: 1, entries: [[0, 1]], most: 3 }] };
  const unbounded: LinearProgram = { rows: [{ kind: 'at-least', right: 1 }], columns: [{ cost: -1, entries: [[0, 1]] }] };
  const whole: LinearProgram = { rows: [{ kind: 'equal', right: 1 }], columns: [{ cost: 1, entries: [[0, 2]], integer: true }] };
  expect(solve(infeasible, LIMIT)).toMatchObject({ status: 'infeasible', values: [] });
  expect(solve(unbounded, LIMIT)).toMatchObject({ status: 'unbounded', values: [] });
  expect(['infeasible', 'gave-up']).toContain(solve(whole, LIMIT).status);
});

test('programmes without rows or columns', () => {
  expect(solve({ rows: [], columns: [] }, LIMIT)).toMatchObject({ status: 'optimal', objective: 0 });
  expect(solve({ rows: [{ kind: 'at-least', right: 1 }], columns: [] }, LIMIT).status).toBe('infeasible');
  expect(solve({ rows: [], columns: [{ cost: 1, entries: [] }] }, LIMIT)).toMatchObject({ status: 'optimal', objective: 0, values: [0] });
});

test('a programme that makes it fail costs that answer only', () => {
  const twice: LinearProgram = { rows: [{ kind: 'at-least', right: 1 }], columns: [{ cost: 1, entries: [[0, 1], [0, 1]] }] };
  expect(solve(twice, LIMIT).status).toBe('gave-up');
  expect(solve({ rows: [{ kind: 'at-least', right: 2 }], columns: [{ cost: 1, entries: [[0, 1]] }] }, LIMIT)).toMatchObject({ status: 'optimal', objective: 2 });
});

test('an integer programme that is too hard ends in time and says so', () => {
  const size = 60;
  const rows = Array.from({ length: 30 }, (_, row) => ({ kind: 'equal' as const, right: 1000 + row }));
  const columns = Array.from({ length: size }, (_, column) => ({ cost: 1 + (column % 7), most: 50, integer: true, entries: rows.map((_row, row) => [row, ((column * 37 + row * 91) % 97) + 1] as const) }));
  const start = performance.now();
  const { status, values } = solve({ rows, columns }, { milliseconds: 200 });
  expect(performance.now() - start).toBeLessThan(5000);
  if (status === 'gave-up' || status === 'infeasible') expect(values).toEqual([]);
});

test('packings on its prices hold, and small ones cost the least possible', () => {
  fc.assert(
    fc.property(anyProblem, (problem) => {
      const packing = pack(problem, { solve, seed: 3, more: (steps) => steps < 400 });
      expect(checkBound(problem, packing).problems).toEqual([]);
      const optimum = leastCost(problem);
      if (optimum !== undefined) expect(packing.cost).toBeGreaterThanOrEqual(optimum.cost);
    }),
    { numRuns: 60 },
  );
});
