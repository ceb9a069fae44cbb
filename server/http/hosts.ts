// The fleet: hosts with what they have, give and run, and what an SRE does to them.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { cordonHost, drainHost, editHost, removeHost, requireHost, undrainHost } from '../control/hosts.ts';
import { listHosts } from '../db/hosts.ts';
import { Name, z } from './contract/common.ts';
import { Cordon, HostDetail, HostEdit, Hosts, HostView } from './contract/fleet.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, secured } from './secured.ts';
import { readAround, showHost } from './show/hosts.ts';
import { readRuns, showReplica } from './show/services.ts';

const params = z.object({ name: z.string().min(1).max(63) });
const listRoute = createRoute({
  method: 'get',
  path: '/hosts',
  operationId: 'listHosts',
  summary: 'Every host',
  middleware: secured('read'),
  request: { query: z.object({ site: Name.optional() }) },
  responses: { ...answer(200, 'By name', Hosts), ...problems },
});
const showRoute = createRoute({
  method: 'get',
  path: '/hosts/{name}',
  operationId: 'getHost',
  summary: 'One host with what it runs',
  middleware: secured('read'),
  request: { params },
  responses: { ...answer(200, 'The host', HostDetail), ...problems, ...notFound },
});
const cordonRoute = createRoute({
  method: 'post',
  path: '/hosts/{name}/cordon',
  operationId: 'cordonHost',
  summary: 'Keep new replicas away from a host',
  middleware: secured('hosts.operate'),
  request: { params, body: jsonBody(Cordon) },
  responses: { ...answer(200, 'As it is now', HostView), ...problems, ...notFound },
});
const uncordonRoute = createRoute({
  method: 'post',
  path: '/hosts/{name}/uncordon',
  operationId: 'uncordonHost',
  summary: 'Let a host take new replicas again',
  middleware: secured('hosts.operate'),
  request: { params },
  responses: { ...answer(200, 'As it is now', HostView), ...problems, ...notFound },
});
const drainRoute = createRoute({
  method: 'post',
  path: '/hosts/{name}/drain',
  operationId: 'drainHost',
  summary: 'Empty a host: each replica leaves once its successor serves elsewhere',
  middleware: secured('hosts.operate'),
  request: { params, body: jsonBody(Cordon) },
  responses: { ...answer(200, 'As it is now, with what cannot leave', HostView), ...problems, ...notFound, ...conflict },
});
const undrainRoute = createRoute({
  method: 'post',
  path: '/hosts/{name}/undrain',
  operationId: 'undrainHost',
  summary: 'Let a host that is being drained keep and take replicas again',
  middleware: secured('hosts.operate'),
  request: { params },
  responses: { ...answer(200, 'As it is now', HostView), ...problems, ...notFound, ...conflict },
});
const editRoute = createRoute({
  method: 'patch',
  path: '/hosts/{name}',
  operationId: 'editHost',
  summary: 'Change what was declared of a host',
  middleware: secured('hosts.operate'),
  request: { params, body: jsonBody(HostEdit) },
  responses: { ...answer(200, 'As it is now', HostView), ...problems, ...notFound },
});
const removeRoute = createRoute({
  method: 'delete',
  path: '/hosts/{name}',
  operationId: 'removeHost',
  summary: 'Forget a host that is lost or empty',
  middleware: secured('hosts.operate'),
  request: { params },
  responses: { 204: { description: 'It is no longer known' }, ...problems, ...notFound, ...conflict },
});

async function showNamed(context: Context, name: string): Promise<HostView> {
  const row = await context.store.read((reader) => requireHost(reader, name));
  return showHost(context, await readAround(context), row);
}

/** `/hosts`. */
export function hostsApi(context: Context) {
  return newApi()
    .openapi(listRoute, async (c) => {
      const { site } = c.req.valid('query');
      const around = await readAround(context);
      const rows = await context.store.read(listHosts);
      return c.json({ items: rows.filter((row) => site === undefined || row.site === site).map((row) => showHost(context, around, row)), next: null }, 200);
    })
    .openapi(showRoute, async (c) => {
      const { name } = c.req.valid('param');
      const view = await showNamed(context, name);
      const { rows, workloads, hostName } = await context.store.read((reader) => readRuns(reader, view.id));
      return c.json({ ...view, runs: rows.map((row) => showReplica(context, row, workloads.get(row.workloadId), hostName)) }, 200);
    })
    .openapi(cordonRoute, async (c) => {
      const { name } = c.req.valid('param');
      await cordonHost(context, actor(c), name, c.req.valid('json').reason);
      return c.json(await showNamed(context, name), 200);
    })
    .openapi(uncordonRoute, async (c) => {
      const { name } = c.req.valid('param');
      await cordonHost(context, actor(c), name, null);
      return c.json(await showNamed(context, name), 200);
    })
    .openapi(drainRoute, async (c) => {
      const { name } = c.req.valid('param');
      await drainHost(context, actor(c), name, c.req.valid('json').reason);
      return c.json(await showNamed(context, name), 200);
    })
    .openapi(undrainRoute, async (c) => {
      const { name } = c.req.valid('param');
      await undrainHost(context, actor(c), name);
      return c.json(await showNamed(context, name), 200);
    })
    .openapi(editRoute, async (c) => {
      const { name } = c.req.valid('param');
      await editHost(context, actor(c), name, c.req.valid('json'));
      return c.json(await showNamed(context, name), 200);
    })
    .openapi(removeRoute, async (c) => {
      await removeHost(context, actor(c), c.req.valid('param').name);
      return c.body(null, 204);
    });
}
