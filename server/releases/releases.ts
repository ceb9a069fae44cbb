// Releases are made here: an image by its digest with the configuration of an environment, each an immutable row with the next version. Where the
// image comes from is settled first (it may have to be asked of the registry), the rest in one transaction.
import type { ServiceSpec } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { buildById, type BuildRow, buildsById } from '../db/builds.ts';
import { appendEvent } from '../db/events.ts';
import { releaseById } from '../db/releases.ts';
import { newestSecret, type SecretRow, secretsById, secretsOf } from '../db/secrets.ts';
import type { Reader } from '../db/store.ts';
import { findWorkload, insertRelease, newestRelease, type ReleaseRow, workloadById, workloadName, type WorkloadRow } from '../db/workloads.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import type { ReleaseAsk } from '../http/contract/releases.ts';
import { whyNoHost, whyNotProven } from './blockers.ts';
import { carryOver, changeConfig, type Config } from './config.ts';
import { type BuiltImage, imageOfBuild, imageOfReference } from './image.ts';
import { secretsOfRelease } from './secrets.ts';
import type { Actor } from '../requests/submit.ts';

export interface Warning {
  readonly code: 'no-digest' | 'registry-down' | 'not-proven' | 'process-differs' | 'same-as-current';
  readonly message: string;
}
export interface Made {
  readonly release: ReleaseRow;
  readonly workload: WorkloadRow;
  readonly warnings: readonly Warning[];
}

/** Image, command, variables and files, secrets with their values: hosts get all replicas in one message. */
const LARGEST_RELEASE_BYTES = 65_536;

/** Where the image comes from, as far as it is settled before the transaction. */
interface Source extends BuiltImage {
  readonly spec: ServiceSpec | undefined;
  readonly promotedFrom: ReleaseRow | undefined;
}

/**
 * Makes a release. It runs nowhere until a rollout brings it.
 * @throws NotFoundError without such a workload, build or release; InvalidError naming what cannot be (an unknown secret, a path, an image for
 * another architecture, an image that is gone); ConflictError when nothing would differ; UnavailableError when the registry must be asked and is down
 */
export async function makeRelease(context: Context, actor: Actor, service: string, ask: ReleaseAsk): Promise<Made> {
  const workload = await context.store.read((reader) => requireWorkload(reader, service, ask.environment));
  const source = await sourceOf(context, workload, ask.from);
  return await context.store.tx(async (tx) => {
    const newest = await requireWorkload(tx, service, ask.environment);
    const current = await releaseById(tx, newest.releaseId);
    if (current === undefined) throw new NotFoundError('release-unknown', `What ${workloadName(newest)} runs is not known.`);
    const image = source ?? { ...current, spec: undefined, promotedFrom: undefined, architecture: null, warnings: [] };
    const carried = carryOver(await configOf(tx, current), await specOf(tx, current.buildId), source?.spec);
    const config = changeConfig(carried, ask.config);
    const secrets = await versionsOf(tx, newest, config);
    const release: ReleaseRow = {
      id: context.ids.next(),
      workloadId: newest.id,
      version: ((await newestRelease(tx, newest.id))?.version ?? 0) + 1,
      image: image.image,
      digest: image.digest,
      imageId: image.imageId,
      buildId: image.buildId,
      ...pinned(config, secrets),
      promotedFrom: source?.promotedFrom?.id ?? null,
      shape: newest.ask.shape,
      note: ask.note,
      createdBy: actor.name,
      createdAt: context.clock.now(),
    };
    refuseSize(release, secrets);
    const isSame = runsTheSame(release, current);
    if (isSame && ask.from.kind === 'current') throw new ConflictError('nothing-changes', `It would be the same as release ${current.version} of ${workloadName(newest)}, which runs: change something of its configuration.`);
    const wrongHost = image.architecture === null ? null : await whyNoHost(context, tx, newest, image.architecture);
    if (wrongHost !== null) throw new InvalidError('architecture', wrongHost, [{ field: 'from', value: image.image, message: `is for ${image.architecture}` }]);
    await insertRelease(tx, release);
    tx.changed('releases', release.id);
    await appendEvent(tx, { at: release.createdAt, actor: actor.name, kind: 'release.made', subjectType: 'release', subjectId: release.id, subject: workloadName(newest), team: newest.team, message: `${actor.name} made release ${release.version} of ${workloadName(newest)} from ${fromText(ask.from, source)}`, why: ask.note });
    const unproven = await whyNotProven(tx, newest, release);
    const warnings: Warning[] = [
      ...image.warnings,
      ...(unproven === null ? [] : [{ code: 'not-proven' as const, message: unproven }]),
      ...(source?.promotedFrom === undefined ? [] : processDiffers(source.promotedFrom, release)),
      ...(isSame ? [{ code: 'same-as-current' as const, message: `It is the same as release ${current.version}, which runs.` }] : []),
    ];
    return { release, workload: newest, warnings };
  });
}

