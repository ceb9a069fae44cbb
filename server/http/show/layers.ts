// Views of layers: their tree, what is stale, and which services would run something newer if they were built again.
import type { Context } from '../../context.ts';
import { layersFolder } from '../../builds/layers.ts';
import { readContext } from '../../builds/layer-context.ts';
import { type BuildRow, buildsById } from '../../db/builds.ts';
import { currentLayers, type LayerRow, listLayerVersions } from '../../db/layers.ts';
import type { Reader } from '../../db/store.ts';
import { listWorkloads, releasesById } from '../../db/workloads.ts';
import type { LayerDetail, LayerVersion, LayerView } from '../contract/releases.ts';
import { instant } from './show.ts';

export interface LayersRead {
  readonly versions: readonly LayerRow[];
  readonly current: ReadonlyMap<string, LayerRow>;
  readonly builds: ReadonlyMap<string, BuildRow>;
  /** Which version of which layer each workload's current release stands on, down to the base. */
  readonly standing: readonly { readonly service: string; readonly environment: string; readonly chain: readonly LayerRow[] }[];
}

/** @param seesTeam whose services the caller may see */
export async function readLayers(reader: Reader, seesTeam: (team: string) => boolean): Promise<LayersRead> {
  const versions = await listLayerVersions(reader);
  const workloads = (await listWorkloads(reader)).filter(({ team }) => seesTeam(team));
  const releases = await releasesById(reader, workloads.map(({ releaseId }) => releaseId));
  const builds = await buildsById(reader, [...versions.flatMap(({ buildId }) => buildId ?? []), ...[...releases.values()].flatMap(({ buildId }) => buildId ?? [])]);
  const standing = workloads.flatMap(({ service, environment, releaseId }) => {
    const build = builds.get(releases.get(releaseId)?.buildId ?? '');
    const name = build?.result?.layer;
    const row = name === undefined ? undefined : versions.find(({ image }) => image !== null && image === build!.layers[name]);
    return row === undefined ? [] : [{ service, environment, chain: chainOf(row, versions) }];
  });
  return { versions, current: currentLayers(versions), builds, standing };
}

/** A version and those that it was built on. */
function chainOf(row: LayerRow, versions: readonly LayerRow[]): LayerRow[] {
  const below = versions.find(({ name, version }) => name === row.from && version === row.fromVersion);
  return below === undefined ? [row] : [row, ...chainOf(below, versions)];
}

/** By depth, then by name. */
export function showLayers(read: LayersRead): LayerView[] {
  const names = [...new Set(read.versions.map(({ name }) => name))];
  return names.map((name) => showLayer(read, name)).sort((one, other) => one.depth - other.depth || (one.name < other.name ? -1 : 1));
}

export function showLayer(read: LayersRead, name: string): LayerView {
  const { versions, current, builds, standing } = read;
  const now = current.get(name) ?? null;
  const newest = versions.findLast((row) => row.name === name)!;
  const children = [...new Set(versions.filter(({ from }) => from === name).map((row) => row.name))];
  const result = builds.get(now?.buildId ?? '')?.result;
  return {
    name,
    from: newest.from,
    current: now === null ? null : showVersion(read, now),
    isStale: isStale(name, read),
    depth: depthOf(newest, versions),
    bytes: result?.layers.reduce((sum, { bytes }) => sum + bytes, 0) ?? null,
    services: standing.flatMap(({ service, environment, chain }) => {
      const used = chain.find((row) => row.name === name);
      return used === undefined ? [] : [{ service, environment, layerVersion: used.version, toRebuild: used.version !== now?.version }];
    }),
    children,
  };
}

/** Whether anything below is newer than what it was built on. */
function isStale(name: string, read: LayersRead): boolean {
  const now = read.current.get(name);
  if (now === undefined || now.from === null) return false;
  return (read.current.get(now.from)?.version ?? 0) > (now.fromVersion ?? 0) || isStale(now.from, read);
}

function depthOf(row: LayerRow, versions: readonly LayerRow[]): number {
  let depth = 0;
  // Names cannot stand in a circle; versions sent before that was checked could not either.
  for (let from = row.from; from !== null && depth < versions.length; from = versions.findLast(({ name }) => name === from)?.from ?? null) depth += 1;
  return depth;
}

function showVersion({ builds }: LayersRead, row: LayerRow): LayerVersion {
  const build = builds.get(row.buildId ?? '');
  const { version, from, fromVersion, image, imageId, buildId, contextSha256, note, createdBy } = row;
  return { version, from, fromVersion, state: image !== null ? 'ready' : build === undefined || build.endedAt === null ? 'building' : 'failed', image, imageId, buildId, contextSha256, note, createdBy, createdAt: instant(row.createdAt) };
}

export async function showLayerDetail(context: Context, read: LayersRead, name: string): Promise<LayerDetail> {
  const rows = read.versions.filter((row) => row.name === name).reverse();
  const shown = read.current.get(name) ?? rows[0]!;
  const sent = await readContext(layersFolder(context), shown.contextSha256);
  return { ...showLayer(read, name), versions: rows.map((row) => showVersion(read, row)), files: [...(sent?.files ?? [])], staticScript: sent?.staticScript ?? null, runtimeScript: sent?.runtimeScript ?? null, definition: shown.definition };
}
