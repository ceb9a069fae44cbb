// The agents' listener: joining with a one-time token, and the WebSocket of every agent. Credentials are compared in constant time.
import { upgradeWebSocket } from '@hono/node-server';
import type { Context as HonoContext } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { WSContext } from 'hono/ws';
import { JoinRequest } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { hostOfCredential } from '../control/host-credentials.ts';
import { joinHost } from '../control/join.ts';
import { openContextFile } from '../control/layer-context.ts';
import { layersFolder } from '../control/layers.ts';
import { AgentSession, type Socket } from '../control/session.ts';
import { buildsOn } from '../db/builds.ts';
import type { HostRow } from '../db/hosts.ts';
import { listLayerVersions } from '../db/layers.ts';
import { InvalidError, NotFoundError, UnauthenticatedError } from '../errors.ts';
import { fieldErrors, sentence } from './field-errors.ts';
import { newApi } from './problem.ts';
import { type ApiEnv, publicRoute } from './secured.ts';

export function agentsApi(context: Context) {
  const api = newApi();
  api.post('/agents/join', publicRoute(), async (c) => c.json(await joinHost(context, await joinRequest(c)), 201));
  api.get('/agents/ws', publicRoute(), async (c, next) => {
    const host = await authenticateHost(context, c.req.header('authorization'));
    if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') throw new HTTPException(426, { message: 'This address answers WebSocket upgrades only.' });
    const upgrade = upgradeWebSocket(() => {
      let session: AgentSession | undefined;
      return {
        onOpen: (_event, socket) => {
          session = new AgentSession(context, host, socketOf(socket));
        },
        onMessage: (event) => session?.received(typeof event.data === 'string' ? event.data : ''),
        onClose: () => session?.ended(),
      };
    }, { onError: (error) => context.log.error({ err: error, host: host.name }, 'agent.failed') });
    return await upgrade(c, next);
  });
  api.get('/agents/layers/:sha256', publicRoute(), async (c) => {
    const host = await authenticateHost(context, c.req.header('authorization'));
    const sha256 = c.req.param('sha256');
    const isItsBuild = await context.store.read(async (reader) => {
      const mine = new Set((await buildsOn(reader, host.id)).map(({ id }) => id));
      return (await listLayerVersions(reader)).some(({ contextSha256, buildId }) => contextSha256 === sha256 && buildId !== null && mine.has(buildId));
    });
    const file = isItsBuild ? await openContextFile(layersFolder(context), sha256) : null;
    if (file === null) throw new NotFoundError('layer-unknown', `${host.name} builds no layer from ${sha256}.`);
    return c.body(file.stream, 200, { 'content-type': 'application/x-tar', 'content-length': String(file.bytes) });
  });
  return api;
}

/** @throws InvalidError field by field; the protocol's version comes first, because another version may have other fields */
async function joinRequest(c: HonoContext<ApiEnv>): Promise<JoinRequest> {
  const body: unknown = await c.req.json().catch(() => {
    throw new HTTPException(400);
  });
  const parsed = JoinRequest.safeParse(body);
  if (parsed.success) return parsed.data;
  const protocol = typeof body === 'object' && body !== null && 'protocol' in body ? body.protocol : undefined;
  const errors = fieldErrors(parsed.error, body);
  throw new InvalidError('invalid', `${protocol === undefined ? '' : `protocol ${JSON.stringify(protocol)}: `}${errors.map(sentence).join(' ')}`, errors);
}

/** @throws UnauthenticatedError unless the header is `Bearer <hostId>.<credential>` of a host that joined */
async function authenticateHost(context: Context, authorization: string | undefined): Promise<HostRow> {
  const [, hostId, credential] = /^Bearer ([^.\s]{1,64})\.([^\s]{16,256})$/.exec(authorization ?? '') ?? [];
  const host = await hostOfCredential(context, hostId, credential);
  if (host === undefined) throw new UnauthenticatedError('credential-unknown', 'This host is not known here: it never joined, or it was removed. Join it again with a new token.');
  return host;
}

/** The part of `ws` that sessions use. */
interface RawSocket {
  readonly bufferedAmount: number;
  terminate(): void;
}

function socketOf(socket: WSContext): Socket {
  const raw = socket.raw as RawSocket;
  return {
    get bufferedBytes() {
      return raw.bufferedAmount;
    },
    send: (text) => socket.send(text),
    close: () => socket.close(),
    terminate: () => raw.terminate(),
  };
}
