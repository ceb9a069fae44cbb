// Proposals to buy: at most one is open, made anew when it would be another, and lapsed when nothing is needed any more. A person's approval
// buys what the proposal says, within the caps as they are then.
import type { Purchase } from '#scheduler/burst/purchase.ts';
import { type Said, said } from '#scheduler/said.ts';
import type { Context } from '../context.ts';
import { type BurstProposalRow, burstProposalById, insertBurstProposal, listBurstProposals, type ProposedPurchase, updateBurstProposal } from '../db/burst.ts';
import type { BurstVmRow } from '../db/burst-vms.ts';
import { appendEvent } from '../db/events.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import type { Actor } from '../requests/submit.ts';
import { buyVms } from './buy.ts';
import { readHooks } from './hooks.ts';
import { readRules } from './rules.ts';
import { expectedRetreat } from './vm-of.ts';

const MOST_OPEN = 10;
const copy = ({ code, values, sentence }: Said) => ({ code, values: { ...values }, sentence });

export function purchaseOf(purchase: Purchase, expectedBackAt: number): ProposedPurchase {
  const { mix, wouldBuy, givesRoomFor, leaves, bounded, reasons, centsPerHour, predictedCents } = purchase;
  return {
    mix: mix.map((line) => ({ ...line })),
    wouldBuy: wouldBuy.map((line) => ({ ...line })),
    centsPerHour,
    predictedCents,
    expectedBackAt,
    givesRoomFor: givesRoomFor.map((line) => ({ ...line })),
    leaves: leaves.map((line) => ({ ...line, reason: copy(line.reason) })),
    bounded: bounded.map(copy),
    reasons: reasons.map(copy),
  };
}

const sameMix = (one: ProposedPurchase, other: ProposedPurchase): boolean => JSON.stringify([one.mix, one.bounded.map(({ code }) => code)]) === JSON.stringify([other.mix, other.bounded.map(({ code }) => code)]);

/** Keeps the open one while it would be the same. @returns what it says */
export async function propose(context: Context, purchase: Purchase): Promise<string> {
  const { store, ids, clock, market } = context;
  if (purchase.mix.length === 0) {
    const bound = purchase.bounded[0] ?? said('nothing-sold', {}, 'Room is short, and no pool sells anything now');
    await lapseProposals(context, bound);
    return bound.sentence;
  }
  return await store.tx(async (tx) => {
    const now = clock.now();
    const { settings } = await readRules(tx);
    const proposed = purchaseOf(purchase, expectedRetreat(settings, market.years(), now));
    const open = await listBurstProposals(tx, 'open', MOST_OPEN);
    if (open.some((row) => sameMix(row.purchase, proposed))) return 'a proposal waits for an answer';
    for (const { id } of open) await updateBurstProposal(tx, id, { state: 'lapsed', stateReason: said('replaced', {}, 'Another proposal fits better now'), decidedAt: now });
    const row: BurstProposalRow = { id: ids.next(), state: 'open', stateReason: said('waits', {}, 'It waits for somebody to approve it'), purchase: proposed, createdAt: now, decidedBy: null, decidedAt: null };
    await insertBurstProposal(tx, row);
    const text = proposed.mix.map(({ pool, count }) => `${count} of ${pool}`).join(', ');
    await appendEvent(tx, { at: now, actor: 'firn', kind: 'burst.proposed', subjectType: 'burst', subjectId: row.id, subject: 'burst', message: `firn proposes to buy ${text} for ${proposed.centsPerHour} cents an hour`, why: proposed.reasons.map(({ sentence }) => sentence).join('; ') });
    return 'a proposal waits for an answer';
  });
}

export async function lapseProposals({ store, clock }: Context, reason: Said): Promise<void> {
  if ((await store.read((reader) => listBurstProposals(reader, 'open', 1))).length === 0) return;
  await store.tx(async (tx) => {
    for (const { id } of await listBurstProposals(tx, 'open', MOST_OPEN)) await updateBurstProposal(tx, id, { state: 'lapsed', stateReason: copy(reason), decidedAt: clock.now() });
  });
}

/** @throws NotFoundError, ConflictError where it is decided, has nothing to buy, or no longer fits */
export async function decideProposal(context: Context, actor: Actor, id: string, verb: 'approve' | 'dismiss', note: string): Promise<BurstVmRow[]> {
  const { store, clock, config } = context;
  const hooks = await readHooks(config.provisioners);
  return await store.tx(async (tx) => {
    const row = await burstProposalById(tx, id);
    if (row === undefined) throw new NotFoundError('burst-proposal-unknown', `There is no proposal ${id}.`);
    if (row.state !== 'open') throw new ConflictError('burst-proposal-decided', `This proposal is ${row.state}: ${row.stateReason.sentence}.`);
    const decided = { decidedBy: actor.name, decidedAt: clock.now() };
    if (verb === 'dismiss') {
      await updateBurstProposal(tx, id, { ...decided, state: 'dismissed', stateReason: said('dismissed', { by: actor.name, note }, note === '' ? '{by} dismissed it' : '{by} dismissed it: {note}') });
      return [];
    }
    const { mix, givesRoomFor, reasons } = row.purchase;
    if (mix.length === 0) throw new ConflictError('burst-proposal-empty', 'This proposal buys nothing: the caps leave no room for it.');
    const { settings } = await readRules(tx);
    const rows = await buyVms(context, tx, settings, hooks, { mix, why: reasons[0] ?? said('approved', {}, 'It was approved'), forWorkloads: givesRoomFor, boughtBy: actor.name, proposalId: id });
    await updateBurstProposal(tx, id, { ...decided, state: 'approved', stateReason: said('approved', { by: actor.name, note }, note === '' ? '{by} approved it' : '{by} approved it: {note}') });
    return rows;
  });
}
