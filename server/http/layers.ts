// Image layers: the tree, sending a folder as a new version, and building again what stands on something old.
import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { takeContext } from '../builds/layer-context.ts';
import { addLayer, layersFolder, rebuildLayer } from '../builds/layers.ts';
import { versionsOf } from '../db/layers.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import { Name, Note, z } from './contract/common.ts';
import { LayerDetail, Layers, LayerView } from './contract/releases.ts';
import { answer, conflict, jsonBody, newApi, notFound, problems, unavailable } from './problem.ts';
import { type Actor, actor, secured } from './secured.ts';
import { readLayers, showLayer, showLayerDetail, showLayers } from './show/layers.ts';

/** The one path that takes more than a few kilobytes: it is streamed to the disk. */
export const LAYERS_PATH = '/api/v1/layers';
export const TAR = 'application/x-tar';

const Rebuild = z.strictObject({ above: z.boolean().default(false).openapi({ description: 'also every layer that stands on it' }) }).openapi('LayerRebuild');
const flag = z.enum(['true', 'false']).default('false');

const listRoute = createRoute({
  method: 'get',
  path: '/layers',
  operationId: 'listLayers',
  summary: 'Every layer, the lowest first',
  middleware: secured('read'),
  responses: { ...answer(200, 'By depth and name', Layers), ...problems },
});
const showRoute = createRoute({
  method: 'get',
  path: '/layers/{name}',
  operationId: 'getLayer',
  summary: 'One layer with its versions, files and scripts',
  middleware: secured('read'),
  request: { params: z.object({ name: Name }) },
  responses: { ...answer(200, 'The layer', LayerDetail), ...problems, ...notFound },
});
const pushRoute = createRoute({
  method: 'post',
  path: '/layers',
  operationId: 'pushLayer',
  summary: 'Send the folder of a layer as a tar: a new version, which is built at once',
  middleware: secured('layers.manage'),
  request: { query: z.object({ note: Note.default(''), network: flag.openapi({ description: 'whether static.sh may use the network' }) }), body: { required: true, content: { [TAR]: { schema: z.string().openapi({ format: 'binary' }) } } } },
  responses: { ...answer(201, 'Being built', LayerView), ...problems, ...unavailable },
});
const rebuildRoute = createRoute({
  method: 'post',
  path: '/layers/{name}/rebuild',
  operationId: 'rebuildLayer',
  summary: 'Build a layer again on the newest version below',
  middleware: secured('layers.manage'),
  request: { params: z.object({ name: Name }), body: jsonBody(Rebuild) },
  responses: { ...answer(200, 'Being built', Layers), ...problems, ...notFound, ...conflict, ...unavailable },
});

/** `/layers`. */
export function layersApi(context: Context) {
  const read = (caller: Actor) => context.store.read((reader) => readLayers(reader, (team) => caller.can('read', team)));
  return newApi()
    .openapi(listRoute, async (c) => c.json({ items: showLayers(await read(actor(c))), next: null }, 200))
    .openapi(showRoute, async (c) => {
      const { name } = c.req.valid('param');
      if ((await context.store.read((reader) => versionsOf(reader, name))).length === 0) throw new NotFoundError('layer-unknown', `There is no layer ${name}.`);
      return c.json(await showLayerDetail(context, await read(actor(c)), name), 200);
    })
    .openapi(pushRoute, async (c) => {
      const type = c.req.header('content-type')?.split(';')[0];
      if (type !== TAR) throw new InvalidError('media-type', `The body is ${type ?? 'of no type'}: send the folder as ${TAR}.`, [{ field: 'content-type', value: type ?? null, message: 'is not a tar', allowed: TAR }]);
      const { note, network } = c.req.valid('query');
      const layer = await addLayer(context, actor(c), await takeContext(layersFolder(context), c.req.raw.body), { note, network: network === 'true' });
      return c.json(showLayer(await read(actor(c)), layer.name), 201);
    })
    .openapi(rebuildRoute, async (c) => {
      const made = await rebuildLayer(context, actor(c), c.req.valid('param').name, c.req.valid('json').above);
      const seen = await read(actor(c));
      return c.json({ items: made.map(({ name }) => showLayer(seen, name)), next: null }, 200);
    });
}
