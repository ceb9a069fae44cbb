// What a builder host is told: the whole list of its builds, made of their rows when it is sent, so that secrets are opened for the message alone.
import type { BuildOrder, LayerRef } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { type BuildRow, buildsOn } from '../db/builds.ts';
import { currentLayers, listLayerVersions, type LayerRow } from '../db/layers.ts';
import type { Reader } from '../db/store.ts';
import { layerRepository, serviceRepository } from '../registry/references.ts';
import { openSecrets } from '../releases/secrets.ts';

/** Where the image of a build goes, without the registry's address. */
export const repositoryOf = ({ ask, subject, team }: Pick<BuildRow, 'ask' | 'subject' | 'team'>): string => (ask.kind === 'layer' ? layerRepository(subject) : serviceRepository(team ?? '', subject));

/** Path of a layer's folder on the agents' listener. */
const contextPath = (sha256: string): string => `/agents/layers/${sha256}`;

/**
 * Sends a host all builds that it should do: what is absent is cancelled there.
 * @returns false when it is not connected
 */
export async function sendOrders(context: Context, hostId: string): Promise<boolean> {
  const { store, connections, log } = context;
  if (!connections.has(hostId)) return false;
  const orders = await store.read(async (reader) => {
    const rows = await buildsOn(reader, hostId);
    const versions = rows.length === 0 ? [] : await listLayerVersions(reader);
    const made: BuildOrder[] = [];
    for (const row of rows) {
      try {
        made.push(await orderOf(context, reader, row, versions));
      } catch (error) {
        // Its secrets cannot be opened now, or the like: the loop finds it silent and tries it again.
        log.error({ err: error, build: row.id }, 'build.order-failed');
      }
    }
    return made;
  });
  return connections.send(hostId, { type: 'builds', orders });
}

/** @throws UnavailableError when its secrets cannot be opened now */
export async function orderOf(context: Context, reader: Reader, row: BuildRow, versions: readonly LayerRow[]): Promise<BuildOrder> {
  const { config, registry } = context;
  const { ask } = row;
  const repository = `${registry.address}/${repositoryOf(row)}`;
  const base = { id: row.id, attempt: row.attempt, repository, limits: config.buildLimits, network: ask.network, ...(config.registryTls === 'on' ? { registryTls: true } : {}) };
  const at = (version: LayerRow): LayerRef => ({ name: version.name, image: version.image!, imageId: version.imageId! });
  // As it was when the attempt began: an order that is sent again must be the same.
  const offered = versions.filter(({ image, name }) => image !== null && row.layers[name] === image);
  if (ask.kind === 'layer') {
    const version = versions.find(({ name, version: number }) => name === ask.name && number === ask.version);
    if (version === undefined) throw new Error(`layer ${ask.name} has no version ${ask.version}`);
    const from = offered.find(({ name }) => name === version.from);
    return { ...base, secrets: {}, source: { kind: 'layer', name: ask.name, contextPath: contextPath(version.contextSha256), contextSha256: version.contextSha256, ...(from === undefined ? {} : { from: at(from) }) } };
  }
  const { credentialsId, secretIds } = ask;
  const opened = await openSecrets(context, reader, [...Object.values(secretIds), ...(credentialsId === undefined ? [] : [credentialsId])]);
  const login = credentialsId === undefined ? undefined : opened.get(credentialsId);
  const [username = '', ...password] = (login ?? '').split(':');
  return {
    ...base,
    secrets: Object.fromEntries(Object.entries(secretIds).map(([name, id]) => [secretFileName(name), opened.get(id) ?? ''])),
    source: { kind: 'service', url: ask.url, ref: ask.ref, path: ask.path, ...(login === undefined ? {} : { credentials: { username, password: password.join(':') } }), layers: offered.map(at) },
  };
}

/** `npm-token` is the file `npm_token`: what shells take for a name. */
const secretFileName = (name: string): string => name.replaceAll('-', '_').replace(/^\d/, '_$&');

/** Layers that a build is offered now: name -> reference by digest. */
export async function layersNow(reader: Reader): Promise<Record<string, string>> {
  return Object.fromEntries([...currentLayers(await listLayerVersions(reader))].map(([name, { image }]) => [name, image!]));
}
