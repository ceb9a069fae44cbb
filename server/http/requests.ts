// Asking for capacity: the quote of a draft, submitting it, and what becomes of a request.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { approveRequest, denyRequest, withdrawRequest } from '../requests/decide.ts';
import { answerDraft } from '../requests/quote.ts';
import { submitRequest } from '../requests/submit.ts';
import { listRequests, requestById, type RequestRow } from '../db/requests.ts';
import { NotFoundError } from '../errors.ts';
import { Id, ListQuery, Name, z } from './contract/common.ts';
import { CapacityRequest, CapacityRequests, Decision, Denial, Draft, Quote, RequestState } from './contract/requests.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { type Actor, actor, requireTeam, secured } from './secured.ts';
import { hideEnv, instant, instantOrNull } from './show/show.ts';

const params = z.object({ id: Id });
const quoteRoute = createRoute({
  method: 'post',
  path: '/requests/quote',
  operationId: 'quoteRequest',
  summary: 'What a draft would get, without submitting it',
  middleware: secured('requests.quote'),
  request: { body: jsonBody(Draft) },
  responses: { ...answer(200, 'The answer, with the whole sum', Quote), ...problems },
});
const submitRoute = createRoute({
  method: 'post',
  path: '/requests',
  operationId: 'submitRequest',
  summary: 'Ask for capacity, or change what a workload has',
  middleware: secured('requests.submit'),
  request: { body: jsonBody(Draft), headers: z.object({ 'idempotency-key': z.string().min(8).max(200).optional() }) },
  responses: { ...answer(201, 'Recorded: approved at once or waiting', CapacityRequest), ...problems, ...conflict },
});
const listRoute = createRoute({
  method: 'get',
  path: '/requests',
  operationId: 'listRequests',
  summary: "Requests of the caller's teams, newest first",
  middleware: secured('read'),
  request: { query: ListQuery.extend({ state: RequestState.optional(), team: Name.optional() }) },
  responses: { ...answer(200, 'Newest first', CapacityRequests), ...problems },
});
const showRoute = createRoute({
  method: 'get',
  path: '/requests/{id}',
  operationId: 'getRequest',
  summary: 'One request with its quote',
  middleware: secured('read'),
  request: { params },
  responses: { ...answer(200, 'The request', CapacityRequest), ...problems, ...notFound },
});
const approveRoute = createRoute({
  method: 'post',
  path: '/requests/{id}/approve',
  operationId: 'approveRequest',
  summary: 'Approve a waiting request',
  middleware: secured('requests.decide'),
  request: { params, body: jsonBody(Decision) },
  responses: { ...answer(200, 'Approved', CapacityRequest), ...problems, ...notFound, ...conflict },
});
const denyRoute = createRoute({
  method: 'post',
  path: '/requests/{id}/deny',
  operationId: 'denyRequest',
  summary: 'Deny a waiting request, with a reason',
  middleware: secured('requests.decide'),
  request: { params, body: jsonBody(Denial) },
  responses: { ...answer(200, 'Denied', CapacityRequest), ...problems, ...notFound, ...conflict },
});
const withdrawRoute = createRoute({
  method: 'post',
  path: '/requests/{id}/withdraw',
  operationId: 'withdrawRequest',
  summary: 'Take a waiting request back',
  middleware: secured('requests.submit'),
  request: { params },
  responses: { ...answer(200, 'Withdrawn', CapacityRequest), ...problems, ...notFound, ...conflict },
});

/** Values of environment variables are shown to those who may submit for the team, and to nobody else. */
function show(row: RequestRow, reader: Actor): z.infer<typeof CapacityRequest> {
  const { run } = row.draft;
  const draft = run === undefined || reader.can('requests.submit', row.team) ? row.draft : { ...row.draft, run: { ...run, env: hideEnv(run.env) } };
  const { id, state, quote, workloadId, submittedBy, decidedBy, decisionReason } = row;
  return { id, state, draft, quote, workloadId, submittedBy, submittedAt: instant(row.submittedAt), decidedBy, decidedAt: instantOrNull(row.decidedAt), decisionReason };
}

/** A request of a team that the caller may not read is as good as none. */
async function find({ store }: Context, id: string, reader: Actor): Promise<RequestRow> {
  const row = await store.read((from) => requestById(from, id));
  if (row === undefined || !reader.can('read', row.team)) throw new NotFoundError('request-unknown', `There is no request ${id}.`);
  return row;
}

/** `/requests`. */
export function requestsApi(context: Context) {
  return newApi()
    .openapi(quoteRoute, async (c) => {
      const draft = c.req.valid('json');
      requireTeam(c, 'requests.quote', draft.team);
      return c.json(await answerDraft(context, draft), 200);
    })
    .openapi(submitRoute, async (c) => {
      const draft = c.req.valid('json');
      requireTeam(c, 'requests.submit', draft.team);
      const row = await submitRequest(context, actor(c), draft, c.req.valid('header')['idempotency-key']);
      return c.json(show(row, actor(c)), 201);
    })
    .openapi(listRoute, async (c) => {
      const { state, team, limit, after } = c.req.valid('query');
      if (team !== undefined) requireTeam(c, 'read', team);
      const teams = team === undefined ? actor(c).teams('read') : [team];
      const rows = await context.store.read((reader) => listRequests(reader, { state, teams, limit: limit + 1, after }));
      return c.json({ items: rows.slice(0, limit).map((row) => show(row, actor(c))), next: rows.length > limit ? rows[limit - 1]!.id : null }, 200);
    })
    .openapi(showRoute, async (c) => c.json(show(await find(context, c.req.valid('param').id, actor(c)), actor(c)), 200))
    .openapi(approveRoute, async (c) => c.json(show(await approveRequest(context, actor(c), c.req.valid('param').id, c.req.valid('json').reason), actor(c)), 200))
    .openapi(denyRoute, async (c) => c.json(show(await denyRequest(context, actor(c), c.req.valid('param').id, c.req.valid('json').reason), actor(c)), 200))
    .openapi(withdrawRoute, async (c) => {
      const row = await find(context, c.req.valid('param').id, actor(c));
      requireTeam(c, 'requests.submit', row.team);
      return c.json(show(await withdrawRequest(context, actor(c), row.id), actor(c)), 200);
    });
}
