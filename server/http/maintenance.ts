// Maintenance: hosts, racks and sites that are emptied now or later, how far they are, and what may be done about it.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { askMaintenance, editMaintenance, endMaintenance, requireMaintenance } from '../maintenance/maintenance.ts';
import { findHelp } from '../maintenance/help.ts';
import { forceMaintenance, lossNow } from '../maintenance/force.ts';
import { previewMaintenance } from '../maintenance/preview.ts';
import { listMaintenances } from '../db/maintenance.ts';
import { Id, z } from './contract/common.ts';
import { Loss, MaintenanceAsk, MaintenanceDetail, MaintenanceEdit, MaintenanceEnd, MaintenanceForce, MaintenancePreview, MaintenancePreviewAsk, Maintenances } from './contract/maintenance.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, secured } from './secured.ts';
import { readMaintenanceAround, showMaintenance, showMaintenanceReplica } from './show/maintenance.ts';
import { showPreview } from './show/preview.ts';

const params = z.object({ id: Id });
const listRoute = createRoute({
  method: 'get',
  path: '/maintenance',
  operationId: 'listMaintenance',
  summary: 'What is emptied, was, or will be',
  middleware: secured('read'),
  request: { query: z.object({ open: z.enum(['true', 'false']).optional(), limit: z.coerce.number().int().min(1).max(200).default(50), after: z.string().max(64).optional() }) },
  responses: { ...answer(200, 'Newest first', Maintenances), ...problems },
});
const showRoute = createRoute({
  method: 'get',
  path: '/maintenance/{id}',
  operationId: 'getMaintenance',
  summary: 'One with its replicas, its ETA, and what blocks it and would help',
  middleware: secured('read'),
  request: { params },
  responses: { ...answer(200, 'As it is now', MaintenanceDetail), ...problems, ...notFound },
});
const previewRoute = createRoute({
  method: 'post',
  path: '/maintenance/preview',
  operationId: 'previewMaintenance',
  summary: 'What would follow: where each replica would go, until when, what blocks it, what force would lose. Changes nothing',
  middleware: secured('simulate'),
  request: { body: jsonBody(MaintenancePreviewAsk) },
  responses: { ...answer(200, 'On the present', MaintenancePreview), ...problems },
});
const askRoute = createRoute({
  method: 'post',
  path: '/maintenance',
  operationId: 'askMaintenance',
  summary: 'Empty hosts, a rack or a site, now or at a time: each replica leaves once its successor serves elsewhere, where room is kept for it',
  middleware: secured('hosts.operate'),
  request: { body: jsonBody(MaintenanceAsk) },
  responses: { ...answer(201, 'As it is now', MaintenanceDetail), ...problems, ...conflict },
});
const editRoute = createRoute({
  method: 'patch',
  path: '/maintenance/{id}',
  operationId: 'editMaintenance',
  summary: 'Another pace, another time',
  middleware: secured('hosts.operate'),
  request: { params, body: jsonBody(MaintenanceEdit) },
  responses: { ...answer(200, 'As it is now', MaintenanceDetail), ...problems, ...notFound, ...conflict },
});
const endRoute = createRoute({
  method: 'post',
  path: '/maintenance/{id}/end',
  operationId: 'endMaintenance',
  summary: 'Give its hosts back; what moved comes back where that is wished. Before they are empty this cancels it',
  middleware: secured('hosts.operate'),
  request: { params, body: jsonBody(MaintenanceEnd) },
  responses: { ...answer(200, 'As it is now', MaintenanceDetail), ...problems, ...notFound, ...conflict },
});
const cancelRoute = createRoute({
  method: 'post',
  path: '/maintenance/{id}/cancel',
  operationId: 'cancelMaintenance',
  summary: 'The same as end, by the name that people look for before it is done',
  middleware: secured('hosts.operate'),
  request: { params, body: jsonBody(MaintenanceEnd) },
  responses: { ...answer(200, 'As it is now', MaintenanceDetail), ...problems, ...notFound, ...conflict },
});
const lossRoute = createRoute({
  method: 'get',
  path: '/maintenance/{id}/loss',
  operationId: 'getMaintenanceLoss',
  summary: 'What forcing it would lose now, workload by workload',
  middleware: secured('read'),
  request: { params },
  responses: { ...answer(200, 'On the present', Loss), ...problems, ...notFound },
});
const forceRoute = createRoute({
  method: 'post',
  path: '/maintenance/{id}/force',
  operationId: 'forceMaintenance',
  summary: 'Stop what is left, with the stated loss said back; it starts elsewhere where room is',
  middleware: secured('hosts.operate'),
  request: { params, body: jsonBody(MaintenanceForce) },
  responses: { ...answer(200, 'As it is now', MaintenanceDetail), ...problems, ...notFound, ...conflict },
});

/** `/maintenance`. */
export function maintenanceApi(context: Context) {
  const { store } = context;
  return newApi()
    .openapi(listRoute, async (c) => {
      const { open, limit, after } = c.req.valid('query');
      const rows = await store.read((reader) => listMaintenances(reader, { open: open === undefined ? undefined : open === 'true', limit: limit + 1, after }));
      const shown = rows.slice(0, limit);
      const around = await readMaintenanceAround(context, shown);
      return c.json({ items: shown.map((row) => showMaintenance(context, around, row)), next: rows.length > limit ? shown.at(-1)!.id : null }, 200);
    })
    .openapi(showRoute, async (c) => {
      const { id } = c.req.valid('param');
      await store.read((reader) => requireMaintenance(reader, id));
      await findHelp(context, id);
      return c.json(await detail(context, id), 200);
    })
    .openapi(previewRoute, async (c) => c.json(showPreview(context, await previewMaintenance(context, c.req.valid('json'))), 200))
    .openapi(askRoute, async (c) => c.json(await detail(context, (await askMaintenance(context, actor(c), c.req.valid('json'))).id), 201))
    .openapi(editRoute, async (c) => {
      const { id } = c.req.valid('param');
      await editMaintenance(context, actor(c), id, c.req.valid('json'));
      return c.json(await detail(context, id), 200);
    })
    .openapi(endRoute, async (c) => {
      const { id } = c.req.valid('param');
      await endMaintenance(context, actor(c).name, id, c.req.valid('json'));
      return c.json(await detail(context, id), 200);
    })
    .openapi(cancelRoute, async (c) => {
      const { id } = c.req.valid('param');
      await endMaintenance(context, actor(c).name, id, c.req.valid('json'));
      return c.json(await detail(context, id), 200);
    })
    .openapi(lossRoute, async (c) => {
      const { id } = c.req.valid('param');
      await store.read((reader) => requireMaintenance(reader, id));
      return c.json(await lossNow(context, await context.present.read(), id), 200);
    })
    .openapi(forceRoute, async (c) => {
      const { id } = c.req.valid('param');
      await forceMaintenance(context, actor(c), id, c.req.valid('json'));
      return c.json(await detail(context, id), 200);
    });
}

async function detail(context: Context, id: string): Promise<MaintenanceDetail> {
  const row = await context.store.read((reader) => requireMaintenance(reader, id));
  const around = await readMaintenanceAround(context, [row]);
  const { hosts, hostIndex } = around.present.base;
  const nameOf = (hostId: string) => hosts[hostIndex.get(hostId) ?? -1]?.name ?? hostId;
  return { ...showMaintenance(context, around, row), replicas: around.replicas.map((each) => showMaintenanceReplica(each, nameOf)) };
}
