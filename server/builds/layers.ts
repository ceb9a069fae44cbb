// Versions of image layers: a folder that was sent becomes a version, and a build of it on the newest version below. Built again on demand, also
// everything that stands on it. What is built is the builder's business; what counts is the newest version with an image.
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { type BuildRow, insertBuild, openBuilds } from '../db/builds.ts';
import { appendEvent } from '../db/events.ts';
import { insertLayerVersion, type LayerRow, listLayerVersions } from '../db/layers.ts';
import type { Tx } from '../db/store.ts';
import { ConflictError, InvalidError, NotFoundError, UnavailableError } from '../errors.ts';
import type { LayerContext } from './layer-context.ts';
import type { Actor } from '../requests/submit.ts';

/** Where folders of layers lie. */
export const layersFolder = ({ config }: Pick<Context, 'config'>): string => join(config.dataDir, 'layers');

export interface LayerAsk {
  readonly note: string;
  /** Whether its static.sh may use the network. */
  readonly network: boolean;
}

/**
 * Makes a version of the folder that was taken, and has it built.
 * @throws InvalidError when the layer below is not known or stands on this one, UnavailableError without a registry
 */
export async function addLayer(context: Context, actor: Actor, { name, from, definition, sha256 }: LayerContext, ask: LayerAsk): Promise<LayerRow> {
  requireRegistry(context);
  return await context.store.tx(async (tx) => {
    const versions = await listLayerVersions(tx);
    if (from !== null) {
      const below = chainBelow(from, versions);
      if (below === null) throw new InvalidError('layer-unknown', `layer.yaml: from is ${from}, and there is no such layer: send that one first. There are: ${[...new Set(versions.map((row) => row.name))].join(', ') || 'none'}.`, [{ field: 'from', value: from, message: 'is not known' }]);
      if (below.includes(name)) throw new InvalidError('layer-circle', `layer.yaml: ${name} cannot stand on ${from}, which stands on ${name}.`, [{ field: 'from', value: from, message: 'stands on this layer' }]);
    }
    return await addVersion(context, tx, actor, { name, from, definition, contextSha256: sha256 }, versions, ask);
  });
}

/**
 * Has the newest version of a layer built again, on the newest version below.
 * @param above also every layer that stands on it, one after the other
 * @throws NotFoundError, ConflictError when it is being built
 */
export async function rebuildLayer(context: Context, actor: Actor, name: string, above: boolean): Promise<LayerRow[]> {
  requireRegistry(context);
  return await context.store.tx(async (tx) => {
    const versions = await listLayerVersions(tx);
    const newest = newestVersions(versions);
    if (!newest.has(name)) throw new NotFoundError('layer-unknown', `There is no layer ${name}.`);
    const open = new Set((await openBuilds(tx)).flatMap(({ ask }) => (ask.kind === 'layer' ? [ask.name] : [])));
    if (open.has(name)) throw new ConflictError('layer-building', `${name} is being built: wait for that, or cancel it.`);
    const wanted = above ? [name, ...standingOn(name, newest)] : [name];
    const made: LayerRow[] = [];
    for (const each of wanted) {
      if (open.has(each)) continue;
      const { from, definition, contextSha256 } = newest.get(each)!;
      made.push(await addVersion(context, tx, actor, { name: each, from, definition, contextSha256 }, versions, { note: each === name ? 'built again' : `built again because of ${name}`, network: definition['network'] === true }));
    }
    return made;
  });
}

async function addVersion(context: Context, tx: Tx, actor: Actor, layer: Pick<LayerRow, 'name' | 'from' | 'definition' | 'contextSha256'>, versions: readonly LayerRow[], { note, network }: LayerAsk): Promise<LayerRow> {
  const { ids, clock, loops } = context;
  const now = clock.now();
  const version = Math.max(0, ...versions.filter(({ name }) => name === layer.name).map((row) => row.version)) + 1;
  const build: BuildRow = {
    id: ids.next(), team: null, subject: layer.name, ask: { kind: 'layer', name: layer.name, version, network }, state: 'queued', phase: 'waiting', reason: 'waits for a builder', attempt: 0, hostId: null, host: null,
    layers: {}, key: null, cachedFrom: null, result: null, seconds: null, logBytes: 0, createdBy: actor.name, createdAt: now, startedAt: null, endedAt: null,
  };
  // Kept with the definition, so that building it again asks for the same.
  const row: LayerRow = { ...layer, definition: { ...layer.definition, ...(network ? { network } : {}) }, version, fromVersion: null, buildId: build.id, image: null, imageId: null, createdBy: actor.name, createdAt: now, note };
  await insertBuild(tx, build);
  await insertLayerVersion(tx, row);
  await appendEvent(tx, { at: now, actor: actor.name, kind: 'layer.added', subjectType: 'layer', subjectId: layer.name, subject: layer.name, message: `${actor.name} made version ${version} of layer ${layer.name}`, why: note });
  tx.afterCommit(() => loops.wake('builds'));
  return row;
}

function requireRegistry({ registry }: Context): void {
  if (registry.kind === 'none') throw new UnavailableError('registry-absent', registry.now.reason ?? 'There is no registry.');
}

/** The newest version of each layer, built or not, by name. */
function newestVersions(rows: readonly LayerRow[]): Map<string, LayerRow> {
  const newest = new Map<string, LayerRow>();
  for (const row of rows) if (row.version > (newest.get(row.name)?.version ?? 0)) newest.set(row.name, row);
  return newest;
}

/** Names from a layer down to its base; null when it is not known. */
function chainBelow(name: string, versions: readonly LayerRow[]): string[] | null {
  const newest = newestVersions(versions);
  if (!newest.has(name)) return null;
  const chain: string[] = [];
  for (let at: string | null = name; at !== null && !chain.includes(at); at = newest.get(at)?.from ?? null) chain.push(at);
  return chain;
}

/** Every layer that stands on this one, those below first. */
function standingOn(name: string, newest: ReadonlyMap<string, LayerRow>): string[] {
  const direct = [...newest.values()].filter(({ from }) => from === name).map((row) => row.name);
  return [...direct, ...direct.flatMap((each) => standingOn(each, newest))].filter((each, index, all) => all.indexOf(each) === index);
}
