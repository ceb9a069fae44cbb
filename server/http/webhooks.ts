// Webhooks: who hears of builds and rollouts, what was said to them, and a test.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { addWebhook, enableWebhook, removeWebhook, testDelivery } from '../webhooks/webhooks.ts';
import { deliver } from '../webhooks/loop.ts';
import { type DeliveryRow, listWebhooks, newestDeliveries, type WebhookRow } from '../db/webhooks.ts';
import type { Reader } from '../db/store.ts';
import { Id, z } from './contract/common.ts';
import { WebhookAsk, WebhookEdit, type WebhookDelivery, Webhooks, WebhookTested, WebhookView } from './contract/release-rules.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems, unavailable } from './problem.ts';
import { actor, secured } from './secured.ts';
import { instant, instantOrNull } from './show/show.ts';

const SHOWN_DELIVERIES = 10;
const params = z.object({ id: Id });
const listRoute = createRoute({ method: 'get', path: '/webhooks', operationId: 'listWebhooks', summary: 'Every webhook, with what was said to it last', middleware: secured('webhooks.manage'), responses: { ...answer(200, 'By name', Webhooks), ...problems } });
const addRoute = createRoute({ method: 'post', path: '/webhooks', operationId: 'addWebhook', summary: 'Tell somebody of builds and rollouts', middleware: secured('webhooks.manage'), request: { body: jsonBody(WebhookAsk) }, responses: { ...answer(201, 'Added; its secret is not repeated', WebhookView), ...problems, ...conflict, ...unavailable } });
const editRoute = createRoute({ method: 'patch', path: '/webhooks/{id}', operationId: 'editWebhook', summary: 'Enable or disable a webhook, by id or name', middleware: secured('webhooks.manage'), request: { params, body: jsonBody(WebhookEdit) }, responses: { ...answer(200, 'As it is now', WebhookView), ...problems, ...notFound } });
const testRoute = createRoute({ method: 'post', path: '/webhooks/{id}/test', operationId: 'testWebhook', summary: 'Say something to a webhook now, once, and wait for what it answers', middleware: secured('webhooks.manage'), request: { params }, responses: { ...answer(200, 'What came of it', WebhookTested), ...problems, ...notFound, ...conflict } });
const removeRoute = createRoute({ method: 'delete', path: '/webhooks/{id}', operationId: 'removeWebhook', summary: 'Remove a webhook, by id or name, with what was still to be said to it', middleware: secured('webhooks.manage'), request: { params }, responses: { 204: { description: 'Removed' }, ...problems, ...notFound } });

/** `/webhooks`. */
export function webhooksApi(context: Context) {
  const { store } = context;
  const showOne = async (row: WebhookRow): Promise<WebhookView> => (await store.read((from) => show(from, [row])))[0]!;
  return newApi()
    .openapi(listRoute, async (c) => c.json({ items: await store.read(async (from) => await show(from, await listWebhooks(from))), next: null }, 200))
    .openapi(addRoute, async (c) => c.json(await showOne(await addWebhook(context, actor(c), c.req.valid('json'))), 201))
    .openapi(editRoute, async (c) => c.json(await showOne(await enableWebhook(context, actor(c), c.req.valid('param').id, c.req.valid('json').isEnabled)), 200))
    .openapi(testRoute, async (c) => {
      const heard = await deliver(context, await testDelivery(context, actor(c), c.req.valid('param').id), { isOnce: true });
      return c.json({ isHeard: heard.isHeard, status: heard.status }, 200);
    })
    .openapi(removeRoute, async (c) => {
      await removeWebhook(context, actor(c), c.req.valid('param').id);
      return c.body(null, 204);
    });
}

async function show(from: Reader, rows: readonly WebhookRow[]): Promise<WebhookView[]> {
  const deliveries = await newestDeliveries(from, rows.map(({ id }) => id), SHOWN_DELIVERIES);
  return rows.map(({ id, name, kind, team, url, events, sealedSecret, isEnabled, createdBy, createdAt }) => ({
    id, name, kind, team, url, events, isEnabled, createdBy,
    hasSecret: sealedSecret !== null,
    createdAt: instant(createdAt),
    deliveries: (deliveries.get(id) ?? []).map(showDelivery),
  }));
}

const showDelivery = ({ id, event, createdAt, attempts, outcome, lastStatus, nextAt }: DeliveryRow): z.infer<typeof WebhookDelivery> => ({ id, event, createdAt: instant(createdAt), attempts, outcome, lastStatus, nextAt: instantOrNull(nextAt) });
