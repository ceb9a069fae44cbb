// Builds: asking for one, following its log while it runs, its result, and cancelling it.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { askBuild } from '../builds/ask.ts';
import { cancelBuild } from '../builds/builds.ts';
import { type BuildRow, buildById, listBuilds } from '../db/builds.ts';
import { NotFoundError } from '../errors.ts';
import { Id, ListQuery, Name, z } from './contract/common.ts';
import { BuildAsk, Builds, BuildView } from './contract/releases.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems, unavailable } from './problem.ts';
import { type Actor, actor, requireTeam, secured } from './secured.ts';
import { mayRead, readForBuilds, showBuild } from './show/builds.ts';

/** Of one answer: a follower asks again at once. */
const MOST_LOG_BYTES = 262_144;

const params = z.object({ id: Id });
const askRoute = createRoute({
  method: 'post',
  path: '/builds',
  operationId: 'startBuild',
  summary: 'Build a service from a commit',
  middleware: secured('builds.start'),
  request: { body: jsonBody(BuildAsk) },
  responses: { ...answer(201, 'Waiting for a builder, or done at once by an earlier image', BuildView), ...problems, ...unavailable },
});
const listRoute = createRoute({
  method: 'get',
  path: '/builds',
  operationId: 'listBuilds',
  summary: "Builds of the caller's teams and of layers, newest first",
  middleware: secured('read'),
  request: { query: ListQuery.extend({ service: Name.optional().openapi({ description: 'service or layer' }), team: Name.optional(), state: BuildView.shape.state.optional() }) },
  responses: { ...answer(200, 'Newest first', Builds), ...problems },
});
const showRoute = createRoute({
  method: 'get',
  path: '/builds/{id}',
  operationId: 'getBuild',
  summary: 'One build',
  middleware: secured('read'),
  request: { params },
  responses: { ...answer(200, 'The build', BuildView), ...problems, ...notFound },
});
const logRoute = createRoute({
  method: 'get',
  path: '/builds/{id}/log',
  operationId: 'getBuildLog',
  summary: 'A part of the log, as text; X-Log-Bytes says how long it is now',
  middleware: secured('read'),
  request: { params, query: z.object({ offset: z.coerce.number().int().min(0).default(0).openapi({ description: 'bytes that the caller has already' }) }) },
  responses: { 200: { description: 'From the offset on, at most 256 KiB', content: { 'text/plain': { schema: z.string() } } }, ...problems, ...notFound },
});
const cancelRoute = createRoute({
  method: 'post',
  path: '/builds/{id}/cancel',
  operationId: 'cancelBuild',
  summary: 'End a build that waits or runs',
  middleware: secured('builds.start'),
  request: { params },
  responses: { ...answer(200, 'Cancelled', BuildView), ...problems, ...notFound, ...conflict },
});

/** A build of a team that the caller may not read is as good as none. */
async function find({ store }: Context, id: string, reader: Actor): Promise<BuildRow> {
  const row = await store.read((from) => buildById(from, id));
  if (row === undefined || !mayRead(row, reader)) throw new NotFoundError('build-unknown', `There is no build ${id}.`);
  return row;
}

async function showOne(context: Context, row: BuildRow, reader: Actor): Promise<BuildView> {
  const read = await context.store.read((from) => readForBuilds(from, [row]));
  return showBuild(context, read, row, reader, await context.buildLogs.size(row.id));
}

/** `/builds`. */
export function buildsApi(context: Context) {
  return newApi()
    .openapi(askRoute, async (c) => {
      const ask = c.req.valid('json');
      requireTeam(c, 'builds.start', ask.team);
      return c.json(await showOne(context, await askBuild(context, actor(c), ask), actor(c)), 201);
    })
    .openapi(listRoute, async (c) => {
      const { service, team, state, limit, after } = c.req.valid('query');
      if (team !== undefined) requireTeam(c, 'read', team);
      const reader = actor(c);
      const read = await context.store.read(async (from) => await readForBuilds(from, await listBuilds(from, { subject: service, team, state, teams: reader.teams('read'), limit: limit + 1, after })));
      return c.json({ items: read.rows.slice(0, limit).map((row) => showBuild(context, read, row, reader)), next: read.rows.length > limit ? read.rows[limit - 1]!.id : null }, 200);
    })
    .openapi(showRoute, async (c) => c.json(await showOne(context, await find(context, c.req.valid('param').id, actor(c)), actor(c)), 200))
    .openapi(logRoute, async (c) => {
      const { id } = await find(context, c.req.valid('param').id, actor(c));
      const { bytes, total } = await context.buildLogs.read(id, c.req.valid('query').offset, MOST_LOG_BYTES);
      // A follower reads on at its own byte count, so bytes are cut between letters and not inside one.
      const text = bytes.subarray(0, wholeLetters(bytes));
      return c.text(text.toString('utf8'), 200, { 'x-log-bytes': String(total), 'x-log-next': String(c.req.valid('query').offset + text.length) });
    })
    .openapi(cancelRoute, async (c) => {
      const row = await find(context, c.req.valid('param').id, actor(c));
      if (row.team !== null) requireTeam(c, 'builds.start', row.team);
      return c.json(await showOne(context, await cancelBuild(context, actor(c), row.id), actor(c)), 200);
    });
}

/** Length without a letter of UTF-8 that is cut at the end. */
function wholeLetters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return wanted > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
