// The registry: what it holds and why, how full its disk and those of the hosts are, and cleaning it.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { cleanRegistry } from '../registry/retention.ts';
import { CleanAsk, Cleaned, RegistryView } from './contract/releases.ts';
import { answer, conflict, jsonBody, newApi, problems, unavailable } from './problem.ts';
import { actor, secured } from './secured.ts';
import { readRegistry } from './show/registry.ts';

const showRoute = createRoute({
  method: 'get',
  path: '/registry',
  operationId: 'getRegistry',
  summary: 'The registry: state, disk, images with why they are kept',
  middleware: secured('read'),
  responses: { ...answer(200, 'As it is', RegistryView), ...problems },
});
const cleanRoute = createRoute({
  method: 'post',
  path: '/registry/clean',
  operationId: 'cleanRegistry',
  summary: 'Delete images that nothing needs, and free their disk space',
  middleware: secured('registry.manage'),
  request: { body: jsonBody(CleanAsk) },
  responses: { ...answer(200, 'What went, or would go', Cleaned), ...problems, ...conflict, ...unavailable },
});

/** `/registry`. */
export function registryApi(context: Context) {
  return newApi()
    .openapi(showRoute, async (c) => c.json(await readRegistry(context, actor(c)), 200))
    .openapi(cleanRoute, async (c) => {
      const { name } = actor(c);
      return c.json(await cleanRegistry(context, name, { dryRun: c.req.valid('json').dryRun, why: `asked by ${name}` }), 200);
    });
}
