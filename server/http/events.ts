// History: who did what, when and why.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { type EventRow, listEvents } from '../db/events.ts';
import type { EventView } from './contract/plans.ts';
import { EventQuery, Events } from './contract/plans.ts';
import { answer, newApi, problems } from './problem.ts';
import { actor, secured } from './secured.ts';
import { instant } from './show/show.ts';

const listRoute = createRoute({
  method: 'get',
  path: '/events',
  operationId: 'listEvents',
  summary: 'Newest first; with `after`, what came since then, oldest first',
  middleware: secured('read'),
  request: { query: EventQuery },
  responses: { ...answer(200, 'Events', Events), ...problems },
});

const show = (row: EventRow): EventView => ({ ...row, at: instant(row.at) });

/** `/events`. */
export function eventsApi(context: Context) {
  return newApi().openapi(listRoute, async (c) => {
    const query = c.req.valid('query');
    const rows = await context.store.read((reader) => listEvents(reader, { ...query, limit: query.limit + 1, teams: actor(c).teams('read') }));
    return c.json({ items: rows.slice(0, query.limit).map(show), next: rows.length > query.limit ? String(rows[query.limit - 1]!.seq) : null }, 200);
  });
}
