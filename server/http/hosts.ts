// The fleet: hosts with what they have, give and run, and what an SRE does to them.
import { createRoute } from '@hono/zod-openapi';
import type { Policy } from '#scheduler/model.ts';
import { usable } from '#scheduler/resources.ts';
import type { Context } from '../context.ts';
import { cordonHost, editHost, removeHost, requireHost } from '../control/hosts.ts';
import { listAssignmentHeads } from '../db/assignments.ts';
import { hostOf, type HostRow, listHosts } from '../db/hosts.ts';
import { listNetworks } from '../db/networks.ts';
import type { Reader } from '../db/store.ts';
import { Name, z } from './contract/common.ts';
import { Cordon, HostDetail, HostEdit, Hosts, HostView } from './contract/fleet.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, secured } from './secured.ts';
import { allocatedByHost, readRuns, showReplica } from './show-services.ts';
import { instant, instantOrNull } from './show.ts';

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

/** What the views of hosts read besides the hosts. */
interface Around {
  readonly policy: Policy;
  readonly networkModes: ReadonlyMap<string, 'flat' | 'routed'>;
  readonly generations: ReadonlyMap<string, number>;
  readonly allocated: ReturnType<typeof allocatedByHost>;
}

async function readAround(context: Context): Promise<Around> {
  const present = await context.present.read();
  const { networks, heads } = await context.store.read(async (reader) => ({ networks: await listNetworks(reader), heads: await listAssignmentHeads(reader) }));
  return {
    policy: present.snapshot.policy,
    networkModes: new Map(networks.map(({ id, mode }) => [id, mode])),
    generations: new Map([...heads].map(([hostId, { generation }]) => [hostId, generation])),
    allocated: allocatedByHost(present),
  };
}

function show({ fleet }: Context, around: Around, row: HostRow): HostView {
  const seen = fleet.get(row.id);
  const state = fleet.stateOf(row.id);
  const usableShape = usable(hostOf(row, state), around.policy);
  const allocated = around.allocated.get(row.id) ?? { cpuMilli: 0, memoryMib: 0, replicas: 0 };
  const generation = around.generations.get(row.id) ?? 0;
  const reportedGeneration = seen?.reportedGeneration ?? 0;
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    site: row.site,
    rack: row.rack,
    address: row.address,
    networkMode: around.networkModes.get(row.networkId) ?? 'flat',
    networkId: row.networkId,
    capacity: { cpuMilli: row.cpuMilli, memoryMib: row.memoryMib },
    reserved: { cpuMilli: row.cpuMilli - usableShape.cpuMilli, memoryMib: row.memoryMib - usableShape.memoryMib },
    allocated: { cpuMilli: allocated.cpuMilli, memoryMib: allocated.memoryMib },
    free: { cpuMilli: usableShape.cpuMilli - allocated.cpuMilli, memoryMib: usableShape.memoryMib - allocated.memoryMib },
    usedNow: state === 'lost' ? null : (seen?.report?.hostUsage ?? null),
    replicas: allocated.replicas,
    costCentsPerHour: row.costCentsPerHour,
    performance: row.performance,
    stability: row.stability,
    labels: row.labels,
    taints: row.taints,
    environments: row.environments,
    cordoned: row.cordonReason !== null,
    cordonReason: row.cordonReason,
    state,
    stateReason: seen?.reason ?? 'has not reported yet',
    lastSeenAt: instantOrNull(seen?.lastSeenAt ?? null),
    generation,
    reportedGeneration,
    converged: seen?.report?.converged === true && reportedGeneration === generation,
    strangers: seen?.report?.strangers ?? 0,
    problems: seen?.report?.problems ?? [],
    engineVersion: seen?.facts?.engineVersion ?? null,
    agentVersion: seen?.facts?.agentVersion ?? null,
    joinedAt: instant(row.joinedAt),
  };
}

async function showNamed(context: Context, name: string): Promise<HostView> {
  const row = await context.store.read((reader: Reader) => requireHost(reader, name));
  return show(context, await readAround(context), row);
}

/** `/hosts`. */
export function hostsApi(context: Context) {
  return newApi()
    .openapi(listRoute, async (c) => {
      const { site } = c.req.valid('query');
      const around = await readAround(context);
      const rows = await context.store.read(listHosts);
      return c.json({ items: rows.filter((row) => site === undefined || row.site === site).map((row) => show(context, around, row)), next: null }, 200);
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
