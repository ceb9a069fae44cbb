// What if, and proposals: asking what changes would do, keeping the answer, and everything that is done with it afterwards.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { actOnProposal, makeProposal, requireProposal } from '../proposals/proposals.ts';
import { simulateChanges } from '../proposals/ask.ts';
import { readCluster } from '../db/cluster.ts';
import { listProposals } from '../db/proposals.ts';
import { Id, ListQuery, z } from './contract/common.ts';
import { ProposalAct, ProposalDetail, ProposalDraft, Proposals, ProposalState, Simulation, SimulationAsk } from './contract/questions.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems, unavailable } from './problem.ts';
import { actor, secured } from './secured.ts';
import { readAround, showProposal, showProposalDetail } from './show/proposals.ts';

const params = z.object({ id: Id });
const simulateRoute = createRoute({
  method: 'post',
  path: '/simulate',
  operationId: 'simulate',
  summary: 'What changes would do, one after the other; nothing is changed',
  middleware: secured('simulate'),
  request: { body: jsonBody(SimulationAsk) },
  responses: { ...answer(200, 'What each change would do, and what is different at the end', Simulation), ...problems, ...conflict, ...unavailable },
});
const listRoute = createRoute({
  method: 'get',
  path: '/proposals',
  operationId: 'listProposals',
  summary: 'Proposals, newest first',
  middleware: secured('read'),
  request: { query: ListQuery.extend({ state: ProposalState.optional() }) },
  responses: { ...answer(200, 'Newest first', Proposals), ...problems },
});
const showRoute = createRoute({
  method: 'get',
  path: '/proposals/{id}',
  operationId: 'getProposal',
  summary: 'One proposal with its simulation, its progress, and what the reader may do',
  middleware: secured('read'),
  request: { params },
  responses: { ...answer(200, 'The proposal', ProposalDetail), ...problems, ...notFound },
});
const makeRoute = createRoute({
  method: 'post',
  path: '/proposals',
  operationId: 'makeProposal',
  summary: 'Propose changes: they are simulated, kept, and wait for a second person',
  middleware: secured('proposals.make'),
  request: { body: jsonBody(ProposalDraft) },
  responses: { ...answer(201, 'The draft', ProposalDetail), ...problems, ...conflict, ...unavailable },
});
const actRoute = createRoute({
  method: 'post',
  path: '/proposals/{id}',
  operationId: 'actOnProposal',
  summary: 'Approve, reject, withdraw, apply, pause, resume, undo or refresh a proposal',
  middleware: secured('proposals.make'),
  request: { params, body: jsonBody(ProposalAct) },
  responses: { ...answer(200, 'As it is now', ProposalDetail), ...problems, ...notFound, ...conflict, ...unavailable },
});

/** `/simulate`, `/proposals`. */
export function proposalsApi(context: Context) {
  const { store, clock } = context;
  return newApi()
    .openapi(simulateRoute, async (c) => {
      const { changes, withProof } = c.req.valid('json');
      return c.json((await simulateChanges(context, changes, { key: `simulate ${actor(c).id}`, withProof })).simulation, 200);
    })
    .openapi(listRoute, async (c) => {
      const { limit, after, state } = c.req.valid('query');
      const view = await store.read(async (reader) => {
        const rows = await listProposals(reader, { state, limit: limit + 1, after });
        const around = await readAround(reader, rows, (await readCluster(reader)).revision, clock.now());
        return { items: rows.slice(0, limit).map((row) => showProposal(row, around)), next: rows.length > limit ? rows[limit - 1]!.id : null };
      });
      return c.json(view, 200);
    })
    .openapi(showRoute, async (c) => c.json(await store.read(async (reader) => showProposalDetail(reader, await requireProposal(reader, c.req.valid('param').id), actor(c), clock.now())), 200))
    .openapi(makeRoute, async (c) => {
      const row = await makeProposal(context, actor(c), c.req.valid('json'));
      return c.json(await store.read((reader) => showProposalDetail(reader, row, actor(c), clock.now())), 201);
    })
    .openapi(actRoute, async (c) => {
      const { verb, reason } = c.req.valid('json');
      const row = await actOnProposal(context, actor(c), c.req.valid('param').id, verb, reason);
      return c.json(await store.read((reader) => showProposalDetail(reader, row, actor(c), clock.now())), 200);
    });
}
