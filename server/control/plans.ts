// Plans that a person asks for: proposed without effect, and applied while their parent stands.
import { check } from '#scheduler/check.ts';
import type { Context } from '../context.ts';
import { readCluster } from '../db/cluster.ts';
import { appendEvent } from '../db/events.ts';
import { insertPlan, planById, type PlanRow, settlePlan } from '../db/plans.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { applyPlan } from './apply.ts';
import { readMoves, recordMoves } from './moves.ts';
import { announce, planRow, propose } from './planner.ts';
import type { Actor } from '../requests/submit.ts';
import { serves } from './successors.ts';

/** What the planner would do now, stored as a proposal; the same code, and no effect. */
export async function proposePlan(context: Context, actor: Actor): Promise<PlanRow> {
  const present = await context.present.read();
  const draft = propose(context, present, await readMoves(context, present.snapshot.policy.movesPerHour));
  const row = planRow(context, draft, actor.name);
  await context.store.tx((tx) => insertPlan(tx, row));
  await context.recorder.note(row.id, present, draft.input);
  return row;
}

/**
 * Applies a proposal: hosts are checked again, and what one cannot take is refused with a reason.
 * @throws NotFoundError, ConflictError `plan-decided` or `plan-stale`, ConflictError `plan-refused` when it breaks an invariant
 */
export async function applyProposal(context: Context, actor: Actor, id: string): Promise<PlanRow> {
  const { store, clock, loops } = context;
  const present = await context.present.read();
  const outcome = await store.tx(async (tx): Promise<PlanRow | ConflictError> => {
    const row = await planById(tx, id);
    if (row === undefined) throw new NotFoundError('plan-unknown', `There is no plan ${id}.`);
    if (row.state !== 'proposed' && row.state !== 'stale') throw new ConflictError('plan-decided', `This plan is ${row.state}: only a proposal can be applied.`);
    const { revision } = await readCluster(tx);
    if (revision !== row.parent || present.revision !== revision) {
      await settlePlan(tx, id, { state: 'stale' });
      return new ConflictError('plan-stale', `The plan was made from revision ${row.parent}, and the desired state is at revision ${revision} now: propose it again.`);
    }
    // The desired state is that of the parent; with the states that hosts had then, this is the snapshot that the plan was made from.
    const snapshot = { ...present.snapshot, hosts: present.snapshot.hosts.map((host) => ({ ...host, state: row.hostStates[host.id] ?? ('ready' as const) })) };
    const silent = new Set(row.body.steps.some(({ kind }) => kind === 'renew') ? snapshot.replicas.filter((replica) => !serves(context, replica)).map(({ id }) => id) : []);
    const violations = check(snapshot, row.body, silent);
    if (violations.length > 0) {
      const why = violations.slice(0, 5).map(({ subject, message }) => `${subject}: ${message}`).join('; ');
      await settlePlan(tx, id, { state: 'refused' });
      await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: 'plan.refused', subjectType: 'plan', subjectId: id, subject: `plan ${row.verb}`, message: 'a plan that breaks an invariant was not applied', why });
      return new ConflictError('plan-refused', `The plan breaks an invariant and was not applied: ${why}.`);
    }
    const applied = await applyPlan(context, tx, row.body);
    const settled = { state: Object.keys(applied.refused).length > 0 ? ('partly-applied' as const) : ('applied' as const), appliedAt: clock.now(), revision: applied.revision, refused: applied.refused };
    await settlePlan(tx, id, settled);
    await recordMoves(context, tx, row.body, applied.refused);
    await announce(context, tx, row, applied.refused, actor.name);
    tx.afterCommit(() => {
      loops.wake('dispatch');
      loops.wake('planner');
    });
    return { ...row, ...settled };
  });
  if (outcome instanceof ConflictError) throw outcome;
  return outcome;
}
