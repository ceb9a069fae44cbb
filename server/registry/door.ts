// The registry's door: a listener of its own through which hosts reach the registry, signed in with their id and their agent's credential. Every
// host may pull; a host may push to the repository of a build that it runs now, and to no other. Bytes are passed on as they come.
import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, Server, ServerOptions, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { UnauthenticatedError } from '../errors.ts';
import { type Peer, peerOf } from '../fleet/peer.ts';
import type { Log } from '../log.ts';
import { type Intent, intentOf } from './door-rules.ts';
import { openCall, type Upstream } from './upstream.ts';

/** A host that showed its credential. */
export interface Guest {
  readonly id: string;
  readonly name: string;
}

export interface DoorOptions {
  readonly log: Log;
  readonly upstream: Upstream;
  /** @returns undefined unless the credential is the host's. @throws UnauthenticatedError with the reason, where there is more to say of the connection */
  authenticate(hostId: string, credential: string, peer: Peer): Promise<Guest | undefined>;
  /** @returns null when the door may be used by this connection, else why not */
  whyNotHere?(peer: Peer): string | null;
  /** @returns null when it may, else why not */
  whyNotPush(guest: Guest, repository: string): Promise<string | null>;
  /** @returns null when calls can be passed on, else why not */
  whyClosed(): string | null;
  /** @returns null when there is room for what is pushed, else why not */
  whyFull(): Promise<string | null>;
}

/** What asks, about what, may be large; headers never are. */
const MOST_HEADER_BYTES = 16 * 1024;
const HEADERS_MS = 10_000;
/** A connection on which nothing moves for this long is ended: a push or a pull never stands still. */
const IDLE_MS = 60_000;
export const MOST_CONNECTIONS = 1_000;
/** Calls of one host: an image of a hundred layers takes a few hundred. */
const CALLS_PER_MINUTE = 3_000;
/** Wrong credentials from one address. */
const REFUSALS_PER_MINUTE = 30;
const RETRY_AFTER_SECONDS = 2;
const REQUEST_HEADERS = ['accept', 'content-type', 'content-length', 'content-range', 'range', 'if-none-match', 'transfer-encoding', 'user-agent'];
/** Of the connection, not of the answer. */
const HOP_HEADERS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'www-authenticate', 'set-cookie']);

/** Makes servers that are not listening yet, by the functions that node:http and node:https have for it; all of them count their guests together. */
export function createDoor(options: DoorOptions): <S extends Server>(createServer: (serverOptions: ServerOptions, serve: RequestListener) => S, serverOptions?: object) => S {
  const limits: Limits = { calls: new RateLimiterMemory({ points: CALLS_PER_MINUTE, duration: 60 }), refusals: new RateLimiterMemory({ points: REFUSALS_PER_MINUTE, duration: 60 }) };
  return (createServer, serverOptions = {}) => {
    const server = createServer({ ...serverOptions, maxHeaderSize: MOST_HEADER_BYTES, headersTimeout: HEADERS_MS, requestTimeout: 0, keepAliveTimeout: 5_000 }, (request, response) => {
      void serve(options, limits, request, response).catch((error: unknown) => {
        if (response.headersSent || response.destroyed) return response.destroy();
        options.log.warn({ err: error }, 'registry.door-failed');
        refuse(response, { status: 503, code: 'UNAVAILABLE', message: 'the registry did not answer; it is tried again', headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } });
      });
    });
    server.setTimeout(IDLE_MS);
    return server;
  };
}

interface Limits {
  readonly calls: RateLimiterMemory;
  readonly refusals: RateLimiterMemory;
}

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers?: OutgoingHttpHeaders;
}

async function serve(options: DoorOptions, limits: Limits, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  const intent = intentOf(request.method ?? '', (request.url ?? '').split('?')[0]!);
  const refusal = intent === undefined ? ({ status: 404, code: 'UNSUPPORTED', message: 'this registry answers pulls and pushes of named images only' } satisfies Refusal) : await refusalOf(options, limits, request, intent);
  if (refusal === null) return await passOn(options.upstream, request, response);
  refuse(response, refusal);
  // What is left of a body is not read, so the connection cannot be used again.
  request.resume();
}

