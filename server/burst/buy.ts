// VMs are wanted: their rows are written, each with a name, a range of its own and what it may cost, before anybody is asked to make them. Everything
// that bounds a purchase is looked at again in the same transaction: caps, limits of pools, addresses.
import { freeRange } from '#scheduler/burst/address-ranges.ts';
import { centsFor } from '#scheduler/burst/charges.ts';
import type { MixLine } from '#scheduler/burst/model.ts';
import { type Said, said } from '#scheduler/said.ts';
import type { Context } from '../context.ts';
import { type BurstVmRow, insertVm, vmNames, type VmTerms } from '../db/burst-vms.ts';
import { appendEvent } from '../db/events.ts';
import { listHosts } from '../db/hosts.ts';
import type { Tx } from '../db/store.ts';
import { ConflictError } from '../errors.ts';
import type { BurstSettings } from '../http/contract/burst.ts';
import { type PoolOffer, readOffers, takenRanges } from './offers.ts';
import type { Hooks } from './hooks.ts';
import { moneyLeft, spendNow } from './spend.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

export interface Order {
  readonly mix: readonly Pick<MixLine, 'poolId' | 'pool' | 'count'>[];
  readonly why: Said;
  readonly forWorkloads: readonly { readonly workload: string; readonly replicas: number }[];
  readonly boughtBy: string;
  readonly proposalId: string | null;
}

/**
 * Writes down what is wanted; the loop does the rest.
 * @throws ConflictError `cap-reached`, `pool-closed`, `pool-limit` or `ranges-used-up`; nothing is bought then
 */
export async function buyVms({ ids, clock, loops, market }: Context, tx: Tx, settings: BurstSettings, hooks: Hooks, order: Order): Promise<BurstVmRow[]> {
  const now = clock.now();
  const offers = new Map((await readOffers(tx, hooks, now)).map((offer) => [offer.pool.id, offer]));
  const lines = order.mix.map((line) => ({ ...line, offer: usable(offers, line) }));
  const money = moneyLeft(settings, await spendNow(tx, settings, market.years(), now), market.years(), now);
  const hour = lines.reduce((sum, { offer, count }) => sum + offer.pool.costCentsPerHour * count, 0);
  const today = lines.reduce((sum, { offer, count }) => sum + count * centsFor({ costCentsPerHour: offer.pool.costCentsPerHour, billingMs: offer.billingMs }, money.stayTodayMs), 0);
  if (hour > money.leftCentsPerHour) throw capReached('hour', hour, money.leftCentsPerHour, settings.capCentsPerHour);
  if (today > money.leftCentsToday) throw capReached('day', today, money.leftCentsToday, settings.capCentsPerDay);
  const taken = await takenRanges(tx);
  const names = new Set([...(await vmNames(tx)), ...(await listHosts(tx)).map(({ name }) => name)]);
  const rows: BurstVmRow[] = [];
  for (const { offer, count } of lines) {
    for (let one = 0; one < count; one += 1) {
      const edit = offer.provisioner!.edit;
      const containerCidr = freeRange(edit.rangeSupernet, edit.rangePrefix, taken);
      if (containerCidr === undefined) throw new ConflictError('ranges-used-up', `${edit.rangeSupernet} has no range of /${edit.rangePrefix} left for another VM of pool ${offer.pool.name}.`);
      taken.push(containerCidr);
      const name = nextName(offer.pool.name, names);
      names.add(name);
      const terms = termsOf(offer, settings);
      const row: BurstVmRow = {
        id: ids.next(), name, poolId: offer.pool.id, pool: offer.pool.name, terms, containerCidr, state: 'asked', since: now, deadlineAt: now + MINUTE_MS, owner: 'firn', reason: { ...order.why, values: { ...order.why.values } }, attempt: 0,
        providerId: null, address: null, hostId: null, tokenIds: [], delivered: null, route: 'none', billedFrom: null, predictedCents: centsFor(terms, money.stayMs), why: { ...order.why, values: { ...order.why.values } },
        forWorkloads: order.forWorkloads.map((line) => ({ ...line })), boughtBy: order.boughtBy, proposalId: order.proposalId, verdict: null, isAbandoned: false, sparedSince: null, keepUntil: null, keptBy: null, askedAt: now, readyAt: null, endedAt: null,
      };
      await insertVm(tx, row, order.boughtBy);
      rows.push(row);
    }
  }
  const text = lines.map(({ pool, count }) => `${count} of ${pool}`).join(', ');
  await appendEvent(tx, { at: now, actor: order.boughtBy, kind: 'burst.bought', subjectType: 'burst', subjectId: order.proposalId ?? rows[0]?.id ?? 'purchase', subject: 'burst', message: `${order.boughtBy} buys ${text} for ${hour} cents an hour`, why: order.why.sentence });
  tx.afterCommit(() => loops.wake('burst'));
  return rows;
}

/** @throws ConflictError where the pool sells nothing now, or less */
function usable(offers: ReadonlyMap<string, PoolOffer>, { poolId, pool, count }: Order['mix'][number]): PoolOffer {
  const offer = offers.get(poolId);
  if (offer === undefined) throw new ConflictError('pool-closed', `There is no pool ${pool} any more.`);
  if (offer.problem !== null) throw new ConflictError('pool-closed', `${offer.problem.sentence}.`);
  if (offer.out + count > offer.pool.limit) throw new ConflictError('pool-limit', `Pool ${pool} sells at most ${offer.pool.limit}, and ${offer.out} are out: ${count} more are too many.`, [{ field: 'mix', value: count, message: 'is more than the pool sells', allowed: `up to ${Math.max(0, offer.pool.limit - offer.out)}` }]);
  return offer;
}

function capReached(span: 'hour' | 'day', cents: number, left: number, cap: number): ConflictError {
  const { sentence } = said(`cap-${span}`, { cents, left: Math.max(0, left), cap }, `It would add {cents} cents, and the cap of {cap} cents a${span === 'hour' ? 'n hour' : ' day'} leaves {left}.`);
  return new ConflictError('cap-reached', sentence, [{ field: 'mix', value: cents, message: `is more than the cap of ${cap} cents leaves`, allowed: `up to ${Math.max(0, left)} cents` }]);
}

function nextName(pool: string, taken: ReadonlySet<string>): string {
  for (let ordinal = 1; ; ordinal += 1) {
    const name = `burst-${pool}-${ordinal}`;
    if (!taken.has(name)) return name;
  }
}

function termsOf({ pool, provisioner }: PoolOffer, { retreat }: BurstSettings): VmTerms {
  const { hook, options, billingMinutes, releaseMarginSeconds, provisionSeconds, joinSeconds, releaseSeconds, leastShare } = provisioner!.edit;
  const { site, capacity, costCentsPerHour, performance, stability, labels, taints, environments } = pool;
  return {
    site, hook, options, performance, stability, labels: { ...labels }, taints: [...taints], environments: [...environments], bought: capacity, costCentsPerHour,
    billingMs: billingMinutes * MINUTE_MS, releaseMarginMs: releaseMarginSeconds * SECOND_MS, provisionMs: provisionSeconds * SECOND_MS, joinMs: joinSeconds * SECOND_MS, drainMs: retreat.drainMinutes * MINUTE_MS, releaseMs: releaseSeconds * SECOND_MS, leastSharePermille: leastShare,
  };
}
