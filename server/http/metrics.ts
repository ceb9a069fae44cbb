// What is measured: the newest figures of a workload, history, what gateways push, and everything as Prometheus text.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { requireHost } from '../control/hosts.ts';
import { workloadById, workloadName, type WorkloadRow } from '../db/workloads.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import { expose } from '../metrics/expose.ts';
import { type Latest, METRIC_TABLE, type Series, type SourceReading, type Subject } from '../metrics/model.ts';
import { openProcessMetrics } from '../metrics/process-metrics.ts';
import { takePush } from '../metrics/push.ts';
import { limitBody } from './body-limit.ts';
import type { Limiter } from './limits.ts';
import { Id, z } from './contract/common.ts';
import { LatestMetrics, type MetricSource, MetricsHistory, MetricsPush, MetricsPushed, MetricsQuery } from './contract/metrics.ts';
import { answer, jsonBody, newApi, notFound, problems } from './problem.ts';
import { type Actor, actor, credentialOf, publicRoute, requireTeam, secured } from './secured.ts';
import { instant, instantOrNull } from './show/show.ts';

/** Two hundred workloads with room to spare. */
const MOST_PUSH_BYTES = 65_536;
const USUAL_RANGE_MS = 600_000;
/** Older than anything that is kept. */
const MOST_RANGE_MS = 400 * 86_400_000;
const params = z.object({ id: Id });

const latestRoute = createRoute({ method: 'get', path: '/workloads/{id}/metrics', operationId: 'getLatestMetrics', summary: 'What is known of a workload now, and from whom', middleware: secured('read'), request: { params }, responses: { ...answer(200, 'Its figures; what nobody says is null', LatestMetrics), ...problems, ...notFound } });
const forgetRoute = createRoute({ method: 'delete', path: '/workloads/{id}/metrics/sources/{source}', operationId: 'forgetMetricSource', summary: 'Forget a gateway that was taken away, so that it does not count as silent', middleware: secured('autoscale.manage'), request: { params: params.extend({ source: z.string().max(63) }) }, responses: { 204: { description: 'Forgotten until it pushes again' }, ...problems, ...notFound } });
const historyRoute = createRoute({ method: 'get', path: '/metrics', operationId: 'getMetricsHistory', summary: 'History of a workload, a host or the cluster: by two seconds for ten minutes, by minute for two weeks, by ten minutes for half a year', middleware: secured('read'), request: { query: MetricsQuery }, responses: { ...answer(200, 'Equally spaced values, oldest first', MetricsHistory), ...problems, ...notFound } });
const pushRoute = createRoute({ method: 'post', path: '/metrics/push', operationId: 'pushMetrics', summary: 'Say how many requests came: a gateway with a token of the scope `push`, every two seconds', middleware: [secured('metrics.push'), limitBody(MOST_PUSH_BYTES)] as const, request: { body: jsonBody(MetricsPush) }, responses: { ...answer(200, 'Taken; some workloads may be refused', MetricsPushed), ...problems } });

/** `/metrics` and what workloads have of it. */
export function metricsApi(context: Context, limiter: Limiter) {
  const { store, metrics } = context;
  return newApi()
    .openapi(latestRoute, async (c) => {
      const row = await readable(context, actor(c), c.req.valid('param').id);
      return c.json(showLatest(context, row, metrics.latest(row.id)), 200);
    })
    .openapi(forgetRoute, async (c) => {
      const { id, source } = c.req.valid('param');
      const row = await readable(context, actor(c), id);
      requireTeam(c, 'autoscale.manage', row.team);
      if (!metrics.pushes.forget(row.id, source)) throw new NotFoundError('source-unknown', `Nobody called ${source} pushed metrics of ${workloadName(row)}.`);
      return c.body(null, 204);
    })
    .openapi(historyRoute, async (c) => {
      const { workload, host, metrics: names, points, ...range } = c.req.valid('query');
      if (workload !== undefined && host !== undefined) throw new InvalidError('metrics-of-what', 'Name workload or host, and not both.', [{ field: 'host', value: host, message: 'cannot be there together with workload' }]);
      const subject: Subject = workload !== undefined ? `workload:${(await readable(context, actor(c), workload)).id}` : host !== undefined ? `host:${(await store.read((reader) => requireHost(reader, host))).id}` : 'cluster';
      return c.json(showSeries(subject, await metrics.series(subject, names, { ...rangeOf(range, context.clock.now()), points })), 200);
    })
    .openapi(pushRoute, async (c) => {
      const push = c.req.valid('json');
      await limiter.push(credentialOf(c), 'source', push.source);
      return c.json(await takePush(context, actor(c), push), 200);
    });
}

