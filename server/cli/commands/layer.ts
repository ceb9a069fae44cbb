// `firn layer`: what images stand on: the tree, sending a folder as a new version, and building again what stands on something old.
import { stat } from 'node:fs/promises';
import { Command } from '@commander-js/extra-typings';
import type { BuildView, LayerDetail, LayerView } from '../../http/contract/index.ts';
import { byteCount, counted, parseDurationMs } from '../amounts.ts';
import { followBuild } from '../build-log.ts';
import { path, type Client } from '../client.ts';
import { EXIT, usageError } from '../exit.ts';
import { tarOf } from '../folder-tar.ts';
import { examples, type Begin, type Invocation } from '../invocation.ts';
import { fields, printList, printOne, table, type Column } from '../output.ts';

const toRebuild = ({ services }: LayerView): number => services.filter((service) => service.toRebuild).length;
const COLUMNS: readonly Column<LayerView>[] = [
  { title: 'LAYER', value: ({ name, depth }) => `${'  '.repeat(depth)}${name}` },
  { title: 'VERSION', value: ({ current }) => current?.version ?? null, align: 'right' },
  { title: 'ON', value: ({ from, current }) => (from === null ? null : `${from} ${current?.fromVersion ?? '?'}`) },
  { title: 'STATE', value: ({ current, isStale }) => (current === null ? 'not built' : isStale ? 'stale' : 'current') },
  { title: 'SIZE', value: ({ bytes }) => (bytes === null ? null : byteCount(bytes)), align: 'right' },
  { title: 'SERVICES', value: ({ services }) => services.length, align: 'right' },
  { title: 'TO REBUILD', value: toRebuild, align: 'right' },
];

const list = (begin: Begin) =>
  new Command('list')
    .description('Every layer, those below first.')
    .addHelpText('after', examples('layer list', 'layer list -o json'))
    .action(async (_options, self) => {
      const { io, printing, client } = begin(self);
      const body = await client().get<{ items: LayerView[] }>('/layers');
      await printList(io, printing, { body, rows: body.items, name: ({ name }) => name, columns: COLUMNS, empty: 'There is no layer: firn layer push DIR, such as agents/layers/minimal' });
    });

const show = (begin: Begin) =>
  new Command('show')
    .description('One layer: its versions, what stands on it, its scripts.')
    .argument('<name>')
    .addHelpText('after', examples('layer show node'))
    .action(async (name, _options, self) => {
      const { io, printing, client } = begin(self);
      const layer = await client().get<LayerDetail>(path('layers', name));
      await printOne(io, printing, layer, layer.name, () => text(layer));
    });

const push = (begin: Begin) =>
  new Command('push')
    .description('Sends the folder of a layer as a new version and shows the log until it is built.')
    .argument('<dir>', 'with layer.yaml, files/, static.sh and runtime.sh')
    .option('--note <text>', 'what is new, for the history', '')
    .option('--network', 'let static.sh use the network')
    .option('--detach', 'do not wait until it is built')
    .option('--timeout <duration>', 'how long to wait', parseDurationMs, 7_200_000)
    .addHelpText('after', examples('layer push agents/layers/minimal', 'layer push ./node --note "Node 24.21" --network'))
    .action(async (folder, { note, network, detach, timeout }, self) => {
      const invocation = begin(self);
      const client = invocation.client();
      const isThere = await stat(`${folder}/layer.yaml`).then((info) => info.isFile(), () => false);
      if (!isThere) throw usageError(`${folder} is no layer: there is no ${folder}/layer.yaml.`);
      const query = new URLSearchParams({ note, network: String(network === true) });
      const layer = await client.upload<LayerView>(`/layers?${query.toString()}`, 'application/x-tar', tarOf(folder));
      await built(invocation, client, [layer], detach === true, timeout);
    });

const rebuild = (begin: Begin) =>
  new Command('rebuild')
    .description('Builds a layer again on the newest version below.')
    .argument('<name>')
    .option('--all-above', 'also every layer that stands on it')
    .option('--detach', 'do not wait until it is built')
    .option('--timeout <duration>', 'how long to wait', parseDurationMs, 7_200_000)
    .addHelpText('after', examples('layer rebuild debian --all-above'))
    .action(async (name, { allAbove, detach, timeout }, self) => {
      const invocation = begin(self);
      const client = invocation.client();
      const { items } = await client.send<{ items: LayerView[] }>('POST', path('layers', name, 'rebuild'), { above: allAbove === true });
      await built(invocation, client, items, detach === true, timeout);
    });

/** Follows the newest build of each layer, one after the other, as they are built. */
async function built({ io, printing, endWith }: Invocation, client: Client, layers: readonly LayerView[], isDetached: boolean, timeoutMs: number): Promise<void> {
  for (const { name } of layers) {
    const { versions } = await client.get<LayerDetail>(path('layers', name));
    const { buildId, version } = versions[0]!;
    if (!isDetached && buildId !== null) {
      io.err(`${name} ${version}:\n`);
      const build: BuildView = await followBuild(io, client, buildId, timeoutMs, (part) => io.err(part));
      if (build.state !== 'succeeded') {
        io.err(`${name} ${version} was not built: ${build.reason}\n`);
        return endWith(EXIT.error);
      }
    }
    const layer = await client.get<LayerDetail>(path('layers', name));
    const open = toRebuild(layer);
    await printOne(io, printing, layer, layer.name, () => `${name} ${version} is ${isDetached ? 'being built' : 'ready'}.${open === 0 ? '' : ` ${counted(open, 'service')} would run it after being built again: firn layer show ${name}`}\n`);
  }
}

function text(layer: LayerDetail): string {
  const { current, services, versions, files } = layer;
  const head = fields([
    ['layer', layer.name],
    ['stands on', layer.from === null ? 'nothing' : `${layer.from} ${current?.fromVersion ?? '?'}${layer.isStale ? ', of which there is a newer version' : ''}`],
    ['current', current === null ? 'not built yet' : `version ${current.version}, ${current.createdAt} by ${current.createdBy}`],
    ['image', current?.image ?? null],
    ['size', layer.bytes === null ? null : byteCount(layer.bytes)],
    ['carries', layer.children.join(', ')],
    ['files', counted(files.length, 'file')],
    ['to rebuild', services.filter((service) => service.toRebuild).map(({ service, environment, layerVersion }) => `${service}.${environment} (on ${layerVersion})`).join(', ')],
  ]);
  const rows = table(versions, [
    { title: 'VERSION', value: ({ version }) => version, align: 'right' },
    { title: 'STATE', value: ({ state }) => state },
    { title: 'BY', value: ({ createdBy }) => createdBy },
    { title: 'AT', value: ({ createdAt }) => createdAt },
    { title: 'NOTE', value: ({ note }) => note },
  ]);
  return `${head}\n${rows}`;
}

export const command = (begin: Begin) => {
  const layer = new Command('layer').description('What images stand on.');
  for (const verb of [list, show, push, rebuild]) layer.addCommand(verb(begin));
  return layer;
};
