// Secrets: values go in, sealed, as versions that never change, and come out only in what is sent to a host. Which release uses which version is in
// the releases; a version that a kept release needs stays.
import type { Context } from '../context.ts';
import { teamByName } from '../db/accounts.ts';
import { appendEvent } from '../db/events.ts';
import { releasesOf, replicasByRelease } from '../db/releases.ts';
import { rolloutUnderWay } from '../db/rollouts-under-way.ts';
import { deleteSecret, insertSecret, newestSecret, type SecretOwner, type SecretRow, secretsById, secretsOf } from '../db/secrets.ts';
import type { Reader, Tx } from '../db/store.ts';
import { findWorkload, type ReleaseRow, workloadById, workloadName, type WorkloadRow } from '../db/workloads.ts';
import { ConflictError, InvalidError, NotFoundError, UnavailableError } from '../errors.ts';
import type { SecretAsk } from '../http/contract/release-rules.ts';
import type { Actor } from '../requests/submit.ts';

/** Names that a workload or team can keep apart; more are configuration that belongs elsewhere. */
const MOST_NAMES = 200;
/** Releases that are looked through for uses of a secret. */
const LOOKED_AT = 1_000;

/** What a value is sealed with. */
export const secretIdentity = ({ id, team, workloadId, name, version }: Omit<SecretRow, 'sealed'>): string[] => [id, team, workloadId ?? '', name, String(version)];

/**
 * Keeps a value as the newest version of a secret. Nothing that is answered, told or logged has the value.
 * @throws InvalidError for an unknown team or workload, ConflictError beyond MOST_NAMES, UnavailableError when nothing can be sealed
 */
export async function putSecret({ store, ids, clock, secrets }: Context, actor: Actor, { team, service, environment, name, value }: SecretAsk): Promise<SecretRow> {
  return await store.tx(async (tx) => {
    const workload = await secretWorkload(tx, team, service, environment);
    const owner: SecretOwner = { team, workloadId: workload?.id ?? null };
    const version = ((await newestSecret(tx, owner, name))?.version ?? 0) + 1;
    if (version === 1 && new Set((await secretsOf(tx, owner)).map((row) => row.name)).size >= MOST_NAMES) throw new ConflictError('secret-count', `${ownerText(team, workload)} has ${MOST_NAMES} secrets, the most there can be: delete those that nothing uses.`);
    const head = { id: ids.next(), ...owner, name, version, createdBy: actor.name, createdAt: clock.now(), retiredAt: null };
    const row: SecretRow = { ...head, sealed: secrets.seal(value, secretIdentity(head)) };
    await insertSecret(tx, row);
    await note(tx, row, workload, { kind: 'secret.set', at: row.createdAt, actor: actor.name, message: `${actor.name} set secret ${name} of ${ownerText(team, workload)} (version ${version})` });
    return row;
  });
}

/** @returns the workload that is named; undefined: the team as a whole is meant */
async function secretWorkload(reader: Reader, team: string, service: string | undefined, environment: string | undefined): Promise<WorkloadRow | undefined> {
  if ((await teamByName(reader, team)) === undefined) throw new InvalidError('team-unknown', `team is "${team}": it is not a team.`, [{ field: 'team', value: team, message: 'is not a team' }]);
  if (service === undefined && environment === undefined) return undefined;
  if (service === undefined || environment === undefined) {
    const field = service === undefined ? 'service' : 'environment';
    throw new InvalidError('workload-half', `${field} is needed: a secret belongs to a service in an environment, or to the team as a whole.`, [{ field, value: undefined, message: 'is needed with the other one' }]);
  }
  const workload = await findWorkload(reader, service, environment);
  if (workload === undefined || workload.team !== team) throw new InvalidError('workload-unknown', `service is "${service}": team ${team} has no ${service}.${environment}. Its capacity is asked for first.`, [{ field: 'service', value: service, message: `is no service of team ${team} in ${environment}` }]);
  return workload;
}

