// Says to webhooks what is written down for them: in order for each, tried again after longer and longer waits, given up after about two days. It
// may be said twice (the server stopped between saying and noting it), and never without being said: each delivery carries its id.
import { createHmac } from 'node:crypto';
import type { Context } from '../context.ts';
import { type DeliveryRow, dueDeliveries, updateDelivery, webhookById, type WebhookRow } from '../db/webhooks.ts';
import { UnavailableError } from '../errors.ts';
import type { Loop } from '../control/driver.ts';
import { webhookIdentity } from './webhooks.ts';
import { callWebhook, type Heard } from './send.ts';

const EVERY_MS = 5_000;
const AT_ONCE = 200;
/** Of one webhook in one run: a slow one must not keep the others waiting. */
const IN_A_ROW = 5;
const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 86_400_000;
const MOST_ATTEMPTS = 10;

/** How long to wait after so many attempts: 10 s, 30 s, 90 s ... */
export const waitMs = (attempts: number): number => Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 3 ** (attempts - 1));

export function webhooksLoop(context: Context): Loop {
  const { store, clock } = context;
  return {
    name: 'webhooks',
    everyMs: EVERY_MS,
    run: async () => {
      const due = await store.read((reader) => dueDeliveries(reader, clock.now(), AT_ONCE));
      const outcomes = await Promise.all([...Map.groupBy(due, ({ webhookId }) => webhookId).values()].map((rows) => sayAll(context, rows.slice(0, IN_A_ROW))));
      const [heard, tried] = [outcomes.flat().filter(Boolean).length, outcomes.flat().length];
      if (tried < due.length && heard === tried) context.loops.wake('webhooks');
      return tried === 0 ? 'nothing is to be said' : `${heard} of ${tried} heard`;
    },
  };
}

/** In order, until one is not heard. @returns for each that was tried whether it was heard */
async function sayAll(context: Context, rows: readonly DeliveryRow[]): Promise<boolean[]> {
  const outcomes: boolean[] = [];
  for (const row of rows) {
    const { isHeard } = await deliver(context, row);
    outcomes.push(isHeard);
    if (!isHeard) break;
  }
  return outcomes;
}

/** Says one thing once, and notes what came of it. @param isOnce it is not tried again */
export async function deliver(context: Context, row: DeliveryRow, { isOnce = false } = {}): Promise<Heard> {
  const { store, clock, log } = context;
  const hook = await store.read((reader) => webhookById(reader, row.webhookId));
  const heard = hook === undefined ? { isHeard: false, status: 'the webhook is gone' } : await say(context, hook, row);
  const now = clock.now();
  const attempts = row.attempts + 1;
  const isGivenUp = !heard.isHeard && (isOnce || attempts >= MOST_ATTEMPTS || hook?.isEnabled !== true);
  const outcome = heard.isHeard ? 'delivered' : isGivenUp ? 'given-up' : null;
  await store.tx((tx) => updateDelivery(tx, { ...row, attempts, outcome, lastStatus: heard.status, nextAt: outcome === null ? now + waitMs(attempts) : null, endedAt: outcome === null ? null : now }));
  if (!heard.isHeard) log.info({ webhook: row.webhookId, delivery: row.id, status: heard.status, attempts }, 'webhook.not-heard');
  return heard;
}

async function say({ secrets, clock, config }: Context, hook: WebhookRow, row: DeliveryRow): Promise<Heard> {
  if (!hook.isEnabled) return { isHeard: false, status: 'the webhook is disabled' };
  try {
    const secret = hook.sealedSecret === null ? null : secrets.open(hook.sealedSecret, webhookIdentity(hook));
    return await callWebhook({ ...messageOf(hook, row, secret, { at: clock.now(), publicUrl: config.publicUrl }), allow: config.webhookAllow });
  } catch (error) {
    // A URL or header that cannot be must not keep what is behind it waiting. Neither error repeats what it is about.
    return { isHeard: false, status: error instanceof UnavailableError ? error.message : `it cannot be sent: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** What is sent: URL, headers and body of one delivery. Pure. */
export function messageOf(hook: Pick<WebhookRow, 'kind' | 'url'>, { id, event, body }: Pick<DeliveryRow, 'id' | 'event' | 'body'>, secret: string | null, { at, publicUrl }: { readonly at: number; readonly publicUrl: string | null }) {
  const link = publicUrl === null || typeof body['path'] !== 'string' ? null : `${publicUrl}${body['path']}`;
  if (hook.kind === 'commit-status') {
    const about = event.startsWith('build.') ? 'firn/build' : `firn/${textOf(body['environment']) || 'rollout'}`;
    const text = JSON.stringify({ state: STATES[event.split('.')[1] ?? ''] ?? 'pending', ...(link === null ? {} : { target_url: link }), description: textOf(body['message']).slice(0, 140), context: about });
    return { url: new URL(hook.url.replaceAll('{commit}', encodeURIComponent(textOf(body['commit'])))), headers: secret === null ? {} : { authorization: secret }, body: text };
  }
  const { path: _path, ...rest } = body;
  const text = JSON.stringify({ id, event, at: new Date(at).toISOString(), ...(link === null ? {} : { link }), ...rest });
  const seconds = Math.floor(at / 1000);
  const signature: Record<string, string> = secret === null ? {} : { 'firn-signature': `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${text}`).digest('hex')}` };
  return { url: new URL(hook.url), headers: { 'firn-event': event, 'firn-delivery': id, ...signature }, body: text };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
/** As code hosts call them. */
const STATES: Readonly<Record<string, string>> = { started: 'pending', held: 'pending', succeeded: 'success', failed: 'failure' };
