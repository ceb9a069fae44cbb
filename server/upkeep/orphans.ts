// What people decide about what agents found: an orphan stays, goes at once, or waits for its grace; a repair that was given up may go on. A decision
// is a row, goes to its host with the next assignment, and is dropped when what it is about is gone.
import type { ObservedDrift, ObservedOrphan, Upkeep } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { appendEvent } from '../db/events.ts';
import { hostById, hostByName, type HostRow } from '../db/hosts.ts';
import type { Reader } from '../db/store.ts';
import { dropUpkeepOrder, putUpkeepOrder, type UpkeepOrderRow } from '../db/upkeep.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import type { DriftResume, OrphanDecision } from '../http/contract/orphans.ts';
import type { Actor } from '../requests/submit.ts';

/** By name, or by id. @throws NotFoundError */
export async function hostNamed(reader: Reader, named: string): Promise<HostRow> {
  const row = (await hostByName(reader, named)) ?? (await hostById(reader, named));
  if (row === undefined) throw new NotFoundError('host-unknown', `There is no host ${named}.`);
  return row;
}

/** @throws NotFoundError for a host or an orphan that there is not */
export async function decideOrphan(context: Context, actor: Actor, { host: named, kind, id, verb, note }: OrphanDecision): Promise<{ readonly host: HostRow; readonly orphan: ObservedOrphan; readonly order: UpkeepOrderRow | null }> {
  const { store, fleet, clock, ids } = context;
  return await store.tx(async (tx) => {
    const host = await hostNamed(tx, named);
    const orphan = fleet.get(host.id)?.report?.orphans?.find((one) => one.kind === kind && one.id === id);
    if (orphan === undefined) throw new NotFoundError('orphan-unknown', `Host ${host.name} lists no orphaned ${kind} ${id}.`);
    const now = clock.now();
    const order: UpkeepOrderRow | null = verb === 'wait' ? null : { id: ids.next(), hostId: host.id, kind, subjectId: id, verb, note, by: actor.name, at: now };
    if (order === null) await dropUpkeepOrder(tx, { hostId: host.id, kind, subjectId: id });
    else await putUpkeepOrder(tx, order);
    const what = verb === 'keep' ? 'keeps' : verb === 'remove' ? 'has removed' : 'lets the grace count for';
    await appendEvent(tx, { at: now, actor: actor.name, kind: `orphan.${verb}`, subjectType: 'host', subjectId: host.id, subject: host.name, message: `${actor.name} ${what} ${kind} ${orphan.name} of ${host.name}`, why: note });
    tx.afterCommit(() => context.loops.wake('dispatch'));
    return { host, orphan, order };
  });
}

/** @throws NotFoundError where no host says that it gave a repair up; ConflictError where it goes on already */
export async function resumeRepairs(context: Context, actor: Actor, { replicaId, note }: DriftResume): Promise<{ readonly host: HostRow; readonly drift: ObservedDrift }> {
  const { store, fleet, clock, ids } = context;
  const found = [...fleet.all()].flatMap(({ hostId, report }) => (report?.drift ?? []).filter((one) => one.replicaId === replicaId).map((drift) => ({ hostId, drift })));
  const [given] = found.filter(({ drift }) => drift.state === 'given-up');
  if (found.length === 0) throw new NotFoundError('drift-unknown', `No host says that somebody changed replica ${replicaId} by hand.`);
  if (given === undefined) throw new ConflictError('drift-not-given-up', `The repair of replica ${replicaId} was not given up: it is ${found[0]!.drift.state}.`);
  return await store.tx(async (tx) => {
    const host = await hostNamed(tx, given.hostId);
    const now = clock.now();
    await putUpkeepOrder(tx, { id: ids.next(), hostId: host.id, kind: 'replica', subjectId: replicaId, verb: 'repair', note, by: actor.name, at: now });
    await appendEvent(tx, { at: now, actor: actor.name, kind: 'replica.repairs-resumed', subjectType: 'replica', subjectId: replicaId, subject: replicaId, message: `${actor.name} has replica ${replicaId} on ${host.name} repaired again`, why: note });
    tx.afterCommit(() => context.loops.wake('dispatch'));
    return { host, drift: given.drift };
  });
}

/** What goes into the assignment of a host: absent where there is nothing to say that agents do not know. */
export function upkeepFor(orders: readonly UpkeepOrderRow[], graceSeconds: number): Upkeep | undefined {
  const refs = (verb: UpkeepOrderRow['verb']) => orders.flatMap((order) => (order.verb === verb && order.kind !== 'replica' ? [{ kind: order.kind, id: order.subjectId }] : []));
  const repairAgain = orders.flatMap(({ verb, subjectId: replicaId, id: order }) => (verb === 'repair' ? [{ replicaId, order }] : []));
  const [keep, remove] = [refs('keep'), refs('remove')];
  if (orders.length === 0 && graceSeconds === USUAL_GRACE_SECONDS) return undefined;
  return {
    orphanGraceSeconds: graceSeconds,
    ...(keep.length > 0 ? { keep } : {}),
    ...(remove.length > 0 ? { remove } : {}),
    ...(repairAgain.length > 0 ? { repairAgain } : {}),
  };
}

/** What agents wait where nobody says anything else: 10 minutes. */
const USUAL_GRACE_SECONDS = 600;
