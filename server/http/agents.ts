// The agents' listener: joining with a one-time token, and the WebSocket of every agent. Credentials are compared in constant time.
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { upgradeWebSocket } from '@hono/node-server';
import type { Context as HonoContext } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { WSContext } from 'hono/ws';
import { JoinRequest } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { joinHost } from '../fleet/join.ts';
import { openContextFile } from '../builds/layer-context.ts';
import { layersFolder } from '../builds/layers.ts';
import { AgentSession, type Socket } from '../control/session.ts';
import { buildsOn } from '../db/builds.ts';
import { listLayerVersions } from '../db/layers.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import { findBundles } from '../fleet/bundles.ts';
import type { SessionPeer } from '../fleet/hello.ts';
import { admitHost, type Admitted, type Peer, peerOf, requireTls } from '../fleet/peer.ts';
import { fieldErrors, sentence } from './field-errors.ts';
import { newApi } from './problem.ts';
import { type ApiEnv, publicRoute } from './secured.ts';

export function agentsApi(context: Context) {
  const api = newApi();
  api.post('/agents/join', publicRoute(), async (c) => {
    const peer = peerOfCall(c);
    requireTls(context, peer);
    return c.json(await joinHost(context, await joinRequest(c), peer), 201);
  });
  api.get('/agents/ws', publicRoute(), async (c, next) => {
    const { host, certificate } = await admit(context, c);
    const { address, isLoopback: isLocal } = peerOfCall(c);
    const peer = { address, isLocal, serial: certificate?.serial ?? null };
    if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') throw new HTTPException(426, { message: 'This address answers WebSocket upgrades only.' });
    const upgrade = upgradeWebSocket(() => ({ onOpen: (_event, socket) => converse(context, { host, peer, socket, wire: incomingOf(c)!.socket }) }), { onError: (error) => context.log.error({ err: error, host: host.name }, 'agent.failed') });
    return await upgrade(c, next);
  });
  api.get('/agents/layers/:sha256', publicRoute(), async (c) => {
    const { host } = await admit(context, c);
    const sha256 = c.req.param('sha256');
    const isItsBuild = await context.store.read(async (reader) => {
      const mine = new Set((await buildsOn(reader, host.id)).map(({ id }) => id));
      return (await listLayerVersions(reader)).some(({ contextSha256, buildId }) => contextSha256 === sha256 && buildId !== null && mine.has(buildId));
    });
    const file = isItsBuild ? await openContextFile(layersFolder(context), sha256) : null;
    if (file === null) throw new NotFoundError('layer-unknown', `${host.name} builds no layer from ${sha256}.`);
    return c.body(file.stream, 200, { 'content-type': 'application/x-tar', 'content-length': String(file.bytes) });
  });
  // An agent is no secret; what it is worth says its SHA-256 in a join command, and the signature of an order to upgrade.
  api.get('/agents/bundles/:sha256', publicRoute(), async (c) => {
    requireTls(context, peerOfCall(c));
    const sha256 = c.req.param('sha256');
    const bundle = (await findBundles(context)).find((one) => one.sha256 === sha256);
    if (bundle === undefined) throw new NotFoundError('bundle-unknown', `There is no agent ${sha256}.`);
    return c.body(await readFile(bundle.file), 200, { 'content-type': 'text/javascript', 'content-length': String(bundle.bytes) });
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

/** @throws UnauthenticatedError unless credential, certificate and connection belong to one host */
const admit = (context: Context, c: HonoContext<ApiEnv>): Promise<Admitted> => admitHost(context, peerOfCall(c), c.req.header('authorization'));

const incomingOf = (c: HonoContext<ApiEnv>): IncomingMessage | undefined => ((c.env ?? {}) as { readonly incoming?: IncomingMessage }).incoming;

/** Calls that no connection carries come from this process. */
function peerOfCall(c: HonoContext<ApiEnv>): Peer {
  const incoming = incomingOf(c);
  return incoming === undefined ? { address: 'local', isTls: false, isLoopback: true, certificate: null } : peerOf(incoming);
}

/** The part of `ws` that sessions use. */
interface RawSocket {
  readonly bufferedAmount: number;
  readonly readyState: number;
  terminate(): void;
  pong(data: Buffer): void;
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): unknown;
  on(event: 'ping', listener: (data: Buffer) => void): unknown;
  on(event: 'close' | 'error', listener: () => void): unknown;
  listeners(event: (typeof HEARD)[number]): Listener[];
  off(event: (typeof HEARD)[number], listener: Listener): unknown;
  send(text: string): void;
  close(): void;
}
type Listener = () => void;
const HEARD = ['message', 'close', 'error'] as const;

const OPEN = 1;
/** A whole frame: a pong without data. */
const PONG = Buffer.from([0x8a, 0x00]);

/**
 * Gives what comes on a connection to a session of its own, heard from `ws` itself: ten thousand agents say some ten thousand things a second, and the events
 * of browsers that lie between cost more than what is done with them. A ping is answered once it has counted.
 */
function converse(context: Context, { host, peer, socket, wire }: { readonly host: { readonly id: string; readonly name: string }; readonly peer: SessionPeer; readonly socket: WSContext; readonly wire: Duplex }): void {
  const raw = socket.raw as RawSocket;
  const session = new AgentSession(context, host, socketOf(raw), peer);
  // What one agent says must not end the process of all.
  const safely = <T extends unknown[]>(listener: (...told: T) => void) => (...told: T): void => {
    try {
      listener(...told);
    } catch (error) {
      context.log.error({ err: error, host: host.name }, 'agent.failed');
    }
  };
  raw.on('message', safely((data: Buffer, isBinary: boolean) => session.received(isBinary ? '' : data.toString('utf8'))));
  raw.on('close', safely(() => session.ended()));
  raw.on('ping', safely((data: Buffer) => {
    session.signOfLife();
    // Whoever does not read is not answered: a later ping is.
    if (raw.readyState !== OPEN || wire.writableNeedDrain) return;
    if (data.length === 0) wire.write(PONG);
    else raw.pong(data);
  }));
  // What breaks a connection also ends it.
  raw.on('error', () => undefined);
  letGo(raw);
}

/** Takes away the listeners that the framework adds once this one was told: they hold the request and all that was made of it, kilobytes for each agent. */
function letGo(raw: RawSocket): void {
  const kept = new Set(HEARD.flatMap((event) => raw.listeners(event)));
  queueMicrotask(() => {
    for (const event of HEARD) for (const listener of raw.listeners(event)) if (!kept.has(listener)) raw.off(event, listener);
  });
}

function socketOf(raw: RawSocket): Socket {
  return {
    hearsPings: true,
    get bufferedBytes() {
      return raw.bufferedAmount;
    },
    send: (text) => raw.send(text),
    close: () => raw.close(),
    terminate: () => raw.terminate(),
  };
}
