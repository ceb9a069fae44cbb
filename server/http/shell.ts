// Terminals in replicas: the WebSocket of one, what was opened and shown, and who may.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { upgradeWebSocket } from '@hono/node-server';
import { createRoute } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { Context } from '../context.ts';
import { appendEvent } from '../db/events.ts';
import type { ReplicaPlace } from '../db/replica-places.ts';
import { listShells, putShellRules, readShellRules, shellById, type ShellRow } from '../db/shells.ts';
import { ForbiddenError, NotFoundError, TooManyError, UnavailableError } from '../errors.ts';
import { placeNamed } from '../logs/read.ts';
import type { LiveShell, ShellSocket } from '../shell/live-shell.ts';
import { recordingFile } from '../shell/recording.ts';
import { rulesOfShells } from '../shell/room.ts';
import { DEFAULT_RULES, whyNotShell } from '../shell/rules.ts';
import { isBearer, remoteAddress } from './auth.ts';
import { Id, ListQuery, z } from './contract/common.ts';
import { ShellMay, ShellQuery, ShellRules, ShellRulesView, Shells, ShellView } from './contract/shell.ts';
import { answer, jsonBody, newApi, notFound, problems, unavailable } from './problem.ts';
import { actor, type Actor, type ApiEnv, secured } from './secured.ts';
import { instant, instantOrNull } from './show/show.ts';
import { stillHolds } from './still-allowed.ts';

const params = z.object({ id: Id });
const CAST: string = 'application/x-asciicast';
const openRoute = createRoute({ method: 'get', path: '/replicas/{id}/shell', operationId: 'openShell', summary: 'A terminal in a replica, over a WebSocket', middleware: secured('shell.open'), request: { params, query: ShellQuery }, responses: { 200: { description: 'Never: it answers upgrades only' }, 101: { description: 'Binary frames are bytes of the terminal, text frames ShellClientMessage and ShellServerMessage' }, ...problems, ...notFound, ...unavailable } });
const mayRoute = createRoute({ method: 'get', path: '/replicas/{id}/shell/may', operationId: 'mayOpenShell', summary: 'Whether you could open a shell there', middleware: secured('read'), request: { params }, responses: { ...answer(200, 'And why not', ShellMay), ...problems, ...notFound } });
const listRoute = createRoute({ method: 'get', path: '/shells', operationId: 'listShells', summary: 'Shells that are and were open, newest first', middleware: secured('shell.open'), request: { query: ListQuery.extend({ replica: Id.optional(), open: z.enum(['true', 'false']).optional() }) }, responses: { ...answer(200, 'Of the teams that you may open shells in', Shells), ...problems } });
const oneRoute = createRoute({ method: 'get', path: '/shells/{id}', operationId: 'getShell', summary: 'One shell', middleware: secured('shell.open'), request: { params }, responses: { ...answer(200, 'Who, where, how long', ShellView), ...problems, ...notFound } });
const recordingRoute = createRoute({ method: 'get', path: '/shells/{id}/recording', operationId: 'getShellRecording', summary: 'What was shown on it, as an asciicast', middleware: secured('accounts.manage'), request: { params }, responses: { 200: { description: 'asciicast version 2: output and sizes, never what was typed', content: { [CAST]: { schema: z.string() } } }, ...problems, ...notFound } });
const endRoute = createRoute({ method: 'post', path: '/shells/{id}/end', operationId: 'endShell', summary: 'End a shell: your own, or as an SRE any', middleware: secured('shell.open'), request: { params }, responses: { 204: { description: 'Ended' }, ...problems, ...notFound } });
const rulesRoute = createRoute({ method: 'get', path: '/shell/rules', operationId: 'getShellRules', summary: 'Who may open shells where, and for how long', middleware: secured('shell.open'), responses: { ...answer(200, 'The rules in force', ShellRulesView), ...problems } });
const putRoute = createRoute({ method: 'put', path: '/shell/rules', operationId: 'putShellRules', summary: 'Say who may open shells where', middleware: secured('accounts.manage'), request: { body: jsonBody(ShellRules) }, responses: { ...answer(200, 'The rules in force', ShellRulesView), ...problems } });

