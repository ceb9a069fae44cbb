// Address pools: which networks there are, how full they are, when they run out, and what people change about them.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { forecastNetworks } from '../addresses/forecast.ts';
import { runsOf, usesOf, viewNetworks } from '../addresses/network-views.ts';
import { addNetwork, editNetwork, requireNetwork } from '../addresses/networks.ts';
import { Forecasts, NetworkEdit, Occupancy } from './contract/addresses.ts';
import { z } from './contract/common.ts';
import { NetworkDraft, Networks, NetworkView } from './contract/fleet.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems } from './problem.ts';
import { actor, secured } from './secured.ts';

const params = z.object({ name: z.string().max(63) });
const listRoute = createRoute({
  method: 'get',
  path: '/networks',
  operationId: 'listNetworks',
  summary: 'Every network with its free addresses',
  middleware: secured('read'),
  responses: { ...answer(200, 'By name', Networks), ...problems },
});
const addRoute = createRoute({
  method: 'post',
  path: '/networks',
  operationId: 'addNetwork',
  summary: 'Say which addresses of a flat network replicas may have',
  middleware: secured('networks.manage'),
  request: { body: jsonBody(NetworkDraft) },
  responses: { ...answer(201, 'Added', NetworkView), ...problems, ...conflict },
});
const forecastRoute = createRoute({
  method: 'get',
  path: '/networks/forecast',
  operationId: 'forecastNetworks',
  summary: 'When each network runs out of addresses',
  middleware: secured('read'),
  responses: { ...answer(200, 'The soonest first', Forecasts), ...problems },
});
const editRoute = createRoute({
  method: 'patch',
  path: '/networks/{name}',
  operationId: 'editNetwork',
  summary: 'Change exclusions, name servers, the range for replicas, or the tunnel of a network',
  middleware: secured('networks.manage'),
  request: { params, body: jsonBody(NetworkEdit) },
  responses: { ...answer(200, 'Changed', NetworkView), ...problems, ...notFound, ...conflict },
});
const occupancyRoute = createRoute({
  method: 'get',
  path: '/networks/{name}/addresses',
  operationId: 'showOccupancy',
  summary: 'How the addresses of a network are used, in runs',
  middleware: secured('read'),
  request: { params },
  responses: { ...answer(200, 'From the first address to the last', Occupancy), ...problems, ...notFound },
});

/** `/networks`. */
export function networksApi(context: Context) {
  const { clock, store } = context;
  const viewOf = async (id: string) => (await store.read((reader) => viewNetworks(reader, clock.now(), (row) => row.id === id)))[0]!;
  return newApi()
    .openapi(listRoute, async (c) => c.json({ items: await store.read((reader) => viewNetworks(reader, clock.now())), next: null }, 200))
    .openapi(addRoute, async (c) => {
      const { id } = await addNetwork(context, actor(c), c.req.valid('json'));
      return c.json(await viewOf(id), 201);
    })
    .openapi(forecastRoute, async (c) => c.json({ items: await forecastNetworks(context), next: null }, 200))
    .openapi(editRoute, async (c) => {
      const { id } = await editNetwork(context, actor(c), c.req.valid('param').name, c.req.valid('json'));
      return c.json(await viewOf(id), 200);
    })
    .openapi(occupancyRoute, async (c) => {
      const body = await store.read(async (reader) => {
        const row = await requireNetwork(reader, c.req.valid('param').name);
        const [network] = await viewNetworks(reader, clock.now(), ({ id }) => id === row.id);
        return { network: network!, ...runsOf(row, await usesOf(reader, row, clock.now())) };
      });
      return c.json(body, 200);
    });
}