/** @returns null when the call may be passed on */
async function refusalOf(options: DoorOptions, { calls, refusals }: Limits, request: IncomingMessage, intent: Intent): Promise<Refusal | null> {
  const peer = peerOf(request);
  const address = peer.address || 'nobody';
  const tooMany = (message: string): Refusal => ({ status: 429, code: 'TOOMANYREQUESTS', message, headers: { 'retry-after': '60' } });
  if (((await refusals.get(address))?.consumedPoints ?? 0) >= REFUSALS_PER_MINUTE) return tooMany('too many wrong credentials came from this address');
  const elsewhere = options.whyNotHere?.(peer) ?? null;
  if (elsewhere !== null) return { status: 403, code: 'DENIED', message: elsewhere };
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]{1,1000})$/i.exec(request.headers.authorization ?? '') ?? [];
  const [, hostId, credential] = /^([^:]{1,64}):(.{16,256})$/.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8')) ?? [];
  const guest = hostId === undefined || credential === undefined ? undefined : await options.authenticate(hostId, credential, peer).catch(reasonOf);
  if (guest === undefined || typeof guest === 'string') {
    // Asking without a credential is how every client begins.
    if (encoded !== undefined) await refusals.consume(address).catch(() => undefined);
    return { status: 401, code: 'UNAUTHORIZED', message: guest ?? 'sign in with the id of a host and the credential of its agent', headers: { 'www-authenticate': 'Basic realm="firn"' } };
  }
  if (!(await calls.consume(guest.id).then(() => true, () => false))) return tooMany(`${guest.name} asks more than ${CALLS_PER_MINUTE} times a minute`);
  const closed = options.whyClosed();
  if (closed !== null) return { status: 503, code: 'UNAVAILABLE', message: closed, headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } };
  if (intent.kind !== 'push') return null;
  const why = await options.whyNotPush(guest, intent.repository);
  if (why !== null) return { status: 403, code: 'DENIED', message: why };
  const full = intent.startsUpload ? await options.whyFull() : null;
  return full === null ? null : { status: 507, code: 'DENIED', message: full };
}

/** Why a host that showed something was not believed. */
function reasonOf(error: unknown): string {
  if (error instanceof UnauthenticatedError) return error.message;
  throw error;
}

/** In the registry's own form, which engines show to people. */
function refuse(response: ServerResponse, { status, code, message, headers = {} }: Refusal): void {
  response.writeHead(status, { ...headers, 'content-type': 'application/json', connection: 'close' });
  response.end(`${JSON.stringify({ errors: [{ code, message, detail: null }] })}\n`);
}

async function passOn(upstream: Upstream, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = Object.fromEntries(REQUEST_HEADERS.flatMap((name) => (request.headers[name] === undefined ? [] : [[name, request.headers[name]]])));
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const onward = openCall(upstream, { method: request.method ?? 'GET', path: request.url ?? '/', headers }, gone.signal);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  onward.once('response', resolve).once('error', reject);
  // The registry may answer before it has read everything; then what is left does not matter.
  const sent = pipeline(request, onward).catch(() => undefined);
  const answer = await promise;
  response.writeHead(answer.statusCode ?? 502, passedHeaders(upstream, answer));
  await pipeline(answer, response);
  await sent;
}

/** Addresses of the registry itself become paths: nobody but the server reaches it there. */
function passedHeaders(upstream: Upstream, { headers }: IncomingMessage): OutgoingHttpHeaders {
  const passed: OutgoingHttpHeaders = Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_HEADERS.has(name)));
  const { location } = headers;
  if (location === undefined || !('url' in upstream)) return passed;
  const target = new URL(location, upstream.url);
  if (target.host !== upstream.url.host) return passed;
  const base = upstream.url.pathname.replace(/\/$/, '');
  return { ...passed, location: `${target.pathname.startsWith(base) ? target.pathname.slice(base.length) : target.pathname}${target.search}` };
}