/** `/metrics` as Prometheus reads it. Whoever calls needs `read`, unless the configuration opens it to everybody. */
export function metricsTextApi(context: Context) {
  let processText: (() => Promise<string>) | undefined;
  const app = newApi();
  app.get('/metrics', publicRoute(), async (c) => {
    const reader = context.config.metricsOpen ? null : actor(c);
    if (reader !== null && !reader.can('read')) await secured('read')(c, async () => undefined);
    const { snapshot } = await context.present.read();
    processText ??= openProcessMetrics(context.loops);
    const text = expose(context, snapshot, (team) => reader === null || reader.can('read', team));
    return c.body(`${text}${await processText()}`, 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  });
  return app;
}

/** @throws NotFoundError where it is not there or may not be read */
export async function readable({ store }: Context, reader: Actor, id: string): Promise<WorkloadRow> {
  const row = await store.read((from) => workloadById(from, id));
  if (row === undefined || !reader.can('read', row.team)) throw new NotFoundError('workload-unknown', `There is no workload ${id}.`);
  return row;
}

function rangeOf({ from, to }: { readonly from?: string | undefined; readonly to?: string | undefined }, now: number): { from: number; to: number } {
  const end = to === undefined ? now : Math.min(now, Date.parse(to));
  const begin = from === undefined ? end - USUAL_RANGE_MS : Date.parse(from);
  if (begin >= end) throw new InvalidError('metrics-range', `from is ${instant(begin)}: it must be before to, and before now (${instant(end)}).`, [{ field: 'from', value: from, message: `must be before ${instant(end)}` }]);
  if (now - begin > MOST_RANGE_MS) throw new InvalidError('metrics-range', `from is ${instant(begin)}: nothing is kept for so long; at most ${instant(now - MOST_RANGE_MS)} is allowed.`, [{ field: 'from', value: from, message: 'is too long ago' }]);
  return { from: begin, to: end };
}

function showLatest({ clock }: Context, row: WorkloadRow, latest: Latest | null): LatestMetrics {
  const { at, qps, qpsFrom, isPartial, rejectedPerSecond, errorsPerSecond, p99Ms, cpuMilli, memoryMib, connections, throttledPermille, ready, of, sources } = latest ?? { ...NOTHING };
  const now = clock.now();
  return {
    workloadId: row.id,
    workload: workloadName(row),
    team: row.team,
    at: instantOrNull(at),
    qps, qpsFrom, isPartial, rejectedPerSecond, errorsPerSecond, p99Ms, cpuMilli, memoryMib, connections, throttledPermille, ready, of,
    sources: sources.map((source) => showSource(source, now)),
  };
}
const NOTHING = { at: null, qps: null, qpsFrom: null, isPartial: false, rejectedPerSecond: null, errorsPerSecond: null, p99Ms: null, cpuMilli: null, memoryMib: null, connections: null, throttledPermille: null, ready: 0, of: 0, sources: [] as readonly SourceReading[] } as const;

const showSource = ({ source, kind, qps, rejectedPerSecond, at, isTrusted, reporting, of, problem }: SourceReading, now: number): MetricSource => ({ source, kind, qps, rejectedPerSecond, at: instant(at), ageMs: Math.max(0, Math.round(now - at)), isTrusted, reporting, of, problem });

function showSeries(subject: Subject, { at, stepMs, resolution, values }: Series): MetricsHistory {
  return { subject, at: instant(at), stepMs, resolution, series: (Object.keys(values) as (keyof typeof values)[]).map((metric) => ({ metric, unit: METRIC_TABLE[metric].unit, values: [...(values[metric] ?? [])] })) };
}
