// What is different between two releases: configuration, image, layers, and the commits that were built between them. Values that the reader may not
// see are hidden by whoever shows it.
import type { Reader } from '../db/store.ts';
import { buildsById, succeededOf } from '../db/builds.ts';
import { imagesWithDigests } from '../db/releases.ts';
import { secretsById } from '../db/secrets.ts';
import type { ReleaseRow } from '../db/workloads.ts';
import type { ReleaseDiff } from '../http/contract/releases.ts';
import { secretsOfRelease } from './secrets.ts';

/** Beyond this a value is cut: a diff is read by people. */
const LONGEST_VALUE = 2_000;
/** More commits between two releases than this say nothing any more. */
const MOST_COMMITS = 100;

/** @param before null: the first release of its workload */
export async function diffOf(reader: Reader, before: ReleaseRow | null, after: ReleaseRow, mayRead: boolean): Promise<ReleaseDiff> {
  const both = before === null ? [after] : [before, after];
  const secrets = await secretsById(reader, both.flatMap(secretsOfRelease));
  const versionOf = (id: string) => {
    const row = secrets.get(id);
    return row === undefined ? 'a secret that is gone' : `${row.name} v${row.version}`;
  };
  const lines = (release: ReleaseRow | null) => (release === null ? new Map<string, string>() : linesOf(release, versionOf));
  const [was, is] = [lines(before), lines(after)];
  const names = [...new Set([...was.keys(), ...is.keys()])];
  const shown = (name: string, value: string | undefined) => (value === undefined ? null : mayRead || !/^(env|file) /.test(name) || value.startsWith('secret ') ? cut(value) : '(hidden)');
  return {
    before: before === null ? null : { id: before.id, version: before.version },
    after: { id: after.id, version: after.version },
    commits: await commitsBetween(reader, before, after),
    config: names.filter((name) => was.get(name) !== is.get(name)).map((name) => ({ name, before: shown(name, was.get(name)), after: shown(name, is.get(name)) })),
    layers: await layersBetween(reader, before, after),
    image: { before: before?.image ?? null, after: after.image },
  };
}

const cut = (value: string): string => (value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value);

/** Everything that a release says besides its image, one line each. */
function linesOf(release: ReleaseRow, versionOf: (id: string) => string): Map<string, string> {
  const { command, port, healthPath, health, metricsPath, stopSeconds, shape, env, secretEnv, files } = release;
  const optional = (name: string, value: string | null): [string, string][] => (value === null ? [] : [[name, value]]);
  return new Map([
    ...(command.length === 0 ? [] : [['command', JSON.stringify(command)] as [string, string]]),
    ['port', String(port)],
    ...optional('healthPath', healthPath),
    ...optional('health', health === null ? null : JSON.stringify(health)),
    ...optional('metricsPath', metricsPath),
    ['stopSeconds', String(stopSeconds)],
    ...optional('shape', shape),
    ...Object.entries(env).map(([name, value]): [string, string] => [`env ${name}`, value]),
    ...Object.entries(secretEnv).map(([name, id]): [string, string] => [`env ${name}`, `secret ${versionOf(id)}`]),
    ...Object.entries(files).map(([path, file]): [string, string] => [`file ${path}`, 'secretId' in file ? `secret ${versionOf(file.secretId)} (${modeText(file.mode)})` : `${modeText(file.mode)}\n${file.content}`]),
  ]);
}

const modeText = (mode: number): string => mode.toString(8).padStart(4, '0');

/** Commits of builds that were made after the one and up to the other, whichever of the two came first; newest first. */
async function commitsBetween(reader: Reader, before: ReleaseRow | null, after: ReleaseRow): Promise<ReleaseDiff['commits']> {
  const builds = await buildsById(reader, [before?.buildId, after.buildId].flatMap((id) => id ?? []));
  const [from, to] = [before?.buildId, after.buildId].map((id) => builds.get(id ?? ''));
  if (to === undefined || (before !== null && from === undefined)) return [];
  const [first, last] = [from?.createdAt ?? to.createdAt - 1, to.createdAt].toSorted((one, other) => one - other);
  const found = new Map<string, ReleaseDiff['commits'][number]>();
  for (const { createdAt, team, result } of await succeededOf(reader, to.subject)) {
    if (team !== to.team || createdAt <= first! || createdAt > last! || result?.commit === undefined || result.commit === from?.result?.commit || found.has(result.commit)) continue;
    found.set(result.commit, { id: result.commit, subject: result.subject ?? '', author: result.author ?? null, at: result.committedAt ?? null });
  }
  return [...found.values()].slice(0, MOST_COMMITS);
}

async function layersBetween(reader: Reader, before: ReleaseRow | null, after: ReleaseRow): Promise<ReleaseDiff['layers']> {
  const images = await imagesWithDigests(reader, [before?.digest, after.digest].flatMap((digest) => digest ?? []));
  const layersOf = (release: ReleaseRow | null) => images.find(({ digest }) => digest === release?.digest)?.layers ?? [];
  const [was, is] = [layersOf(before), layersOf(after)];
  const has = (list: typeof was, digest: string) => list.some((layer) => layer.digest === digest);
  return [
    ...is.map((layer) => ({ ...layer, change: has(was, layer.digest) ? ('same' as const) : ('added' as const) })),
    ...was.filter(({ digest }) => !has(is, digest)).map((layer) => ({ ...layer, change: 'removed' as const })),
  ];
}
