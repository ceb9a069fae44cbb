// The autoscaler through the API: what is set for a workload, what it sees and does, a look ahead with other settings, pauses, and everything at once.
import { createRoute } from '@hono/zod-openapi';
import { explainDecision } from '#scheduler/autoscale/explain.ts';
import { readForRound } from '../autoscale/round.ts';
import { autoscaleChart } from '../autoscale/chart.ts';
import { heatOf } from '../autoscale/heat.ts';
import { preview } from '../autoscale/preview.ts';
import { changeSettings, refuseImpossible, setPaused } from '../autoscale/settings.ts';
import type { Context } from '../context.ts';
import { newestDecisions, settingsVersions } from '../db/autoscale.ts';
import { workloadById } from '../db/workloads.ts';
import { NotFoundError } from '../errors.ts';
import { AutoscaleAsk, AutoscaleChart, AutoscaleChartQuery, AutoscaleOverview, AutoscalePauseAsk, AutoscalePreview, AutoscalePreviewAsk, AutoscaleVersions, AutoscaleView } from './contract/autoscale.ts';
import { Id, z } from './contract/common.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { type Actor, actor, requireTeam, secured } from './secured.ts';
import { type AutoscaleSeen, showAutoscale, showFigures, showRow, showVersion } from './show/autoscale.ts';
import { instant, instantOrNull } from './show/show.ts';

const params = z.object({ id: Id });
const overviewRoute = createRoute({ method: 'get', path: '/autoscale', operationId: 'listAutoscale', summary: 'Every workload: demand against what is usual, replicas, alerts, the last decision', middleware: secured('read'), responses: { ...answer(200, 'By name', AutoscaleOverview), ...problems } });
const showRoute = createRoute({ method: 'get', path: '/workloads/{id}/autoscale', operationId: 'getAutoscale', summary: 'What is set for a workload, and what the autoscaler sees and does now', middleware: secured('read'), request: { params }, responses: { ...answer(200, 'As it is', AutoscaleView), ...problems, ...notFound } });
const setRoute = createRoute({ method: 'put', path: '/workloads/{id}/autoscale', operationId: 'setAutoscale', summary: 'Set how a workload follows demand: the whole settings, what is left out is as by default', middleware: secured('autoscale.manage'), request: { params, body: jsonBody(AutoscaleAsk) }, responses: { ...answer(200, 'Stored as a new version, and followed', AutoscaleView), ...problems, ...notFound, ...conflict } });
const versionsRoute = createRoute({ method: 'get', path: '/workloads/{id}/autoscale/versions', operationId: 'listAutoscaleVersions', summary: 'Who set what, when and why', middleware: secured('read'), request: { params }, responses: { ...answer(200, 'Newest first', AutoscaleVersions), ...problems, ...notFound } });
const previewRoute = createRoute({ method: 'post', path: '/workloads/{id}/autoscale/preview', operationId: 'previewAutoscale', summary: 'What other settings would decide now, and would have done over the stored hours; changes nothing', middleware: secured('read'), request: { params, body: jsonBody(AutoscalePreviewAsk) }, responses: { ...answer(200, 'What would be', AutoscalePreview), ...problems, ...notFound, ...conflict } });
const chartRoute = createRoute({ method: 'get', path: '/workloads/{id}/autoscale/chart', operationId: 'getAutoscaleChart', summary: 'Forecast against actual over the past hours, and the next minutes', middleware: secured('read'), request: { params, query: AutoscaleChartQuery }, responses: { ...answer(200, 'Arrays of equal length', AutoscaleChart), ...problems, ...notFound } });
const pauseRoute = createRoute({ method: 'post', path: '/workloads/{id}/autoscale/pause', operationId: 'pauseAutoscale', summary: 'Keep the number as it is, or keep replicas from being taken away', middleware: secured('autoscale.manage'), request: { params, body: jsonBody(AutoscalePauseAsk) }, responses: { ...answer(200, 'Paused', AutoscaleView), ...problems, ...notFound, ...conflict } });
const resumeRoute = createRoute({ method: 'post', path: '/workloads/{id}/autoscale/resume', operationId: 'resumeAutoscale', summary: 'Go on', middleware: secured('autoscale.manage'), request: { params, body: jsonBody(AutoscalePauseAsk) }, responses: { ...answer(200, 'It goes on', AutoscaleView), ...problems, ...notFound, ...conflict } });

async function look(context: Context): Promise<AutoscaleSeen> {
  return { present: await context.present.read(), read: await readForRound(context), decisions: await context.store.read(newestDecisions) };
}

/** What the caller may not read is as good as not there. */
function readable({ present }: AutoscaleSeen, id: string, reader: Actor) {
  const workload = present.base.workloads.get(id);
  if (workload === undefined || !reader.can('read', workload.team)) throw new NotFoundError('workload-unknown', `There is no workload ${id}.`);
  return workload;
}

async function manageable(context: Context, id: string, reader: Actor) {
  const row = await context.store.read((from) => workloadById(from, id));
  if (row === undefined || !reader.can('read', row.team)) throw new NotFoundError('workload-unknown', `There is no workload ${id}.`);
  return row;
}

