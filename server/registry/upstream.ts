// One HTTP exchange with the registry itself: the child process on its socket, or another one at a URL. Takes plain HTTP, gives the answer as a
// stream, and knows nothing of what is said.
import { type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { UnavailableError } from '../errors.ts';

/** Where the registry is. */
export type Upstream = { readonly socketPath: string } | { readonly url: URL; readonly authorization: string | undefined };

export interface Call {
  readonly method: string;
  /** With its query, from `/v2/` on. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
}

/** Opens a call. Its caller ends it, and listens for `response` and `error`. */
export function openCall(upstream: Upstream, { method, path, headers }: Call, signal?: AbortSignal): ClientRequest {
  const withSignal = signal === undefined ? {} : { signal };
  if ('socketPath' in upstream) return plainRequest({ socketPath: upstream.socketPath, method, path, headers: { ...headers, host: 'registry' }, ...withSignal });
  const { url, authorization } = upstream;
  const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
  return send({ protocol: url.protocol, hostname: url.hostname, port: url.port, method, path: `${url.pathname.replace(/\/$/, '')}${path}`, headers: { ...headers, host: url.host, ...(authorization === undefined ? {} : { authorization }) }, ...withSignal });
}

/** Longest that a call of the server's own may take. */
const DEADLINE_MS = 10_000;
/** Manifests and configurations are a few kilobytes; more than this is neither. */
const MOST_BODY_BYTES = 4 * 1024 * 1024;

export interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A call without a body, with its whole answer. @throws UnavailableError when the registry does not answer in time */
export async function call(upstream: Upstream, { method, path, headers }: Call, deadlineMs = DEADLINE_MS): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const signal = AbortSignal.timeout(deadlineMs);
  openCall(upstream, { method, path, headers }, signal).on('response', resolve).on('error', reject).end();
  try {
    const answer = await promise;
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of answer as AsyncIterable<Buffer>) {
      parts.push(part);
      if ((bytes += part.length) > MOST_BODY_BYTES) throw new Error(`its answer is larger than ${MOST_BODY_BYTES} bytes`);
    }
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts) };
  } catch (error) {
    const why = signal.aborted ? `no answer within ${deadlineMs / 1000} s` : error instanceof Error ? error.message : String(error);
    throw new UnavailableError('registry-down', `The registry does not answer: ${why}.`);
  }
}
