// What the charts of a workload's demand and replicas are drawn from: the past and the forecast on one axis of time, sessions as stretches,
// changes of the number as moments to pick. Takes the server's answer; gives columns of equal length. Pure.
import type { AutoscaleChart } from '#server/http/contract/index.ts';

type Column = readonly (number | null)[];

export interface AutoscaleColumns {
  /** Seconds since the epoch. */
  readonly times: readonly number[];
  readonly qps: Column;
  readonly forecast: Column;
  readonly bound: Column;
  readonly capacity: Column;
  readonly wanted: Column;
  readonly ready: Column;
  readonly pending: Column;
  readonly floor: Column;
}

const seconds = (instant: string) => Date.parse(instant) / 1000;

/** Past and next one after the other; what only one of them has is empty in the other. */
export function columnsOf(chart: AutoscaleChart): AutoscaleColumns {
  const { past } = chart;
  const last = past.at.at(-1) ?? '';
  // The forecast begins where the past ends: an instant in both would make the axis go back.
  const ahead = chart.next.at.flatMap((at, index) => (at > last ? [index] : []));
  const join = (before: Column | null, after: Column | null): Column => [...(before ?? past.at.map(() => null)), ...ahead.map((index) => after?.[index] ?? null)];
  return {
    times: [...past.at.map(seconds), ...ahead.map((index) => seconds(chart.next.at[index] ?? ''))],
    qps: join(past.qps, null),
    forecast: join(past.forecast, chart.next.forecast),
    bound: join(past.bound, chart.next.bound),
    capacity: join(past.capacityQps, null),
    wanted: join(past.wanted, chart.next.wanted),
    ready: join(past.ready, null),
    pending: join(past.pending, null),
    floor: join(null, chart.next.floor),
  };
}

/** Whether anything at all is known to be drawn. */
export function isBlank(columns: AutoscaleColumns): boolean {
  return [columns.qps, columns.forecast, columns.wanted, columns.ready].every((column) => column.every((value) => value === null));
}

/** When a market trades, in seconds, cut to what is shown. */
export function shadesOf(sessions: readonly { readonly open: string; readonly close: string }[], from: number, to: number): { readonly from: number; readonly to: number }[] {
  return sessions.map(({ open, close }) => ({ from: Math.max(from, seconds(open)), to: Math.min(to, seconds(close)) })).filter((each) => each.to > each.from);
}