/** `/replicas/{id}/shell`, `/shells`, `/shell/rules`. */
export function shellApi(context: Context) {
  const { store, clock, config } = context;
  return newApi()
    .openapi(openRoute, async (c) => await openShell(context, c, c.req.valid('param').id, c.req.valid('query')))
    .openapi(mayRoute, async (c) => {
      const place = await readable(context, c, c.req.valid('param').id);
      const refusal = whyNotShell(actor(c), place, await rulesOfShells(context)) ?? whyNotNow(context, place);
      return c.json({ may: refusal === null, code: refusal?.code ?? null, reason: refusal?.reason ?? null }, 200);
    })
    .openapi(listRoute, async (c) => {
      const { limit, after, replica, open } = c.req.valid('query');
      const rows = await store.read((reader) => listShells(reader, { teams: actor(c).teams('shell.open'), replicaId: replica, open: open === undefined ? undefined : open === 'true', after, limit }));
      return c.json({ items: rows.map((row) => show(row, actor(c))), next: rows.length < limit ? null : (rows.at(-1)?.id ?? null) }, 200);
    })
    .openapi(oneRoute, async (c) => c.json(show(await visible(context, c, c.req.valid('param').id), actor(c)), 200))
    .openapi(recordingRoute, async (c) => {
      const { id, recordingBytes, endedAt } = await visible(context, c, c.req.valid('param').id);
      const file = recordingFile(config.dataDir, id);
      const size = (await stat(file).catch(() => undefined))?.size;
      if (size === undefined || (recordingBytes === null && endedAt !== null)) throw new NotFoundError('recording-gone', `There is no recording of shell ${id}: it was removed, or there never was one.`);
      await store.tx((tx) => appendEvent(tx, { at: clock.now(), actor: actor(c).name, kind: 'shell.watched', subjectType: 'server', subjectId: 'shells', subject: 'shells', message: `${actor(c).name} read the recording of shell ${id}` }));
      return new Response(Readable.toWeb(createReadStream(file)) as ReadableStream, { headers: { 'content-type': CAST, 'content-length': String(size), 'content-disposition': `attachment; filename="firn-shell-${id}.cast"` } });
    })
    .openapi(endRoute, async (c) => {
      const row = await visible(context, c, c.req.valid('param').id);
      if (!mayEnd(row, actor(c))) throw new ForbiddenError('permission-missing', `Shell ${row.id} is ${row.by}'s: only they and SREs may end it.`);
      const shell = context.shells.get(row.id);
      shell?.finish('ended-by', `ended by ${actor(c).name}`);
      await shell?.over;
      return c.body(null, 204);
    })
    .openapi(rulesRoute, async (c) => c.json(await showRules(context, actor(c)), 200))
    .openapi(putRoute, async (c) => {
      const rules = c.req.valid('json');
      await store.tx(async (tx) => {
        await putShellRules(tx, rules, actor(c).name, clock.now());
        await appendEvent(tx, { at: clock.now(), actor: actor(c).name, kind: 'shell.rules', subjectType: 'server', subjectId: 'shells', subject: 'shells', message: `${actor(c).name} changed who may open shells: ${JSON.stringify(rules)}` });
      });
      return c.json(await showRules(context, actor(c)), 200);
    });
}

/** Everything that can refuse it does so before the WebSocket is there, as an ordinary problem. */
async function openShell(context: Context, c: HonoContext<ApiEnv>, id: string, query: ShellQuery): Promise<Response> {
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') throw new HTTPException(426, { message: 'This address answers WebSocket upgrades only.' });
  ownPage(c);
  const place = await readable(context, c, id);
  const rules = await rulesOfShells(context);
  const refusal = whyNotShell(actor(c), place, rules);
  if (refusal !== null) {
    if (refusal.code === 'replica-gone') throw new NotFoundError(refusal.code, `No shell: ${refusal.reason}.`);
    throw refusal.code === 'replica-waits' ? new UnavailableError(refusal.code, `No shell: ${refusal.reason}.`) : new ForbiddenError(refusal.code, `No shell: ${refusal.reason}.`);
  }
  const later = whyNotNow(context, place);
  if (later !== null) throw new UnavailableError(later.code, `No shell: ${later.reason}.`);
  const { hostId, owner } = place as ReplicaPlace & { readonly hostId: string; readonly owner: NonNullable<ReplicaPlace['owner']> };
  if (context.shells.countOn(hostId) >= rules.perHost) throw new TooManyError('too-many', `No shell: ${place.host} has ${rules.perHost} open already, which is the most.`, 30);
  const credential = c.get('credential')!;
  const row: ShellRow = {
    id: context.ids.next(), replicaId: id, replica: place.replica, workload: place.workload, environment: owner.environment, team: owner.team, hostId, host: place.host ?? hostId, command: query.arg,
    userId: actor(c).id, by: actor(c).name, from: remoteAddress(c), reason: query.reason ?? '', startedAt: context.clock.now(), endedAt: null, end: null, exitCode: null, message: '', inputBytes: 0, outputBytes: 0, recordingBytes: null,
  };
  const isAllowed = async (): Promise<boolean> => {
    const now = await stillHolds(context, credential);
    return now !== null && whyNotShell(now, place, await rulesOfShells(context)) === null;
  };
  let shell: LiveShell | undefined;
  const upgrade = upgradeWebSocket(() => ({
    onOpen: (_event, socket) => {
      shell = context.shells.open(context, { row, rules, tty: query.tty, columns: query.columns, rows: query.rows }, socketOf(socket), isAllowed);
      shell.begin().catch((error: unknown) => {
        context.log.error({ err: error, shell: row.id }, 'shell.begin-failed');
        shell?.finish('cannot-start', 'the server failed to begin it');
      });
    },
    onMessage: (event) => {
      if (typeof event.data === 'string') shell?.text(event.data);
      else if (event.data instanceof ArrayBuffer) shell?.bytes(Buffer.from(event.data));
    },
    onClose: () => shell?.finish('closed', 'the person closed it, or the connection broke'),
  }), { onError: (error) => context.log.debug({ err: error, shell: row.id }, 'shell.socket') });
  return (await upgrade(c, async () => undefined)) as Response;
}

