// What other settings would decide now, and what they would have done over the stored hours beside what the present ones would have done in the same play.
// Reads only: neither the number that holds, nor what is remembered, nor history changes.
import type { State } from '#scheduler/autoscale/model.ts';
import { freshState } from '#scheduler/autoscale/memory.ts';
import { floorsOver } from '#scheduler/autoscale/signals-over.ts';
import type { Workload } from '#scheduler/model.ts';
import { isRefusal } from '#scheduler/size.ts';
import type { Context } from '../context.ts';
import type { Present } from '../control/present.ts';
import { ConflictError } from '../errors.ts';
import type { AutoscalePreview, AutoscaleSettings } from '../http/contract/autoscale.ts';
import { demandOver, signalsOver, surgesOver } from '../market/past.ts';
import { scheduleOf } from '../market/schedules.ts';
import { capacityOf, grantedReplicas, startDelayOf } from './observe.ts';
import { type Course, play, type Played } from './play.ts';
import { quotaLeft } from './quota-left.ts';
import { type Decided, decideOne, type RoundRead } from './round.ts';
import { settingsOf } from './rules.ts';

const MINUTE_MS = 60_000;
const USUAL_DELAY_MS = 60_000;
/** Points of the chart. */
const MOST_POINTS = 360;

export interface Previewed {
  /** Null: switched off, nothing is decided. */
  readonly now: Decided | null;
  readonly from: number;
  readonly to: number;
  readonly points: number;
  readonly series: { readonly at: readonly number[]; readonly qps: readonly (number | null)[]; readonly replicas: readonly number[]; readonly presentReplicas: readonly (number | null)[] };
  readonly sum: AutoscalePreview['sum'];
  readonly present: AutoscalePreview['present'];
}

/** @throws ConflictError where the workload's sum cannot be done */
export async function preview(context: Context, present: Present, read: RoundRead, workload: Workload, asked: AutoscaleSettings, hours: number): Promise<Previewed> {
  const sizing = present.sizingOf(workload);
  if (isRefusal(sizing)) throw new ConflictError('autoscale-no-sum', `How many replicas ${workload.name} needs cannot be said: ${sizing.message}.`);
  const remembered = context.autoscale.of(workload.id);
  const to = Math.floor(context.clock.now() / MINUTE_MS) * MINUTE_MS;
  const minutes = Math.max(1, Math.round(hours * 60));
  const from = to - minutes * MINUTE_MS;
  const stored = await context.metrics.series(`workload:${workload.id}`, ['qps', 'wanted'], { from, to, points: minutes });
  const at = (index: number) => Math.floor((from + index * MINUTE_MS - stored.at) / stored.stepMs);
  const qps = Array.from({ length: minutes }, (_, index) => stored.values.qps?.[at(index)] ?? null);
  const wanted = Array.from({ length: minutes }, (_, index) => stored.values.wanted?.[at(index)] ?? null);
  const granted = grantedReplicas(workload, sizing);
  const known = wanted.find((value) => value !== null);
  const course: Omit<Course, 'floorsAt' | 'momentAt'> = {
    from,
    qps,
    begin: Math.round(Math.min(granted, Math.max(1, known ?? granted))),
    startDelayMs: startDelayOf(remembered, false) ?? USUAL_DELAY_MS,
    capacity: capacityOf(workload, sizing.shape, remembered, to),
    bounds: { min: Math.max(1, workload.ask.minReplicas), max: granted, quota: quotaLeft(present, read.quotas, workload) },
  };
  const started = knownAt(remembered.state, from, context.market.momentOf(asked.markets, from).day);
  const playing = async (settings: AutoscaleSettings): Promise<Played | null> => (settings.mode === 'off' || qps.every((value) => value === null) ? null : await play({ ...settingsOf(settings), mode: 'on' }, started, { ...course, ...(await around(context, workload, settings, from, to)) }));
  const [sum, held] = [await playing(asked), await playing(read.settings(workload.id).settings)];
  const every = Math.ceil(minutes / MOST_POINTS);
  const shown = Array.from({ length: Math.ceil(minutes / every) }, (_, index) => index * every);
  return {
    now: asked.mode === 'off' ? null : decideOne(context, present, read, { workload, sizing, version: read.settings(workload.id).version, set: asked, remembered: { ...remembered, previewed: workload.decision?.replicas ?? null } }),
    from,
    to,
    points: qps.filter((value) => value !== null).length,
    series: { at: shown.map((index) => from + index * MINUTE_MS), qps: shown.map((index) => qps[index] ?? null), replicas: sum === null ? shown.map(() => granted) : shown.map((index) => sum.replicas[index] ?? granted), presentReplicas: shown.map((index) => wanted[index] ?? null) },
    sum: sum && told(sum),
    present: held && told(held),
  };
}

const told = ({ replicas, ...rest }: Played): NonNullable<AutoscalePreview['sum']> => ({ ...rest, least: Math.min(...replicas), most: Math.max(...replicas) });

/** What was known then: days before, and openings before. */
function knownAt({ days, openings, errors, weights }: State, from: number, day: number): State {
  const before = Object.entries(openings).map(([key, list]) => [key, list.filter((opening) => opening.at < from)] as const);
  return { ...freshState(), days: days.filter((each) => each.day < day), openings: Object.fromEntries(before), errors, weights, since: 1 };
}

/** What schedules, signals and announced surges said then. */
async function around(context: Context, workload: Workload, { markets, schedules, signals }: AutoscaleSettings, from: number, to: number): Promise<Pick<Course, 'floorsAt' | 'momentAt'>> {
  const { market, metrics } = context;
  const rules = schedules.map(scheduleOf);
  const subject = { service: workload.service, environment: workload.environment };
  const surges = await surgesOver(context, subject, from, to);
  const isQuiet = signals.length + surges.length === 0;
  const raised = isQuiet
    ? () => []
    : floorsOver({ rules: signals, surges, signals: await signalsOver(context, signals.map(({ signal }) => signal), from, to, market.years()), demand: await demandOver(metrics, workload.id, markets, from, to, market.years()) });
  return {
    momentAt: (at) => market.momentOf(markets, at),
    floorsAt: (at, { openings }, replicaQps) => {
      if (rules.length === 0) return { floors: raised(at, replicaQps), cap: null };
      const { floors, cap } = market.scheduledFor(rules, { openings, replicaQps }, at);
      return { floors: [...floors, ...raised(at, replicaQps)], cap };
    },
  };
}
