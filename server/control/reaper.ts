// Forgets what nobody needs any more: old plans and events, the ledger's far past, expired tokens, sessions and idempotency keys.
import type { Context } from '../context.ts';
import { deleteExpiredCredentials } from '../db/accounts.ts';
import { dropOldConflicts } from '../db/address-conflicts.ts';
import { dropOldAddresses } from '../db/addresses.ts';
import { dropOldEvents } from '../db/events.ts';
import { dropOldInputs } from '../db/inputs.ts';
import { dropOldJoinTokens } from '../db/join-tokens.ts';
import { dropOldLives } from '../db/lives.ts';
import { dropOldMaintenances } from '../db/maintenance.ts';
import { dropOldMoves } from '../db/moves.ts';
import { dropOldPlans } from '../db/plans.ts';
import { deleteMoves } from '../db/proposal-moves.ts';
import { dropOldProposals } from '../db/proposals.ts';
import { dropIdempotentBefore } from '../db/requests.ts';
import type { Tx } from '../db/store.ts';
import { dropOldDeliveries } from '../db/webhooks.ts';
import { dropOldRecordings } from '../shell/room.ts';
import type { Loop } from './driver.ts';

const EVERY_MS = 60_000;
const DAY_MS = 86_400_000;
/** Enough for months of a busy cluster, small enough for one file. */
const KEPT_EVENTS = 200_000;
const KEPT_PLANS = 5_000;
const KEPT_PROPOSALS = 1_000;
/** "Who held this address at 14:32" is asked within weeks. */
const LEDGER_DAYS = 90;
/** The pace looks back an hour; people look further. */
const MOVE_DAYS = 90;
/** Stories and records of maintenance are read months later. */
const STORY_DAYS = 90;
/** A client that repeats a submission does so within minutes. */
const IDEMPOTENCY_DAYS = 1;
/** What was said to webhooks is looked at when something there went wrong. */
const DELIVERY_DAYS = 14;
/** Used and expired tokens stay visible for a while, so that people see what became of them. */
const TOKEN_DAYS = 7;

export function reaperLoop(context: Context): Loop {
  return {
    name: 'reaper',
    everyMs: EVERY_MS,
    run: async () => {
      const now = context.clock.now();
      const dropped = await context.store.tx(async (tx) => ({
        events: await dropOldEvents(tx, KEPT_EVENTS),
        plans: await dropOldPlans(tx, KEPT_PLANS),
        'inputs of plans': await dropOldInputs(tx),
        proposals: await dropProposals(tx),
        addresses: await dropOldAddresses(tx, now - LEDGER_DAYS * DAY_MS),
        'address conflicts': await dropOldConflicts(tx, now - LEDGER_DAYS * DAY_MS),
        moves: await dropOldMoves(tx, now - MOVE_DAYS * DAY_MS),
        lives: await dropOldLives(tx, now - STORY_DAYS * DAY_MS),
        maintenances: await dropOldMaintenances(tx, now - STORY_DAYS * DAY_MS),
        'idempotency keys': await dropIdempotentBefore(tx, now - IDEMPOTENCY_DAYS * DAY_MS),
        'webhook deliveries': await dropOldDeliveries(tx, now - DELIVERY_DAYS * DAY_MS),
        'join tokens': await dropOldJoinTokens(tx, now - TOKEN_DAYS * DAY_MS),
        credentials: await deleteExpiredCredentials(tx, now, now - TOKEN_DAYS * DAY_MS),
      }));
      await dropOldRecordings(context);
      const told = Object.entries(dropped).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []));
      return told.length === 0 ? 'nothing is old enough to be dropped' : `dropped ${told.join(', ')}`;
    },
  };
}

/** Those that ended, with what they moved. */
async function dropProposals(tx: Tx): Promise<number> {
  const ids = await dropOldProposals(tx, KEPT_PROPOSALS);
  await deleteMoves(tx, ids);
  return ids.length;
}
