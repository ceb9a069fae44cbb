// Plans: what changed when and why, what would change now, and applying a proposal.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { applyProposal, proposePlan } from '../control/plans.ts';
import { exportRecord, proofOfPlan, verifyPlan } from '../control/verify.ts';
import { readCluster } from '../db/cluster.ts';
import { listPlans, planById } from '../db/plans.ts';
import { NotFoundError } from '../errors.ts';
import { Id, ListQuery, z } from './contract/common.ts';
import { PlanAsk, PlanDetail, Plans } from './contract/plans.ts';
import { PlanVerdict } from './contract/questions.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems, unavailable } from './problem.ts';
import { actor, secured } from './secured.ts';
import { showPlan, showPlanDetail } from './show/plans.ts';

const params = z.object({ id: Id });
const listRoute = createRoute({
  method: 'get',
  path: '/plans',
  operationId: 'listPlans',
  summary: 'Plans, newest first',
  middleware: secured('read'),
  request: { query: ListQuery },
  responses: { ...answer(200, 'Newest first', Plans), ...problems },
});
const showRoute = createRoute({
  method: 'get',
  path: '/plans/{id}',
  operationId: 'getPlan',
  summary: 'One plan with its diff',
  middleware: secured('read'),
  request: { params },
  responses: { ...answer(200, 'The plan', PlanDetail), ...problems, ...notFound, ...unavailable },
});
const proposeRoute = createRoute({
  method: 'post',
  path: '/plans',
  operationId: 'proposePlan',
  summary: 'What the planner would do now, without doing it',
  middleware: secured('plans.propose'),
  request: { body: jsonBody(PlanAsk) },
  responses: { ...answer(201, 'The proposal', PlanDetail), ...problems },
});
const applyRoute = createRoute({
  method: 'post',
  path: '/plans/{id}/apply',
  operationId: 'applyPlan',
  summary: 'Apply a proposal, while the state that it was made from stands',
  middleware: secured('plans.apply'),
  request: { params },
  responses: { ...answer(200, 'What came of it', PlanDetail), ...problems, ...notFound, ...conflict },
});
const recordRoute = createRoute({
  method: 'get',
  path: '/plans/{id}/record',
  operationId: 'getPlanRecord',
  summary: 'A plan with everything that it was made from, as one document that can be checked anywhere',
  middleware: secured('plans.propose'),
  request: { params },
  responses: { 200: { description: 'The record: `firn plan verify FILE` checks it without a server', content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } } }, ...problems, ...notFound, ...conflict, ...unavailable },
});
const verifyRoute = createRoute({
  method: 'post',
  path: '/plans/{id}/verify',
  operationId: 'verifyPlan',
  summary: 'Whether a stored plan holds: its invariants, its proof, and whether it comes out again',
  middleware: secured('plans.propose'),
  request: { params },
  responses: { ...answer(200, 'The verdict', PlanVerdict), ...problems, ...notFound, ...conflict, ...unavailable },
});

/** `/plans`. */
export function plansApi(context: Context) {
  const { store } = context;
  const revision = async () => (await store.read(readCluster)).revision;
  return newApi()
    .openapi(listRoute, async (c) => {
      const { limit, after } = c.req.valid('query');
      const rows = await store.read((reader) => listPlans(reader, { limit: limit + 1, after }));
      const now = await revision();
      return c.json({ items: rows.slice(0, limit).map((row) => showPlan(row, now)), next: rows.length > limit ? rows[limit - 1]!.id : null }, 200);
    })
    .openapi(showRoute, async (c) => {
      const { id } = c.req.valid('param');
      const row = await store.read((reader) => planById(reader, id));
      if (row === undefined) throw new NotFoundError('plan-unknown', `There is no plan ${id}.`);
      return c.json(showPlanDetail(row, await revision(), await proofOfPlan(context, id)), 200);
    })
    .openapi(proposeRoute, async (c) => c.json(showPlanDetail(await proposePlan(context, actor(c)), await revision()), 201))
    .openapi(applyRoute, async (c) => c.json(showPlanDetail(await applyProposal(context, actor(c), c.req.valid('param').id), await revision()), 200))
    .openapi(recordRoute, async (c) => {
      const { id } = c.req.valid('param');
      const record = await exportRecord(context, id, actor(c).id);
      return new Response(new Blob([record]), { headers: { 'content-type': 'application/octet-stream', 'content-disposition': `attachment; filename="firn-plan-${id}.json"` } });
    })
    .openapi(verifyRoute, async (c) => c.json(await verifyPlan(context, c.req.valid('param').id, actor(c).id), 200));
}
