// What every page needs to know at once: which fleet this is, how full it is, what waits, and how the server's own loops do.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { add, NOTHING } from '../requests/quota.ts';
import { readCluster } from '../db/cluster.ts';
import { waitingRequests } from '../db/requests.ts';
import { VERSION } from '../version.ts';
import { Status } from './contract/plans.ts';
import { answer, newApi, problems } from './problem.ts';
import { actor, secured } from './secured.ts';
import { allocatedByHost } from './show/services.ts';
import { instantOrNull } from './show/show.ts';

const statusRoute = createRoute({
  method: 'get',
  path: '/status',
  operationId: 'getStatus',
  summary: 'The fleet and the server at a glance',
  middleware: secured('read'),
  responses: { ...answer(200, 'Now', Status), ...problems },
});

/** `/status`. */
export function statusApi(context: Context) {
  const { store, fleet, config, loops, insight } = context;
  return newApi().openapi(statusRoute, async (c) => {
    const present = await context.present.read();
    const { cluster, waiting } = await store.read(async (reader) => ({ cluster: await readCluster(reader), waiting: await waitingRequests(reader) }));
    const { hosts, replicas, policy } = present.snapshot;
    const alive = hosts.filter(({ state }) => state !== 'lost');
    const used = new Set(replicas.flatMap(({ hostId }) => hostId ?? []));
    const totals = {
      hosts: hosts.length,
      hostsReady: hosts.filter(({ state }) => state === 'ready').length,
      replicas: replicas.length,
      running: replicas.filter(({ id, hostId }) => hostId !== null && fleet.stateOf(hostId) !== 'lost' && fleet.get(hostId)?.replicas.get(id)?.state === 'running').length,
      pending: replicas.filter(({ hostId }) => hostId === null).length,
      requestsWaiting: waiting.filter(({ team }) => actor(c).can('read', team)).length,
      costCentsPerHour: hosts.reduce((sum, { id, costCentsPerHour }) => (used.has(id) ? sum + costCentsPerHour : sum), 0),
      capacity: alive.reduce((sum, { capacity }) => add(sum, capacity), NOTHING),
      allocated: [...allocatedByHost(present).values()].reduce((sum, { cpuMilli, memoryMib }) => add(sum, { cpuMilli, memoryMib }), NOTHING),
      gap: insight.proof === null ? null : { ...insight.proof.gap },
    };
    return c.json(
      {
        version: VERSION,
        clusterId: cluster.id,
        revision: cluster.revision,
        fleet: config.fleet,
        fleetNote: config.fleetNote,
        fleetNoteZh: config.fleetNoteZh,
        currency: config.currency,
        environments: Object.keys(policy.environments),
        shapes: { ...policy.shapes },
        defaultShape: policy.defaultShape,
        totals,
        loops: loops.status().map((loop) => ({ ...loop, lastRunAt: instantOrNull(loop.lastRunAt) })),
      },
      200,
    );
  });
}
