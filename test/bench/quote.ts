// How long the scheduler thinks about one quote: on a small fleet and on the largest that the product is made for.
// Gives a table as data; the one who calls prints it. Pure computation: no server, no database, no network.

import { performance } from 'node:perf_hooks';
import { prepare } from '#scheduler/prepare.ts';
import { quote } from '#scheduler/quote.ts';
import { benchFleet, benchWorkload } from './fleet.ts';
import type { BenchTable } from './table.ts';

function quantile(sorted: readonly number[], permille: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * permille) / 1000))] ?? 0;
}

/** A person types: every quote differs from the last, from 3 replicas to about 60, every tenth with labels nobody asked for before. */
function measure(hostCount: number, replicaCount: number, rounds: number): Record<string, string | number> {
  const snapshot = benchFleet(hostCount, replicaCount);
  const started = performance.now();
  const base = prepare(snapshot);
  const prepareMs = performance.now() - started;
  const times: number[] = [];
  let replicas = 0;
  for (let round = 0; round < rounds; round += 1) {
    const draft = benchWorkload('draft', 100 + ((round * 137) % 8000), 'standard');
    const labels: Record<string, string> = round % 10 === 0 ? { disk: round % 20 === 0 ? 'ssd' : `none${round}` } : {};
    const begin = performance.now();
    const answer = quote(base, { ...draft, ask: { ...draft.ask, labels } });
    times.push(performance.now() - begin);
    replicas += answer.plan.steps.length;
  }
  times.sort((one, other) => one - other);
  const ms = (value: number) => Number(value.toFixed(2));
  return {
    hosts: hostCount,
    replicas: replicaCount,
    'prepare ms': ms(prepareMs),
    'p50 ms': ms(quantile(times, 500)),
    'p99 ms': ms(quantile(times, 990)),
    'worst ms': ms(times.at(-1) ?? 0),
    quotes: rounds,
    'replicas a quote': Math.round(replicas / rounds),
  };
}

/** @returns p50 and p99 of a quote at both sizes, with the once-a-revision preparation beside them */
export async function benchQuote(): Promise<BenchTable> {
  return { name: 'quote, pure computation', rows: [measure(250, 1000, 1000), measure(10_000, 100_000, 400)] };
}
