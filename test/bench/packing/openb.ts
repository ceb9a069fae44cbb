// The pods of a production cluster on its own nodes, CPU and memory only, as few cores in use as can be. Takes the folder of the trace, gives a table.
// Source: github.com/alibaba/clusterdata, GPU cluster trace 2023 ("openb", Weng et al., ATC 2023; Apache-2.0).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkBound } from '#scheduler/check-bound.ts';
import { pack } from '#scheduler/pack/pack.ts';
import type { PackProblem } from '#scheduler/pack/problem.ts';
import { loadSolver } from '#server/solver.ts';
import type { BenchTable } from '../table.ts';

const SECONDS = 20;
/** Best fit on the same cluster, over the same kind of bound. */
const BEST_FIT_PERCENT = 2.3;

export async function benchOpenb(folder: string): Promise<BenchTable> {
  const problem = readProblem(folder);
  const solve = await loadSolver();
  const start = performance.now();
  const spent = () => (performance.now() - start) / (1000 * SECONDS);
  const packing = pack(problem, { solve, seed: 1, spent, more: () => spent() < 1 });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const { ok, cost, bound, gapPercent } = checkBound(problem, packing);
  const row = {
    pods: problem.types.reduce((sum, { count }) => sum + count, 0),
    nodes: problem.classes.reduce((sum, { hosts }) => sum + hosts, 0),
    'cores in use': cost,
    'at least': bound.toFixed(1),
    'gap %': gapPercent.toFixed(3),
    unplaced: packing.unplaced.reduce((sum, count) => sum + count, 0),
    checked: ok ? 'holds' : 'DOES NOT HOLD',
    seconds,
    'best fit %': BEST_FIT_PERCENT,
  };
  return { name: `openb default, CPU and memory, ${SECONDS} s`, rows: [row] };
}

/** Pods and nodes of equal size are one type and one class; a node costs its cores. */
function readProblem(folder: string): PackProblem {
  const sizes = (file: string) => Map.groupBy(readFileSync(join(folder, file), 'utf8').trim().split('\n').slice(1).map((line) => line.split(',').slice(1, 3).map(Number)), (size) => size.join(' '));
  const types = [...sizes('openb_pod_list_default.csv')].map(([name, pods]) => ({ name, size: pods[0] ?? [], count: pods.length }));
  const classes = [...sizes('openb_node_list_all_node.csv')].map(([name, nodes]) => ({ name, hosts: nodes.length, capacity: nodes[0] ?? [], cost: (nodes[0]?.[0] ?? 0) / 1000, accepts: types.map(() => true) }));
  return { resources: ['cpuMilli', 'memoryMib'], classes, types };
}
