// What agents found on their hosts that nobody assigned or that somebody changed by hand, and what people decide about it.
import { createRoute } from '@hono/zod-openapi';
import type { ObservedDrift, ObservedOrphan } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { replicaName } from '../control/names.ts';
import { decideOrphan, hostNamed, resumeRepairs } from '../upkeep/orphans.ts';
import { type HostRow, listHosts } from '../db/hosts.ts';
import { replicaById } from '../db/replicas.ts';
import type { Reader } from '../db/store.ts';
import { listUpkeepOrders, type UpkeepOrderRow } from '../db/upkeep.ts';
import { workloadById } from '../db/workloads.ts';
import { Drift, DriftResume, DriftView, OrphanDecision, OrphanQuery, Orphans, OrphanView } from './contract/orphans.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, secured } from './secured.ts';
import { instant } from './show/show.ts';

const listRoute = createRoute({ method: 'get', path: '/orphans', operationId: 'listOrphans', summary: 'What carries the mark of this cluster on a host although nobody assigned it', middleware: secured('read'), request: { query: OrphanQuery }, responses: { ...answer(200, 'By host', Orphans), ...problems, ...notFound } });
const decideRoute = createRoute({ method: 'post', path: '/orphans/decisions', operationId: 'decideOrphan', summary: 'Keep an orphan, have it removed at once, or let its grace count', middleware: secured('hosts.operate'), request: { body: jsonBody(OrphanDecision) }, responses: { ...answer(200, 'As decided; its host follows', OrphanView), ...problems, ...notFound } });
const driftRoute = createRoute({ method: 'get', path: '/drift', operationId: 'listDrift', summary: 'What somebody changed by hand on containers, and what became of it', middleware: secured('read'), request: { query: OrphanQuery }, responses: { ...answer(200, 'Newest first', Drift), ...problems, ...notFound } });
const resumeRoute = createRoute({ method: 'post', path: '/drift/resume', operationId: 'resumeRepairs', summary: 'Have a replica repaired again whose repair was given up', middleware: secured('hosts.operate'), request: { body: jsonBody(DriftResume) }, responses: { ...answer(200, 'Its host follows', DriftView), ...problems, ...notFound, ...conflict } });

/** `/orphans` and `/drift`. */
export function orphansApi(context: Context) {
  const { store, fleet, config } = context;
  return newApi()
    .openapi(listRoute, async (c) => {
      const { hosts, orders } = await store.read(async (reader) => ({ hosts: await hostsAsked(reader, c.req.valid('query').host), orders: await listUpkeepOrders(reader) }));
      const items = hosts.flatMap((host) => (fleet.get(host.id)?.report?.orphans ?? []).map((orphan) => showOrphan(host, orphan, orders)));
      const hostsThatDoNotLook = hosts.flatMap(({ id, name }) => (fleet.get(id)?.report?.orphans === undefined ? [name] : []));
      return c.json({ items, next: null, graceSeconds: config.orphanGraceSeconds, mayDecide: actor(c).can('hosts.operate'), hostsThatDoNotLook }, 200);
    })
    .openapi(decideRoute, async (c) => {
      const { host, orphan, order } = await decideOrphan(context, actor(c), c.req.valid('json'));
      return c.json(showOrphan(host, { ...orphan, isKept: order?.verb === 'keep' }, order === null ? [] : [order]), 200);
    })
    .openapi(driftRoute, async (c) => {
      const who = actor(c);
      const items = await store.read(async (reader) => {
        const hosts = await hostsAsked(reader, c.req.valid('query').host);
        return await Promise.all(hosts.flatMap((host) => (fleet.get(host.id)?.report?.drift ?? []).map((drift) => showDrift(reader, host, drift, who.can('hosts.operate')))));
      });
      return c.json({ items: items.toSorted((one, other) => (one.at < other.at ? 1 : -1)), next: null }, 200);
    })
    .openapi(resumeRoute, async (c) => {
      const { host, drift } = await resumeRepairs(context, actor(c), c.req.valid('json'));
      return c.json(await store.read((reader) => showDrift(reader, host, { ...drift, state: 'repairing' }, true)), 200);
    });
}

/** @throws NotFoundError */
async function hostsAsked(reader: Reader, named: string | undefined): Promise<HostRow[]> {
  return named === undefined ? await listHosts(reader) : [await hostNamed(reader, named)];
}

function showOrphan(host: HostRow, { kind, id, name, reason, isRunning, address, image, bytes, since, removeAt, isKept }: ObservedOrphan, orders: readonly UpkeepOrderRow[]): OrphanView {
  const order = orders.find((one) => one.hostId === host.id && one.kind === kind && one.subjectId === id);
  const decision = order === undefined || order.verb === 'repair' ? null : { verb: order.verb, by: order.by, at: instant(order.at), note: order.note };
  const state = decision?.verb === 'remove' ? 'going' : decision?.verb === 'keep' || isKept ? 'kept' : 'waiting';
  return {
    hostId: host.id, host: host.name, kind, id, name, reason, since, state, decision,
    isRunning: isRunning ?? null, address: address ?? null, image: image ?? null, bytes: bytes ?? null, removeAt: state === 'kept' ? null : (removeAt ?? null),
  };
}

async function showDrift(reader: Reader, host: HostRow, { replicaId, kind, found, repairs, at, state }: ObservedDrift, mayOperate: boolean): Promise<DriftView> {
  const replica = await replicaById(reader, replicaId);
  const workload = replica === undefined ? undefined : await workloadById(reader, replica.workloadId);
  const name = replica === undefined || workload === undefined ? replicaId : replicaName(workload, replica.ordinal);
  return { hostId: host.id, host: host.name, replicaId, replica: name, team: workload?.team ?? null, kind, found, repairs, at, state, mayResume: mayOperate && state === 'given-up' };
}
