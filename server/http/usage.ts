// A short history of CPU, memory and requests for charts, of a workload or a host.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { requireHost } from '../control/hosts.ts';
import { workloadById } from '../db/workloads.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import { Id, Instant, z } from './contract/common.ts';
import { answer, newApi, notFound, problems } from './problem.ts';
import { actor, secured } from './secured.ts';
import type { Subject } from '../metrics/model.ts';
import { instant } from './show/show.ts';

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

/** So much fits a chart. */
const WINDOW_MS = 600_000;
const POINTS = 120;

/** `/usage`. */
export function usageApi({ store, metrics, clock }: Context) {
  return newApi().openapi(usageRoute, async (c) => {
    const { workload, host } = c.req.valid('query');
    if ((workload === undefined) === (host === undefined)) throw new InvalidError('usage-of-what', 'Name either workload (its id) or host (its name).', [{ field: 'workload', value: workload, message: 'is needed, or host, and not both' }]);
    const subject = await store.read(async (reader): Promise<Subject> => {
      if (host !== undefined) return `host:${(await requireHost(reader, host)).id}`;
      const row = await workloadById(reader, workload!);
      if (row === undefined || !actor(c).can('read', row.team)) throw new NotFoundError('workload-unknown', `There is no workload ${workload}.`);
      return `workload:${row.id}`;
    });
    const to = clock.now();
    const { at, stepMs, values } = await metrics.series(subject, ['cpuMilli', 'memoryMib', 'qps'], { from: to - WINDOW_MS, to, points: POINTS });
    const points = (values.cpuMilli ?? []).flatMap((cpuMilli, index) => {
      const memoryMib = values.memoryMib?.[index] ?? null;
      if (cpuMilli === null || memoryMib === null) return [];
      return [{ at: instant(at + index * stepMs), cpuMilli: Math.round(cpuMilli), memoryMib: Math.round(memoryMib), qps: values.qps?.[index] ?? null }];
    });
    return c.json({ points }, 200);
  });
}