/** A browser sends its cookie with a WebSocket that any page opens, and says which page. */
function ownPage(c: HonoContext<ApiEnv>): void {
  if (isBearer(c.req.header('authorization'))) return;
  const origin = c.req.header('origin');
  if (origin === undefined || !URL.canParse(origin) || new URL(origin).host !== c.req.header('host')) throw new ForbiddenError('cross-site', 'This call comes from a page of another site.');
}

function whyNotNow({ connections }: Context, { hostId, host }: ReplicaPlace): { readonly code: string; readonly reason: string } | null {
  if (hostId === null || !connections.has(hostId)) return { code: 'host-away', reason: `${host ?? 'its host'} is not connected` };
  return connections.speaks(hostId, 'shell') ? null : { code: 'agent-old', reason: `the agent of ${host} is of an older version, which cannot open shells` };
}

async function readable({ store }: Context, c: HonoContext<ApiEnv>, id: string): Promise<ReplicaPlace> {
  const place = await store.read((reader) => placeNamed(reader, id));
  if (place === undefined || (place.owner === null ? actor(c).teams('read') !== null : !actor(c).can('read', place.owner.team))) throw new NotFoundError('replica-unknown', `There is no replica ${id}, and none that is remembered.`);
  return place;
}

async function visible({ store }: Context, c: HonoContext<ApiEnv>, id: string): Promise<ShellRow> {
  const row = await store.read((reader) => shellById(reader, id));
  if (row === undefined || !actor(c).can('shell.open', row.team)) throw new NotFoundError('shell-unknown', `There is no shell ${id}.`);
  return row;
}

const mayEnd = ({ userId, endedAt }: ShellRow, caller: Actor): boolean => endedAt === null && (userId === caller.id || caller.can('hosts.operate'));

function show(row: ShellRow, caller: Actor): z.infer<typeof ShellView> {
  const { userId: _, hostId: __, command, startedAt, endedAt, ...rest } = row;
  return { ...rest, command: [...command], startedAt: instant(startedAt), endedAt: instantOrNull(endedAt), mayEnd: mayEnd(row, caller), mayWatch: caller.can('accounts.manage') && (row.recordingBytes !== null || endedAt === null) };
}

async function showRules({ store }: Context, caller: Actor): Promise<z.infer<typeof ShellRulesView>> {
  const stored = await store.read(readShellRules);
  return { ...(stored?.rules ?? DEFAULT_RULES), updatedBy: stored?.updatedBy ?? null, updatedAt: instantOrNull(stored?.updatedAt ?? null), mayChange: caller.can('accounts.manage') };
}

function socketOf(socket: { readonly raw?: unknown; send(data: string | ArrayBuffer): void; close(): void }): ShellSocket {
  const raw = socket.raw as { readonly bufferedAmount: number; send(bytes: Buffer): void };
  return {
    get bufferedBytes() {
      return raw.bufferedAmount;
    },
    sendText: (text) => socket.send(text),
    sendBytes: (bytes) => raw.send(bytes),
    close: () => socket.close(),
  };
}
