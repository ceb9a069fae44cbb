// Webhooks: who hears of what. What they are to hear is written down in the transaction of what happened, so that neither is lost without the other;
// loop.ts says it afterwards.
import type { Context } from '../context.ts';
import { teamByName } from '../db/accounts.ts';
import { appendEvent } from '../db/events.ts';
import type { Reader, Tx } from '../db/store.ts';
import { deleteWebhook, type DeliveryRow, findWebhook, insertDelivery, listWebhooks, putWebhook, type WebhookRow } from '../db/webhooks.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import type { z } from '../http/contract/common.ts';
import type { WebhookAsk, WebhookEvent } from '../http/contract/release-rules.ts';
import type { Actor } from '../requests/submit.ts';
import { whyRefused } from './send.ts';

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

/** What a webhook's secret is sealed with. */
export const webhookIdentity = ({ id, kind }: Pick<WebhookRow, 'id' | 'kind'>): string[] => ['webhook', id, kind];

/** @throws InvalidError for an unknown team, a URL without {commit} or to an address that is never called, ConflictError when the name is taken */
export async function addWebhook({ store, ids, clock, secrets, config }: Context, actor: Actor, { secret, team, ...ask }: WebhookAsk): Promise<WebhookRow> {
  refuseUrl(ask, config.webhookAllow);
  if (ask.kind === 'commit-status' && secret !== undefined && !/^[\x20-\x7e]+$/.test(secret)) throw new InvalidError('webhook-secret', 'secret must be one line of plain characters: it is sent as the Authorization header.', [{ field: 'secret', value: undefined, message: 'must be one line of plain characters' }]);
  return await store.tx(async (tx) => {
    if (team !== undefined && (await teamByName(tx, team)) === undefined) throw new InvalidError('team-unknown', `team is "${team}": it is not a team.`, [{ field: 'team', value: team, message: 'is not a team' }]);
    if ((await findWebhook(tx, ask.name)) !== undefined) throw new ConflictError('webhook-exists', `There is a webhook ${ask.name} already.`, [{ field: 'name', value: ask.name, message: 'is taken' }]);
    const id = ids.next();
    const row: WebhookRow = { id, ...ask, events: [...new Set(ask.events)], team: team ?? null, sealedSecret: secret === undefined ? null : secrets.seal(secret, webhookIdentity({ id, kind: ask.kind })), createdBy: actor.name, createdAt: clock.now() };
    await putWebhook(tx, row);
    await note(tx, row, actor, row.createdAt, 'added', `${actor.name} added webhook ${row.name} to ${hostOf(row.url)}: ${row.events.join(', ')}`);
    return row;
  });
}

function refuseUrl({ kind, url }: Pick<WebhookAsk, 'kind' | 'url'>, allow: readonly string[]): void {
  const refuse = (message: string): InvalidError => new InvalidError('webhook-url', `url ${message}.`, [{ field: 'url', value: hostOf(url), message }]);
  if (kind === 'commit-status' && !url.includes('{commit}')) throw refuse('must have {commit} in it, where the commit goes');
  const { hostname, username, password } = new URL(url);
  if (username !== '' || password !== '') throw refuse('must have no user and password: give what proves who calls as secret');
  const host = hostname.replace(/^\[|\]$/g, '');
  const refused = allow.includes(host) || !/^[0-9.]+$|:/.test(host) ? null : whyRefused(host, allow);
  if (refused !== null) throw refuse(`cannot be called: ${refused}`);
}

/** Paths of URLs are often as good as a password: history names the host only. */
const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'an address');

/** @throws NotFoundError */
export async function requireWebhook(reader: Reader, named: string): Promise<WebhookRow> {
  const row = await findWebhook(reader, named);
  if (row === undefined) throw new NotFoundError('webhook-unknown', `There is no webhook ${named}.`);
  return row;
}

/** @throws NotFoundError */
export async function enableWebhook({ store, clock, loops }: Context, actor: Actor, named: string, isEnabled: boolean): Promise<WebhookRow> {
  return await store.tx(async (tx) => {
    const row = { ...(await requireWebhook(tx, named)), isEnabled };
    await putWebhook(tx, row);
    await note(tx, row, actor, clock.now(), isEnabled ? 'enabled' : 'disabled', `${actor.name} ${isEnabled ? 'enabled' : 'disabled'} webhook ${row.name}`);
    tx.afterCommit(() => loops.wake('webhooks'));
    return row;
  });
}

/** @throws NotFoundError */
export async function removeWebhook({ store, clock }: Context, actor: Actor, named: string): Promise<void> {
  await store.tx(async (tx) => {
    const row = await requireWebhook(tx, named);
    await deleteWebhook(tx, row.id);
    await note(tx, row, actor, clock.now(), 'removed', `${actor.name} removed webhook ${row.name}`);
  });
}

/** Writes a test down as the newest thing to be said, and gives it: the caller says it at once. @throws NotFoundError, ConflictError when it is disabled */
export async function testDelivery({ store, ids, clock }: Context, actor: Actor, named: string): Promise<DeliveryRow> {
  return await store.tx(async (tx) => {
    const row = await requireWebhook(tx, named);
    if (!row.isEnabled) throw new ConflictError('webhook-disabled', `Webhook ${row.name} is disabled: enable it first.`);
    const body: WebhookBody = { team: row.team, subject: 'test', message: `${actor.name} tests webhook ${row.name}`, commit: '0'.repeat(40), environment: 'test' };
    // Not due: the loop leaves it alone while it is said by hand.
    const delivery: DeliveryRow = { id: ids.next(), webhookId: row.id, event: 'test', body: { ...body }, createdAt: clock.now(), attempts: 0, nextAt: null, outcome: null, lastStatus: null, endedAt: null };
    await insertDelivery(tx, delivery);
    return delivery;
  });
}

async function note(tx: Tx, row: WebhookRow, actor: Actor, at: number, what: string, message: string): Promise<void> {
  await appendEvent(tx, { at, actor: actor.name, kind: `webhook.${what}`, subjectType: 'webhook', subjectId: row.id, subject: row.name, team: row.team, message });
}
