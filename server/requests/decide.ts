// What people decide about waiting requests and approved workloads: approve, deny, withdraw, give back. Each is one transaction with its event;
// a request is decided once.
import type { Context } from '../context.ts';
import { readCluster } from '../db/cluster.ts';
import { deleteDeployLock } from '../db/deploy-locks.ts';
import { appendEvent } from '../db/events.ts';
import { quotaOf } from '../db/quotas.ts';
import { requestById, type RequestRow, type Settlement, settleRequest, waitingRequests } from '../db/requests.ts';
import { deleteSecretsOf } from '../db/secrets.ts';
import type { Tx } from '../db/store.ts';
import { deleteWorkload, workloadById, workloadName, type WorkloadRow } from '../db/workloads.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { considerDraft } from './consider.ts';
import { grant } from './grant.ts';
import { quoteDraft } from './quote.ts';
import { type Actor, eventOf } from './submit.ts';

const ATTEMPTS = 8;

/**
 * Approves a waiting request, over the quota or not: the SRE's word counts and is recorded, the excess stays visible.
 * @throws InvalidError when the ask can no longer be summed (its shape or environment is gone, say), ConflictError when it is decided
 */
export async function approveRequest(context: Context, actor: Actor, id: string, reason: string): Promise<RequestRow> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const row = await context.store.txTogether((tx) => approveOn(context, tx, actor, id, reason));
    if (row !== 'stale') return row;
    await context.present.read();
  }
  throw new ConflictError('too-busy', 'The desired state changes faster than this request can be approved: try again in a moment.');
}

async function approveOn(context: Context, tx: Tx, actor: Actor, id: string, reason: string): Promise<RequestRow | 'stale'> {
  const row = await waitingRequest(tx, id);
  const present = context.present.newestAt((await readCluster(tx)).revision, tx.ahead);
  if (present === undefined) return 'stale';
  const { policy } = present.snapshot;
  const considered = await considerDraft(tx, policy, row.draft, 'submit');
  const quote = quoteDraft(present, considered, await quotaOf(tx, row.team, row.environment), context.config.currency);
  const workloadId = await grant(context, tx, { requestId: id, considered, actor: row.submittedBy, policy });
  const excess = quote.quota.within ? '' : ', over the quota';
  const approved = await settle(context, tx, row, actor, { state: 'approved', reason, message: `${actor.name} approved the request of ${row.submittedBy} for ${workloadName(row)}${excess}`, workloadId });
  tx.afterCommit(() => context.loops.wake('planner'));
  return approved;
}

export async function denyRequest(context: Context, actor: Actor, id: string, reason: string): Promise<RequestRow> {
  return await context.store.tx(async (tx) => {
    const row = await waitingRequest(tx, id);
    return await settle(context, tx, row, actor, { state: 'denied', reason, message: `${actor.name} denied the request of ${row.submittedBy} for ${workloadName(row)}` });
  });
}

export async function withdrawRequest(context: Context, actor: Actor, id: string): Promise<RequestRow> {
  return await context.store.tx(async (tx) => {
    const row = await waitingRequest(tx, id);
    return await settle(context, tx, row, actor, { state: 'withdrawn', reason: '', message: `${actor.name} withdrew the request for ${workloadName(row)}` });
  });
}

/** @throws NotFoundError, ConflictError `request-decided` with who decided what and when */
async function waitingRequest(tx: Tx, id: string): Promise<RequestRow> {
  const row = await requestById(tx, id);
  if (row === undefined) throw new NotFoundError('request-unknown', `There is no request ${id}.`);
  if (row.state !== 'waiting') {
    const when = row.decidedAt === null ? '' : ` at ${new Date(row.decidedAt).toISOString()}`;
    throw new ConflictError('request-decided', `This request was ${row.state} by ${row.decidedBy ?? 'somebody'}${when}: it cannot be decided again.`);
  }
  return row;
}

interface Outcome {
  readonly state: Settlement['state'];
  readonly reason: string;
  readonly message: string;
  readonly workloadId?: string;
}

async function settle({ clock }: Context, tx: Tx, row: RequestRow, actor: Actor, { state, reason, message, workloadId }: Outcome): Promise<RequestRow> {
  const now = clock.now();
  const settlement = { state, decidedBy: actor.name, decidedAt: now, decisionReason: reason === '' ? null : reason, ...(workloadId === undefined ? {} : { workloadId }) };
  await settleRequest(tx, row.id, settlement);
  await appendEvent(tx, { ...eventOf(row, now), actor: actor.name, kind: `request.${state}`, message, why: reason });
  return { ...row, ...settlement };
}

/** Gives all capacity of a workload back: the planner stops its replicas. @throws NotFoundError */
export async function removeWorkload(context: Context, actor: Actor, workload: WorkloadRow, reason: string): Promise<void> {
  await context.store.tx(async (tx) => {
    const row = await workloadById(tx, workload.id);
    if (row === undefined) throw new NotFoundError('workload-unknown', `There is no workload ${workload.id}.`);
    await takeWorkload(context, tx, actor, row, reason);
  });
}

/** The same within a transaction. */
export async function takeWorkload({ clock, loops }: Context, tx: Tx, actor: Actor, row: WorkloadRow, reason: string): Promise<void> {
  const now = clock.now();
  await deleteWorkload(tx, row);
  await deleteSecretsOf(tx, row.id);
  await deleteDeployLock(tx, row.id);
  const name = workloadName(row);
  for (const request of await waitingRequests(tx, row)) {
    await settleRequest(tx, request.id, { state: 'superseded', decidedBy: actor.name, decidedAt: now, decisionReason: 'the workload was given back' });
  }
  await appendEvent(tx, { at: now, actor: actor.name, kind: 'workload.removed', subjectType: 'workload', subjectId: row.id, subject: name, team: row.team, message: `${actor.name} gave all capacity of ${name} back`, why: reason });
  tx.changed('quotas');
  tx.afterCommit(() => {
    loops.wake('planner');
    loops.wake('dispatch');
  });
}
