// Refuses bodies that are too large before anything reads them: by their stated length at once, otherwise while they come
// in. What was read is left where handlers look for it. Hono's own middleware makes a new Request from the old one, which
// the Node adapter's requests do not allow.
import type { MiddlewareHandler } from 'hono';
import { problemResponse, toProblem } from './problem.ts';
import type { ApiEnv } from './secured.ts';

/** @param mostBytes the largest body that is taken; a larger one gets 413 */
export function limitBody(mostBytes: number): MiddlewareHandler<ApiEnv> {
  // What is left of a body that is too large is not read, so the connection cannot be used again.
  const refuse = (requestId: string) => problemResponse(toProblem(413, 'body-too-large', `The body is larger than ${mostBytes} bytes, the most that is taken.`, requestId), { connection: 'close' });
  return async (c, next) => {
    const chunked = c.req.header('transfer-encoding') !== undefined;
    const length = c.req.header('content-length');
    if (length !== undefined && !chunked) return Number(length) > mostBytes ? refuse(c.get('requestId')) : next();
    // On a real connection a request that states neither length nor chunks has no body.
    const overSocket = typeof c.env === 'object' && c.env !== null && 'incoming' in c.env;
    if (c.req.method === 'GET' || c.req.method === 'HEAD' || (overSocket && !chunked) || c.req.raw.body === null) return next();
    const body = await readUpTo(c.req.raw.body, mostBytes);
    if (body === null) return refuse(c.get('requestId'));
    // Hono keeps promises here, whatever its types say.
    c.req.bodyCache.arrayBuffer = Promise.resolve(body) as unknown as ArrayBuffer;
    await next();
  };
}

/** Null when there is more. */
async function readUpTo(stream: ReadableStream<Uint8Array>, mostBytes: number): Promise<ArrayBuffer | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stream) {
    size += part.length;
    if (size > mostBytes) return null;
    parts.push(part);
  }
  const body = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body.buffer;
}