/** @throws NotFoundError that says how a workload comes to be */
export async function requireWorkload(reader: Reader, service: string, environment: string): Promise<WorkloadRow> {
  const workload = await findWorkload(reader, service, environment);
  if (workload === undefined) throw new NotFoundError('workload-unknown', `There is no ${service}.${environment}: ask for its capacity first, and say there what runs.`);
  return workload;
}

/** Undefined: the image that runs. */
async function sourceOf(context: Context, workload: WorkloadRow, from: ReleaseAsk['from']): Promise<Source | undefined> {
  const { store } = context;
  if (from.kind === 'current') return undefined;
  if (from.kind === 'image') return { ...(await imageOfReference(context, from.image)), spec: undefined, promotedFrom: undefined };
  if (from.kind === 'build') {
    const build = await store.read((reader) => buildById(reader, from.buildId));
    return { ...(await imageOfBuild(context, workload, from.buildId, build)), spec: build?.result?.spec, promotedFrom: undefined };
  }
  const { release, of, build } = await store.read(async (reader) => {
    const row = await releaseById(reader, from.releaseId);
    return { release: row, of: row === undefined ? undefined : await workloadById(reader, row.workloadId), build: row === undefined || row.buildId === null ? undefined : await buildById(reader, row.buildId) };
  });
  if (release === undefined || of === undefined || of.team !== workload.team) throw new NotFoundError('release-unknown', `There is no release ${from.releaseId}.`);
  if (of.serviceId !== workload.serviceId) throw new InvalidError('release-of-another', `from.releaseId is release ${release.version} of ${workloadName(of)}: only a release of ${workload.service} can be promoted to ${workloadName(workload)}.`, [{ field: 'from.releaseId', value: release.id, message: `is a release of ${workloadName(of)}` }]);
  const image = release.digest === null ? { image: release.image, digest: null, imageId: null, architecture: null, buildId: null, warnings: [] } : await imageOfReference(context, release.image);
  return { ...image, buildId: release.buildId, spec: build?.result?.spec, promotedFrom: of.id === workload.id ? undefined : release };
}

async function specOf(reader: Reader, buildId: string | null): Promise<ServiceSpec | undefined> {
  const build: BuildRow | undefined = buildId === null ? undefined : (await buildsById(reader, [buildId])).get(buildId);
  return build?.result?.spec;
}

/** The configuration of a release, with its secrets by name. */
async function configOf(reader: Reader, release: ReleaseRow): Promise<Config> {
  const rows = await secretsById(reader, secretsOfRelease(release));
  // One that is gone is named by its id: making a release with it is refused by that name.
  const nameOf = (id: string) => rows.get(id)?.name ?? id;
  const { command, env, port, healthPath, health, metricsPath, stopSeconds } = release;
  return {
    command, env, port, healthPath, health, metricsPath, stopSeconds,
    secretEnv: Object.fromEntries(Object.entries(release.secretEnv).map(([name, id]) => [name, nameOf(id)])),
    files: Object.fromEntries(Object.entries(release.files).map(([path, file]) => [path, 'secretId' in file ? { mode: file.mode, secret: nameOf(file.secretId) } : file])),
  };
}

