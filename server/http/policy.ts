// The placement policy: read by everybody, every version kept. It is changed by applying a proposal.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { currentPolicy, listPolicies, type PolicyRow, recordOf } from '../db/policies.ts';
import { z } from './contract/common.ts';
import { type PolicyRecord, PolicyVersions, PolicyView } from './contract/plans.ts';
import { answer, newApi, problems } from './problem.ts';
import { secured } from './secured.ts';
import { instant } from './show/show.ts';

const showRoute = createRoute({
  method: 'get',
  path: '/policy',
  operationId: 'getPolicy',
  summary: 'The placement policy that counts now',
  middleware: secured('read'),
  responses: { ...answer(200, 'The newest version', PolicyView), ...problems },
});
const versionsRoute = createRoute({
  method: 'get',
  path: '/policy/versions',
  operationId: 'listPolicyVersions',
  summary: 'Every version of the placement policy, newest first',
  middleware: secured('read'),
  request: { query: z.object({ limit: z.coerce.number().int().min(1).max(200).default(50), after: z.coerce.number().int().min(1).optional().openapi({ description: 'a version: only older ones' }) }) },
  responses: { ...answer(200, 'Newest first', PolicyVersions), ...problems },
});

function show(row: PolicyRow): PolicyView {
  const { environments, shapes, classes, cloud, ...rest } = recordOf(row);
  const record: PolicyRecord = {
    ...rest,
    cloud: { ...cloud },
    environments: Object.fromEntries(Object.entries(environments).map(([name, { kinds, cpuOvercommitPermille }]) => [name, { kinds: [...kinds], cpuOvercommitPermille }])),
    shapes: { ...shapes },
    classes: Object.fromEntries(Object.entries(classes).map(([name, { caps, spreadPermille }]) => [name, { caps: { ...caps }, spreadPermille }])),
  };
  return { version: row.version, record, createdBy: row.createdBy, createdAt: instant(row.createdAt), why: row.why };
}

/** `/policy`. */
export function policyApi(context: Context) {
  return newApi()
    .openapi(showRoute, async (c) => c.json(show(await context.store.read(currentPolicy)), 200))
    .openapi(versionsRoute, async (c) => {
      const { limit, after } = c.req.valid('query');
      const rows = await context.store.read((reader) => listPolicies(reader, { limit: limit + 1, before: after }));
      return c.json({ items: rows.slice(0, limit).map(show), next: rows.length > limit ? String(rows[limit - 1]!.version) : null }, 200);
    });
}