/** `/autoscale`, `/workloads/{id}/autoscale`. */
export function autoscaleApi(context: Context) {
  const view = async (id: string, reader: Actor) => {
    const seen = await look(context);
    return showAutoscale(context, seen, readable(seen, id, reader), reader);
  };
  return newApi()
    .openapi(overviewRoute, async (c) => c.json(overview(context, await look(context), actor(c)), 200))
    .openapi(showRoute, async (c) => c.json(await view(c.req.valid('param').id, actor(c)), 200))
    .openapi(setRoute, async (c) => {
      const { id } = c.req.valid('param');
      const workload = await manageable(context, id, actor(c));
      requireTeam(c, 'autoscale.manage', workload.team);
      await changeSettings(context, actor(c), workload, c.req.valid('json'));
      return c.json(await view(id, actor(c)), 200);
    })
    .openapi(versionsRoute, async (c) => {
      const workload = await manageable(context, c.req.valid('param').id, actor(c));
      const rows = await context.store.read((from) => settingsVersions(from, workload.id));
      return c.json({ items: rows.map(showVersion), next: null }, 200);
    })
    .openapi(previewRoute, async (c) => {
      const seen = await look(context);
      const workload = readable(seen, c.req.valid('param').id, actor(c));
      const { settings, hours } = c.req.valid('json');
      await refuseImpossible(context, workload.id, settings);
      return c.json(showPreview(await preview(context, seen.present, seen.read, workload, settings, hours)), 200);
    })
    .openapi(chartRoute, async (c) => {
      const seen = await look(context);
      const workload = readable(seen, c.req.valid('param').id, actor(c));
      return c.json(await autoscaleChart(context, seen.present, workload, seen.read.settings(workload.id).settings, c.req.valid('query')), 200);
    })
    .openapi(pauseRoute, async (c) => {
      const { id } = c.req.valid('param');
      const workload = await manageable(context, id, actor(c));
      requireTeam(c, 'autoscale.manage', workload.team);
      await setPaused(context, actor(c), workload, { ...c.req.valid('json'), isPaused: true });
      return c.json(await view(id, actor(c)), 200);
    })
    .openapi(resumeRoute, async (c) => {
      const { id } = c.req.valid('param');
      const workload = await manageable(context, id, actor(c));
      requireTeam(c, 'autoscale.manage', workload.team);
      await setPaused(context, actor(c), workload, { ...c.req.valid('json'), isPaused: false });
      return c.json(await view(id, actor(c)), 200);
    });
}

function overview(context: Context, seen: AutoscaleSeen, reader: Actor): AutoscaleOverview {
  const workloads = seen.present.snapshot.workloads.filter(({ team }) => reader.can('read', team));
  const items = workloads.map((workload) => showRow(context, seen, workload)).sort((one, other) => (one.workload < other.workload ? -1 : 1));
  const sum = (pick: (row: (typeof items)[number]) => number) => items.reduce((total, row) => total + pick(row), 0);
  // Only those of which both are known say how hot it is.
  const known = items.filter(({ qps, usualQps }) => qps !== null && usualQps !== null);
  const usually = known.length === 0 ? null : known.reduce((total, { usualQps }) => total + usualQps!, 0);
  const { round } = context.autoscale;
  const { shapes } = seen.present.snapshot.policy;
  const cpuOf = new Map(workloads.map(({ id, ask }) => [id, shapes[ask.shape]?.cpuMilli ?? 0]));
  return {
    at: instant(context.clock.now()),
    items,
    heat: heatOf(known.reduce((total, { qps }) => total + qps!, 0), usually),
    sums: { qps: sum(({ qps }) => qps ?? 0), usualQps: usually, wanted: sum(({ wanted }) => wanted), ready: sum(({ ready }) => ready), pending: sum(({ pending }) => pending), cpuMilliWanted: sum(({ wanted, workloadId }) => wanted * cpuOf.get(workloadId)!), on: items.filter(({ mode }) => mode === 'on').length, alerts: sum(({ alerts }) => alerts.length) },
    loop: { lastRunAt: instantOrNull(round?.at ?? null), decidedMs: round?.decidedMs ?? null, workloads: round?.workloads ?? 0, status: context.loops.status().find(({ name }) => name === 'autoscale')?.status ?? '' },
  };
}

function showPreview({ now, from, to, series, ...rest }: Awaited<ReturnType<typeof preview>>): z.infer<typeof AutoscalePreview> {
  const { workload, settings, version, observation, decision } = now ?? {};
  const warnings = [...(rest.points === 0 ? [{ code: 'no-history', message: 'No demand is stored of these hours: only the decision of now can be shown.' }] : []), ...(decision?.alerts ?? []).map(({ kind, message }) => ({ code: kind, message }))];
  return {
    ...rest,
    now: decision === undefined ? null : { workloadId: workload!.id, workload: workload!.name, team: workload!.team, mode: settings!.mode === 'on' ? 'on' : 'preview', settingsVersion: version!, ready: observation!.ready, pending: observation!.pending, ...showFigures(decision) },
    sentence: decision === undefined ? 'Switched off, nothing is decided: the request alone says how many.' : explainDecision(decision),
    from: instant(from),
    to: instant(to),
    series: { at: series.at.map(instant), qps: [...series.qps], replicas: [...series.replicas], presentReplicas: [...series.presentReplicas] },
    warnings,
  };
}
