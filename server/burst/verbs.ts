// What people do to VMs: buy now, let go now, keep for a while, abandon, and take a stranger away. Each is refused with a sentence where it cannot be, and
// the same rules that the loop keeps hold: caps, limits, survival. A dry run is the same look without the last step.
import { centsFor } from '#scheduler/burst/charges.ts';
import type { BurstQuestion } from '#scheduler/burst/consider.ts';
import type { Leaving } from '#scheduler/burst/retreat.ts';
import type { Purchase } from '#scheduler/burst/purchase.ts';
import { type Said, said } from '#scheduler/said.ts';
import type { Context } from '../context.ts';
import type { Actor } from '../requests/submit.ts';
import { type BurstVmRow, findVm, updateVm } from '../db/burst-vms.ts';
import { readCluster } from '../db/cluster.ts';
import { appendEvent } from '../db/events.ts';
import { poolByName } from '../db/pools.ts';
import { ConflictError, InvalidError, NotFoundError, UnavailableError } from '../errors.ts';
import type { BurstBuyAsk, BurstRetreatAsk, BurstVmVerb } from '../http/contract/burst.ts';
import { buyVms } from './buy.ts';
import { callHook } from './call-hook.ts';
import { markOf, note } from './calls.ts';
import { HOOK_VERSION } from './hook-contract.ts';
import { readHooks } from './hooks.ts';
import { lookAt, readAll } from './look.ts';
import { STAYS, tend } from './tend.ts';

export interface Bought {
  /** Null: there is nothing to buy. */
  readonly purchase: Purchase | null;
  readonly sentence: Said;
  readonly vms: readonly BurstVmRow[];
}

/** Without a mix: the cheapest that is needed now. @throws InvalidError for an unknown pool, ConflictError as buyVms() says */
export async function buyNow(context: Context, actor: Actor, ask: BurstBuyAsk): Promise<Bought> {
  const reading = await readAll(context);
  const purchase = ask.mix === undefined ? (await lookAt(context, reading, { urgent: true })).answer.purchase : await named(context, ask.mix, reading.question);
  if (purchase.mix.length === 0) {
    const [bound] = purchase.bounded;
    return { purchase: purchase.wouldBuy.length === 0 ? null : purchase, sentence: bound ?? said('nothing', {}, 'Nothing is to be bought: everything that a VM could hold has its room'), vms: [] };
  }
  const count = purchase.mix.reduce((sum, line) => sum + line.count, 0);
  if (ask.dryRun) return { purchase, sentence: said('would-buy', { count, centsPerHour: purchase.centsPerHour }, 'Would buy {count} VMs for {centsPerHour} cents an hour'), vms: [] };
  const why = said('by-hand', { by: actor.name, note: ask.reason }, '{by} bought it: {note}');
  const vms = await context.store.tx((tx) => buyVms(context, tx, reading.rules.settings, reading.hooks, { mix: purchase.mix, why, forWorkloads: purchase.givesRoomFor, boughtBy: actor.name, proposalId: null }));
  return { purchase, sentence: said('bought', { count, centsPerHour: purchase.centsPerHour }, 'Bought {count} VMs for {centsPerHour} cents an hour'), vms };
}

async function named({ store }: Context, mix: NonNullable<BurstBuyAsk['mix']>, { offers, money }: BurstQuestion): Promise<Purchase> {
  const lines = await store.read(async (reader) => {
    const found = [];
    for (const [index, { pool, count }] of mix.entries()) {
      const row = await poolByName(reader, pool);
      if (row === undefined) throw new InvalidError('pool-unknown', `mix.${index}.pool is ${pool}: there is no such pool.`, [{ field: `mix.${index}.pool`, value: pool, message: 'is no pool' }]);
      found.push({ poolId: row.id, pool, count, capacity: { cpuMilli: row.cpuMilli, memoryMib: row.memoryMib }, costCentsPerHour: row.costCentsPerHour });
    }
    return found;
  });
  const centsPerHour = lines.reduce((sum, { count, costCentsPerHour }) => sum + count * costCentsPerHour, 0);
  const predictedCents = lines.reduce((sum, { poolId, count, costCentsPerHour }) => sum + count * centsFor({ costCentsPerHour, billingMs: offers.find(({ pool }) => pool.id === poolId)?.billingMs ?? money.stayMs }, money.stayMs), 0);
  return { mix: lines, wouldBuy: lines, centsPerHour, predictedCents, givesRoomFor: [], leaves: [], bounded: [], reasons: [said('by-hand', {}, 'Somebody wants them')] };
}

export interface LetGo {
  readonly steps: readonly (Leaving & { readonly row: BurstVmRow })[];
  readonly sentence: Said;
}

/** Lets VMs go before their time: those named, or all that everything fits without. Their paid time is used up empty, unless they are needed again. */
export async function retreatNow(context: Context, actor: Actor, ask: BurstRetreatAsk): Promise<LetGo> {
  const reading = await readAll(context);
  const { answer } = await lookAt(context, reading, { urgent: true });
  const rows = new Map(reading.out.map((row) => [row.id, row]));
  const chosen = ask.vms === undefined ? null : new Set((await Promise.all(ask.vms.map((each) => requireVm(context, each)))).map(({ id }) => id));
  const steps = answer.retreat.flatMap((leaving) => {
    const row = rows.get(leaving.vmId);
    if (row === undefined || (chosen !== null && !chosen.has(row.id))) return [];
    return [{ ...leaving, row }];
  });
  const going = steps.filter(({ goes }) => goes);
  if (!ask.dryRun) for (const { vmId } of going) await tend(context, vmId, { ...STAYS, retreat: said('by-hand', { by: actor.name, note: ask.reason }, '{by} lets it go: {note}') }, actor.name);
  const values = { going: going.length, staying: steps.length - going.length };
  return { steps, sentence: said(ask.dryRun ? 'would-retreat' : 'retreats', values, ask.dryRun ? '{going} would go, {staying} are needed' : '{going} go, {staying} are needed') };
}

