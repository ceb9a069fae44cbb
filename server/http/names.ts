// Names that clients ask for: what they lead to, what a client would be told, who asks; and the public answer itself, `GET /dns`.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { tell } from '../dns/tell.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import { addressBytes } from '../sites/client-range.ts';
import { removeName, setName } from '../sites/names.ts';
import { remoteAddress } from './auth.ts';
import { z } from './contract/common.ts';
import { AnswerView, ClientsView, DnsAnswer, DnsName, DnsQuery, DnsStatus, NameInput, Names, NameView } from './contract/sites.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, publicRoute, secured } from './secured.ts';
import { instant, instantOrNull } from './show/show.ts';
import { showName } from './show/sites.ts';

const params = z.object({ name: DnsName });
const listRoute = createRoute({ method: 'get', path: '/names', operationId: 'listNames', summary: 'Every name and where it leads', middleware: secured('read'), responses: { ...answer(200, 'By name', Names), ...problems } });
const getRoute = createRoute({ method: 'get', path: '/names/{name}', operationId: 'getName', summary: 'One name and where it leads', middleware: secured('read'), request: { params }, responses: { ...answer(200, 'As it is now', NameView), ...problems, ...notFound } });
const putRoute = createRoute({ method: 'put', path: '/names/{name}', operationId: 'setName', summary: 'Add a name, or say anew where it leads', middleware: secured('sites.manage'), request: { params, body: jsonBody(NameInput) }, responses: { ...answer(200, 'As it is now', NameView), ...problems, ...conflict } });
const removeRoute = createRoute({ method: 'delete', path: '/names/{name}', operationId: 'removeName', summary: 'Remove a name', middleware: secured('sites.manage'), request: { params }, responses: { 204: { description: 'Removed' }, ...problems, ...notFound, ...conflict } });
const answerRoute = createRoute({ method: 'get', path: '/names/{name}/answer', operationId: 'getAnswer', summary: 'What a client would be told now, and why', middleware: secured('read'), request: { params, query: z.object({ client: z.string().min(1).max(64).openapi({ description: "the client's address", example: '10.20.0.7' }) }) }, responses: { ...answer(200, 'The answer', AnswerView), ...problems, ...notFound } });
const clientsRoute = createRoute({ method: 'get', path: '/names/{name}/clients', operationId: 'getNameClients', summary: 'Who asked for a name, and where answers led', middleware: secured('read'), request: { params }, responses: { ...answer(200, 'The last half hour', ClientsView), ...problems, ...notFound } });
const statusRoute = createRoute({ method: 'get', path: '/dns/status', operationId: 'getDnsStatus', summary: 'What the responders listen on and did', middleware: secured('read'), responses: { ...answer(200, 'Since the start of this server', DnsStatus), ...problems } });

/** `/names` and `/dns/status`. */
export function namesApi(context: Context) {
  const { steering, observations, dns, config } = context;
  const known = async (name: string) => {
    await steering.refresh();
    const found = steering.directory.names.get(name);
    if (found === undefined) throw new NotFoundError('name-unknown', `There is no name ${name}.`);
    return found;
  };
  return newApi()
    .openapi(listRoute, async (c) => {
      await steering.refresh();
      return c.json({ items: [...steering.directory.names.values()].map((name) => showName(context, name)), next: null }, 200);
    })
    .openapi(getRoute, async (c) => c.json(showName(context, await known(c.req.valid('param').name)), 200))
    .openapi(putRoute, async (c) => {
      const { name } = c.req.valid('param');
      await setName(context, actor(c), name, c.req.valid('json'));
      return c.json(showName(context, await known(name)), 200);
    })
    .openapi(removeRoute, async (c) => {
      await removeName(context, actor(c), c.req.valid('param').name);
      return c.body(null, 204);
    })
    .openapi(answerRoute, async (c) => {
      const { ready } = await known(c.req.valid('param').name);
      const { client } = c.req.valid('query');
      const bytes = addressBytes(client);
      if (bytes === undefined) throw new InvalidError('client-invalid', `client is ${client}: it must be an IPv4 or IPv6 address.`, [{ field: 'client', value: client, message: 'must be an address' }]);
      const { near, addresses, ...told } = tell(context, c.req.valid('param').name, bytes)!;
      return c.json({ ...told, client, nearest: near, addresses: addresses.map((address) => ({ address, site: told.site ?? '' })), tried: ready.standings.map(({ site, code, why, said, weight }) => ({ site, code, why, said: [said], weight })) }, 200);
    })
    .openapi(clientsRoute, async (c) => {
      const { name } = (await known(c.req.valid('param').name)).row;
      return c.json({ name, minutes: observations.of(name).map(({ at, ...rest }) => ({ at: instant(at), ...rest })), clients: observations.clients(name) }, 200);
    })
    .openapi(statusRoute, (c) => {
      const { limited: _limited, ...http } = dns.counters.http;
      return c.json({ zone: config.dnsZone, http: { listen: dns.listening.http, ...http }, dns: { listen: dns.listening.dns, ...dns.counters.dns }, names: steering.directory.names.size, refreshedAt: instantOrNull(steering.refreshedAt), refreshMs: steering.refreshMs }, 200);
    });
}

const dnsRoute = createRoute({
  method: 'get',
  path: '/dns',
  operationId: 'dns',
  summary: 'Addresses of a name for whoever asks, health-checked, with the time that they may be kept',
  middleware: publicRoute(),
  request: { query: DnsQuery },
  responses: { 200: { description: 'Addresses in the order in which they should be tried', content: { 'application/json': { schema: DnsAnswer }, 'text/plain': { schema: z.string() } } }, ...problems, ...notFound },
});

/** `GET /dns`, for anybody: the same answers as on the listener of its own. */
export function dnsApi({ dns }: Context) {
  return newApi().openapi(dnsRoute, (c) => {
    const { status, type, body } = dns.http.answer(new URL(c.req.url).searchParams, remoteAddress(c), c.req.header('x-forwarded-for'));
    return new Response(body, { status, headers: { 'content-type': type, 'cache-control': 'no-store', ...(status === 429 ? { 'retry-after': '1' } : {}) } }) as never;
  });
}
