// What might have helped on a day that was shed on: changes of one kind each, worked out from what ran out, to be tried by running the day again.
import { type DrillInput, type Outcome, type Remedy, STEP_MS } from './model.ts';

const HALF_HOUR_MS = 1_800_000;
const HOUR_MS = 3_600_000;
/** Above what was wanted: what is wanted grows when more of it is there. */
const MARGIN = 1.1;

/** In the order in which they are tried; empty: nothing was shed. With more than one, all of them together come last. */
export function remediesFor(outcome: Outcome, input: DrillInput): Remedy[] {
  if (outcome.totals.shedRequests === 0) return [];
  const has = (...kinds: readonly string[]) => outcome.shortages.some(({ what }) => kinds.includes(what));
  const hurt = outcome.workloads.filter(({ totals }) => totals.shedRequests > 0);
  const bounded = hurt.filter(({ isScaled, granted, mostWanted, neededAtPeak }) => granted < Math.max(isScaled ? mostWanted : 0, neededAtPeak));
  const fixed = hurt.filter(({ isScaled }) => !isScaled);
  const granted = Object.fromEntries(bounded.map(({ workloadId, mostWanted, neededAtPeak }) => [workloadId, Math.ceil(Math.max(mostWanted, neededAtPeak) * MARGIN)]));
  const remedies: Remedy[] = [];
  if (fixed.length > 0) remedies.push({ code: 'autoscale-on', data: { workloads: fixed.length }, scaled: fixed.map(({ workloadId }) => workloadId) });
  if (has('quota')) remedies.push({ code: 'more-quota', data: { replicas: most(outcome, 'quota') }, withoutQuota: true });
  if (bounded.length > 0) remedies.push({ code: 'higher-max', data: { replicas: Math.max(...Object.values(granted)), workloads: bounded.length }, granted });
  if (has('not-cloud-eligible')) remedies.push({ code: 'allow-cloud', data: { workloads: hurt.length }, cloudFor: hurt.map(({ workloadId }) => workloadId) });
  if (has('spend-cap') && input.spendCapCents !== null) remedies.push({ code: 'higher-spend-cap', data: { cents: input.spendCapCents }, withoutSpendCap: true });
  if (has('cloud-limit') && input.pools.length > 0) remedies.push({ code: 'another-pool', data: { vms: input.pools.reduce((sum, { limit }) => sum + limit, 0) }, poolFactor: 2 });
  if (has('start-delay', 'private-room')) remedies.push(...earlier(outcome, input, has));
  return remedies.length > 1 ? [...remedies, together(remedies)] : remedies;
}

const most = ({ shortages }: Outcome, kind: string): number => Math.max(0, ...shortages.filter(({ what }) => what === kind).map(({ wanted }) => wanted));

/** Capacity before the demand: replicas by a floor, and VMs that stand ready. */
function earlier(outcome: Outcome, input: DrillInput, has: (...kinds: readonly string[]) => boolean): Remedy[] {
  const floors = Object.fromEntries(
    outcome.workloads.flatMap(({ workloadId, totals, neededAtPeak, isScaled }) => {
      if (totals.worstMinute === null || !isScaled) return [];
      return [[workloadId, { replicas: neededAtPeak, from: Math.max(input.from, totals.worstMinute.at - HALF_HOUR_MS), to: totals.worstMinute.at + HOUR_MS }]];
    }),
  );
  const worst = outcome.totals.worstMinute?.at ?? input.from;
  const from = Math.max(input.from, Math.floor((worst - HALF_HOUR_MS) / STEP_MS) * STEP_MS);
  const vms = Object.values(outcome.mostOfPool).reduce((sum, count) => sum + count, 0);
  return [
    ...(Object.keys(floors).length > 0 ? [{ code: 'earlier-floor' as const, data: { replicas: Math.max(...Object.values(floors).map(({ replicas }) => replicas)), minutes: HALF_HOUR_MS / 60_000 }, floors }] : []),
    ...(vms > 0 && has('private-room') ? [{ code: 'warm-room' as const, data: { vms, minutes: HALF_HOUR_MS / 60_000 }, warm: { vms: outcome.mostOfPool, from } }] : []),
  ];
}

const together = (remedies: readonly Remedy[]): Remedy => remedies.reduce<Remedy>((all, each) => ({ ...all, ...each, code: 'all-together', data: { remedies: remedies.length } }), { code: 'all-together', data: {} });
