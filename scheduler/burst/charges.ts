// Money of a VM: paid in whole periods that begin when it exists, whether it serves or not. Takes what it was bought under and since when it is
// paid; gives the periods, and when it is to be given back. The same periods come out however often they are asked for.
import type { Terms, Vm } from './model.ts';

export interface Charge {
  /** 0, 1, ... */
  readonly period: number;
  readonly from: number;
  readonly to: number;
  readonly cents: number;
}

const HOUR_MS = 3_600_000;
/** No VM is out for so many periods: a sum that is asked for a clock gone wrong ends. */
const MOST_PERIODS = 100_000;

/** What one period costs, rounded up: a provider never rounds down. */
export function centsOfPeriod({ costCentsPerHour, billingMs }: Pick<Terms, 'costCentsPerHour' | 'billingMs'>): number {
  return Math.ceil((costCentsPerHour * billingMs) / HOUR_MS);
}

/** What a VM costs that is paid for so long: whole periods, at least one. */
export function centsFor(terms: Pick<Terms, 'costCentsPerHour' | 'billingMs'>, spanMs: number): number {
  return centsOfPeriod(terms) * Math.max(1, Math.ceil(spanMs / terms.billingMs));
}

type Paid = Pick<Vm, 'terms' | 'billedFrom' | 'endedAt'>;

/** Every period that has begun until now, or until the VM ended. */
export function chargesOf({ terms, billedFrom, endedAt }: Paid, now: number): Charge[] {
  if (billedFrom === null) return [];
  const end = Math.min(endedAt ?? now, now);
  const charges: Charge[] = [];
  for (let period = 0; period < MOST_PERIODS; period += 1) {
    const from = billedFrom + period * terms.billingMs;
    if (from > end || (period > 0 && from === end && endedAt !== null)) break;
    charges.push({ period, from, to: from + terms.billingMs, cents: centsOfPeriod(terms) });
  }
  return charges;
}

/** End of the period that is paid already; null: nothing is. */
export function paidUntil(vm: Paid, now: number): number | null {
  return chargesOf(vm, now).at(-1)?.to ?? null;
}

/** When an emptied VM is to be given back so that no further period begins; now where it is not paid for. */
export function releaseAt(vm: Paid, now: number): number {
  const until = paidUntil(vm, now);
  return until === null ? now : until - vm.terms.releaseMarginMs;
}

/** What is still to be paid between two instants if the VM stays until `backAt`: periods that begin in the span. */
export function promisedCents(vm: Paid, now: number, backAt: number | null, until: number): number {
  if (vm.endedAt !== null) return 0;
  const from = paidUntil(vm, now) ?? now;
  const end = Math.min(until, backAt ?? until);
  if (end <= from) return vm.billedFrom === null ? centsOfPeriod(vm.terms) : 0;
  return centsOfPeriod(vm.terms) * Math.ceil((end - from) / vm.terms.billingMs);
}