/** The newest version of every secret that a configuration names, by name. @throws InvalidError naming those that are unknown, and where */
async function versionsOf(reader: Reader, { team, id }: WorkloadRow, { secretEnv, files }: Config): Promise<Map<string, SecretRow>> {
  const owner = { team, workloadId: id };
  const named = [
    ...Object.entries(secretEnv).map(([name, secret]) => ({ field: `config.secretEnv.${name}`, secret })),
    ...Object.entries(files).flatMap(([path, file]) => ('secret' in file ? [{ field: `config.files.${path}`, secret: file.secret }] : [])),
  ];
  const found = new Map<string, SecretRow>();
  for (const { secret } of named) {
    const row = found.get(secret) ?? (await newestSecret(reader, owner, secret));
    if (row !== undefined) found.set(secret, row);
  }
  const unknown = named.filter(({ secret }) => !found.has(secret));
  if (unknown.length > 0) {
    const known = [...new Set((await secretsOf(reader, owner)).map(({ name }) => name))];
    const allowed = known.length === 0 ? 'none is set' : `one of ${known.slice(0, 20).join(', ')}`;
    const errors = unknown.map(({ field, secret }) => ({ field, value: secret, message: 'is not a secret of this workload', allowed }));
    throw new InvalidError('secret-unknown', errors.map(({ field, value }) => `${field} is "${value}": it is not a secret of this workload (allowed: ${allowed}).`).join(' '), errors);
  }
  return found;
}

/** A configuration with its secrets as versions. */
function pinned({ secretEnv, files, command, ...rest }: Config, secrets: ReadonlyMap<string, SecretRow>) {
  const idOf = (name: string): string => secrets.get(name)!.id;
  return {
    ...rest,
    command: [...command],
    secretEnv: Object.fromEntries(Object.entries(secretEnv).map(([name, secret]) => [name, idOf(secret)])),
    files: Object.fromEntries(Object.entries(files).map(([path, file]) => [path, 'secret' in file ? { mode: file.mode, secretId: idOf(file.secret) } : file])),
  };
}

function refuseSize({ image, command, env, files }: ReleaseRow, secrets: ReadonlyMap<string, SecretRow>): void {
  // What is sealed is as long as the value, in base64.
  const sealed = [...secrets.values()].reduce((sum, row) => sum + Math.ceil((row.sealed.length * 3) / 4), 0);
  const bytes = Buffer.byteLength(JSON.stringify({ image, command, env, files })) + sealed;
  if (bytes <= LARGEST_RELEASE_BYTES) return;
  const message = `is too large: image, command, variables, files and secrets have ${bytes} bytes together`;
  throw new InvalidError('config-too-large', `config ${message} (allowed: at most ${LARGEST_RELEASE_BYTES}).`, [{ field: 'config', value: `${bytes} bytes`, message, allowed: `at most ${LARGEST_RELEASE_BYTES}` }]);
}

const RUNS: readonly (keyof ReleaseRow)[] = ['image', 'digest', 'command', 'env', 'secretEnv', 'files', 'port', 'healthPath', 'health', 'metricsPath', 'stopSeconds'];

function runsTheSame(one: ReleaseRow, other: ReleaseRow): boolean {
  const text = (value: unknown) => JSON.stringify(value, (_, each: unknown) => (typeof each === 'object' && each !== null && !Array.isArray(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each));
  return RUNS.every((field) => text(one[field]) === text(other[field]));
}

/** An image that wants to be run otherwise elsewhere may want it here, too. */
function processDiffers(from: ReleaseRow, to: ReleaseRow): Warning[] {
  const fields = (['command', 'port', 'healthPath', 'health', 'metricsPath', 'stopSeconds'] as const).filter((field) => JSON.stringify(from[field]) !== JSON.stringify(to[field]));
  if (fields.length === 0) return [];
  const shown = fields.map((field) => `${field} ${JSON.stringify(to[field])} instead of ${JSON.stringify(from[field])}`);
  return [{ code: 'process-differs', message: `It is run otherwise than where it comes from: ${shown.join(', ')}.` }];
}

function fromText(from: ReleaseAsk['from'], source: Source | undefined): string {
  if (from.kind === 'current') return 'what runs, with another configuration';
  if (from.kind === 'build') return `build ${from.buildId}`;
  return from.kind === 'image' ? from.image : `release ${source?.promotedFrom?.version ?? ''} (${source?.image ?? ''})`;
}

/** Releases of nothing that can be known are not there. */
export async function requireRelease(reader: Reader, id: string): Promise<{ readonly release: ReleaseRow; readonly workload: WorkloadRow }> {
  const release = await releaseById(reader, id);
  const workload = release === undefined ? undefined : await workloadById(reader, release.workloadId);
  if (release === undefined || workload === undefined) throw new NotFoundError('release-unknown', `There is no release ${id}.`);
  return { release, workload };
}
