// Views of builds: rows as the API tells them, with how their result compares to that of other builds of the same input.
import type { BuildRow } from '../../db/builds.ts';
import type { Context } from '../../context.ts';
import { succeededWithKey } from '../../db/builds.ts';
import { listLayerVersions } from '../../db/layers.ts';
import type { Reader } from '../../db/store.ts';
import { repositoryOf } from '../../builds/orders.ts';
import type { BuildView } from '../contract/releases.ts';
import type { Actor } from '../secured.ts';
import { instant, instantOrNull } from './show.ts';

/** What views of builds need besides their rows. */
export interface BuildsRead {
  readonly rows: readonly BuildRow[];
  /** Builds that really ran, by the key of their input. */
  readonly alike: ReadonlyMap<string, readonly BuildRow[]>;
  /** `name version` of a layer, by its reference. */
  readonly layers: ReadonlyMap<string, string>;
}

export async function readForBuilds(reader: Reader, rows: readonly BuildRow[]): Promise<BuildsRead> {
  const alike = Map.groupBy(await succeededWithKey(reader, rows.flatMap(({ key }) => key ?? [])), ({ key }) => key!);
  const versions = await listLayerVersions(reader);
  return { rows, alike, layers: new Map(versions.flatMap(({ image, name, version }) => (image === null ? [] : [[image, `${name} ${version}`]]))) };
}

/** Whether the caller may end it, and see it at all. */
export const mayRead = (row: BuildRow, reader: Actor): boolean => row.team === null || reader.can('read', row.team);
const mayCancel = (row: BuildRow, reader: Actor): boolean => row.endedAt === null && (row.team === null ? reader.can('layers.manage') : reader.can('builds.start', row.team));

/** @param logBytes of the whole log, where it is known better than the row does */
export function showBuild({ registry }: Context, { alike, layers }: BuildsRead, row: BuildRow, reader: Actor, logBytes = row.logBytes): BuildView {
  const { result, ask, key } = row;
  const others = key === null || result === null ? [] : (alike.get(key) ?? []).filter(({ id }) => id !== row.id);
  const stand = result?.layer === undefined ? undefined : row.layers[result.layer];
  return {
    id: row.id,
    kind: ask.kind,
    team: row.team,
    subject: row.subject,
    state: row.state,
    phase: row.phase,
    reason: row.reason,
    attempt: row.attempt,
    host: row.host,
    source: ask.kind === 'service' ? { url: ask.url, ref: ask.ref, path: ask.path } : null,
    commit: result?.commit === undefined ? null : { id: result.commit, author: result.author ?? null, subject: result.subject ?? null, at: result.committedAt ?? null },
    layer: result?.layer === undefined ? null : (layers.get(stand ?? '') ?? result.layer),
    image: result === null || registry.address === null ? null : registry.referenceOf(repositoryOf(row), result.digest),
    digest: result?.digest ?? null,
    imageId: result?.imageId ?? null,
    architecture: result?.architecture ?? null,
    bytes: result === null ? null : result.layers.reduce((sum, { bytes }) => sum + bytes, 0),
    pushedBytes: result?.pushedBytes ?? null,
    layers: [...(result?.layers ?? [])],
    testsPassed: result?.testsPassed ?? null,
    cachedFrom: row.cachedFrom,
    sameAs: others.filter((other) => other.result?.digest === result?.digest).length,
    differsFrom: others.filter((other) => other.result?.digest !== result?.digest).map(({ id }) => id),
    seconds: { ...row.seconds },
    logBytes,
    createdBy: row.createdBy,
    createdAt: instant(row.createdAt),
    startedAt: instantOrNull(row.startedAt),
    endedAt: instantOrNull(row.endedAt),
    mayCancel: mayCancel(row, reader),
  };
}
