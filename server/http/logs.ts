// What replicas wrote, as JSON lines that come as they are written: of one replica, or of a service merged over its replicas; and what there is to read.
import { createRoute } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import type { Context } from '../context.ts';
import { goneReplicas, type ReplicaPlace } from '../db/replica-places.ts';
import { workloadsOfService } from '../db/releases.ts';
import { serviceByName, workloadById, type WorkloadRow } from '../db/workloads.ts';
import { NotFoundError, TooManyError } from '../errors.ts';
import { type Entries, type LogsAsk, placeNamed, placesOf, replicaLog, serviceLog, sourcesOf } from '../logs/read.ts';
import { Id, Name, z } from './contract/common.ts';
import { type LogEntry, LogReplicas, LogSources, ReplicaLogsQuery, ServiceLogsQuery } from './contract/logs.ts';
import { answer, newApi, notFound, problems, unavailable } from './problem.ts';
import { actor, type Actor, type ApiEnv, requireTeam, secured } from './secured.ts';
import { instantOrNull } from './show/show.ts';

/** Logs that one caller, and all callers together, may have open. */
const MOST_OF_ONE = 12;
const MOST_OF_ALL = 200;
const BEAT_MS = 15_000;
const HEADERS = { 'content-type': 'application/x-ndjson; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
/** Replicas that are gone, in the list of a service. */
const MOST_GONE = 50;

/** Not as a literal: the library would take it for JSON, and a stream for none. */
const NDJSON: string = 'application/x-ndjson';
const params = z.object({ id: Id });
const named = z.object({ name: Name });
const lines = { 200: { description: 'One LogEntry a line; the last one of kind `end` says why it is the last', content: { [NDJSON]: { schema: z.string() } } } };
const replicaRoute = createRoute({ method: 'get', path: '/replicas/{id}/logs', operationId: 'readReplicaLogs', summary: 'What a replica wrote', middleware: secured('logs.read'), request: { params, query: ReplicaLogsQuery }, responses: { ...lines, ...problems, ...notFound, ...unavailable } });
const sourcesRoute = createRoute({ method: 'get', path: '/replicas/{id}/logs/sources', operationId: 'listLogSources', summary: 'What of a replica can be read', middleware: secured('logs.read'), request: { params }, responses: { ...answer(200, 'Its containers, and its files', LogSources), ...problems, ...notFound } });
const serviceRoute = createRoute({ method: 'get', path: '/services/{name}/logs', operationId: 'readServiceLogs', summary: 'What the replicas of a service write, merged by time', middleware: secured('logs.read'), request: { params: named, query: ServiceLogsQuery }, responses: { ...lines, ...problems, ...notFound } });
const listRoute = createRoute({ method: 'get', path: '/services/{name}/logs/replicas', operationId: 'listLogReplicas', summary: 'Replicas with something to read, those that are gone too', middleware: secured('logs.read'), request: { params: named }, responses: { ...answer(200, 'Those that run first', LogReplicas), ...problems, ...notFound } });

/** `/replicas/{id}/logs`, `/services/{name}/logs`. */
export function logsApi(context: Context) {
  const { store, clock } = context;
  const open = new Map<string, number>();
  const readable = async (c: HonoContext<ApiEnv>, id: string): Promise<ReplicaPlace> => {
    const place = await store.read((reader) => placeNamed(reader, id));
    if (place === undefined || !mayKnow(actor(c), place)) throw new NotFoundError('replica-unknown', `There is no replica ${id}, and none that is remembered.`);
    if (place.owner !== null) requireTeam(c, 'logs.read', place.owner.team);
    return place;
  };
  return newApi()
    .openapi(replicaRoute, async (c) => {
      const place = await readable(c, c.req.valid('param').id);
      const query = c.req.valid('query');
      const body = await streamed(context, c, open, (signal) => replicaLog(context, place, { ...askOf(query, clock.now()), file: query.file, previous: query.previous }, signal));
      return c.body(body, 200, HEADERS);
    })
    .openapi(sourcesRoute, async (c) => {
      const place = await readable(c, c.req.valid('param').id);
      const found = await sourcesOf(context, place, c.req.raw.signal);
      const { replicaId, replica, workload, host, isGone } = place;
      const base = { replicaId, replica, workload, host, isGone };
      if (typeof found === 'string') return c.json({ ...base, problem: found, instances: [], files: [] }, 200);
      const instances = found.instances.map(({ containerId, state, release = null, startedAt = null, endedAt = null, exitCode = null, bytes = null, keptUntil = null }) => ({ containerId, state, host: host ?? '', release, startedAt, endedAt, exitCode, bytes, keptUntil }));
      return c.json({ ...base, problem: null, instances, files: found.files }, 200);
    })
    .openapi(serviceRoute, async (c) => {
      const query = c.req.valid('query');
      const workloads = await workloadsNamed(context, c, c.req.valid('param').name, query.environment);
      const places = await store.read((reader) => placesOf(reader, workloads));
      const body = await streamed(context, c, open, (signal) => serviceLog(context, places, { ...askOf(query, clock.now()), previous: false }, signal));
      return c.body(body, 200, HEADERS);
    })
    .openapi(listRoute, async (c) => {
      const workloads = await workloadsNamed(context, c, c.req.valid('param').name, undefined);
      const places = await store.read(async (reader) => {
        const gone = await Promise.all(workloads.map((row) => goneReplicas(reader, `${row.service}.${row.environment}`, MOST_GONE)));
        return [...(await placesOf(reader, workloads)), ...gone.flat()];
      });
      return c.json({ items: places.map(({ replicaId, replica, workload, host, isGone, goneAt }) => ({ replicaId, replica, workload, host, isGone, goneAt: instantOrNull(goneAt) })), next: null }, 200);
    });
}

/** A replica whose workload is gone belongs to no team any more. */
const mayKnow = (reader: Actor, { owner }: ReplicaPlace): boolean => (owner === null ? reader.teams('logs.read') === null : reader.can('read', owner.team));

async function workloadsNamed({ store }: Context, c: HonoContext<ApiEnv>, name: string, environment: string | undefined): Promise<WorkloadRow[]> {
  return await store.read(async (reader) => {
    const service = await serviceByName(reader, name);
    if (service === undefined || !actor(c).can('read', service.team)) throw new NotFoundError('service-unknown', `There is no service ${name}.`);
    requireTeam(c, 'logs.read', service.team);
    const heads = (await workloadsOfService(reader, name)).filter((each) => environment === undefined || each.environment === environment);
    if (environment !== undefined && heads.length === 0) throw new NotFoundError('workload-unknown', `There is no ${name}.${environment}.`);
    return (await Promise.all(heads.map(({ id }) => workloadById(reader, id)))).flatMap((row) => row ?? []);
  });
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** An instant, or how long before now. */
function momentOf(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  return count === undefined ? Date.parse(text) : now - Number(count) * UNITS[unit]!;
}

function askOf({ follow, tail, since, until, source, search, level }: z.output<typeof ServiceLogsQuery>, now: number): Omit<LogsAsk, 'previous'> {
  return { follow, tail, sinceMs: momentOf(since, now), untilMs: momentOf(until, now), source, search, level };
}

/** Takes a place among the open logs. What goes wrong before the first line is an ordinary problem. */
async function streamed(context: Context, c: HonoContext<ApiEnv>, open: Map<string, number>, read: (signal: AbortSignal) => Promise<Entries>): Promise<ReadableStream<Uint8Array>> {
  const caller = c.get('credential')?.id ?? actor(c).id;
  const own = open.get(caller) ?? 0;
  if (own >= MOST_OF_ONE || [...open.values()].reduce((sum, count) => sum + count, 0) >= MOST_OF_ALL) throw new TooManyError('logs-too-many', `${own >= MOST_OF_ONE ? `You have ${own}` : 'This server has too many'} logs open: close one first.`, 5);
  const closing = new AbortController();
  const entries = await read(closing.signal);
  open.set(caller, (open.get(caller) ?? 0) + 1);
  closing.signal.addEventListener('abort', () => {
    const left = (open.get(caller) ?? 1) - 1;
    if (left > 0) open.set(caller, left);
    else open.delete(caller);
  }, { once: true });
  return linesOf(context, entries, closing);
}

/** JSON lines, no faster than they are read, until everything was said or the caller goes; a line of kind `beat` where nothing else is said for long. */
function linesOf({ clock, timing, log }: Context, entries: Entries, closing: AbortController): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let pending: Promise<IteratorResult<readonly LogEntry[], void>> | undefined;
  const next = async (): Promise<readonly LogEntry[] | undefined> => {
    pending ??= entries.next();
    const { promise: beat, resolve } = Promise.withResolvers<undefined>();
    const cancel = timing.after(BEAT_MS, () => resolve(undefined));
    const found = await Promise.race([pending, beat]).finally(cancel);
    if (found === undefined) return [{ kind: 'beat', at: new Date(clock.now()).toISOString() }];
    pending = undefined;
    return found.done === true ? undefined : found.value;
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        for (;;) {
          const batch = await next();
          if (batch === undefined) {
            closing.abort();
            return controller.close();
          }
          if (batch.length > 0) return controller.enqueue(encoder.encode(batch.map((entry) => `${JSON.stringify(entry)}\n`).join('')));
        }
      } catch (error) {
        closing.abort();
        log.debug({ err: error }, 'logs.broken');
        controller.error(error);
      }
    },
    cancel: () => closing.abort(),
  }, { highWaterMark: 0 });
}
