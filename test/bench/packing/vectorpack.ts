// Vector bin packing with three to ten resources: the Panigrahy set of Mommessin, Erlebach & Shakhlevich 2025, with known optima and the best
// result of all published constructive heuristics for each instance. Takes the folder of the set; gives a table by class.
// Source: github.com/Vectorpack/experiments_vector_paper (MIT).
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { pack } from '#scheduler/pack/pack.ts';
import type { PackProblem, Solve } from '#scheduler/pack/problem.ts';
import { loadSolver } from '#server/solver.ts';
import type { BenchTable } from '../table.ts';

const MS_AN_INSTANCE = 1000;
/** Without --all: every so many instances, from this one on. */
const SAMPLE = { every: 20, from: 3 };

interface Known {
  readonly name: string;
  readonly optimum: number;
  readonly published: number;
}

export async function benchVectorpack(folder: string, all: boolean): Promise<BenchTable> {
  const known = knownOptima(join(folder, 'Panigrahy_summary_known.csv')).filter((_, index) => all || index % SAMPLE.every === SAMPLE.from);
  const texts = await instancesOf(join(folder, 'Panigrahy_instances.tar.gz'), new Set(known.map(({ name }) => name)));
  const solve = await loadSolver();
  const results = known.map((one) => ({ ...one, hosts: hostsFor(readProblem(texts.get(one.name) ?? ''), solve) }));
  const groups = Map.groupBy(results, ({ name }) => name.split('_')[0] ?? '');
  return { name: `Vectorpack Panigrahy, ${known.length} instances with known optimum, ${MS_AN_INSTANCE / 1000} s each`, rows: [...[...groups].map(([name, group]) => rowOf(name, group)), rowOf('all', results)] };
}

function rowOf(name: string, results: readonly (Known & { readonly hosts: number })[]): Record<string, string | number> {
  const gap = (of: (one: Known & { readonly hosts: number }) => number) => (results.reduce((sum, one) => sum + (100 * (of(one) - one.optimum)) / one.optimum, 0) / results.length).toFixed(3);
  return {
    class: name,
    instances: results.length,
    'mean over optimum %': gap(({ hosts }) => hosts),
    'best published heuristic %': gap(({ published }) => published),
    better: results.filter(({ hosts, published }) => hosts < published).length,
    worse: results.filter(({ hosts, published }) => hosts > published).length,
    optimal: results.filter(({ hosts, optimum }) => hosts === optimum).length,
  };
}

function hostsFor(problem: PackProblem, solve: Solve): number {
  const end = performance.now() + MS_AN_INSTANCE;
  const { cost, unplaced } = pack(problem, { solve, seed: 1, more: () => performance.now() < end });
  return unplaced.some((count) => count > 0) ? Number.POSITIVE_INFINITY : cost;
}

function knownOptima(path: string): Known[] {
  const [head = '', ...lines] = readFileSync(path, 'utf8').trim().split('\n');
  const columns = head.split('\t');
  return lines.map((line) => line.split('\t')).map((cells) => ({ name: cells[0] ?? '', optimum: Number(cells[columns.indexOf('OPT')]), published: Number(cells[columns.indexOf('best_overall')]) })).filter(({ optimum }) => optimum > 0);
}

async function instancesOf(archive: string, wanted: ReadonlySet<string>): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for await (const entry of createReadStream(archive).pipe(createGunzip()).pipe(extract())) {
    const name = /([^/]+)\.vbp$/.exec(entry.header.name)?.[1];
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    if (name !== undefined && wanted.has(name)) texts.set(name, Buffer.concat(chunks).toString('utf8'));
  }
  return texts;
}

/** Numbers apart by white space: resources, the bin's capacities, number of sizes, then each size with how many items have it. */
function readProblem(text: string): PackProblem {
  const figures = text.trim().split(/\s+/).map(Number);
  const [dims = 0] = figures;
  const rows = Array.from({ length: figures[1 + dims] ?? 0 }, (_, row) => figures.slice(2 + dims + row * (dims + 1), 2 + dims + (row + 1) * (dims + 1)));
  const types = rows.map((row, index) => ({ name: `item-${index}`, size: row.slice(0, dims), count: row[dims] ?? 0 }));
  const items = types.reduce((sum, { count }) => sum + count, 0);
  return { resources: Array.from({ length: dims }, (_, d) => `r${d}`), classes: [{ name: 'bin', hosts: items, capacity: figures.slice(1, 1 + dims), cost: 1, accepts: types.map(() => true) }], types };
}
