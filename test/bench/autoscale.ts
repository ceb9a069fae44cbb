/**
 * The autoscaler beside what others do, on recorded days: what was dropped, at risk, paid and changed, with the goal beside it; and how long 500 decisions take.
 * `--data DIR` names a folder with traces (`qps/*.csv`, with the warm-up days of each below); without it days are made up, which says so.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { baseline, BASELINES } from '#scheduler/autoscale/baselines.ts';
import { findPlan } from '#scheduler/autoscale/day-plan.ts';
import { decide } from '#scheduler/autoscale/decide.ts';
import { firnPolicy } from '#scheduler/autoscale/firn-policy.ts';
import { observe, ON, TEN, tradingDays } from '#scheduler/autoscale/fixtures.ts';
import { freshState } from '#scheduler/autoscale/memory.ts';
import type { Score } from '#scheduler/autoscale/score.ts';
import { simulate } from '#scheduler/autoscale/simulate.ts';
import { parseTrace, segmentsOf, type Segment } from '#scheduler/autoscale/trace.ts';
import { CALENDAR_YEARS } from '#scheduler/calendar/years.ts';
import { type BenchTable, median } from './table.ts';

const WARMUP_DAYS: Readonly<Record<string, number>> = { if2014: 8, if2015: 7, sse2020: 3, aapl: 7, goog: 7, amzn: 7 };
const DELAYS_S = [5, 120] as const;
/** The goal of balanced, means over traces: dropped and its worst trace, above 85 %, cost over oracle. Calm's is of changes, where starts are fast. */
const GOALS: Readonly<Record<number, string>> = { 5: '0.002 (worst 0.005) / 0.15 / 1.27; calm: 160 changes, 12 reversals, 1.32', 120: '0.035 (worst 0.11) / 0.35 / 1.55' };
const WORKLOADS = 500;

interface Named {
  readonly name: string;
  readonly warmupDays: number;
  readonly segments: readonly Segment[];
}

/** @returns a table for each start delay, and one for the time that decisions take */
export async function benchAutoscale(data: string | undefined): Promise<readonly BenchTable[]> {
  const traces = load(data);
  return [benchDecide(), ...DELAYS_S.map((delay) => ({ name: `starts of ${delay} s, balanced; goal dropped / above 85 % / cost: ${GOALS[delay]}${data === undefined ? ' (made-up days: no --data)' : ''}`, rows: rowsOf(traces, delay * 1000) }))];
}

function load(data: string | undefined): Named[] {
  const folder = [data, join(data ?? '', 'qps'), join(data ?? '', 'traffic', 'qps')].find((path) => path !== undefined && data !== undefined && existsSync(join(path, 'if2014.csv')));
  const texts = folder === undefined ? [['made-up', 3, tradingDays(8)] as const] : Object.entries(WARMUP_DAYS).filter(([name]) => existsSync(join(folder, `${name}.csv`))).map(([name, days]) => [name, days, readFileSync(join(folder, `${name}.csv`), 'utf8')] as const);
  return texts.map(([name, warmupDays, text]) => {
    const trace = parseTrace(text);
    if ('message' in trace) throw new Error(`${name}: ${trace.message}`);
    return { name, warmupDays, segments: segmentsOf(trace) };
  });
}

function rowsOf(traces: readonly Named[], startDelayMs: number): BenchTable['rows'] {
  const policies = ['firn', ...(startDelayMs === DELAYS_S[0] * 1000 ? (['firn calm'] as const) : []), ...BASELINES] as const;
  return policies.flatMap((policy) => {
    const scores = traces.map(({ name, warmupDays, segments }) => {
      process.stderr.write(`starts of ${startDelayMs / 1000} s: ${policy}, ${name}\n`);
      const { plan, openings } = findPlan(segments, warmupDays, 'auto', CALENDAR_YEARS);
      const decides = policy === 'firn' || policy === 'firn calm' ? firnPolicy({ ...ON, calm: policy === 'firn calm' }, startDelayMs, plan) : baseline(policy, startDelayMs);
      return { name, score: simulate({ segments, startDelayMs, warmupDays, seed: 1, openings, loss: null }, decides) };
    });
    return [...scores.map(({ name, score }) => row(policy, name, score)), ...overall(policy, scores.map(({ score }) => score))];
  });
}

const row = (policy: string, trace: string, { droppedPercent, riskPercent, costOverOracle, actionsPerDay, reversalsPerDay, openings }: Pick<Score, 'droppedPercent' | 'riskPercent' | 'costOverOracle' | 'actionsPerDay' | 'reversalsPerDay' | 'openings'>) => ({
  policy,
  trace,
  'dropped %': droppedPercent.toFixed(5),
  'above 85 % %': riskPercent.toFixed(3),
  'cost x oracle': costOverOracle.toFixed(3),
  'changes a day': Math.round(actionsPerDay),
  'reversals a day': actionsPerDay === 0 ? 0 : Number(reversalsPerDay.toFixed(1)),
  'openings dropped %': openings.map((each) => each.droppedPercent.toFixed(3)).join(' '),
});

function overall(policy: string, scores: readonly Score[]): BenchTable['rows'] {
  const of = (fold: (values: readonly number[]) => number) => {
    const figure = (field: 'droppedPercent' | 'riskPercent' | 'costOverOracle' | 'actionsPerDay' | 'reversalsPerDay') => fold(scores.map((score) => score[field]));
    return { droppedPercent: figure('droppedPercent'), riskPercent: figure('riskPercent'), costOverOracle: figure('costOverOracle'), actionsPerDay: figure('actionsPerDay'), reversalsPerDay: figure('reversalsPerDay'), openings: [] };
  };
  const mean = of((values) => values.reduce((sum, value) => sum + value, 0) / values.length);
  return [row(policy, 'MEAN', mean), row(policy, 'WORST', of((values) => Math.max(...values)))];
}

/** 500 workloads with a week of trading behind each of them, each decided once; the middle of 20 rounds. */
function benchDecide(): BenchTable {
  const trace = parseTrace(tradingDays(7));
  if ('message' in trace) throw new Error(trace.message);
  const segments = segmentsOf(trace);
  const { plan } = findPlan(segments, 1, 'auto', CALENDAR_YEARS);
  let state = freshState();
  simulate({ segments, startDelayMs: 5000, warmupDays: 1, seed: 1, openings: [], loss: null }, firnPolicy(ON, 5000, plan, (_decision, next) => (state = next)));
  const at = Math.max(TEN, state.at + 10_000);
  const workloads = Array.from({ length: WORKLOADS }, (_, index) => ({ own: structuredClone(state), seen: observe(at, 2000 + index * 10) }));
  const times = Array.from({ length: 20 }, () => {
    const begin = performance.now();
    for (const { own, seen } of workloads) decide(ON, own, seen);
    return performance.now() - begin;
  });
  return { name: 'decisions, pure computation; goal: 500 workloads in under 50 ms', rows: [{ workloads: WORKLOADS, ms: Number(median(times).toFixed(2)), 'state kB': Number((JSON.stringify(state).length / 1000).toFixed(1)) }] };
}
