// Rollouts as people see them: where one is and why, every replica with what its container really runs, and what the reader may do, by the same
// rules that decide when they do it.
import { act, isEnded } from '#scheduler/rollout/act.ts';
import { servingNew, servingOld } from '#scheduler/rollout/look.ts';
import type { GateFigures as Figures, Observation, Verb } from '#scheduler/rollout/model.ts';
import { resolve } from '#scheduler/rollout/share.ts';
import type { Context } from '../../context.ts';
import { replicaName } from '../../control/names.ts';
import type { Present } from '../../control/present.ts';
import { observeRollout, type Seen } from '../../rollouts/observe.ts';
import { readinessOf } from '../../rollouts/preflight.ts';
import { digestMatches, verify } from '../../rollouts/verify.ts';
import { listHosts } from '../../db/hosts.ts';
import type { ReplicaRow } from '../../db/replicas.ts';
import type { RolloutRow } from '../../db/rollouts.ts';
import type { Reader } from '../../db/store.ts';
import { type ReleaseRow, workloadById, type WorkloadRow } from '../../db/workloads.ts';
import type { RolloutDetail, RolloutReplica, RolloutView } from '../contract/releases.ts';
import type { Actor } from '../secured.ts';
import { instant } from './show.ts';

/** A rollout with everything of one moment that its views show. */
export interface RolloutSeen {
  readonly row: RolloutRow;
  readonly workload: WorkloadRow;
  readonly seen: Seen;
  readonly hostNames: ReadonlyMap<string, string>;
}

/** @returns undefined where its workload was given back, so that nobody's team has it any more */
export async function readRollout(context: Context, reader: Reader, present: Present, row: RolloutRow, hostNames: ReadonlyMap<string, string>): Promise<RolloutSeen | undefined> {
  const workload = await workloadById(reader, row.workloadId);
  return workload === undefined ? undefined : { row, workload, seen: await observeRollout(context, reader, present, row), hostNames };
}

export const readHostNames = async (reader: Reader): Promise<Map<string, string>> => new Map((await listHosts(reader)).map(({ id, name }) => [id, name]));

export function showRollout({ row, workload, seen }: RolloutSeen, reader: Actor): RolloutView {
  const { state, strategy } = row;
  const { observation, releases } = seen;
  const { wait } = state;
  return {
    id: row.id,
    workloadId: row.workloadId,
    service: workload.service,
    environment: workload.environment,
    team: workload.team,
    kind: row.kind,
    from: { releaseId: row.fromReleaseId, version: versionOf(releases, row.fromReleaseId) },
    to: { releaseId: row.toReleaseId, version: versionOf(releases, row.toReleaseId) },
    phase: state.phase,
    step: state.step,
    steps: strategy.steps.length,
    replicas: { wanted: observation.wanted, onNew: servingNew(observation), onOld: servingOld(observation), target: resolve(state.target, observation.wanted) },
    wait: wait === null ? null : { owner: wait.owner, reason: wait.reason, until: wait.until === null ? null : instant(wait.until), then: wait.then },
    trouble: state.trouble,
    startedBy: row.startedBy,
    startedAt: instant(row.startedAt),
    endedAt: row.endedAt === null ? null : instant(row.endedAt),
    why: row.why,
    may: VERBS.map((verb) => mayOf(verb, row, observation, workload, reader)),
  };
}

const VERBS: readonly Verb[] = ['pause', 'resume', 'promote', 'accept', 'abort', 'roll-back'];
const versionOf = (releases: ReadonlyMap<string, ReleaseRow>, id: string): number => releases.get(id)?.version ?? 0;

function mayOf(verb: Verb, { strategy, state }: RolloutRow, observation: Observation, { team }: WorkloadRow, reader: Actor): RolloutView['may'][number] {
  if (!reader.can('rollouts.run', team)) return { verb, allowed: false, reason: `${reader.name} lacks the permission rollouts.run in team "${team}".` };
  const next = act(strategy, state, verb, observation);
  return typeof next === 'string' ? { verb, allowed: false, reason: next } : { verb, allowed: true, reason: null };
}

/** The whole of one rollout. */
export async function showRolloutDetail(context: Context, it: RolloutSeen, reader: Actor): Promise<RolloutDetail> {
  const { row, workload, seen } = it;
  const { state, strategy } = row;
  const { observation, rows, releases } = seen;
  const names = new Map(rows.map((each) => [each.id, each]));
  const hasEnded = isEnded(state);
  const release = releases.get(state.phase === 'rolled-back' ? row.fromReleaseId : row.toReleaseId);
  const verified = hasEnded && state.phase !== 'aborted' && release !== undefined ? verify(context, rows, release) : null;
  return {
    ...showRollout(it, reader),
    strategy: { ...strategy, steps: strategy.steps.map(({ target, promotion }) => ({ target: { ...target }, promotion })), gates: strategy.gates },
    since: instant(state.since),
    figures: state.figures === null ? null : showFigures(state.figures),
    members: observation.replicas.map((replica) => showMember(context, it, replica, names.get(replica.replicaId)!)).sort((one, other) => (one.replica < other.replica ? -1 : 1)),
    images: observation.images,
    preflight: row.preflight,
    readiness: hasEnded ? row.readiness : await readinessOf(context, workload, row),
    verified: verified === null ? null : { matching: verified.matching, of: verified.of },
  };
}

function showMember(context: Context, { workload, seen, hostNames }: RolloutSeen, { replicaId, releaseId, runningReleaseId, state, reason, restarts }: Observation['replicas'][number], row: ReplicaRow): RolloutReplica {
  const running = runningReleaseId === null ? undefined : seen.releases.get(runningReleaseId);
  return {
    replicaId,
    replica: replicaName(workload, row.ordinal),
    host: row.hostId === null ? null : (hostNames.get(row.hostId) ?? row.hostId),
    address: row.address,
    wanted: versionOf(seen.releases, releaseId),
    running: running?.version ?? null,
    state,
    reason,
    restarts,
    lastWords: (row.hostId === null ? undefined : context.fleet.get(row.hostId)?.replicas.get(replicaId)?.lastWords) ?? null,
    digestMatches: digestMatches(context, row, running ?? seen.releases.get(releaseId)),
  };
}

const showFigures = ({ at, windowSeconds, before, after, verdicts, extra }: Figures): NonNullable<RolloutDetail['figures']> => ({ at: instant(at), windowSeconds, before, after, verdicts: verdicts.map((verdict) => ({ ...verdict })), extra });
