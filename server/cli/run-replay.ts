// Replays a recorded trace against policies: reads the file, says what was mended, looks for openings, and simulates. Takes a path and what was asked; gives
// the body that `firn replay` prints. Everything that decides is the scheduler's; here are the file and the progress.
import { readFile, stat } from 'node:fs/promises';
import { baseline, type Baseline } from '#scheduler/autoscale/baselines.ts';
import { findPlan } from '#scheduler/autoscale/day-plan.ts';
import { firnPolicy } from '#scheduler/autoscale/firn-policy.ts';
import type { Settings } from '#scheduler/autoscale/model.ts';
import type { Score } from '#scheduler/autoscale/score.ts';
import { DEFAULT_SETTINGS } from '#scheduler/autoscale/settings.ts';
import { simulate } from '#scheduler/autoscale/simulate.ts';
import type { LossPlan } from '#scheduler/autoscale/site.ts';
import { parseTrace, segmentsOf, type Segment } from '#scheduler/autoscale/trace.ts';
import { dateOf } from '#scheduler/calendar/dates.ts';
import type { Market } from '#scheduler/calendar/model.ts';
import { CALENDAR_YEARS } from '#scheduler/calendar/years.ts';
import { CliError, EXIT, usageError } from './exit.ts';

export const POLICIES = ['firn', 'hpa70', 'kpa', 'max3'] as const;
export type PolicyName = (typeof POLICIES)[number];

export interface ReplayOptions {
  readonly startDelayMs: number;
  readonly risk: Settings['risk'];
  readonly warmupDays: number;
  readonly seed: number;
  readonly policies: readonly PolicyName[];
  readonly market: Market | 'auto' | 'none';
  readonly loss: LossPlan | null;
  readonly calm: boolean;
}

export interface ReplayBody extends Score {
  readonly policy: PolicyName;
  readonly startDelaySeconds: number;
  readonly risk: Settings['risk'];
  readonly calm: boolean;
  readonly warmupDays: number;
  readonly seed: number;
  readonly market: { readonly name: string; readonly found: string };
  /** What was mended in the file, by line. */
  readonly warnings: readonly string[];
  /** With several policies: each of them. */
  readonly policies?: Readonly<Partial<Record<PolicyName, Score>>>;
}

/** Two years of minutes take about 40 MB. */
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_DAYS = 400;
/** Of a file with a fault in every line the first ones say it all. */
const MOST_WARNINGS = 50;
const STEPS_OF_DAY = 43_200;

/** @throws CliError (usage) when the file cannot be read or is no trace, with its line */
export async function readTrace(path: string): Promise<{ segments: Segment[]; warnings: string[] }> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > MOST_BYTES) throw usageError(`${path} has ${size} bytes: at most ${MOST_BYTES} are read.`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw usageError(`The file ${path} cannot be read: ${(error as Error).message}.`);
  }
  const trace = parseTrace(text);
  if ('message' in trace) throw new CliError(`${path} is no trace.`, EXIT.usage, [trace.message]);
  const segments = segmentsOf(trace);
  const days = segments.reduce((sum, { qps }) => sum + qps.length, 0) / STEPS_OF_DAY;
  if (days > MOST_DAYS) throw usageError(`${path} has ${Math.ceil(days)} days: at most ${MOST_DAYS} are replayed.`);
  const warnings = trace.notes.slice(0, MOST_WARNINGS).map(({ message }) => message);
  if (trace.notes.length > MOST_WARNINGS) warnings.push(`and ${trace.notes.length - MOST_WARNINGS} more like these`);
  return { segments, warnings };
}

/** @param said gets what is worth knowing while it runs. @throws CliError (usage) when nothing is left to score */
export async function runReplay(path: string, options: ReplayOptions, said: (sentence: string) => void): Promise<ReplayBody> {
  const { segments, warnings } = await readTrace(path);
  for (const warning of warnings) said(warning);
  const days = countDays(segments);
  if (options.warmupDays >= days) throw usageError(`${path} has ${days} ${days === 1 ? 'day' : 'days'}, and ${options.warmupDays} are for warm-up: none is left to score. --warmup-days must be below ${days}.`);
  const found = findPlan(segments, options.warmupDays, options.market, CALENDAR_YEARS);
  said(`openings: ${found.found}`);
  const scores = options.policies.map((name) => {
    const policy = name === 'firn' ? firnPolicy({ ...DEFAULT_SETTINGS, mode: 'on', risk: options.risk, calm: options.calm }, options.startDelayMs, found.plan) : baseline(name satisfies Baseline, options.startDelayMs);
    const progress = (day: number) => said(`${name}: ${dateOf(day)}`);
    return [name, simulate({ segments, startDelayMs: options.startDelayMs, warmupDays: options.warmupDays, seed: options.seed, openings: found.openings, loss: options.loss, progress }, policy)] as const;
  });
  const [policy, score] = scores.find(([name]) => name === 'firn') ?? scores[0]!;
  const { startDelayMs, risk, calm, warmupDays, seed } = options;
  return {
    policy,
    ...score,
    startDelaySeconds: startDelayMs / 1000,
    risk,
    calm,
    warmupDays,
    seed,
    market: { name: found.market, found: found.found },
    warnings,
    ...(scores.length > 1 ? { policies: Object.fromEntries(scores) } : {}),
  };
}

function countDays(segments: readonly Segment[]): number {
  const days = new Set<number>();
  for (const { at, offsetMinutes, qps } of segments) {
    const day = (step: number) => Math.floor((at + step * 2000 + offsetMinutes * 60_000) / 86_400_000);
    for (let each = day(0); each <= day(qps.length - 1); each += 1) days.add(each);
  }
  return days.size;
}
