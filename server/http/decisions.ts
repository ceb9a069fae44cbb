// Decisions of the autoscaler: what was decided when and why, each with everything that it followed from, and made again on request.
import { createRoute } from '@hono/zod-openapi';
import { inputsOf, replayDecision } from '../autoscale/replay.ts';
import type { Context } from '../context.ts';
import { decisionById, listDecisions } from '../db/autoscale.ts';
import { NotFoundError } from '../errors.ts';
import { DecisionDetail, DecisionQuery, DecisionReplay, Decisions } from './contract/autoscale.ts';
import { Id, z } from './contract/common.ts';
import { answer, newApi, notFound, problems } from './problem.ts';
import { type Actor, actor, secured } from './secured.ts';
import { showDecision, showInput } from './show/autoscale.ts';

const params = z.object({ id: Id });
const listRoute = createRoute({ method: 'get', path: '/decisions', operationId: 'listDecisions', summary: 'What the autoscaler decided and why', middleware: secured('read'), request: { query: DecisionQuery }, responses: { ...answer(200, 'Newest first; `next` goes into `after`', Decisions), ...problems } });
const showRoute = createRoute({ method: 'get', path: '/decisions/{id}', operationId: 'getDecision', summary: 'One decision with everything that it followed from', middleware: secured('read'), request: { params }, responses: { ...answer(200, 'The decision', DecisionDetail), ...problems, ...notFound } });
const replayRoute = createRoute({ method: 'post', path: '/decisions/{id}/replay', operationId: 'replayDecision', summary: 'Decide again from the same input, and compare', middleware: secured('read'), request: { params }, responses: { ...answer(200, 'Identical, or what differs', DecisionReplay), ...problems, ...notFound } });

const ACTIONS = { out: ['out'], in: ['in'], hold: ['hold'], changes: ['out', 'in'] } as const;

/** `/decisions`. */
export function decisionsApi({ store }: Context) {
  const readable = async (id: string, reader: Actor) => {
    const row = await store.read((from) => decisionById(from, id));
    if (row === undefined || !reader.can('read', row.team)) throw new NotFoundError('decision-unknown', `There is no decision ${id}.`);
    return row;
  };
  return newApi()
    .openapi(listRoute, async (c) => {
      const { workload, team, action, alert, since, until, after, limit } = c.req.valid('query');
      const held = actor(c).teams('read');
      const teams = team === undefined ? held : held === null || held.includes(team) ? [team] : [];
      const instantOf = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));
      const rows = await store.read((from) => listDecisions(from, { workload, teams, actions: action === undefined ? undefined : ACTIONS[action], alert, since: instantOf(since), until: instantOf(until), before: after, limit: limit + 1 }));
      const items = rows.slice(0, limit);
      return c.json({ items: items.map(showDecision), next: rows.length > limit ? items.at(-1)!.id : null }, 200);
    })
    .openapi(showRoute, async (c) => {
      const row = await readable(c.req.valid('param').id, actor(c));
      return c.json({ ...showDecision(row), input: showInput(await store.read((from) => inputsOf(from, row))) }, 200);
    })
    .openapi(replayRoute, async (c) => {
      const row = await readable(c.req.valid('param').id, actor(c));
      return c.json(await store.read((from) => replayDecision(from, row)), 200);
    });
}
