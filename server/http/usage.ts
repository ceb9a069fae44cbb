// A short history of CPU, memory and requests for charts, of a workload or a host.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { requireHost } from '../control/hosts.ts';
import { replicasOfWorkloads } from '../db/replicas.ts';
import { workloadById } from '../db/workloads.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import { Id, Instant, z } from './contract/common.ts';
import { answer, newApi, notFound, problems } from './problem.ts';
import { actor, secured } from './secured.ts';
import { instant } from './show.ts';

const Usage = z.object({ points: z.array(z.object({ at: Instant, cpuMilli: z.int(), memoryMib: z.int(), qps: z.number().nullable() })) }).openapi('UsageHistory');
const usageRoute = createRoute({
  method: 'get',
  path: '/usage',
  operationId: 'getUsage',
  summary: 'CPU, memory and requests of the last minutes, of one workload or one host',
  middleware: secured('read'),
  request: { query: z.object({ workload: Id.optional(), host: z.string().min(1).max(63).optional() }) },
  responses: { ...answer(200, 'Oldest first', Usage), ...problems, ...notFound },
});

/** `/usage`. */
export function usageApi(context: Context) {
  const { store, usage } = context;
  return newApi().openapi(usageRoute, async (c) => {
    const { workload, host } = c.req.valid('query');
    if ((workload === undefined) === (host === undefined)) throw new InvalidError('usage-of-what', 'Name either workload (its id) or host (its name).', [{ field: 'workload', value: workload, message: 'is needed, or host, and not both' }]);
    const points = await store.read(async (reader) => {
      if (host !== undefined) return usage.ofHost((await requireHost(reader, host)).id);
      const row = await workloadById(reader, workload!);
      if (row === undefined || !actor(c).can('read', row.team)) throw new NotFoundError('workload-unknown', `There is no workload ${workload}.`);
      return usage.ofReplicas((await replicasOfWorkloads(reader, [row.id])).map(({ id }) => id));
    });
    return c.json({ points: points.map(({ at, cpuMilli, memoryMib, qps = null }) => ({ at: instant(at), cpuMilli, memoryMib, qps })) }, 200);
  });
}
