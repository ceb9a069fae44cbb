// Teams' own Prometheus: which servers arrivals are read from, and the targets that they may scrape.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { listPrometheusSources, prometheusSourceById, type PrometheusSourceRow } from '../db/prometheus-sources.ts';
import { workloadById, workloadName, type WorkloadRow } from '../db/workloads.ts';
import { askPrometheus } from '../metrics/prometheus-ask.ts';
import { addPrometheusSource, editPrometheusSource, removePrometheusSource, sourceUnknown } from '../metrics/prometheus.ts';
import { targetsOf } from '../metrics/targets.ts';
import { Id, z } from './contract/common.ts';
import { PrometheusSourceAsk, PrometheusSourceEdit, PrometheusSources, PrometheusSourceView, PrometheusTargets, PrometheusTested } from './contract/metrics.ts';
import { readable } from './metrics.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, requireTeam, secured } from './secured.ts';
import { instant, instantOrNull } from './show/show.ts';

const params = z.object({ id: Id });
const listRoute = createRoute({ method: 'get', path: '/prometheus/sources', operationId: 'listPrometheusSources', summary: 'Prometheus servers that arrivals are read from, and what they say', middleware: secured('read'), request: { query: z.object({ workload: Id.optional() }) }, responses: { ...answer(200, 'By name', PrometheusSources), ...problems } });
const addRoute = createRoute({ method: 'post', path: '/prometheus/sources', operationId: 'addPrometheusSource', summary: "Read a workload's arrivals from a Prometheus server", middleware: secured('autoscale.manage'), request: { body: jsonBody(PrometheusSourceAsk) }, responses: { ...answer(201, 'Added; it is asked at once', PrometheusSourceView), ...problems, ...notFound, ...conflict } });
const editRoute = createRoute({ method: 'patch', path: '/prometheus/sources/{id}', operationId: 'editPrometheusSource', summary: 'Another query or pace, or stop asking', middleware: secured('autoscale.manage'), request: { params, body: jsonBody(PrometheusSourceEdit) }, responses: { ...answer(200, 'As it is now', PrometheusSourceView), ...problems, ...notFound } });
const testRoute = createRoute({ method: 'post', path: '/prometheus/sources/{id}/test', operationId: 'testPrometheusSource', summary: 'Ask it now and wait for the answer', middleware: secured('autoscale.manage'), request: { params }, responses: { ...answer(200, 'A number, or what is wrong', PrometheusTested), ...problems, ...notFound } });
const removeRoute = createRoute({ method: 'delete', path: '/prometheus/sources/{id}', operationId: 'removePrometheusSource', summary: 'Do not ask it any more', middleware: secured('autoscale.manage'), request: { params }, responses: { 204: { description: 'Removed' }, ...problems, ...notFound } });
const targetsRoute = createRoute({ method: 'get', path: '/prometheus/targets', operationId: 'listPrometheusTargets', summary: 'Every replica with metrics, as http_sd of Prometheus reads it', middleware: secured('read'), responses: { ...answer(200, 'One group a replica', PrometheusTargets), ...problems } });

/** `/prometheus`. */
export function prometheusApi(context: Context) {
  const { store, config } = context;
  const find = async (id: string): Promise<{ row: PrometheusSourceRow; workload: WorkloadRow }> =>
    await store.read(async (reader) => {
      const row = await prometheusSourceById(reader, id);
      const workload = row === undefined ? undefined : await workloadById(reader, row.workloadId);
      if (row === undefined || workload === undefined) throw sourceUnknown(id);
      return { row, workload };
    });
  /** @throws NotFoundError also where it is of a team that the caller may not read */
  const managed = async (c: Parameters<typeof actor>[0], id: string): Promise<{ row: PrometheusSourceRow; workload: WorkloadRow }> => {
    const found = await find(id);
    if (!actor(c).can('read', found.workload.team)) throw sourceUnknown(id);
    requireTeam(c, 'autoscale.manage', found.workload.team);
    return found;
  };
  return newApi()
    .openapi(listRoute, async (c) => {
      const { workload: only } = c.req.valid('query');
      const rows = await store.read(async (reader) => {
        const all = (await listPrometheusSources(reader)).filter(({ workloadId }) => only === undefined || workloadId === only);
        return await Promise.all(all.map(async (row) => ({ row, workload: await workloadById(reader, row.workloadId) })));
      });
      const items = rows.flatMap(({ row, workload }) => (workload === undefined || !actor(c).can('read', workload.team) ? [] : [show(context, row, workload)]));
      return c.json({ items, next: null }, 200);
    })
    .openapi(addRoute, async (c) => {
      const ask = c.req.valid('json');
      const workload = await readable(context, actor(c), ask.workload);
      requireTeam(c, 'autoscale.manage', workload.team);
      return c.json(show(context, await addPrometheusSource(context, actor(c), workload, ask), workload), 201);
    })
    .openapi(editRoute, async (c) => {
      const { row, workload } = await managed(c, c.req.valid('param').id);
      return c.json(show(context, await editPrometheusSource(context, actor(c), row.id, c.req.valid('json')), workload), 200);
    })
    .openapi(testRoute, async (c) => {
      const { row } = await managed(c, c.req.valid('param').id);
      const begun = performance.now();
      const said = await askPrometheus({ url: row.url, query: row.query, allow: config.prometheusAllow });
      return c.json({ ...said, ms: Math.round(performance.now() - begun) }, 200);
    })
    .openapi(removeRoute, async (c) => {
      const { row } = await managed(c, c.req.valid('param').id);
      await removePrometheusSource(context, actor(c), row.id);
      return c.body(null, 204);
    })
    .openapi(targetsRoute, async (c) => c.json(await targetsOf(context, (team) => actor(c).can('read', team)), 200));
}

function show({ metrics }: Context, row: PrometheusSourceRow, workload: WorkloadRow): PrometheusSourceView {
  const { id, name, workloadId, url, query, everySeconds, isEnabled, createdBy, createdAt } = row;
  const state = metrics.prometheusStates.get(id);
  const isAsked = isEnabled && state !== undefined;
  return {
    id, name, workloadId, url, query, everySeconds, isEnabled, createdBy,
    workload: workloadName(workload),
    team: workload.team,
    state: !isEnabled ? 'disabled' : state === undefined ? 'waiting' : state.said.problem === null ? 'speaks' : 'fails',
    problem: isAsked ? state.said.problem : null,
    qps: isAsked ? (state.last?.qps ?? null) : null,
    askedAt: instantOrNull(state?.askedAt ?? null),
    saidAt: instantOrNull(state?.last?.at ?? null),
    createdAt: instant(createdAt),
  };
}
