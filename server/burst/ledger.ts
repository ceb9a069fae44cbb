// The ledger of a span: what was bought, for whom, what it was said to cost and what it did. Paid are the rows of charges that began in the span; VMs are
// all that were out in it. Days are those of the rules' time zone.
import type { Context } from '../context.ts';
import { type BurstVmRow, chargesBetween, chargesOfVms, listVms } from '../db/burst-vms.ts';
import { InvalidError } from '../errors.ts';
import { readRules, type Rules } from './rules.ts';
import { monthOf, dateText, dayOf } from './zone.ts';

const DAY_MS = 86_400_000;
const MOST_DAYS = 400;

export interface Ledger {
  readonly rules: Rules;
  readonly from: number;
  readonly to: number;
  readonly totals: { readonly predictedCents: number; readonly actualCents: number; readonly vms: number; readonly vmHours: number };
  readonly days: readonly { readonly day: string; readonly predictedCents: number; readonly actualCents: number; readonly capCents: number; readonly vms: number }[];
  readonly items: readonly { readonly row: BurstVmRow; readonly actualCents: number }[];
  readonly next: string | null;
}

/** @throws InvalidError for a span that ends before it begins or is longer than a year */
export async function ledgerOf({ store, clock }: Context, query: { readonly from?: string | undefined; readonly to?: string | undefined; readonly limit: number; readonly after?: string | undefined }): Promise<Ledger> {
  const now = clock.now();
  return await store.read(async (reader) => {
    const rules = await readRules(reader);
    const { timeZone } = rules.settings;
    const from = query.from === undefined ? monthOf(now, timeZone).from : Date.parse(query.from);
    const to = query.to === undefined ? Math.max(dayOf(now, timeZone).to, from + DAY_MS) : Date.parse(query.to);
    if (to <= from || to - from > MOST_DAYS * DAY_MS) throw new InvalidError('span-invalid', `to is ${new Date(to).toISOString()}: it must come after from, and at most ${MOST_DAYS} days later.`, [{ field: 'to', value: query.to, message: 'is no end of this span', allowed: `after from, at most ${MOST_DAYS} days later` }]);
    const charges = await chargesBetween(reader, from, to);
    const all = await listVms(reader, { limit: 1_000, from, to });
    const page = await listVms(reader, { limit: query.limit, before: query.after, from, to });
    const paid = new Map<string, number>();
    for (const { vmId, cents } of await chargesOfVms(reader, page.map(({ id }) => id))) paid.set(vmId, (paid.get(vmId) ?? 0) + cents);
    const spans = all.map((row) => [row.billedFrom ?? row.askedAt, row.endedAt ?? now] as const);
    const vmHours = spans.reduce((sum, [start, end]) => sum + Math.max(0, Math.min(end, to) - Math.max(start, from)), 0) / 3_600_000;
    const days = daysOf(from, Math.min(to, Math.max(now, from + 1)), timeZone).map((day) => {
      const within = (at: number) => at >= day.from && at < day.to;
      return {
        day: dateText(day.from, timeZone),
        predictedCents: all.filter(({ askedAt }) => within(askedAt)).reduce((sum, { predictedCents }) => sum + predictedCents, 0),
        actualCents: charges.filter(({ fromAt }) => within(fromAt)).reduce((sum, { cents }) => sum + cents, 0),
        capCents: rules.settings.capCentsPerDay,
        vms: spans.filter(([start, end]) => start < day.to && end >= day.from).length,
      };
    });
    const totals = { predictedCents: all.reduce((sum, row) => sum + row.predictedCents, 0), actualCents: charges.reduce((sum, { cents }) => sum + cents, 0), vms: all.length, vmHours: Math.round(vmHours * 100) / 100 };
    return { rules, from, to, totals, days, items: page.map((row) => ({ row, actualCents: paid.get(row.id) ?? 0 })), next: page.length === query.limit ? page.at(-1)!.id : null };
  });
}

function daysOf(from: number, to: number, timeZone: string): { readonly from: number; readonly to: number }[] {
  const days = [];
  for (let day = dayOf(from, timeZone); day.from < to; day = dayOf(day.to, timeZone)) days.push(day);
  return days;
}
