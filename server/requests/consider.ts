// Whether a draft can be an ask at all: the team and environment exist, the service is the team's, names fit, the first ask says what runs.
// Gives the workload that it would become; the sum and the room are the quote's business.
import type { Ask, Policy, Workload } from '#scheduler/model.ts';
import { listTeams, teamByName } from '../db/accounts.ts';
import { rolloutOf, rolloutUnderWay } from '../db/rollouts-under-way.ts';
import type { Reader } from '../db/store.ts';
import { findWorkload, type ReleaseRow, releasesById, serviceByName, type WorkloadRow, workloadName, workloadsNamedAlike } from '../db/workloads.ts';
import { type DomainError, InvalidError } from '../errors.ts';
import type { Draft } from '../http/contract/requests.ts';
import { LONGEST_NAME } from '../control/names.ts';

export interface Considered {
  readonly draft: Draft;
  /** What the draft asks for, in place of `existing` where that is. */
  readonly workload: Workload;
  readonly existing: WorkloadRow | undefined;
}

/** Ordinals that a name must have room for: as many digits as the most replicas of a workload need. */
const ORDINAL_DIGITS = 6;
/** Image, command and environment together: a host with 200 replicas must still get its assignment in one message. */
const LARGEST_RUN_BYTES = 16_384;
/** Id of a workload that is not there yet, in quotes only. */
const DRAFT_ID = 'draft';

/**
 * @param purpose a quote needs no `run`, so that the answer can be seen while the draft is being written
 * @throws InvalidError that names the field, its value and what is allowed
 */
export async function considerDraft(reader: Reader, policy: Policy, draft: Draft, purpose: 'quote' | 'submit'): Promise<Considered> {
  const { team, service, environment } = draft;
  if ((await teamByName(reader, team)) === undefined) throw invalid('team-unknown', 'team', team, 'is not a team', listed((await listTeams(reader)).map(({ name }) => name)));
  if (!Object.hasOwn(policy.environments, environment)) throw invalid('environment-unknown', 'environment', environment, 'is not an environment', listed(Object.keys(policy.environments)));
  if (draft.class !== undefined && !Object.hasOwn(policy.classes, draft.class)) throw invalid('class-unknown', 'class', draft.class, 'is not a workload class of the policy', classesText(policy));
  const owner = await serviceByName(reader, service);
  if (owner !== undefined && owner.team !== team) throw invalid('service-of-another-team', 'service', service, `is a service of team ${owner.team}`, 'a name that no other team uses');
  const existing = owner === undefined ? undefined : await findWorkload(reader, service, environment);
  if (existing === undefined) await refuseName(reader, draft);
  if (purpose === 'submit') await refuseRun(reader, draft, existing);
  const rollout = existing === undefined ? undefined : await rolloutUnderWay(reader, existing.id);
  return { draft, existing, workload: { id: existing?.id ?? DRAFT_ID, name: workloadName(draft), service, environment, team, ask: askOf(draft, policy), releaseId: existing?.releaseId ?? DRAFT_ID, ...(rollout === undefined ? {} : { rollout: rolloutOf(rollout) }) } };
}

export function askOf(draft: Draft, policy: Policy): Ask {
  const { peakQps, profile, headroomPermille, minReplicas, survive, cloud, caps, labels, tolerations } = draft;
  return { peakQps, profile, headroomPermille, minReplicas, survive, shape: draft.shape ?? policy.defaultShape, cloud, caps, labels, tolerations, ...(draft.class === undefined ? {} : { class: draft.class }) };
}

function classesText({ classes }: Policy): string {
  const names = Object.keys(classes);
  return names.length === 0 ? 'none: the policy has no classes' : listed(names);
}

/** Names of replicas are hostnames, and no two workloads may give the same ones: `a-b` in `c` and `a` in `b-c` would. */
async function refuseName(reader: Reader, { service, environment }: Draft): Promise<void> {
  const most = LONGEST_NAME - ORDINAL_DIGITS - environment.length - 2;
  if (service.length > most) throw invalid('name-too-long', 'service', service, 'is too long together with the environment and a number', `at most ${most} characters in ${environment}`);
  const [twin] = await workloadsNamedAlike(reader, service, environment);
  if (twin !== undefined) throw invalid('name-clashes', 'service', service, `would name its replicas like those of ${workloadName(twin)}`, 'another name');
}

async function refuseRun(reader: Reader, { run }: Draft, existing: WorkloadRow | undefined): Promise<void> {
  if (run === undefined) {
    if (existing === undefined) throw invalid('run-needed', 'run', undefined, 'is needed with the first ask of a workload', 'an image or a build, and command, env, port, healthPath, stopSeconds');
    return;
  }
  const bytes = Buffer.byteLength(JSON.stringify(run));
  if (bytes > LARGEST_RUN_BYTES) throw invalid('run-too-large', 'run', `${bytes} bytes`, 'is too large', `image, command and env of at most ${LARGEST_RUN_BYTES} bytes together`);
  const release = existing === undefined ? undefined : (await releasesById(reader, [existing.releaseId])).get(existing.releaseId);
  if (release !== undefined && !runsTheSame(release, run)) {
    const name = existing === undefined ? 'it' : workloadName(existing);
    throw invalid('run-differs', 'run', run.image ?? run.build, `is not what ${name} runs: an ask changes capacity only, and what runs is changed by a release`, `leave run out; make a release with POST /services/${existing?.service}/releases or \`firn release make\``);
  }
}

function runsTheSame(release: ReleaseRow, run: NonNullable<Draft['run']>): boolean {
  const { image, command, env, port, healthPath, health, stopSeconds } = release;
  const sorted = (each: Readonly<Record<string, unknown>>) => JSON.stringify(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)));
  if (run.build !== undefined) return run.build === release.buildId;
  return run.image === image && (run.port ?? 8080) === port && (run.stopSeconds ?? 10) === stopSeconds && (run.healthPath ?? run.health?.path ?? null) === healthPath && sorted({ ...run.health }) === sorted({ ...health }) && JSON.stringify(run.command) === JSON.stringify(command) && sorted(run.env) === sorted(env);
}

/** The first names of a list, for a message. */
function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none exists yet' : `one of ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', ...' : ''}`;
}

function invalid(code: string, field: string, value: unknown, message: string, allowed: string): DomainError {
  return new InvalidError(code, `${field}${value === undefined ? '' : ` is ${JSON.stringify(value)}: it`} ${message} (allowed: ${allowed}).`, [{ field, value, message, allowed }]);
}
