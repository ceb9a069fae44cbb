// What webhooks are to hear is written down in the transaction of what happened, so that neither is lost without the other;
// webhooks-loop.ts says it afterwards.
import type { Context } from '../context.ts';
import type { Tx } from '../db/store.ts';
import { insertDelivery, listWebhooks, type WebhookRow } from '../db/webhooks.ts';
import type { z } from '../http/contract/common.ts';
import type { WebhookEvent } from '../http/contract/release-rules.ts';

export type WebhookEventName = z.infer<typeof WebhookEvent>;

/** What happened, as a receiver gets it. Nothing here may be secret. */
export interface WebhookBody {
  /** Team of the service; null: of none, such as a layer's build. */
  readonly team: string | null;
  /** What it is about: `quote.production`, or the service that is built. */
  readonly subject: string;
  readonly service?: string;
  readonly environment?: string;
  /** One sentence. */
  readonly message: string;
  /** Path within the console, such as `/builds/ID`. */
  readonly path?: string;
  /** Commit that it is about: hooks of the kind commit-status are told only where there is one. */
  readonly commit?: string;
  /** Further figures: versions, digest, who started it. */
  readonly [detail: string]: string | number | boolean | null | undefined;
}

/** Notes that every webhook which wants this event is to hear of it, within the transaction of what happened. */
export async function enqueue({ clock, ids, loops }: Context, tx: Tx, event: WebhookEventName, body: WebhookBody): Promise<void> {
  const hooks = (await listWebhooks(tx)).filter((hook) => wants(hook, event, body));
  if (hooks.length === 0) return;
  const now = clock.now();
  for (const hook of hooks) await insertDelivery(tx, { id: ids.next(), webhookId: hook.id, event, body: { ...body }, createdAt: now, attempts: 0, nextAt: now, outcome: null, lastStatus: null, endedAt: null });
  tx.afterCommit(() => loops.wake('webhooks'));
}

function wants({ kind, team, events, isEnabled }: WebhookRow, event: WebhookEventName, body: WebhookBody): boolean {
  return isEnabled && events.includes(event) && (team === null || team === body.team) && (kind === 'event' || body.commit !== undefined);
}
