// Drills: asked for, followed, cancelled, and their reports, each of them a link that stays.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { type DrillHead, listDrills, unpackReport } from '../db/drills.ts';
import type { Reader } from '../db/store.ts';
import { teamsOf } from '../db/workloads.ts';
import { askDrill, cancelDrill, drillNamed } from '../drill/drills.ts';
import { NotFoundError } from '../errors.ts';
import { Id, ListQuery, z } from './contract/common.ts';
import { DrillAsk, DrillDetail, DrillRemedy, Drills, DrillView } from './contract/drill.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, type Actor, secured } from './secured.ts';
import { instant, instantOrNull } from './show/show.ts';

const params = z.object({ id: Id });
const listRoute = createRoute({ method: 'get', path: '/drills', operationId: 'listDrills', summary: 'Drills, newest first', middleware: secured('read'), request: { query: ListQuery }, responses: { ...answer(200, 'Without their reports', Drills), ...problems } });
const askRoute = createRoute({ method: 'post', path: '/drills', operationId: 'askDrill', summary: 'Replay a day against the present fleet', middleware: secured('drills.run'), request: { body: jsonBody(DrillAsk) }, responses: { ...answer(202, 'It runs soon', DrillView), ...problems, ...notFound, ...conflict } });
const oneRoute = createRoute({ method: 'get', path: '/drills/{id}', operationId: 'getDrill', summary: 'A drill with its report', middleware: secured('read'), request: { params }, responses: { ...answer(200, 'The report is there when it is done', DrillDetail), ...problems, ...notFound } });
const cancelRoute = createRoute({ method: 'post', path: '/drills/{id}/cancel', operationId: 'cancelDrill', summary: 'End a drill that waits or runs', middleware: secured('drills.run'), request: { params }, responses: { ...answer(200, 'Cancelled', DrillView), ...problems, ...notFound, ...conflict } });

/** `/drills`. */
export function drillsApi(context: Context) {
  const { store, drillTraces } = context;
  return newApi()
    .openapi(listRoute, async (c) => {
      const { limit, after } = c.req.valid('query');
      const rows = await store.read(async (reader) => {
        const found = await listDrills(reader, { limit, after });
        const visible = await Promise.all(found.map((row) => mayRead(reader, actor(c), row)));
        return { found, shown: found.filter((_, index) => visible[index]) };
      });
      return c.json({ items: rows.shown.map((row) => show(row, actor(c))), next: rows.found.length < limit ? null : (rows.found.at(-1)?.id ?? null) }, 200);
    })
    .openapi(askRoute, async (c) => c.json(show(await askDrill(context, actor(c), c.req.valid('json'), drillTraces), actor(c)), 202))
    .openapi(oneRoute, async (c) => {
      const { report, ...row } = await drillNamed(context, c.req.valid('param').id);
      if (!(await store.read((reader) => mayRead(reader, actor(c), row)))) throw new NotFoundError('drill-unknown', `There is no drill ${row.id}.`);
      return c.json({ ...show(row, actor(c)), ask: row.ask.day.kind === 'trace' ? null : row.ask, report: report === null ? null : unpackReport(report) }, 200);
    })
    .openapi(cancelRoute, async (c) => c.json(show(await cancelDrill(context, actor(c), c.req.valid('param').id), actor(c)), 200));
}

/** Whoever may read the teams of all its workloads; of workloads that are gone, whoever may run drills. */
async function mayRead(reader: Reader, who: Actor, { workloads }: Pick<DrillHead, 'workloads'>): Promise<boolean> {
  if (who.can('drills.run')) return true;
  const ids = Object.keys(workloads);
  const teams = await teamsOf(reader, ids);
  return ids.every((id) => who.can('read', teams.get(id) ?? ''));
}

function show({ ask, workloads, createdAt, endedAt, ...row }: DrillHead, who: Actor): DrillView {
  const { id, title, state, stateReason, stateSaid, progressPermille, phase, createdBy, totals, verdict } = row;
  const name = ask.day.kind === 'recorded' ? ask.day.date : ask.day.name;
  return {
    id,
    title,
    state,
    stateReason,
    ...(stateSaid === null ? {} : { stateSaid: [...stateSaid] }),
    progressPermille,
    phase,
    ...phaseCodeOf(phase),
    createdBy,
    totals,
    verdict,
    day: { kind: ask.day.kind, name },
    times: ask.times,
    workloads: ask.workloads.map(({ workloadId, times, peakQps }) => ({ workloadId, workload: workloads[workloadId] ?? workloadId, times, peakQps })),
    createdAt: instant(createdAt),
    endedAt: instantOrNull(endedAt),
    mayCancel: (state === 'waiting' || state === 'running') && who.can('drills.run'),
  };
}

const PHASES: Readonly<Record<string, DrillView['phaseCode']>> = { 'waits for its turn': 'waits', 'the day as it is': 'day', done: 'done' };

/** Remedies are phases by their own codes. */
function phaseCodeOf(phase: string): Pick<DrillView, 'phaseCode'> {
  const code = PHASES[phase] ?? DrillRemedy.shape.code.options.find((remedy) => remedy === phase);
  return code === undefined ? {} : { phaseCode: code };
}
