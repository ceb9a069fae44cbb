// Pools of cloud VMs that could be bought: what there is to buy, at which price, and how many.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { removePool, setPool } from '../burst/pools.ts';
import { listPools, type PoolRow } from '../db/pools.ts';
import { Name, z } from './contract/common.ts';
import { PoolEdit, Pools, PoolView } from './contract/questions.ts';
import { answer, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, secured } from './secured.ts';

const params = z.object({ name: Name });
const listRoute = createRoute({
  method: 'get',
  path: '/pools',
  operationId: 'listPools',
  summary: 'Every pool of cloud VMs',
  middleware: secured('read'),
  responses: { ...answer(200, 'By name', Pools), ...problems },
});
const putRoute = createRoute({
  method: 'put',
  path: '/pools/{name}',
  operationId: 'setPool',
  summary: 'Add a pool, or say anew what it has',
  middleware: secured('hosts.operate'),
  request: { params, body: jsonBody(PoolEdit) },
  responses: { ...answer(200, 'As it is now', PoolView), ...problems },
});
const removeRoute = createRoute({
  method: 'delete',
  path: '/pools/{name}',
  operationId: 'removePool',
  summary: 'Forget a pool; VMs that came from it stay',
  middleware: secured('hosts.operate'),
  request: { params: z.object({ name: z.string().min(1).max(63) }) },
  responses: { 204: { description: 'Forgotten' }, ...problems, ...notFound },
});

const show = ({ cpuMilli, memoryMib, mostHosts, ...rest }: PoolRow): PoolView => ({ ...rest, capacity: { cpuMilli, memoryMib }, limit: mostHosts });

/** `/pools`. */
export function poolsApi(context: Context) {
  return newApi()
    .openapi(listRoute, async (c) => c.json({ items: (await context.store.read(listPools)).map(show), next: null }, 200))
    .openapi(putRoute, async (c) => c.json(show(await setPool(context, actor(c), c.req.valid('param').name, c.req.valid('json'))), 200))
    .openapi(removeRoute, async (c) => {
      await removePool(context, actor(c), c.req.valid('param').name);
      return c.body(null, 204);
    });
}
