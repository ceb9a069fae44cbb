// When networks run out of addresses: at the rate of the last days, and if the autoscaler took every workload to its most.
// Reads one consistent state; the sums are pure. A forecast that rests on less than a day of history says so.
import { grantedReplicas } from '../autoscale/observe.ts';
import type { Context } from '../context.ts';
import { turnoverByDay } from '../db/addresses.ts';
import { listAutoscaleSettings } from '../db/autoscale.ts';
import { listNetworks } from '../db/networks.ts';
import type { Forecast } from '../http/contract/addresses.ts';
import type { NetworkView } from '../http/contract/fleet.ts';
import { viewNetworks } from './network-views.ts';

const DAY_MS = 86_400_000;
/** Two weeks show a trend beyond the rhythm of a week. */
const TREND_DAYS = 14;
/** What is further away than this nobody plans for. */
const MOST_DAYS = 3_650;
const SOON_DAYS = 14;
/** A rise slower than one address in a hundred days is none. */
const LEAST_PER_DAY = 0.01;

/** Of every network, the soonest to run out first. */
export async function forecastNetworks({ store, present, clock }: Context): Promise<Forecast[]> {
  const now = clock.now();
  const { views, created, turnover, settings } = await store.read(async (reader) => ({
    views: await viewNetworks(reader, now),
    created: new Map((await listNetworks(reader)).map(({ id, createdAt }) => [id, createdAt])),
    turnover: Map.groupBy(await turnoverByDay(reader, now, TREND_DAYS), ({ networkId }) => networkId),
    settings: await listAutoscaleSettings(reader),
  }));
  const seen = await present.read();
  const networkOf = new Map(seen.snapshot.hosts.map(({ id, networkId }) => [id, networkId]));
  const more = new Map<string, number>();
  const replicas = Map.groupBy(seen.snapshot.replicas, ({ workloadId }) => workloadId);
  for (const workload of seen.snapshot.workloads) {
    const set = settings.get(workload.id)?.settings;
    const own = replicas.get(workload.id) ?? [];
    const sizing = seen.sizingOf(workload);
    if (set?.mode !== 'on' || own.length === 0 || 'message' in sizing) continue;
    const most = Math.min(grantedReplicas(workload, sizing), set.max ?? Number.POSITIVE_INFINITY);
    for (const [networkId, share] of shared(Math.max(0, most - own.length), own.flatMap(({ hostId }) => networkOf.get(hostId ?? '') ?? []))) more.set(networkId, (more.get(networkId) ?? 0) + share);
  }
  const forecasts = views.map((view) => forecast(view, heldByDay(view.held, turnover.get(view.id) ?? [], now - (created.get(view.id) ?? now)), more.get(view.id), now));
  const soonness = ({ runsOutInDays, atMaximum, free }: Forecast) => (free === 0 ? -1 : Math.min(runsOutInDays ?? Number.POSITIVE_INFINITY, (atMaximum?.short ?? 0) > 0 ? SOON_DAYS : Number.POSITIVE_INFINITY));
  return forecasts.sort((one, other) => soonness(one) - soonness(other) || (one.network < other.network ? -1 : 1));
}

/** What comes on each network, in the proportion in which replicas are on them now; whole numbers that add up. */
export function shared(count: number, networkIds: readonly string[]): Map<string, number> {
  const parts = new Map<string, number>();
  const weights = [...Map.groupBy(networkIds, (id) => id)].map(([id, all]) => [id, all.length] as const).sort(([one], [other]) => (one < other ? -1 : 1));
  let left = count;
  let weightLeft = networkIds.length;
  for (const [id, weight] of weights) {
    const part = Math.round((left * weight) / weightLeft);
    parts.set(id, part);
    left -= part;
    weightLeft -= weight;
  }
  return parts;
}

/** Held addresses one day apart, the oldest first and now last; not from before there was the network. */
export function heldByDay(heldNow: number, turnover: readonly { readonly daysAgo: number; readonly taken: number; readonly givenBack: number }[], ageMs: number): number[] {
  const days: number[] = [heldNow];
  let held = heldNow;
  for (let ago = 0; ago < TREND_DAYS && (ago + 1) * DAY_MS <= ageMs; ago += 1) {
    for (const each of turnover) if (each.daysAgo === ago) held += each.givenBack - each.taken;
    days.push(held);
  }
  return days.reverse();
}

/** Rise a day of the straight line that lies closest; null where there are fewer than two days. */
export function slope(days: readonly number[]): number | null {
  if (days.length < 2) return null;
  const middle = (days.length - 1) / 2;
  const mean = days.reduce((sum, each) => sum + each, 0) / days.length;
  const [above, below] = days.reduce(([upper, lower], each, at) => [upper + (at - middle) * (each - mean), lower + (at - middle) ** 2], [0, 0]);
  return Math.round((above / below) * 100) / 100;
}

/** @param days held addresses a day apart, now last @param more what the autoscaler may still start here; undefined: it scales nothing here */
export function forecast(view: NetworkView, days: readonly number[], more: number | undefined, now: number): Forecast {
  const { id, name, mode, site, held, quarantined, reserved, free } = view;
  const perDay = slope(days);
  const inDays = perDay === null || perDay < LEAST_PER_DAY || free === 0 ? null : Math.round((free / perDay) * 10) / 10;
  const runsOutInDays = free === 0 ? 0 : inDays !== null && inDays <= MOST_DAYS ? inDays : null;
  const atMaximum = more === undefined ? null : { more, short: Math.max(0, more - free) };
  const level = free === 0 ? 'full' : (atMaximum?.short ?? 0) > 0 ? 'short' : runsOutInDays !== null && runsOutInDays <= SOON_DAYS ? 'soon' : 'well';
  return {
    networkId: id, network: name, mode, site, usable: free + held + quarantined, held, quarantined, reserved, free,
    days: days.map((each, at) => ({ at: new Date(now - (days.length - 1 - at) * DAY_MS).toISOString(), held: each })),
    perDay, runsOutInDays,
    runsOutAt: runsOutInDays === null ? null : new Date(now + runsOutInDays * DAY_MS).toISOString(),
    atMaximum, level,
    sentence: `${trendSentence(name, free, perDay, runsOutInDays, days.length - 1)}${maximumSentence(atMaximum)}.`,
  };
}

function trendSentence(name: string, free: number, perDay: number | null, runsOutInDays: number | null, days: number): string {
  if (free === 0) return `${name} has no free address left`;
  if (perDay === null) return `${name} has ${free} free addresses; there is less than a day of history to tell a trend from`;
  if (runsOutInDays === null) return `${name} has ${free} free addresses and does not run out at the present rate (${perDay} a day over ${days} days)`;
  return `${name} runs out in about ${runsOutInDays < 1 ? 'a day' : `${Math.round(runsOutInDays)} days`} at the present rate (${perDay} a day over ${days} days, ${free} free)`;
}

function maximumSentence(atMaximum: Forecast['atMaximum']): string {
  if (atMaximum === null) return '';
  if (atMaximum.short === 0) return `; at the autoscaler's maximum ${atMaximum.more} more are needed, and there is room`;
  return `; at the autoscaler's maximum it is short by ${atMaximum.short} of ${atMaximum.more}`;
}
