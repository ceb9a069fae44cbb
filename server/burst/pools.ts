// Pools of cloud VMs that could be bought: what buying and why-not may reckon with. They change no plan and no revision.
import type { Context } from '../context.ts';
import { appendEvent } from '../db/events.ts';
import { currentPolicy } from '../db/policies.ts';
import { deletePool, poolByName, type PoolRow, putPool } from '../db/pools.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import type { z } from '../http/contract/common.ts';
import type { PoolEdit } from '../http/contract/questions.ts';
import type { Actor } from '../requests/submit.ts';

/** Writes a pool, whole. @throws InvalidError for an environment that the policy does not know */
export async function setPool({ store, ids, clock }: Context, actor: Actor, name: string, edit: z.output<typeof PoolEdit>): Promise<PoolRow> {
  return await store.tx(async (tx) => {
    const known = Object.keys((await currentPolicy(tx)).record.environments);
    for (const [index, environment] of edit.environments.entries()) {
      if (!known.includes(environment)) throw new InvalidError('environment-unknown', `environments.${index} is ${environment}, which is not one of ${known.join(', ')}.`, [{ field: `environments.${index}`, value: environment, message: 'is not an environment', allowed: known.join(', ') }]);
    }
    const before = await poolByName(tx, name);
    const { capacity, limit, ...rest } = edit;
    const row: PoolRow = { id: before?.id ?? ids.next(), name, ...rest, ...capacity, mostHosts: limit };
    await putPool(tx, row);
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: before === undefined ? 'pool.added' : 'pool.edited', subjectType: 'pool', subjectId: row.id, subject: name, message: `${actor.name} ${before === undefined ? 'added' : 'edited'} pool ${name}: up to ${limit} of ${capacity.cpuMilli / 1000} cores at ${edit.costCentsPerHour} cents an hour` });
    return row;
  });
}

/** @throws NotFoundError */
export async function removePool({ store, clock }: Context, actor: Actor, name: string): Promise<void> {
  await store.tx(async (tx) => {
    const row = await poolByName(tx, name);
    if (row === undefined) throw new NotFoundError('pool-unknown', `There is no pool ${name}.`);
    await deletePool(tx, row.id);
    await appendEvent(tx, { at: clock.now(), actor: actor.name, kind: 'pool.removed', subjectType: 'pool', subjectId: row.id, subject: name, message: `${actor.name} removed pool ${name}` });
  });
}
