// Takes an applied proposal back, in one transaction, last change first: the policy before as a new version, hosts take new replicas again, the
// old peak is asked for, and what was moved on request moves back where it came from. What others changed since is not trampled on.
import type { Context } from '../context.ts';
import { appendEvent } from '../db/events.ts';
import { hostByName, updateHost } from '../db/hosts.ts';
import { insertMoves, movesOf, settleMove } from '../db/proposal-moves.ts';
import { currentPolicy, policyByVersion } from '../db/policies.ts';
import type { ProposalRow, Undo } from '../db/proposals.ts';
import { listReplicas } from '../db/replicas.ts';
import type { Tx } from '../db/store.ts';
import { workloadById, workloadName } from '../db/workloads.ts';
import { ConflictError } from '../errors.ts';
import { enactPolicy } from './policy.ts';
import { type Application, askFor, asksFor } from './apply.ts';

/** @throws ConflictError `changed-since` naming what somebody else changed meanwhile: nothing is changed then */
export async function undoChanges(context: Context, tx: Tx, application: Application): Promise<void> {
  for (const undo of (application.row.undo ?? []).toReversed()) await undoChange(context, tx, undo, application);
  await turnBack(tx, application.row);
}

async function undoChange(context: Context, tx: Tx, undo: Undo, { row, asker, present }: Application): Promise<void> {
  const why = `takes back proposal "${row.title}"`;
  switch (undo.kind) {
    case 'policy': {
      const current = await currentPolicy(tx);
      if (current.version !== undo.version) throw new ConflictError('changed-since', `The policy is at version ${current.version} now, changed by ${current.createdBy} after this proposal made version ${undo.version}: propose what should count instead.`);
      const before = await policyByVersion(tx, undo.before);
      if (before === undefined) throw new ConflictError('changed-since', `Version ${undo.before} of the policy is not known any more.`);
      await enactPolicy(context, tx, asker, before.record, why);
      return;
    }
    case 'drain':
      for (const name of undo.hosts) await takeAgain(context, tx, asker.name, name, why);
      return;
    case 'grow': {
      const workload = await workloadById(tx, undo.workloadId);
      if (workload === undefined) throw new ConflictError('changed-since', 'The workload that it grew is gone.');
      if (!asksFor(workload, undo.after)) throw new ConflictError('changed-since', `${workloadName(workload)} was asked for anew since: change its ask instead.`);
      await askFor(context, tx, { workload, peakQps: undo.before.peakQps, why, asker, present });
      return;
    }
    case 'remove':
      throw new ConflictError('not-undoable', `It gave all capacity of ${undo.workload} back: ask for it again.`);
    case 'rearrange':
      return;
  }
}

async function takeAgain({ clock }: Context, tx: Tx, actor: string, name: string, why: string): Promise<void> {
  const host = await hostByName(tx, name);
  // Gone or taken up again by somebody: there is nothing to take back.
  if (host === undefined || host.drainReason === null) return;
  await updateHost(tx, host.id, { drainReason: null });
  await appendEvent(tx, { at: clock.now(), actor, kind: 'host.undrained', subjectType: 'host', subjectId: host.id, subject: name, message: `${actor} lets ${name} take new replicas again`, why });
}

/** Moves that were asked for go back, the last one first, as whoever stands there now; those that did not happen are not begun. */
async function turnBack(tx: Tx, { id }: ProposalRow): Promise<void> {
  const rows = await movesOf(tx, [id]);
  const replicas = new Map((await listReplicas(tx)).map((replica) => [replica.id, replica]));
  let ordinal = rows.length;
  const back = rows.toReversed().flatMap((row) => {
    const replica = row.isWish && row.state === 'done' ? replicas.get(row.successorId ?? '') : undefined;
    if (replica === undefined || replica.hostId !== row.hostId) return [];
    ordinal += 1;
    const name = row.replica.replace(/-\d+$/, '');
    return [{ ...row, ordinal, replicaId: replica.id, replica: `${name}-${replica.ordinal}`, fromHostId: row.hostId, fromHost: row.host, hostId: row.fromHostId, host: row.fromHost, isUndo: true, state: 'open' as const, reason: null, successorId: null }];
  });
  for (const row of rows) if (row.state === 'open') await settleMove(tx, row, { state: 'declined', reason: 'the proposal was taken back first' });
  await insertMoves(tx, back);
}
