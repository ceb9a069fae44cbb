// HTTP DNS: `GET /dns?name=…` as JSON or plain text, for clients that should not depend on resolvers. One function answers on every listener; the
// listener of its own is bare, because it is asked often and does nothing else. A client is the connection's address; what a header says counts
// only from proxies that are trusted.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Listen } from '../config.ts';
import type { Context } from '../context.ts';
import { DnsQuery } from '../http/contract/sites.ts';
import { toProblem } from '../http/problem.ts';
import { addressBytes, isWithin } from '../sites/client-range.ts';
import type { Counters } from './counters.ts';
import { networkOf, openRate, type Rate } from './rate.ts';
import { tell } from './tell.ts';

export interface HttpReply {
  readonly status: 200 | 404 | 405 | 422 | 429;
  readonly type: string;
  readonly body: string;
}

/** The client's address: that of the connection, or of the last hop that no trusted proxy is. */
export function clientOf(peer: string, forwarded: string | undefined, proxies: readonly string[]): string {
  let client = peer;
  for (const hop of (forwarded ?? '').split(',').reverse()) {
    if (proxies.length === 0 || !isWithin(client, proxies)) return client;
    const text = hop.trim();
    if (addressBytes(text) === undefined) return client;
    client = text;
  }
  return client;
}

export interface HttpDns {
  /** @param peer address of the connection; `local` where there is none counts as this machine */
  answer(query: URLSearchParams, peer: string, forwarded: string | undefined): HttpReply;
}

const problem = (status: 404 | 405 | 422 | 429, code: string, detail: string): HttpReply => ({ status, type: 'application/problem+json', body: JSON.stringify(toProblem(status, code, detail)) });

export function openHttpDns(context: Pick<Context, 'config' | 'steering' | 'observations' | 'clock'>, counters: Counters['http']): HttpDns {
  const { config } = context;
  const rate: Rate = openRate(config.dnsLimit, context.clock.now);
  return {
    answer(query, peer, forwarded) {
      counters.queries += 1;
      const client = addressBytes(clientOf(peer, forwarded, config.dnsProxies)) ?? [127, 0, 0, 1];
      if (!rate.take(networkOf(client))) {
        counters.limited += 1;
        return problem(429, 'too-many-queries', `At most ${config.dnsLimit} queries a second are answered to one network: keep an answer for its TTL.`);
      }
      const parsed = DnsQuery.safeParse(Object.fromEntries(query));
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        return problem(422, 'invalid-input', `${issue?.path.join('.') ?? 'query'} is ${JSON.stringify(query.get(String(issue?.path[0] ?? '')))}: ask as ?name=NAME and, for plain text, &format=text.`);
      }
      const { name, format } = parsed.data;
      const told = tell(context, name, client, 'http');
      if (told === undefined) {
        counters.unknownNames += 1;
        return problem(404, 'name-unknown', `There is no name ${name} here.`);
      }
      if (format === 'text') return { status: 200, type: 'text/plain; charset=utf-8', body: `ttl ${told.ttlSeconds}\n${told.addresses.map((address) => `${address}:${told.port}\n`).join('')}` };
      const { near: _near, ...body } = told;
      return { status: 200, type: 'application/json', body: JSON.stringify(body) };
    },
  };
}

/** The listener of its own. @throws what binding throws */
export async function listenHttpDns({ host, port }: Listen, dns: HttpDns): Promise<AsyncDisposable & { readonly address: string }> {
  const server = createServer({ keepAliveTimeout: 30_000, requestTimeout: 5_000, headersTimeout: 5_000, maxHeaderSize: 4_096 }, (request, response) => serve(dns, request, response));
  server.listen(port, host);
  await once(server, 'listening');
  const bound = server.address() as AddressInfo;
  return {
    address: bound.family === 'IPv6' ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`,
    async [Symbol.asyncDispose]() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      await promise;
    },
  };
}

function serve(dns: HttpDns, request: IncomingMessage, response: ServerResponse): void {
  const { method, url = '/' } = request;
  const [path, search = ''] = url.split('?', 2) as [string, string?];
  const reply =
    path === '/dns'
      ? method === 'GET' || method === 'HEAD'
        ? dns.answer(new URLSearchParams(search), request.socket.remoteAddress ?? '', header(request))
        : problem(405, 'method', 'Only GET is answered here.')
      : problem(404, 'route-unknown', `There is nothing at ${path.slice(0, 100)}: ask /dns?name=NAME.`);
  const headers: Record<string, string> = { 'content-type': reply.type, 'cache-control': 'no-store', 'content-length': String(Buffer.byteLength(reply.body)), ...(reply.status === 429 ? { 'retry-after': '1' } : {}) };
  response.writeHead(reply.status, headers).end(method === 'HEAD' ? undefined : reply.body);
  // A body is not wanted: whoever sends one is not kept.
  if (method !== 'GET' && method !== 'HEAD') request.destroy();
}

const header = ({ headers }: IncomingMessage): string | undefined => {
  const value = headers['x-forwarded-for'];
  return Array.isArray(value) ? value.join(',') : value;
};
