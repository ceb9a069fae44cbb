// What a drill asks -> what the pure drill takes: the day in QPS for each workload, and everything of the present that it is run against.
import type { DrilledSignal, DrilledWorkload, DrillInput } from '#scheduler/drill/model.ts';
import type { Shape, Workload } from '#scheduler/model.ts';
import { said } from '#scheduler/said.ts';
import { isRefusal } from '#scheduler/size.ts';
import { DEFAULT_AUTOSCALE, settingsOf } from '../autoscale/rules.ts';
import type { Context } from '../context.ts';
import type { Present } from '../control/present.ts';
import { add, amountOf, NOTHING, quotaKey, subtract, usedBy } from '../requests/quota.ts';
import { listAutoscaleSettings } from '../db/autoscale.ts';
import { listPools, poolOf } from '../db/pools.ts';
import { listQuotas, type QuotaRow } from '../db/quotas.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import type { DrillAsk } from '../http/contract/drill.ts';
import { scheduleOf } from '../market/schedules.ts';
import { signalsOver, surgesOver } from '../market/past.ts';
import { type ReadDay, readDay } from './day.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Where nobody says how long a start takes. */
const START_DELAY_SECONDS = 5;

export interface PreparedDrill {
  readonly present: Present;
  readonly day: ReadDay;
  readonly input: DrillInput;
}

/** @throws InvalidError or NotFoundError for a workload or a day that cannot be drilled */
export async function prepareDrill(context: Context, ask: DrillAsk): Promise<PreparedDrill> {
  const { store, market, metrics, clock } = context;
  const present = await context.present.read();
  const day = await readDay(ask.day, metrics, market.years(), clock.now());
  const { settings, pools, quotas } = await store.read(async (reader) => ({ settings: await listAutoscaleSettings(reader), pools: await listPools(reader), quotas: await listQuotas(reader) }));
  const workloads: DrilledWorkload[] = [];
  for (const [index, asked] of ask.workloads.entries()) {
    const workload = drillable(present, asked.workloadId, `workloads[${index}].workloadId`);
    const set = settings.get(workload.id)?.settings ?? DEFAULT_AUTOSCALE;
    workloads.push({ workloadId: workload.id, ...demandOf(day, asked, ask.times, workload), settings: settingsOf(set), schedules: set.schedules.map(scheduleOf), rules: set.signals, surges: await surgesOver(context, workload, day.from, day.from + DAY_MS) });
  }
  const schedules = workloads.flatMap((each) => each.schedules);
  const names = [...new Set(workloads.flatMap(({ rules = [] }) => rules.map(({ signal }) => signal)))];
  const signals = await drilledSignals(context, names, day.from);
  const startDelay = ask.startDelaySeconds ?? Math.max(START_DELAY_SECONDS, ...workloads.map((each) => each.settings.startDelaySeconds ?? 0));
  const input: DrillInput = {
    from: day.from,
    workloads,
    pools: pools.map(poolOf),
    quotaRoom: quotaRoom(present, quotas, workloads.map(({ workloadId }) => present.base.workloads.get(workloadId)!)),
    startDelayMs: startDelay * 1000,
    vmDelayMs: ask.vmDelaySeconds * 1000,
    mayBuy: ask.mayBuy,
    spendCapCents: ask.spendCapCents,
    signals,
    years: market.years(),
    zones: market.times(schedules, clock.now()).zones,
  };
  const silent = names.filter((name) => !signals[name]?.points.some(({ at }) => at >= day.from));
  const warnings = silent.map((name) => said('signal-silent', { signal: name }, 'Nothing was pushed of the signal {signal} on that day: rules on it raise nothing.'));
  return { present, day: { ...day, warnings: [...day.warnings, ...warnings] }, input };
}

/** As they were pushed around the day: without functions, since a drill runs in a thread of its own. */
async function drilledSignals(context: Context, names: readonly string[], from: number): Promise<Record<string, DrilledSignal>> {
  const known = await signalsOver(context, names, from, from + DAY_MS, context.market.years());
  return Object.fromEntries(Object.entries(known).map(([name, { points, usual }]) => [name, { points, usual: Array.from({ length: DAY_MS / MINUTE_MS }, (_, minute) => usual(from + minute * MINUTE_MS)) }]));
}

function drillable(present: Present, id: string, field: string): Workload {
  const workload = present.base.workloads.get(id);
  if (workload === undefined) throw new NotFoundError('workload-unknown', `${field} is ${id}: there is no such workload.`, [{ field, value: id, message: 'is no workload' }]);
  const sizing = present.sizingOf(workload);
  if (isRefusal(sizing)) throw new InvalidError('workload-unsized', `${field} is ${workload.name}: ${sizing.message}.`, [{ field, value: id, message: sizing.message }]);
  return workload;
}

function demandOf(day: ReadDay, asked: DrillAsk['workloads'][number], times: number, { ask }: Workload): { readonly demand: readonly number[]; readonly usual: readonly number[] } {
  const peak = Math.max(...day.minutes);
  const wanted = asked.peakQps ?? (day.isShare ? ask.peakQps : peak);
  const factor = peak > 0 ? wanted / peak : 0;
  return { demand: day.minutes.map((qps) => qps * factor * asked.times * times), usual: (day.usual ?? day.minutes).map((qps) => qps * factor) };
}

/** What quotas leave to the drilled workloads together, beside what all others use. */
function quotaRoom(present: Present, quotas: readonly QuotaRow[], drilled: readonly Workload[]): Record<string, Shape> {
  const room: Record<string, Shape> = {};
  for (const { team, environment, cpuMilli, memoryMib } of quotas) {
    const own = drilled.filter((workload) => workload.team === team && workload.environment === environment);
    if (own.length === 0) continue;
    const others = subtract(usedBy(present, team, environment), own.reduce((sum, workload) => add(sum, amountOf(present, workload)), NOTHING));
    room[quotaKey(team, environment)] = subtract({ cpuMilli, memoryMib }, others);
  }
  return room;
}
