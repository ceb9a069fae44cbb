// What a drill asks -> what the pure drill takes: the day in QPS for each workload, and everything of the present that it is run against.
import type { DrilledWorkload, DrillInput } from '#scheduler/drill/model.ts';
import type { Shape, Workload } from '#scheduler/model.ts';
import { isRefusal } from '#scheduler/size.ts';
import { DEFAULT_AUTOSCALE, settingsOf } from '../autoscale/rules.ts';
import type { Context } from '../context.ts';
import type { Present } from '../control/present.ts';
import { add, amountOf, NOTHING, quotaKey, subtract, usedBy } from '../control/quota.ts';
import { listAutoscaleSettings } from '../db/autoscale.ts';
import { listPools, poolOf } from '../db/pools.ts';
import { listQuotas, type QuotaRow } from '../db/quotas.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import type { DrillAsk } from '../http/contract/drill.ts';
import { scheduleOf } from '../market/schedules.ts';
import { type ReadDay, readDay } from './day.ts';

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
  const workloads = ask.workloads.map((asked, index): DrilledWorkload => {
    const workload = drillable(present, asked.workloadId, `workloads[${index}].workloadId`);
    const set = settings.get(workload.id)?.settings ?? DEFAULT_AUTOSCALE;
    return { workloadId: workload.id, ...demandOf(day, asked, ask.times, workload), settings: settingsOf(set), schedules: set.schedules.map(scheduleOf) };
  });
  const schedules = workloads.flatMap((each) => each.schedules);
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
    years: market.years(),
    zones: market.times(schedules, clock.now()).zones,
  };
  return { present, day, input };
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
