// A VM as the scheduler takes it, from its row, and back; and what is known of when it comes back.
import { promisedCents, releaseAt } from '#scheduler/burst/charges.ts';
import type { Vm } from '#scheduler/burst/model.ts';
import type { CalendarYear } from '#scheduler/calendar/model.ts';
import type { Pool } from '#scheduler/model.ts';
import { retreatWindow, type RetreatWindow } from '#scheduler/burst/window.ts';
import type { BurstVmRow } from '../db/burst-vms.ts';
import type { BurstSettings } from '../http/contract/burst.ts';

const MINUTE_MS = 60_000;

export function vmOf(row: BurstVmRow): Vm {
  const { id, name, poolId, terms, state, since, deadlineAt, reason, owner, attempt, providerId, address, hostId, delivered, route, billedFrom, verdict, isAbandoned, askedAt, readyAt, endedAt } = row;
  return { id, name, poolId, terms, state, since, deadlineAt, reason, owner, attempt, providerId, address, hostId, delivered, route, billedFrom, verdict, isAbandoned, askedAt, readyAt, endedAt };
}

/** The row with what the next step remembers. */
export function rowOf(row: BurstVmRow, { terms: _terms, ...vm }: Vm): BurstVmRow {
  return { ...row, ...vm, reason: { ...vm.reason, values: { ...vm.reason.values } } };
}

/** The pool as it was when the VM was bought. */
export function poolOfVm({ poolId, pool, terms }: BurstVmRow): Pool {
  const { site, bought, costCentsPerHour, performance, stability, labels, taints, environments } = terms;
  return { id: poolId, name: pool, site, capacity: bought, costCentsPerHour, limit: 1, performance, stability, labels, taints, environments };
}

export const isComing = ({ state, isAbandoned }: BurstVmRow): boolean => !isAbandoned && (state === 'asked' || state === 'provisioning' || state === 'joining');
export const isServing = ({ state, hostId }: BurstVmRow): boolean => hostId !== null && (state === 'ready' || state === 'in-use');

export type Years = readonly CalendarYear[];

/** @param years the calendars in force */
export function windowOf({ retreat }: BurstSettings, years: Years, now: number): RetreatWindow {
  return retreatWindow(retreat.market, retreat.afterCloseMinutes * MINUTE_MS, now, years);
}

/** When VMs that nothing needs any more would begin to go. */
export function expectedRetreat(settings: BurstSettings, years: Years, now: number): number {
  return (windowOf(settings, years, now).from ?? now) + settings.retreat.holdMinutes * MINUTE_MS;
}

/** When it is expected to be given back: at the end of the paid period in which it has become needless. Null: it is on its way out. */
export function comesBackAt(row: BurstVmRow, settings: BurstSettings, years: Years, now: number): number | null {
  if (row.state === 'releasing' || row.state === 'released' || row.state === 'failed') return null;
  if (row.state === 'emptied') return releaseAt(row, now);
  const { billingMs, releaseMarginMs } = row.terms;
  const from = row.billedFrom ?? now;
  const needed = Math.max(row.keepUntil ?? 0, expectedRetreat(settings, years, now));
  return from + Math.max(1, Math.ceil((needed - from) / billingMs)) * billingMs - releaseMarginMs;
}

/** What it will still cost until then within a span. */
export function stillCosts(row: BurstVmRow, settings: BurstSettings, years: Years, now: number, until: number): number {
  return promisedCents(row, now, comesBackAt(row, settings, years, now), until);
}
