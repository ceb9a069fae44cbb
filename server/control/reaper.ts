// Forgets what nobody needs any more: old plans and events, the ledger's far past, expired tokens, sessions and idempotency keys.
import type { Context } from '../context.ts';
import { deleteExpiredCredentials } from '../db/accounts.ts';
import { dropOldAddresses } from '../db/addresses.ts';
import { dropOldEvents } from '../db/events.ts';
import { dropOldJoinTokens } from '../db/join-tokens.ts';
import { dropOldPlans } from '../db/plans.ts';
import { dropIdempotentBefore } from '../db/requests.ts';
import type { Loop } from './driver.ts';

const EVERY_MS = 60_000;
const DAY_MS = 86_400_000;
/** Enough for months of a busy cluster, small enough for one file. */
const KEPT_EVENTS = 200_000;
const KEPT_PLANS = 5_000;
/** "Who held this address at 14:32" is asked within weeks. */
const LEDGER_DAYS = 90;
/** A client that repeats a submission does so within minutes. */
const IDEMPOTENCY_DAYS = 1;
/** Used and expired tokens stay visible for a while, so that people see what became of them. */
const TOKEN_DAYS = 7;

export function reaperLoop(context: Context): Loop {
  return {
    name: 'reaper',
    everyMs: EVERY_MS,
    run: async () => {
      const now = context.clock.now();
      context.usage.prune(now);
      const dropped = await context.store.tx(async (tx) => ({
        events: await dropOldEvents(tx, KEPT_EVENTS),
        plans: await dropOldPlans(tx, KEPT_PLANS),
        addresses: await dropOldAddresses(tx, now - LEDGER_DAYS * DAY_MS),
        'idempotency keys': await dropIdempotentBefore(tx, now - IDEMPOTENCY_DAYS * DAY_MS),
        'join tokens': await dropOldJoinTokens(tx, now - TOKEN_DAYS * DAY_MS),
        credentials: await deleteExpiredCredentials(tx, now, now - TOKEN_DAYS * DAY_MS),
      }));
      const told = Object.entries(dropped).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []));
      return told.length === 0 ? 'nothing is old enough to be dropped' : `dropped ${told.join(', ')}`;
    },
  };
}
