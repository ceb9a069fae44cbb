// The loop of bursting: looks after every VM that is out, writes what is paid, and acts on what the scheduler makes of the present: takes back, buys or
// proposes, lets go. A function of stored state; what it began outside wakes it when it is done.
import { chargesOf } from '#scheduler/burst/charges.ts';
import type { BurstAnswer } from '#scheduler/burst/consider.ts';
import type { Purchase } from '#scheduler/burst/purchase.ts';
import { type Said, said } from '#scheduler/said.ts';
import type { Context } from '../context.ts';
import { addCharges, type BurstVmRow, findVm, updateVm, vmsOut } from '../db/burst-vms.ts';
import { ConflictError, UnavailableError } from '../errors.ts';
import type { Loop } from '../control/driver.ts';
import { mayAct, reachesOf } from '../control/governor.ts';
import { tellAlerts } from './alerts.ts';
import { buyVms } from './buy.ts';
import { readHooks } from './hooks.ts';
import { lookAt, readAll, type Reading } from './look.ts';
import { lapseProposals, propose } from './proposals.ts';
import { readRules } from './rules.ts';
import { lookForStrangers } from './strangers.ts';
import { STAYS, tend } from './tend.ts';
import { windowOf } from './vm-of.ts';

const EVERY_MS = 2_000;
const MINUTE_MS = 60_000;
/** Room that is missing for a moment only, as when an engine starts again, buys nothing. */
const PATIENCE_MS = 4_000;

export function burstLoop(context: Context): Loop {
  return {
    name: 'burst',
    everyMs: EVERY_MS,
    run: async () => {
      const { store, config, burst } = context;
      const before = await store.read(vmsOut);
      for (const { id } of before) await tend(context, id);
      const out = await store.read(vmsOut);
      await writeCharges(context, [...new Set([...before, ...out].map(({ id }) => id))]);
      for (const id of burst.vms.keys()) if (!out.some((row) => row.id === id)) burst.vms.delete(id);
      const { settings } = await store.read(readRules);
      if (config.provisioners !== null) lookForStrangers(context, await readHooks(config.provisioners));
      if (settings.mode === 'off') {
        await lapseProposals(context, said('off', {}, 'Bursting was switched off'));
        await tellAlerts(context);
        return out.length === 0 ? 'off' : `off; VMs out: ${out.length}`;
      }
      const status = await decide(context);
      await tellAlerts(context);
      return out.length === 0 ? status : `VMs out: ${out.length}; ${status}`;
    },
  };
}

async function decide(context: Context): Promise<string> {
  const reading = await readAll(context);
  try {
    const { answer } = await lookAt(context, reading);
    const back = await takeBack(context, answer);
    await letGo(context, reading, answer);
    const bought = await buyOrPropose(context, reading, answer.purchase);
    return back > 0 ? `${back} taken back` : bought;
  } catch (error) {
    // A newer question took its place, or the thread had no time: the next look is soon.
    if (error instanceof ConflictError || error instanceof UnavailableError) return error.message;
    throw error;
  }
}

/** Periods that have begun since the last look; those of VMs that ended now are complete. */
export async function writeCharges({ store, clock }: Context, vmIds: readonly string[]): Promise<void> {
  const now = clock.now();
  const due = await store.read(async (reader) => {
    const rows: BurstVmRow[] = [];
    for (const id of vmIds) rows.push(...[await findVm(reader, id)].flatMap((row) => row ?? []));
    return rows.flatMap((row) => chargesOf(row, now).map(({ period, from, to, cents }) => ({ vmId: row.id, period, fromAt: from, toAt: to, cents })));
  });
  if (due.length > 0) await store.tx((tx) => addCharges(tx, due));
}

async function takeBack(context: Context, { recall }: BurstAnswer): Promise<number> {
  for (const { vmId, reason } of recall) await tend(context, vmId, { retreat: null, recall: reason });
  return recall.length;
}

/** Who was spared for the whole hold time goes, once the market's day is over, and as many at once as the governor lets. */
async function letGo(context: Context, { rules: { settings }, out }: Reading, { retreat, recall }: BurstAnswer): Promise<void> {
  const { store, clock } = context;
  const now = clock.now();
  const isOpen = windowOf(settings, context.market.years(), now).from === null;
  const rank = new Map(retreat.map((each) => [each.vmId, each]));
  const going: { readonly row: BurstVmRow; readonly reason: Said; readonly rank: number }[] = [];
  for (const row of out) {
    if (row.state !== 'in-use' && row.state !== 'ready') continue;
    // What is taken back is needed, and what is new has not been given its replicas yet.
    const verdict = rank.get(row.id);
    const goes = verdict?.goes === true && recall.length === 0;
    const since = goes ? (row.sparedSince ?? now) : null;
    if (since !== row.sparedSince) {
      await store.tx(async (tx) => {
        const fresh = await findVm(tx, row.id);
        if (fresh !== undefined && (fresh.state === 'in-use' || fresh.state === 'ready')) await updateVm(tx, fresh, { ...fresh, sparedSince: since }, 'firn', now);
      });
    }
    if (since !== null && verdict !== undefined && isOpen && now - since >= settings.retreat.holdMinutes * MINUTE_MS) going.push({ row, reason: verdict.reason, rank: verdict.rank });
  }
  going.sort((one, other) => one.rank - other.rank);
  const reaches = await store.read((reader) => reachesOf(reader, going.flatMap(({ row }) => row.hostId ?? [])));
  // An empty machine is given back without asking: nobody notices.
  const asking = reaches.filter(({ replicas }) => Object.keys(replicas).length > 0);
  const { may } = await mayAct(context, { action: 'retreat', reaches: asking, wouldDo: 'move what runs on these VMs to other hosts, and give the VMs back' });
  const waits = new Set(asking.flatMap(({ hostId }) => (may.has(hostId) ? [] : [hostId])));
  for (const { row, reason } of going) if (row.hostId === null || !waits.has(row.hostId)) await tend(context, row.id, { ...STAYS, retreat: reason });
}

async function buyOrPropose(context: Context, { rules: { settings }, hooks }: Reading, purchase: Purchase): Promise<string> {
  const { burst, clock, store } = context;
  if (purchase.mix.length === 0 && purchase.wouldBuy.length === 0) {
    burst.neededSince = null;
    await lapseProposals(context, said('not-needed', {}, 'Everything has its room'));
    return 'everything that could be bought for has its room';
  }
  burst.neededSince ??= clock.now();
  if (clock.now() - burst.neededSince < PATIENCE_MS) return 'room is short';
  if (settings.mode === 'propose') return await propose(context, purchase);
  await lapseProposals(context, said('automatic', {}, 'Bursting buys by itself now'));
  if (purchase.mix.length === 0) return purchase.bounded.map(({ sentence }) => sentence).join('; ') || 'nothing can be bought';
  const rows = await store.tx((tx) => buyVms(context, tx, settings, hooks, { mix: purchase.mix, why: purchase.reasons[0] ?? said('asked', {}, 'Room is short'), forWorkloads: purchase.givesRoomFor, boughtBy: 'firn', proposalId: null }));
  burst.neededSince = null;
  return `bought ${rows.length} VMs`;
}
