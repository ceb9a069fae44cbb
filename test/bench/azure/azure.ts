/**
 * `npm run bench -- azure`: what defragmentation gives over time. Host-hours of a replayed trace over the certified least, without moves
 * and with a budget of moves an hour, beside what best fit with evacuation of the emptiest hosts gave on the same trace.
 */
import type { Arrangement } from '#scheduler/defragment/arrangement.ts';
import { loadSolver } from '#server/solver.ts';
import type { BenchTable } from '../table.ts';
import { bounds, replay } from './replay.ts';
import { readTrace } from './trace.ts';

/** Lifetimes are drawn inside their bins: other draws show how much that matters. */
const SEEDS = [1, 2, 3];

const bestFit = (state: Arrangement, vm: number) => state.tightest(vm);

/** @param folder with the public trace; undefined: a generated one */
export async function benchAzure(folder: string | undefined): Promise<readonly BenchTable[]> {
  const solve = await loadSolver();
  const tables: BenchTable[] = [];
  for (const seed of SEEDS) {
    const began = process.cpuUsage().user;
    const trace = readTrace(folder, seed);
    const least = bounds(trace, solve);
    const boundSeconds = (process.cpuUsage().user - began) / 1e6;
    const bound = least.reduce((sum, hosts) => sum + hosts, 0);
    const rows = [
      { permille: 0, goal: '', before: '10.4 %' },
      { permille: 10, goal: '<= 2 %', before: '2.3 %' },
      { permille: 30, goal: '<= 0.4 %', before: '0.5 %' },
    ].map(({ permille, goal, before }) => {
      const from = process.cpuUsage().user;
      const { hosts, moves } = replay(trace, permille, bestFit);
      const hostHours = hosts.reduce((sum, used) => sum + used, 0);
      return {
        'moves an hour': permille === 0 ? 'none' : `${permille / 10} %`,
        'host-hours': hostHours,
        'at least': bound,
        'over %': Number((100 * (hostHours / bound - 1)).toFixed(2)),
        ...(trace.isPublic ? { goal, 'plain evacuation': before } : {}),
        moves,
        'CPU s': Number(((process.cpuUsage().user - from) / 1e6).toFixed(1)),
      };
    });
    tables.push({ name: `${trace.name}: ${trace.vms.length} VMs, ${trace.hours} hours, lifetimes drawn with seed ${seed} (bounds: ${boundSeconds.toFixed(1)} s CPU)`, rows });
  }
  return tables;
}
