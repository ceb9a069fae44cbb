// Prices of items from one small linear programme: items may be cut, and hosts used in part. Takes an instance and the solver; gives integer
// prices that are within about a percent of those of column generation, in the time of one of its rounds: its starting point, and what
// is left when there is no time for more. Undefined where the programme would be large or the solver gives up.
import type { Rest } from './column.ts';
import type { Instance } from './instance.ts';
import type { LinearProgram, Solve } from './problem.ts';

/** Beyond this many pairs of type and class a round of column generation is cheaper. */
const MOST_PAIRS = 4000;
/** Far above what it takes, so that no clock decides what is found. */
const LIMIT_MS = 60_000;

export interface Fluid {
  /** Integers >= 0, in 1/scale of a unit of cost. */
  readonly prices: Float64Array;
  /** How many items of type t go to class k, whole ones, at k x types + t. */
  readonly mix: Int32Array;
}

export function fluid(instance: Instance, rest: Rest, solve: Solve): Fluid | undefined {
  const { types, classes, most, scale, penalty } = instance;
  if (types * classes > MOST_PAIRS || types * classes === 0) return undefined;
  const { status, values, duals } = solve(programmeOf(instance, rest), { milliseconds: LIMIT_MS });
  if (status !== 'optimal') return undefined;
  const mix = new Int32Array(classes * types);
  let column = 0;
  for (let k = 0; k < classes; k += 1) {
    for (let t = 0; t < types; t += 1) if ((most[k * types + t] as number) > 0) mix[k * types + t] = Math.floor((values[column++] ?? 0) + 1e-6);
    column += 1;
  }
  return { mix, prices: Float64Array.from({ length: types }, (_, t) => Math.round(Math.max(0, Math.min(penalty, duals[t] ?? 0)) * scale)) };
}

/** Rows: each type's items, then each class's room by resource. Columns: items of a type on a class, hosts of a class, overflow. */
function programmeOf({ types, classes, dims, sizes, capacities, costs, most, penalty }: Instance, { counts, hosts }: Rest): LinearProgram {
  const roomRow = (k: number, d: number) => types + k * dims + d;
  const resources = Array.from({ length: dims }, (_, d) => d);
  const columns: LinearProgram['columns'][number][] = [];
  for (let k = 0; k < classes; k += 1) {
    for (let t = 0; t < types; t += 1) {
      if ((most[k * types + t] as number) === 0) continue;
      // Sizes in parts of the host: figures of one magnitude keep the solver exact.
      columns.push({ cost: 0, entries: [[t, 1], ...resources.flatMap((d) => ((sizes[t * dims + d] as number) > 0 ? [[roomRow(k, d), -(sizes[t * dims + d] as number) / (capacities[k * dims + d] as number)] as const] : []))] });
    }
    columns.push({ cost: costs[k] as number, most: hosts[k], entries: resources.map((d) => [roomRow(k, d), 1]) });
  }
  for (let t = 0; t < types; t += 1) columns.push({ cost: penalty, entries: [[t, 1]] });
  return { rows: [...Array.from(counts, (right) => ({ kind: 'at-least' as const, right })), ...Array.from({ length: classes * dims }, () => ({ kind: 'at-least' as const, right: 0 }))], columns };
}
