// Deploy locks: a person keeps releases of a workload from starting, says why, and lifts the lock again; an SRE may lift anybody's.
import type { Context } from '../context.ts';
import { deleteDeployLock, deployLockOf, type DeployLockRow, putDeployLock } from '../db/deploy-locks.ts';
import { appendEvent } from '../db/events.ts';
import type { Tx } from '../db/store.ts';
import { workloadName, type WorkloadRow } from '../db/workloads.ts';
import { ConflictError, ForbiddenError, NotFoundError } from '../errors.ts';
import type { DeployLockAsk } from '../http/contract/release-rules.ts';
import type { Actor } from '../requests/submit.ts';

/** Who may lift locks of others besides: whoever may pass over them. */
export interface Unlocker extends Actor {
  can(permission: 'releases.override'): boolean;
}

/** The name before the slash: a person's tokens lift the person's locks. */
const personOf = (name: string): string => name.split('/')[0]!;

/** @throws ConflictError naming the holder when somebody else holds one; one's own is replaced */
export async function lockReleases({ store, clock }: Context, actor: Actor, workload: WorkloadRow, { reason, minutes }: DeployLockAsk): Promise<DeployLockRow> {
  return await store.tx(async (tx) => {
    const now = clock.now();
    const held = await deployLockOf(tx, workload.id, now);
    if (held !== undefined && personOf(held.holder) !== personOf(actor.name)) throw new ConflictError('locked', `${lockText(workload, held)}: ask ${personOf(held.holder)} to lift it.`);
    const row: DeployLockRow = { workloadId: workload.id, holder: actor.name, reason, since: now, until: minutes === undefined ? null : now + minutes * 60_000 };
    await putDeployLock(tx, row);
    await note(tx, workload, { at: now, actor: actor.name, kind: 'workload.locked', message: `${actor.name} locked releases of ${workloadName(workload)}${row.until === null ? '' : ` until ${new Date(row.until).toISOString()}`}`, why: reason });
    return row;
  });
}

/** @throws NotFoundError when nothing is locked, ForbiddenError when the lock is another's and the actor no SRE */
export async function unlockReleases({ store, clock }: Context, actor: Unlocker, workload: WorkloadRow): Promise<void> {
  await store.tx(async (tx) => {
    const now = clock.now();
    const held = await deployLockOf(tx, workload.id, now);
    if (held === undefined) throw new NotFoundError('not-locked', `Releases of ${workloadName(workload)} are not locked.`);
    if (personOf(held.holder) !== personOf(actor.name) && !actor.can('releases.override')) throw new ForbiddenError('lock-of-another', `${lockText(workload, held)}: only ${personOf(held.holder)} or an SRE may lift it.`);
    await deleteDeployLock(tx, workload.id);
    await note(tx, workload, { at: now, actor: actor.name, kind: 'workload.unlocked', message: `${actor.name} lifted the lock of ${held.holder} on releases of ${workloadName(workload)}`, why: held.reason });
  });
}

/** `Releases of quote.production are locked by ann since ...: why`. */
export function lockText(workload: WorkloadRow, { holder, reason, since, until }: DeployLockRow): string {
  const ends = until === null ? '' : `, until ${new Date(until).toISOString()}`;
  return `Releases of ${workloadName(workload)} are locked by ${holder} since ${new Date(since).toISOString()}${ends} (${reason})`;
}

async function note(tx: Tx, workload: WorkloadRow, event: { readonly at: number; readonly actor: string; readonly kind: string; readonly message: string; readonly why: string }): Promise<void> {
  await appendEvent(tx, { ...event, subjectType: 'workload', subjectId: workload.id, subject: workloadName(workload), team: workload.team });
}
