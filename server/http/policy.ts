// The placement policy: read by everybody, changed by an SRE with a reason, every version kept.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { setPolicy } from '../control/policy.ts';
import { currentPolicy, type PolicyRow } from '../db/policies.ts';
import { PolicyEdit, PolicyView } from './contract/plans.ts';
import { answer, conflict, jsonBody, newApi, problems } from './problem.ts';
import { actor, secured } from './secured.ts';
import { instant } from './show.ts';

const showRoute = createRoute({
  method: 'get',
  path: '/policy',
  operationId: 'getPolicy',
  summary: 'The placement policy that counts now',
  middleware: secured('read'),
  responses: { ...answer(200, 'The newest version', PolicyView), ...problems },
});
const putRoute = createRoute({
  method: 'put',
  path: '/policy',
  operationId: 'setPolicy',
  summary: 'Replace the placement policy by a new version',
  middleware: secured('policy.manage'),
  request: { body: jsonBody(PolicyEdit) },
  responses: { ...answer(200, 'The new version', PolicyView), ...problems, ...conflict },
});

function show({ version, record, createdBy, createdAt, why }: PolicyRow): PolicyView {
  const environments = Object.fromEntries(Object.entries(record.environments).map(([name, { kinds, cpuOvercommitPermille }]) => [name, { kinds: [...kinds], cpuOvercommitPermille }]));
  return { version, record: { ...record, environments, shapes: { ...record.shapes } }, createdBy, createdAt: instant(createdAt), why };
}

/** `/policy`. */
export function policyApi(context: Context) {
  return newApi()
    .openapi(showRoute, async (c) => c.json(show(await context.store.read(currentPolicy)), 200))
    .openapi(putRoute, async (c) => c.json(show(await setPolicy(context, actor(c), c.req.valid('json'))), 200));
}
