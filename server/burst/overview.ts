// Everything about bursting at once, for a person: money, what is out, what waits for an answer, alerts, warm room, and when VMs go back. The look is the
// last one where nothing has changed since, else a new one.
import { paidUntil } from '#scheduler/burst/charges.ts';
import { type Said, said, spanText } from '#scheduler/said.ts';
import type { Context } from '../context.ts';
import { type BurstProposalRow, listBurstProposals } from '../db/burst.ts';
import { type BurstVmRow, listVms } from '../db/burst-vms.ts';
import { type Alert, alertsNow } from './alerts.ts';
import { lookAt, readAll, type Reading } from './look.ts';
import type { Look } from './memory.ts';
import { spendNow, type SpendNow } from './spend.ts';
import { windowOf, type Years } from './vm-of.ts';

export interface Overview {
  readonly reading: Reading;
  readonly look: Look;
  readonly spend: SpendNow;
  /** In the order of retreat. */
  readonly out: readonly BurstVmRow[];
  readonly ranks: ReadonlyMap<string, number>;
  readonly proposals: readonly BurstProposalRow[];
  readonly recent: readonly BurstVmRow[];
  readonly alerts: readonly Alert[];
  readonly status: Said;
  readonly retreat: { readonly from: number | null; readonly reason: Said };
}

const RECENT = 200;

export async function overviewOf(context: Context): Promise<Overview> {
  const { store, clock } = context;
  const reading = await readAll(context);
  const look = await lookAt(context, reading, { urgent: true });
  const now = clock.now();
  const { settings } = reading.rules;
  const years = context.market.years();
  const stored = await store.read(async (reader) => ({ spend: await spendNow(reader, settings, years, now), proposals: await listBurstProposals(reader, 'open', 10), recent: await listVms(reader, { limit: RECENT }) }));
  const ranks = new Map(look.answer.retreat.map(({ vmId, rank }) => [vmId, rank]));
  const out = reading.out.toSorted((one, other) => (ranks.get(one.id) ?? Number.MAX_SAFE_INTEGER) - (ranks.get(other.id) ?? Number.MAX_SAFE_INTEGER) || (paidUntil(one, now) ?? 0) - (paidUntil(other, now) ?? 0));
  return { reading, look, ...stored, ranks, out, alerts: await alertsNow(context), status: statusOf(reading, look, stored.proposals), retreat: retreatOf(reading, years, now) };
}

function statusOf({ rules: { settings }, out }: Reading, { answer: { purchase } }: Look, proposals: readonly BurstProposalRow[]): Said {
  const values = { out: out.length, coming: out.filter(({ readyAt, state }) => readyAt === null && state !== 'releasing').length, centsPerHour: purchase.centsPerHour, would: purchase.mix.reduce((sum, { count }) => sum + count, 0) };
  if (settings.mode === 'off') return purchase.wouldBuy.length === 0 ? said('off', values, 'Bursting is off; VMs out: {out}') : said('off-short', values, 'Bursting is off, and room is short; VMs out: {out}');
  const [bound] = purchase.bounded;
  if (bound !== undefined && purchase.mix.length === 0 && purchase.wouldBuy.length > 0) return bound;
  if (proposals.length > 0) return said('proposal', values, 'A proposal waits for an answer; VMs out: {out}');
  if (values.coming > 0) return said('coming', values, 'VMs on their way: {coming}; out: {out}');
  if (values.would > 0) return said('short', values, 'Room is short; VMs about to be bought: {would}, for {centsPerHour} cents an hour; out: {out}');
  return values.out === 0 ? said('quiet', values, 'Everything has its room on our own hosts; no VM is out') : said('serving', values, 'Everything has its room; VMs out: {out}');
}

function retreatOf({ rules: { settings } }: Reading, years: Years, now: number): Overview['retreat'] {
  const { from, isUnknownYear } = windowOf(settings, years, now);
  const values = { market: settings.retreat.market ?? '', hold: settings.retreat.holdMinutes, span: from === null ? '' : spanText(from - now) };
  if (isUnknownYear) return { from, reason: said('unknown-year', values, 'No calendar knows this year of {market}: its weekdays count as open') };
  if (from !== null) return { from, reason: said('market-open', values, 'The day of {market} is not over for another {span}; then each VM goes that was not needed for {hold} min') };
  return { from: null, reason: said('when-spared', values, 'Each VM goes that was not needed for {hold} min') };
}
