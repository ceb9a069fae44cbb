// Money now: what was paid, what is promised, what is left of the caps. Takes the store and the rules; gives cents. Paid is what stands in rows of
// charges; promised is what VMs that are out will still cost until they are expected back.
import type { Money } from '#scheduler/burst/purchase.ts';
import { chargesBetween, vmsOut, type BurstVmRow } from '../db/burst-vms.ts';
import type { Reader } from '../db/store.ts';
import type { BurstSettings } from '../http/contract/burst.ts';
import { expectedRetreat, stillCosts, type Years } from './vm-of.ts';
import { dayOf, monthOf, type Span } from './zone.ts';

export interface SpanSpend {
  readonly predictedCents: number;
  readonly actualCents: number;
  readonly promisedCents: number;
}

export interface SpendNow {
  readonly hourCents: number;
  readonly today: SpanSpend;
  readonly month: SpanSpend;
  readonly day: Span;
}

export async function spendNow(reader: Reader, settings: BurstSettings, years: Years, now: number): Promise<SpendNow> {
  const out = await vmsOut(reader);
  const day = dayOf(now, settings.timeZone);
  const month = monthOf(now, settings.timeZone);
  const charges = await chargesBetween(reader, Math.min(day.from, month.from), Math.max(day.to, month.to));
  const of = ({ from, to }: Span): SpanSpend => {
    const actualCents = charges.filter(({ fromAt }) => fromAt >= from && fromAt < to).reduce((sum, { cents }) => sum + cents, 0);
    const promised = out.reduce((sum, row) => sum + stillCosts(row, settings, years, now, to), 0);
    return { actualCents, promisedCents: promised, predictedCents: actualCents + promised };
  };
  return { hourCents: hourOf(out), today: of(day), month: of(month), day };
}

/** What everything that is out costs an hour; what is known to be gone costs nothing. */
const hourOf = (out: readonly BurstVmRow[]): number => out.filter(({ endedAt }) => endedAt === null).reduce((sum, { terms }) => sum + terms.costCentsPerHour, 0);

/** What a purchase may cost now. */
export function moneyLeft(settings: BurstSettings, { hourCents, today, day }: SpendNow, years: Years, now: number): Money {
  const stayMs = Math.max(1, expectedRetreat(settings, years, now) - now);
  return {
    leftCentsPerHour: settings.capCentsPerHour - hourCents,
    leftCentsToday: settings.capCentsPerDay - today.predictedCents,
    capCentsPerHour: settings.capCentsPerHour,
    capCentsPerDay: settings.capCentsPerDay,
    stayMs,
    stayTodayMs: Math.max(1, Math.min(stayMs, day.to - now)),
  };
}
