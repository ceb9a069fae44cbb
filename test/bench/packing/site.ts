// Sites packed by the command itself, each in a process of its own: what a person gets who types `firn pack`, start and warm-up of the
// compiler included. Takes a folder of instances, or makes some; gives a table with best-fit decreasing beside it.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { type BenchTable, median } from '../table.ts';
import { bestFitDecreasing } from './baseline.ts';
import { generateSite, type SiteFile } from './generate-site.ts';

const FIRN = join(import.meta.dirname, '../../../server/cli/main.ts');
/** Sites of more replicas than this get the longer time. */
const SMALL = 2000;
const SECONDS = { small: 1, large: 5 };
const GENERATED = 12;

interface Answer {
  readonly cost: number;
  readonly bound: number;
  readonly gapPercent: number;
  readonly hostsUsed: number;
  readonly unplaced: readonly { readonly count: number }[];
  readonly seconds: number;
}

export async function benchSites(folder: string | undefined): Promise<readonly BenchTable[]> {
  const temporary = mkdtempSync(join(tmpdir(), 'firn-bench-'));
  try {
    const given = folder === undefined ? [] : readdirSync(folder).filter((file) => file.endsWith('.json')).sort().map((file) => join(folder, file));
    const tables = given.length === 0 ? [] : [await tableOf('site: given, 1 s (5 s for the large ones), one thread', given)];
    return [...tables, await tableOf(`site: generated, other sizes, classes and prices each, ${SECONDS.small} s`, generated(temporary))];
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

function generated(folder: string): string[] {
  return Array.from({ length: GENERATED }, (_, index) => {
    const path = join(folder, `generated-${index + 1}.json`);
    writeFileSync(path, JSON.stringify(generateSite(index + 1, 1000)));
    return path;
  });
}

async function tableOf(name: string, files: readonly string[]): Promise<BenchTable> {
  const rows: Record<string, string | number>[] = [];
  for (const file of files) rows.push(await rowOf(file));
  const gaps = rows.map((row) => Number(row['gap %']));
  const summary = { site: `median ${median(gaps).toFixed(3)} %, worst ${Math.max(...gaps).toFixed(3)} %` };
  return { name, rows: [...rows, summary] };
}

async function rowOf(file: string): Promise<Record<string, string | number>> {
  const site = JSON.parse(readFileSync(file, 'utf8')) as SiteFile;
  const replicas = site.workloads.reduce((sum, workload) => sum + workload.replicas, 0);
  const seconds = replicas <= SMALL ? SECONDS.small : SECONDS.large;
  const { stdout } = await promisify(execFile)(process.execPath, [FIRN, 'pack', file, '--seconds', String(seconds), '-o', 'json'], { maxBuffer: 2 ** 28 });
  const answer = JSON.parse(stdout) as Answer;
  const baseline = replicas <= SMALL ? bestFitDecreasing(site) : undefined;
  const over = (cost: number) => ((100 * (cost - answer.bound)) / answer.bound).toFixed(2);
  return {
    site: basename(file, '.json'),
    replicas,
    cost: answer.cost,
    'gap %': answer.gapPercent.toFixed(3),
    unplaced: answer.unplaced.reduce((sum, { count }) => sum + count, 0),
    'hosts used': answer.hostsUsed,
    seconds: answer.seconds,
    'best fit decreasing %': baseline === undefined ? '-' : `${over(baseline.cost)}${baseline.unplaced > 0 ? ` and ${baseline.unplaced} unplaced` : ''}`,
  };
}