const ownerText = (team: string, workload: WorkloadRow | undefined): string => (workload === undefined ? `team ${team}` : workloadName(workload));

/**
 * Deletes one version.
 * @throws NotFoundError, ConflictError naming the releases that need it
 */
export async function removeSecret(context: Context, actor: Actor, id: string): Promise<void> {
  await context.store.tx(async (tx) => {
    const row = (await secretsById(tx, [id])).get(id);
    if (row === undefined) throw new NotFoundError('secret-unknown', `There is no secret ${id}.`);
    const workload = row.workloadId === null ? undefined : await workloadById(tx, row.workloadId);
    if (workload !== undefined) {
      const users = (await keptReleases(tx, workload, context.config.keepReleases)).filter((release) => usesSecret(release, id));
      if (users.length > 0) {
        const names = users.map(({ version }) => version).toSorted((one, other) => one - other);
        throw new ConflictError('secret-in-use', `Secret ${row.name} (version ${row.version}) is needed by release${names.length === 1 ? '' : 's'} ${names.join(', ')} of ${workloadName(workload)}: make a release without it first, and let it become the ${context.config.keepReleases + 1}th newest.`);
      }
    }
    await deleteSecret(tx, id);
    await note(tx, row, workload, { kind: 'secret.deleted', at: context.clock.now(), actor: actor.name, message: `${actor.name} deleted secret ${row.name} of ${ownerText(row.team, workload)} (version ${row.version})` });
  });
}

/** Releases that run, are on their way, or may be gone back to: the newest ones. */
async function keptReleases(reader: Reader, workload: WorkloadRow, keep: number): Promise<ReleaseRow[]> {
  const rollout = await rolloutUnderWay(reader, workload.id);
  const running = await replicasByRelease(reader, workload.id);
  const needed = new Set([workload.releaseId, ...running.keys(), ...(rollout === undefined ? [] : [rollout.fromReleaseId, rollout.toReleaseId])]);
  return (await releasesOf(reader, workload.id, { limit: LOOKED_AT })).filter(({ id }, index) => index < keep || needed.has(id));
}

/** Ids of the versions that a release names. */
export function secretsOfRelease({ secretEnv, files }: Pick<ReleaseRow, 'secretEnv' | 'files'>): string[] {
  return [...Object.values(secretEnv), ...Object.values(files).flatMap((file) => ('secretId' in file ? [file.secretId] : []))];
}

const usesSecret = (release: ReleaseRow, id: string): boolean => secretsOfRelease(release).includes(id);

/**
 * Values of secrets by id, for the message to a host and nothing else: no log, no event, no row.
 * @throws UnavailableError with the sentence why one cannot be opened: it is gone, or its key is
 */
export async function openSecrets({ secrets }: Pick<Context, 'secrets'>, reader: Reader, ids: Iterable<string>): Promise<Map<string, string>> {
  const wanted = [...new Set(ids)];
  const rows = await secretsById(reader, wanted);
  return new Map(
    wanted.map((id) => {
      const row = rows.get(id);
      if (row === undefined) throw new UnavailableError('secret-gone', `The secret ${id} is gone.`);
      try {
        return [id, secrets.open(row.sealed, secretIdentity(row))];
      } catch (error) {
        throw error instanceof UnavailableError ? new UnavailableError(error.code, `The secret ${row.name} (version ${row.version}) cannot be opened: ${error.message}`) : error;
      }
    }),
  );
}

async function note(tx: Tx, row: SecretRow, workload: WorkloadRow | undefined, event: { readonly at: number; readonly actor: string; readonly kind: string; readonly message: string }): Promise<void> {
  await appendEvent(tx, { ...event, subjectType: 'secret', subjectId: row.id, subject: workload === undefined ? row.name : `${workloadName(workload)}/${row.name}`, team: row.team });
}
