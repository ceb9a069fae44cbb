// One look at a rollout: what is seen, what the state machine makes of it, and what follows, in one transaction: the state, history, webhooks, and
// at its end the workload's release. Whatever is not stored here is not lost by a restart, because it is seen again.
import { isEnded } from '#scheduler/rollout/act.ts';
import { advance } from '#scheduler/rollout/advance.ts';
import type { Advance, Observation, RolloutState } from '#scheduler/rollout/model.ts';
import type { Context } from '../context.ts';
import { appendEvent } from '../db/events.ts';
import { buildsById } from '../db/builds.ts';
import { replicasOfWorkloads } from '../db/replicas.ts';
import { putRollout, rolloutById, type RolloutRow } from '../db/rollouts.ts';
import type { Tx } from '../db/store.ts';
import { type ReleaseRow, setRelease, workloadById, workloadName, type WorkloadRow } from '../db/workloads.ts';
import { hostsConcerned } from './images.ts';
import { observeRollout, type Seen } from './observe.ts';
import { verify, verifiedText } from './verify.ts';
import { enqueue, type WebhookEventName } from '../webhooks/webhooks.ts';

/** Changes a state before it is looked at: what a person does. It throws where that cannot be done. */
export type Change = (row: RolloutRow, observation: Observation) => { readonly state: RolloutState; readonly actor: string; readonly event: Advance['events'][number]; readonly why: string };

/** @returns the rollout as it is then; undefined where there is none */
export async function lookAt(context: Context, id: string, change?: Change): Promise<RolloutRow | undefined> {
  const present = await context.present.read();
  return await context.store.tx(async (tx) => {
    const row = await rolloutById(tx, id);
    if (row === undefined || (row.endedAt !== null && change === undefined)) return row;
    const workload = await workloadById(tx, row.workloadId);
    if (workload === undefined) return await endOrphan(context, tx, row);
    const seen = await observeRollout(context, tx, present, row);
    const changed = change?.(row, seen.observation);
    const about: About = { row, workload, seen };
    if (changed !== undefined) await tell(context, tx, about, { ...changed.event, actor: changed.actor, why: changed.why });
    const { state, events } = advance(row.strategy, changed?.state ?? row.state, seen.observation);
    return await keep(context, tx, about, state, events);
  });
}

interface About {
  readonly row: RolloutRow;
  readonly workload: WorkloadRow;
  readonly seen: Seen;
}

async function keep(context: Context, tx: Tx, about: About, state: RolloutState, events: Advance['events']): Promise<RolloutRow> {
  const { row, seen } = about;
  if (JSON.stringify(state) === JSON.stringify(row.state)) return row;
  const hasEnded = isEnded(state);
  const after = { ...row, state, endedAt: hasEnded ? context.clock.now() : null };
  await putRollout(tx, after);
  if (state.phase === 'succeeded') await setRelease(tx, row.workloadId, row.toReleaseId);
  for (const event of events) await tell(context, tx, about, { ...event, actor: 'firn', why: event.kind === 'rollout.rolled-back' || event.kind === 'rollout.failed' ? (state.trouble ?? '') : row.why });
  if (hasEnded) await tellVerified(context, tx, about, state);
  const isNews = events.length > 0 || hasEnded;
  if (isNews) tx.changed('hosts', ...hostsConcerned(row, seen.rows));
  tx.afterCommit(() => {
    if (JSON.stringify(state.target) !== JSON.stringify(row.state.target) || isNews) context.loops.wake('planner');
    if (isNews) context.loops.wake('dispatch');
  });
  return after;
}

/** What runs is compared with what was released, by the images that hosts say their containers have. */
async function tellVerified(context: Context, tx: Tx, { row, workload, seen }: About, state: RolloutState): Promise<void> {
  const release = seen.releases.get(state.phase === 'succeeded' ? row.toReleaseId : row.fromReleaseId);
  if (release === undefined || state.phase === 'aborted') return;
  const verified = verify(context, seen.rows, release);
  await tell(context, tx, { row, workload, seen }, { kind: verified.matching === verified.of ? 'rollout.verified' : 'rollout.unverified', message: verifiedText(verified, release), actor: 'firn', why: '' });
}

const WEBHOOKS: Readonly<Record<string, WebhookEventName>> = { 'rollout.started': 'rollout.started', 'rollout.succeeded': 'rollout.succeeded', 'rollout.failed': 'rollout.failed', 'rollout.roll-back': 'rollout.failed', 'rollout.held': 'rollout.held' };

interface Line {
  readonly kind: string;
  readonly message: string;
  readonly actor: string;
  readonly why: string;
}

/** A line of history about a rollout, and what webhooks hear of it. */
export async function tell(context: Context, tx: Tx, { row, workload, seen }: { readonly row: RolloutRow; readonly workload: WorkloadRow; readonly seen: Pick<Seen, 'releases'> }, { kind, message, actor, why }: Line): Promise<void> {
  const name = workloadName(workload);
  const to = seen.releases.get(row.toReleaseId);
  const version = to?.version ?? 0;
  await appendEvent(tx, { at: context.clock.now(), actor, kind, subjectType: 'rollout', subjectId: row.id, subject: name, team: workload.team, message: `${name} to version ${version}: ${message}`, why });
  const webhook = WEBHOOKS[kind];
  if (webhook === undefined) return;
  const commit = await commitOf(tx, to);
  const { service, environment, team } = workload;
  await enqueue(context, tx, webhook, { team, subject: name, service, environment, message: `${name} to version ${version}: ${message}`, path: `/rollouts/${row.id}`, version, digest: to?.digest ?? null, by: row.startedBy, ...(commit === undefined ? {} : { commit }) });
}

async function commitOf(tx: Tx, release: ReleaseRow | undefined): Promise<string | undefined> {
  if (release === undefined || release.buildId === null) return undefined;
  return (await buildsById(tx, [release.buildId])).get(release.buildId)?.result?.commit;
}

/** Its workload was given back meanwhile: there is nothing left to move. */
async function endOrphan({ clock }: Context, tx: Tx, row: RolloutRow): Promise<RolloutRow> {
  if (row.endedAt !== null) return row;
  const after: RolloutRow = { ...row, endedAt: clock.now(), state: { ...row.state, phase: 'aborted', resumes: null, wait: null, trouble: 'its workload was given back' } };
  await putRollout(tx, after);
  await appendEvent(tx, { at: clock.now(), actor: 'firn', kind: 'rollout.aborted', subjectType: 'rollout', subjectId: row.id, subject: row.workloadId, message: 'a rollout ended: its workload was given back', why: row.why });
  tx.changed('hosts', ...(await replicasOfWorkloads(tx, [row.workloadId])).flatMap(({ hostId }) => hostId ?? []));
  return after;
}
