// Freezes: when nothing is released to an environment, whether one holds now, and when the next one does.
import { createRoute } from '@hono/zod-openapi';
import type { CalendarYear } from '#scheduler/calendar/model.ts';
import type { Context } from '../context.ts';
import { addFreeze, freezeState, removeFreeze } from '../releases/freezes.ts';
import { type FreezeRow, listFreezes } from '../db/freezes.ts';
import { Id, Name, z } from './contract/common.ts';
import { FreezeAsk, type FreezeRule, Freezes, FreezeView } from './contract/release-rules.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, secured } from './secured.ts';
import { instant } from './show/show.ts';

const listRoute = createRoute({ method: 'get', path: '/freezes', operationId: 'listFreezes', summary: 'Every freeze', middleware: secured('read'), request: { query: z.object({ environment: Name.optional() }) }, responses: { ...answer(200, 'By name', Freezes), ...problems } });
const addRoute = createRoute({ method: 'post', path: '/freezes', operationId: 'addFreeze', summary: 'Keep rollouts of an environment from starting at certain times', middleware: secured('freezes.manage'), request: { body: jsonBody(FreezeAsk) }, responses: { ...answer(201, 'Added', FreezeView), ...problems, ...conflict } });
const removeRoute = createRoute({ method: 'delete', path: '/freezes/{id}', operationId: 'removeFreeze', summary: 'Take a freeze away, by id or name', middleware: secured('freezes.manage'), request: { params: z.object({ id: Id }) }, responses: { 204: { description: 'Taken away' }, ...problems, ...notFound } });

/** `/freezes`. */
export function freezesApi(context: Context) {
  const { store, clock, market } = context;
  return newApi()
    .openapi(listRoute, async (c) => {
      const rows = await store.read((from) => listFreezes(from, c.req.valid('query').environment ?? null));
      return c.json({ items: rows.map((row) => show(row, clock.now(), market.years())), next: null }, 200);
    })
    .openapi(addRoute, async (c) => c.json(show(await addFreeze(context, actor(c), c.req.valid('json')), clock.now(), market.years()), 201))
    .openapi(removeRoute, async (c) => {
      await removeFreeze(context, actor(c), c.req.valid('param').id);
      return c.body(null, 204);
    });
}

function show({ id, name, environment, rule, reason, createdBy, createdAt }: FreezeRow, now: number, years: readonly CalendarYear[]): FreezeView {
  const { active, next, warning } = freezeState(rule, now, years);
  const soonest = active ?? next;
  const shown = (rule.kind === 'once' ? { kind: 'once', from: instant(rule.from), to: instant(rule.to) } : rule) as z.infer<typeof FreezeRule>;
  return { id, name, environment, rule: shown, reason, createdBy, createdAt: instant(createdAt), isActive: active !== null, next: soonest === null ? null : { from: instant(soonest.from), to: instant(soonest.to) }, warning };
}
