// What an approved proposal changes of the desired state, all of it in one transaction, with what is needed to change it back.
// It decides nothing and moves nothing: the planner does, at the policy's pace.
import { isDeepStrictEqual } from 'node:util';
import type { Context } from '../context.ts';
import { appendEvent } from '../db/events.ts';
import { hostByName, updateHost } from '../db/hosts.ts';
import type { ProposalRow, Undo } from '../db/proposals.ts';
import { quotaOf } from '../db/quotas.ts';
import { insertRequest, requestById } from '../db/requests.ts';
import type { Tx } from '../db/store.ts';
import { workloadById, workloadName, type WorkloadRow } from '../db/workloads.ts';
import { ConflictError } from '../errors.ts';
import type { Change } from '../http/contract/questions.ts';
import { considerDraft } from '../requests/consider.ts';
import { takeWorkload } from '../requests/decide.ts';
import { grant } from '../requests/grant.ts';
import { enactPolicy } from './policy.ts';
import type { Present } from '../control/present.ts';
import { quoteDraft } from '../requests/quote.ts';
import type { Actor } from '../requests/submit.ts';

export interface Application {
  readonly row: ProposalRow;
  readonly asker: Actor;
  /** Of the proposal's parent revision. */
  readonly present: Present;
}

/** @returns how each change is taken back, in order. @throws ConflictError where something that it names is gone, InvalidError for an ask that cannot be */
export async function applyChanges(context: Context, tx: Tx, { row, asker, present }: Application): Promise<Undo[]> {
  const why = `proposal "${row.title}"`;
  const undo: Undo[] = [];
  for (const change of row.changes) {
    const done = await applyChange(context, tx, { change, why, asker, present });
    if (done !== undefined) undo.push(done);
  }
  return undo;
}

interface One {
  readonly change: Change;
  readonly why: string;
  readonly asker: Actor;
  readonly present: Present;
}

async function applyChange(context: Context, tx: Tx, { change, why, asker, present }: One): Promise<Undo | undefined> {
  switch (change.kind) {
    case 'policy':
      return { kind: 'policy', ...(await enactPolicy(context, tx, asker, change.record, why)) };
    case 'drain':
      return { kind: 'drain', hosts: await drain(context, tx, asker, change.hosts, why) };
    case 'grow': {
      const workload = await requireWorkload(tx, present, change.workload);
      // To the thousandth, the finest that an ask may have: the same figure as in the simulation.
      const peakQps = Math.max(0.001, Math.round(workload.ask.peakQps * change.permille) / 1000);
      await askFor(context, tx, { workload, peakQps, why, asker, present });
      return { kind: 'grow', workloadId: workload.id, before: workload.ask, after: (await workloadById(tx, workload.id))!.ask };
    }
    case 'remove': {
      const workload = await requireWorkload(tx, present, change.workload);
      await takeWorkload(context, tx, asker, workload, why);
      return { kind: 'remove', workload: change.workload };
    }
    case 'rearrange':
      return { kind: 'rearrange' };
    case 'lose':
    case 'add':
    case 'buy':
      return undefined;
  }
}

async function requireWorkload(tx: Tx, { snapshot }: Present, name: string): Promise<WorkloadRow> {
  const id = snapshot.workloads.find((each) => each.name === name)?.id;
  const row = id === undefined ? undefined : await workloadById(tx, id);
  if (row === undefined) throw new ConflictError('workload-gone', `The workload ${name} is gone: refresh the proposal.`);
  return row;
}

/** @returns the hosts that were not being drained before: only these are given back when it is undone */
async function drain({ clock }: Context, tx: Tx, asker: Actor, names: readonly string[], why: string): Promise<string[]> {
  const drained: string[] = [];
  for (const name of names) {
    const host = await hostByName(tx, name);
    if (host === undefined) throw new ConflictError('host-gone', `The host ${name} is gone: refresh the proposal.`);
    if (host.drainReason !== null) continue;
    await updateHost(tx, host.id, { drainReason: why });
    await appendEvent(tx, { at: clock.now(), actor: asker.name, kind: 'host.draining', subjectType: 'host', subjectId: host.id, subject: name, message: `${asker.name} drains ${name}`, why });
    drained.push(name);
  }
  return drained;
}

export interface Growth {
  readonly workload: WorkloadRow;
  readonly peakQps: number;
  readonly why: string;
  readonly asker: Actor;
  readonly present: Present;
}

/**
 * Asks for another peak in the name of whoever applies it: a request like any other, approved already, so that the workload's history has it.
 * All else stays as the workload has it.
 */
export async function askFor(context: Context, tx: Tx, { workload, peakQps, why, asker, present }: Growth): Promise<void> {
  const last = await requestById(tx, workload.requestId);
  if (last === undefined) throw new ConflictError('ask-gone', `What ${workloadName(workload)} asked for is no longer known: ask for its capacity anew.`);
  const { run: _run, ...asked } = last.draft;
  const draft = { ...asked, shape: workload.ask.shape, peakQps, why };
  const considered = await considerDraft(tx, present.snapshot.policy, draft, 'submit');
  const quote = quoteDraft(present, considered, await quotaOf(tx, draft.team, draft.environment), context.config.currency);
  const now = context.clock.now();
  const id = context.ids.next();
  await grant(context, tx, { requestId: id, considered, actor: asker.name, policy: present.snapshot.policy });
  await insertRequest(tx, { id, state: 'approved', team: draft.team, service: draft.service, environment: draft.environment, draft, quote, workloadId: workload.id, submittedBy: asker.name, submittedAt: now, decidedBy: asker.name, decidedAt: now, decisionReason: why });
  await appendEvent(tx, { at: now, actor: asker.name, kind: 'request.approved', subjectType: 'request', subjectId: id, subject: workloadName(workload), team: draft.team, message: `${asker.name} changed the peak of ${workloadName(workload)} from ${workload.ask.peakQps} to ${peakQps} QPS`, why });
}

/** Whether a workload still asks for what the proposal left it with. */
export const asksFor = (workload: WorkloadRow, ask: WorkloadRow['ask']): boolean => isDeepStrictEqual(workload.ask, ask);
