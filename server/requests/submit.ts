// An ask comes in: recorded whole or not at all. Within the quota, or when it gives capacity back, it is approved at once; else it waits for an SRE.
import type { Context } from '../context.ts';
import { readCluster } from '../db/cluster.ts';
import { appendEvent } from '../db/events.ts';
import { quotaOf } from '../db/quotas.ts';
import { findIdempotent, insertIdempotent, insertRequest, requestById, type RequestRow, settleRequest, waitingRequests } from '../db/requests.ts';
import type { Tx } from '../db/store.ts';
import { workloadName } from '../db/workloads.ts';
import { ConflictError } from '../errors.ts';
import type { Draft, Quote } from '../http/contract/requests.ts';
import { considerDraft } from './consider.ts';
import { grant } from './grant.ts';
import { hashOf } from '../fleet/join.ts';
import { quoteDraft } from './quote.ts';

/** Who acts, as history names them. */
export interface Actor {
  readonly id: string;
  readonly name: string;
}

/** How often the desired state may change between quoting and recording before the caller is asked to try again. */
const ATTEMPTS = 8;

/**
 * @param key the caller's Idempotency-Key: a repeated submission gives the request that the first one made
 * @throws InvalidError by field, ConflictError `idempotency-key-reused` when the key came with another draft
 */
export async function submitRequest(context: Context, actor: Actor, draft: Draft, key?: string): Promise<RequestRow> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const row = await context.store.txTogether((tx) => submitOn(context, tx, actor, draft, key));
    if (row !== 'stale') return row;
    // It is not in memory: read once, and most likely still new when its turn comes.
    await context.present.read();
  }
  throw new ConflictError('too-busy', 'The desired state changes faster than this request can be recorded: try again in a moment.');
}

async function submitOn(context: Context, tx: Tx, actor: Actor, draft: Draft, key: string | undefined): Promise<RequestRow | 'stale'> {
  const bodyHash = hashOf(JSON.stringify(draft));
  const earlier = key === undefined ? undefined : await findIdempotent(tx, actor.id, key);
  if (earlier !== undefined) {
    if (earlier.bodyHash !== bodyHash) throw new ConflictError('idempotency-key-reused', 'This Idempotency-Key was used with another draft: use a new key for a new request.');
    const row = await requestById(tx, earlier.requestId);
    if (row !== undefined) return row;
  }
  const present = context.present.newestAt((await readCluster(tx)).revision, tx.ahead);
  if (present === undefined) return 'stale';
  const considered = await considerDraft(tx, present.snapshot.policy, draft, 'submit');
  const quote = quoteDraft(present, considered, await quotaOf(tx, draft.team, draft.environment), context.config.currency);
  const now = context.clock.now();
  const id = context.ids.next();
  await supersede(tx, draft, actor, now);
  const isApproved = quote.outcome === 'approved-at-once';
  const workloadId = isApproved ? await grant(context, tx, { requestId: id, considered, actor: actor.name, policy: present.snapshot.policy }) : (considered.existing?.id ?? null);
  const row: RequestRow = {
    id,
    state: isApproved ? 'approved' : 'waiting',
    team: draft.team,
    service: draft.service,
    environment: draft.environment,
    draft,
    quote,
    workloadId,
    submittedBy: actor.name,
    submittedAt: now,
    decidedBy: isApproved ? 'firn' : null,
    decidedAt: isApproved ? now : null,
    decisionReason: isApproved ? atOnceReason(quote) : null,
  };
  await insertRequest(tx, row);
  if (key !== undefined) await insertIdempotent(tx, { actorId: actor.id, key, bodyHash, requestId: id, createdAt: now });
  await announce(tx, row, now);
  if (isApproved) tx.afterCommit(() => context.loops.wake('planner'));
  return row;
}

const atOnceReason = ({ quota }: Quote): string => (quota.within ? `within the quota of ${quota.team} in ${quota.environment}` : 'it gives capacity back');

/** A newer ask for the same workload replaces those that still wait. */
async function supersede(tx: Tx, draft: Draft, actor: Actor, now: number): Promise<void> {
  for (const older of await waitingRequests(tx, draft)) {
    await settleRequest(tx, older.id, { state: 'superseded', decidedBy: actor.name, decidedAt: now, decisionReason: 'a newer request replaced it' });
    await appendEvent(tx, { ...eventOf(older, now), actor: actor.name, kind: 'request.superseded', message: `the request of ${older.submittedBy} for ${workloadName(older)} was replaced by a newer one` });
  }
}

async function announce(tx: Tx, row: RequestRow, now: number): Promise<void> {
  const { quote, draft } = row;
  const message = `${row.submittedBy} asked for ${draft.peakQps} QPS of ${workloadName(row)}: ${quote.sizing.replicas} replicas (now ${quote.current.replicas})`;
  await appendEvent(tx, { ...eventOf(row, now), actor: row.submittedBy, kind: 'request.submitted', message, why: draft.why });
  if (row.state === 'approved') await appendEvent(tx, { ...eventOf(row, now), actor: 'firn', kind: 'request.approved', message: `the request for ${workloadName(row)} was approved at once`, why: row.decisionReason });
}

/** What every event about a request says. */
export function eventOf(row: Pick<RequestRow, 'id' | 'team' | 'service' | 'environment'>, now: number) {
  return { at: now, subjectType: 'request' as const, subjectId: row.id, subject: workloadName(row), team: row.team };
}