/** @throws NotFoundError */
async function requireVm({ store }: Context, named: string): Promise<BurstVmRow> {
  const row = await store.read((reader) => findVm(reader, named));
  if (row === undefined) throw new NotFoundError('burst-vm-unknown', `There is no VM ${named}.`);
  return row;
}

const SERVES = ['ready', 'in-use'];
const IS_OVER = ['released', 'failed'];

/** Whether a verb may be done to a VM as it is; null: it may. The same for buttons and for calls. */
export function whyNot(row: Pick<BurstVmRow, 'state' | 'isAbandoned'>, verb: BurstVmVerb['verb']): Said | null {
  const { state } = row;
  if (IS_OVER.includes(state)) return said('vm-over', { state }, 'it is {state}');
  if (verb === 'retreat') return SERVES.includes(state) ? null : said('vm-not-serving', { state }, 'it is {state}, and only a VM that serves can be emptied');
  if (verb === 'keep') return state === 'releasing' || row.isAbandoned ? said('vm-given-back', {}, 'it is given back already') : null;
  return state === 'releasing' && row.isAbandoned ? said('vm-abandoned', {}, 'it is abandoned already') : null;
}

/** @throws NotFoundError, ConflictError `burst-vm-state`, InvalidError for an instant in the past */
export async function actOnVm(context: Context, actor: Actor, named: string, ask: BurstVmVerb): Promise<BurstVmRow> {
  const { store, clock, loops } = context;
  const { id, name } = await requireVm(context, named);
  const now = clock.now();
  if (ask.verb === 'retreat') {
    refuse(await requireVm(context, id), 'retreat');
    await tend(context, id, { ...STAYS, retreat: said('by-hand', { by: actor.name, note: ask.reason }, '{by} lets it go: {note}') }, actor.name);
    return await requireVm(context, id);
  }
  if (ask.verb === 'keep' && ask.until !== null && Date.parse(ask.until) <= now) throw new InvalidError('until-past', `until is ${ask.until}: it is over.`, [{ field: 'until', value: ask.until, message: 'is over', allowed: 'an instant to come' }]);
  await store.tx(async (tx) => {
    const row = (await findVm(tx, id))!;
    refuse(row, ask.verb);
    const edit = ask.verb === 'abandon' ? { isAbandoned: true } : { keepUntil: ask.until === null ? null : Date.parse(ask.until), keptBy: ask.until === null ? null : actor.name, sparedSince: null };
    await updateVm(tx, row, { ...row, ...edit }, actor.name, now);
    const message = ask.verb === 'abandon' ? `${actor.name} abandons ${name}: it is given back whatever runs there` : ask.until === null ? `${actor.name} no longer keeps ${name}` : `${actor.name} keeps ${name} until ${ask.until}`;
    await appendEvent(tx, { at: now, actor: actor.name, kind: `burst.${ask.verb}`, subjectType: 'burst-vm', subjectId: id, subject: name, message, why: ask.reason });
  });
  // Kept means wanted: one that is being emptied comes back.
  if (ask.verb === 'keep' && ask.until !== null) await tend(context, id, { retreat: null, recall: said('kept', { by: actor.name }, '{by} keeps it') }, actor.name);
  else await tend(context, id, STAYS, actor.name);
  loops.wake('burst');
  return await requireVm(context, id);
}

function refuse(row: BurstVmRow, verb: BurstVmVerb['verb']): void {
  const why = whyNot(row, verb);
  if (why !== null) throw new ConflictError('burst-vm-state', `VM ${row.name} cannot ${verb === 'retreat' ? 'go' : verb === 'keep' ? 'be kept' : 'be abandoned'}: ${why.sentence}.`);
}

/** Has a machine taken away that nothing here knows. @throws NotFoundError, UnavailableError with what the hook says */
export async function destroyStranger(context: Context, actor: Actor, providerId: string): Promise<void> {
  const { burst, config, store, clock } = context;
  const found = [...burst.strangers].find(([, stranger]) => stranger.providerId === providerId);
  if (found === undefined) throw new NotFoundError('stranger-unknown', `No hook lists a machine ${providerId} that nothing here knows.`);
  const [key, stranger] = found;
  const hook = (await readHooks(config.provisioners)).items.find(({ name }) => name === stranger.hook);
  if (hook === undefined) throw new UnavailableError('hook-failed', `Hook ${stranger.hook} is not in the server's configuration any more.`);
  const { id: cluster } = await store.read(readCluster);
  const called = await callHook(hook, { version: HOOK_VERSION, action: 'destroy', cluster, mark: markOf(cluster), requestId: stranger.requestId ?? '', name: stranger.name, pool: '', site: '', options: {}, providerId, address: stranger.address, containerCidr: '' }, 60_000);
  note(context, hook.name, 'destroy', called);
  if (called.kind === 'failed') throw new UnavailableError('hook-failed', `${called.message}.`);
  if (!called.answer.ok) throw new UnavailableError('hook-failed', `${called.answer.error}.`);
  burst.strangers.delete(key);
  await store.tx(async (tx) => {
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: 'burst.stranger-destroyed', subjectType: 'burst-vm', subjectId: providerId, subject: stranger.name || providerId, message: `${actor.name} had ${providerId} of hook ${stranger.hook} taken away` });
    tx.changed('burst', 'strangers');
  });
}
