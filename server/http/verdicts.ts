// Time lines of hosts, the evidence behind what they are held to be, and the governor with what it holds.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { changeGovernor, decideHold } from '../control/governor.ts';
import { requireHost } from '../control/hosts.ts';
import { callLost } from '../control/verdicts.ts';
import { listHolds } from '../db/governor.ts';
import { listTimeline } from '../db/timeline.ts';
import { Id, z } from './contract/common.ts';
import { CallLost, GovernorSettings, GovernorView, HoldDecision, Holds, HoldsQuery, HoldView, HostEvidence, Timeline, TimelineQuery } from './contract/verdicts.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, secured } from './secured.ts';
import { showEvidence, showGovernor, showHold, showTimelineEntry } from './show/verdicts.ts';

const byName = z.object({ name: z.string().min(1).max(63) });
const byId = z.object({ id: Id });
const timelineRoute = createRoute({
  method: 'get',
  path: '/hosts/{name}/timeline',
  operationId: 'getHostTimeline',
  summary: 'What was held true of a host and why, its sessions, boots and problems, newest first',
  middleware: secured('read'),
  request: { params: byName, query: TimelineQuery },
  responses: { ...answer(200, '`next` is the `before` of the next page', Timeline), ...problems, ...notFound },
});
const evidenceRoute = createRoute({
  method: 'get',
  path: '/hosts/{name}/evidence',
  operationId: 'getHostEvidence',
  summary: 'Why a host is held to be what it is now',
  middleware: secured('read'),
  request: { params: byName },
  responses: { ...answer(200, 'Now', HostEvidence), ...problems, ...notFound },
});
const lostRoute = createRoute({
  method: 'post',
  path: '/hosts/{name}/lost',
  operationId: 'callHostLost',
  summary: 'Say that a silent host is lost: its replicas start elsewhere, whatever the governor and its neighbours say',
  middleware: secured('hosts.operate'),
  request: { params: byName, body: jsonBody(CallLost) },
  responses: { ...answer(200, 'As it is now', HostEvidence), ...problems, ...notFound, ...conflict },
});
const governorRoute = createRoute({
  method: 'get',
  path: '/governor',
  operationId: 'getGovernor',
  summary: 'How far automatic actions may reach without a person, how much of that is used, and what waits',
  middleware: secured('read'),
  responses: { ...answer(200, 'Now', GovernorView), ...problems },
});
const changeRoute = createRoute({
  method: 'put',
  path: '/governor',
  operationId: 'putGovernor',
  summary: 'Change the limits; what is left out gets its default',
  middleware: secured('hosts.operate'),
  request: { body: jsonBody(GovernorSettings) },
  responses: { ...answer(200, 'As it is now', GovernorView), ...problems },
});
const holdsRoute = createRoute({
  method: 'get',
  path: '/governor/holds',
  operationId: 'listHolds',
  summary: 'What waits for a person, or waited, newest first',
  middleware: secured('read'),
  request: { query: HoldsQuery },
  responses: { ...answer(200, 'Holds', Holds), ...problems },
});
const decideRoute = (verb: 'release' | 'decline', summary: string) =>
  createRoute({
    method: 'post',
    path: `/governor/holds/{id}/${verb}`,
    operationId: `${verb}Hold`,
    summary,
    middleware: secured('hosts.operate'),
    request: { params: byId, body: jsonBody(HoldDecision) },
    responses: { ...answer(200, 'As it is now', HoldView), ...problems, ...notFound, ...conflict },
  });
const releaseRoute = decideRoute('release', 'Let what is held be done');
const declineRoute = decideRoute('decline', 'Keep what is held from being done, for as long as these hosts are silent');

/** `/hosts/{name}/timeline`, `/hosts/{name}/evidence`, `/hosts/{name}/lost`, `/governor`. */
export function verdictsApi(context: Context) {
  const { store } = context;
  return newApi()
    .openapi(timelineRoute, async (c) => {
      const { limit, before, kind } = c.req.valid('query');
      const rows = await store.read(async (reader) => await listTimeline(reader, { hostId: (await requireHost(reader, c.req.valid('param').name)).id, kind, before, limit: limit + 1 }));
      const items = rows.slice(0, limit).map(showTimelineEntry);
      return c.json({ items, next: rows.length > limit ? String(items.at(-1)!.id) : null }, 200);
    })
    .openapi(evidenceRoute, async (c) => c.json(await showEvidence(context, c.req.valid('param').name), 200))
    .openapi(lostRoute, async (c) => {
      const { name } = c.req.valid('param');
      await callLost(context, actor(c), name, c.req.valid('json').reason);
      return c.json(await showEvidence(context, name), 200);
    })
    .openapi(governorRoute, async (c) => c.json(await showGovernor(context, actor(c).can('hosts.operate')), 200))
    .openapi(changeRoute, async (c) => {
      await changeGovernor(context, actor(c), c.req.valid('json'));
      return c.json(await showGovernor(context, true), 200);
    })
    .openapi(holdsRoute, async (c) => {
      const rows = await store.read((reader) => listHolds(reader, c.req.valid('query')));
      return c.json({ items: rows.map((row) => showHold(row, actor(c).can('hosts.operate'))), next: null }, 200);
    })
    .openapi(releaseRoute, async (c) => c.json(showHold(await decideHold(context, actor(c), c.req.valid('param').id, 'released', c.req.valid('json').reason), true), 200))
    .openapi(declineRoute, async (c) => c.json(showHold(await decideHold(context, actor(c), c.req.valid('param').id, 'declined', c.req.valid('json').reason), true), 200));
}
