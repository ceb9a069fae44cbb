// A new version of the placement policy: refused where it would take away what approved workloads rely on, or where somebody was faster.
import type { Context } from '../context.ts';
import { appendEvent } from '../db/events.ts';
import { currentPolicy, insertPolicy, type PolicyRow } from '../db/policies.ts';
import type { Tx } from '../db/store.ts';
import { listWorkloads, workloadName } from '../db/workloads.ts';
import { ConflictError, InvalidError } from '../errors.ts';
import type { PolicyEdit } from '../http/contract/plans.ts';
import type { z } from '../http/contract/common.ts';
import type { Actor } from './submit.ts';

/** @throws ConflictError `policy-changed` when `ifVersion` is not the current one, InvalidError by field */
export async function setPolicy({ store, clock, loops }: Context, actor: Actor, { record, ifVersion, why }: z.output<typeof PolicyEdit>): Promise<PolicyRow> {
  return await store.tx(async (tx) => {
    const current = await currentPolicy(tx);
    if (current.version !== ifVersion) {
      throw new ConflictError('policy-changed', `The policy is at version ${current.version}, changed by ${current.createdBy}, and yours was made from version ${ifVersion}: look at it again.`, [{ field: 'ifVersion', value: ifVersion, message: 'is not the current version', allowed: String(current.version) }]);
    }
    await refuseMisfits(tx, record);
    const row: PolicyRow = { version: current.version + 1, record, createdBy: actor.name, createdAt: clock.now(), why };
    await insertPolicy(tx, row);
    await appendEvent(tx, { at: row.createdAt, actor: actor.name, kind: 'policy.changed', subjectType: 'policy', subjectId: String(row.version), subject: `policy ${row.version}`, message: `${actor.name} changed the placement policy to version ${row.version}`, why });
    tx.afterCommit(() => loops.wake('planner'));
    return row;
  });
}

async function refuseMisfits(tx: Tx, record: PolicyRow['record']): Promise<void> {
  if (!Object.hasOwn(record.shapes, record.defaultShape)) throw misfit('record.defaultShape', record.defaultShape, 'is not a shape of the record', Object.keys(record.shapes).join(', ') || 'add a shape first');
  if (Object.keys(record.environments).length === 0) throw misfit('record.environments', '{}', 'must name at least one environment', 'dev, staging, gray, production or names of your own');
  for (const row of await listWorkloads(tx)) {
    if (!Object.hasOwn(record.environments, row.environment)) throw misfit('record.environments', row.environment, `is missing, and ${workloadName(row)} runs there`, `${row.environment} must stay until its workloads are given back`);
    if (!Object.hasOwn(record.shapes, row.ask.shape)) throw misfit('record.shapes', row.ask.shape, `is missing, and ${workloadName(row)} uses it`, `${row.ask.shape} must stay until nobody uses it`);
  }
}

function misfit(field: string, value: string, message: string, allowed: string): InvalidError {
  return new InvalidError('policy-invalid', `${field}: ${value} ${message} (allowed: ${allowed}).`, [{ field, value, message, allowed }]);
}
