// Shifts of traffic between sites: what one would do, drafts that a second person approves, and what is being carried out.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { listShifts, shiftById } from '../db/shifts.ts';
import { NotFoundError } from '../errors.ts';
import { planShift } from '../sites/shift-plan.ts';
import { actOnShift, circumstancesOfShift, draftShift } from '../sites/shifts.ts';
import { Id, z } from './contract/common.ts';
import { ShiftAct, ShiftAsk, ShiftPlan, Shifts, ShiftView } from './contract/sites.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, type Actor, secured } from './secured.ts';
import { showShift } from './show/sites.ts';

const params = z.object({ id: Id });
const listRoute = createRoute({ method: 'get', path: '/shifts', operationId: 'listShifts', summary: 'Shifts, the newest first', middleware: secured('read'), responses: { ...answer(200, 'The last 100', Shifts), ...problems } });
const getRoute = createRoute({ method: 'get', path: '/shifts/{id}', operationId: 'getShift', summary: 'One shift', middleware: secured('read'), request: { params }, responses: { ...answer(200, 'As it is now', ShiftView), ...problems, ...notFound } });
const previewRoute = createRoute({ method: 'post', path: '/shifts/preview', operationId: 'previewShift', summary: 'What a shift would need and do; stores nothing', middleware: secured('simulate'), request: { body: jsonBody(ShiftAsk) }, responses: { ...answer(200, 'Cores, replicas and room there, decay of clients, refusals', ShiftPlan), ...problems, ...notFound } });
const draftRoute = createRoute({ method: 'post', path: '/shifts', operationId: 'draftShift', summary: 'Draft a shift, or the draining of a site; refused when the other side cannot carry it', middleware: secured('sites.manage'), request: { body: jsonBody(ShiftAsk) }, responses: { ...answer(201, 'The draft', ShiftView), ...problems, ...notFound } });
const actRoute = createRoute({ method: 'post', path: '/shifts/{id}', operationId: 'actOnShift', summary: 'Approve, reject, withdraw, apply, pause, resume, undo or refresh a shift', middleware: secured('sites.manage'), request: { params, body: jsonBody(ShiftAct) }, responses: { ...answer(200, 'As it is now', ShiftView), ...problems, ...notFound, ...conflict } });

/** `/shifts`. */
export function shiftsApi(context: Context) {
  const { store } = context;
  const show = async (id: string, asker: Actor) =>
    await store.read(async (reader) => {
      const row = await shiftById(reader, id);
      if (row === undefined) throw new NotFoundError('shift-unknown', `There is no shift ${id}.`);
      return showShift(row, asker, await circumstancesOfShift(reader, row));
    });
  return newApi()
    .openapi(listRoute, async (c) => {
      const items = await store.read(async (reader) => {
        const shown = [];
        for (const row of await listShifts(reader, 100)) shown.push(showShift(row, actor(c), await circumstancesOfShift(reader, row)));
        return shown;
      });
      return c.json({ items, next: null }, 200);
    })
    .openapi(getRoute, async (c) => c.json(await show(c.req.valid('param').id, actor(c)), 200))
    .openapi(previewRoute, async (c) => c.json((await planShift(context, c.req.valid('json'))).plan, 200))
    .openapi(draftRoute, async (c) => c.json(await show((await draftShift(context, actor(c), c.req.valid('json'))).id, actor(c)), 201))
    .openapi(actRoute, async (c) => {
      const { verb, reason } = c.req.valid('json');
      await actOnShift(context, actor(c), c.req.valid('param').id, verb, reason);
      return c.json(await show(c.req.valid('param').id, actor(c)), 200);
    });
}
