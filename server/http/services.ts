// What teams run: services with their workloads and replicas, and giving capacity back.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { removeWorkload } from '../requests/decide.ts';
import { workloadById } from '../db/workloads.ts';
import { NotFoundError } from '../errors.ts';
import { Id, Name, Note, z } from './contract/common.ts';
import { ServiceDetail, Services } from './contract/fleet.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, requireTeam, secured } from './secured.ts';
import { readServices, showReplica, showService } from './show/services.ts';

const Removal = z.strictObject({ reason: Note.min(1, 'say why, for whoever looks for it tomorrow') }).openapi('Removal');

const listRoute = createRoute({
  method: 'get',
  path: '/services',
  operationId: 'listServices',
  summary: "Services of the caller's teams",
  middleware: secured('read'),
  request: { query: z.object({ team: Name.optional() }) },
  responses: { ...answer(200, 'By name', Services), ...problems },
});
const showRoute = createRoute({
  method: 'get',
  path: '/services/{name}',
  operationId: 'getService',
  summary: 'One service with every replica',
  middleware: secured('read'),
  request: { params: z.object({ name: Name }) },
  responses: { ...answer(200, 'The service', ServiceDetail), ...problems, ...notFound },
});
const removeRoute = createRoute({
  method: 'delete',
  path: '/workloads/{id}',
  operationId: 'removeWorkload',
  summary: 'Give all capacity of a workload back',
  middleware: secured('requests.submit'),
  request: { params: z.object({ id: Id }), body: jsonBody(Removal) },
  responses: { 204: { description: 'Its replicas stop now' }, ...problems, ...notFound, ...conflict },
});

/** `/services` and `/workloads`. */
export function servicesApi(context: Context) {
  return newApi()
    .openapi(listRoute, async (c) => {
      const { team } = c.req.valid('query');
      if (team !== undefined) requireTeam(c, 'read', team);
      const reader = actor(c);
      const present = await context.present.read();
      const rows = await context.store.read((from) => readServices(from, (service) => reader.can('read', service.team) && (team === undefined || service.team === team)));
      return c.json({ items: rows.services.map((service) => showService(context, present, rows, service, reader)), next: null }, 200);
    })
    .openapi(showRoute, async (c) => {
      const { name } = c.req.valid('param');
      const reader = actor(c);
      const present = await context.present.read();
      const rows = await context.store.read((from) => readServices(from, (service) => service.name === name && reader.can('read', service.team)));
      const [service] = rows.services;
      if (service === undefined) throw new NotFoundError('service-unknown', `There is no service ${name}.`);
      const replicas = rows.workloads.flatMap((workload) => (rows.replicas.get(workload.id) ?? []).map((row) => showReplica(context, row, workload, row.hostId === null ? null : (rows.hostNames.get(row.hostId) ?? row.hostId), reader.can('logs.read', service.team))));
      return c.json({ ...showService(context, present, rows, service, reader), replicas }, 200);
    })
    .openapi(removeRoute, async (c) => {
      const { id } = c.req.valid('param');
      const workload = await context.store.read((reader) => workloadById(reader, id));
      if (workload === undefined || !actor(c).can('read', workload.team)) throw new NotFoundError('workload-unknown', `There is no workload ${id}.`);
      requireTeam(c, 'requests.submit', workload.team);
      await removeWorkload(context, actor(c), workload, c.req.valid('json').reason);
      return c.body(null, 204);
    });
}
