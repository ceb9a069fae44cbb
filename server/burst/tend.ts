// Looks after one VM: what is seen of it goes through the scheduler's `advance`, the result is written with its history and event, and then what is to
// be done outside is begun. Safe at any time and as often as wanted; the row is read in the transaction that writes it.
import { advance, type Will } from '#scheduler/burst/advance.ts';
import type { Order, Seen } from '#scheduler/burst/model.ts';
import type { Context } from '../context.ts';
import { drainHost, removeHost, undrainHost } from '../control/hosts.ts';
import { type BurstVmRow, findVm, updateVm } from '../db/burst-vms.ts';
import { appendEvent } from '../db/events.ts';
import { hostById, hostByName, type HostRow } from '../db/hosts.ts';
import { deleteJoinToken, joinTokensById } from '../db/join-tokens.ts';
import { replicasOfHost } from '../db/replicas.ts';
import type { Reader, Tx } from '../db/store.ts';
import { DomainError } from '../errors.ts';
import { beginCall } from './calls.ts';
import { vmMemory } from './memory.ts';
import { rowOf, vmOf } from './vm-of.ts';

export const STAYS: Will = { retreat: null, recall: null };
const FIRN = { id: 'firn', name: 'firn' };

/** @param actor who wants it, for history; what nobody wants is done by `firn` */
export async function tend(context: Context, vmId: string, will: Will = STAYS, actor = 'firn'): Promise<void> {
  const { store, clock } = context;
  const done = await store.tx(async (tx) => {
    const row = await findVm(tx, vmId);
    if (row === undefined) return undefined;
    const now = clock.now();
    const host = await hostOfVm(tx, row);
    const { vm, order } = advance(vmOf(row), await seenOf(context, tx, row, host), will, now);
    const next = { ...rowOf(row, vm), ...(vm.state === row.state || vm.state === 'emptying' || vm.state === 'emptied' ? {} : { sparedSince: null }) };
    if (JSON.stringify(next) === JSON.stringify(row)) return { row, host, order };
    await updateVm(tx, row, next, actor, now);
    if (next.state !== row.state || next.reason.code !== row.reason.code) {
      await appendEvent(tx, { at: now, actor, kind: `burst.vm-${next.state}`, subjectType: 'burst-vm', subjectId: row.id, subject: row.name, message: `${row.name}: ${next.reason.sentence}` });
    }
    // Nobody joins with a token of a machine that is given back, nor with the others of one that has joined: each try to make it had its own.
    if (next.state === 'releasing' && row.state !== 'releasing') for (const id of row.tokenIds) await deleteJoinToken(tx, id);
    else if (next.hostId !== null && row.hostId === null) for (const { id, usedBy } of await joinTokensById(tx, row.tokenIds)) if (usedBy === null) await deleteJoinToken(tx, id);
    if (next.state === 'releasing' && row.state !== 'releasing') tx.afterCommit(() => forgetFailures(context, row.id));
    return { row: next, host, order };
  });
  if (done !== undefined && done.order !== null) await carryOut(context, done.row, done.host, done.order);
}

/** Failures of making a machine say nothing of giving it back. */
function forgetFailures({ burst }: Context, vmId: string): void {
  const memory = vmMemory(burst, vmId);
  memory.failure = null;
  memory.notBefore = Number.NEGATIVE_INFINITY;
}

/** By what joined with one of its tokens, whatever it calls itself. */
export async function hostOfVm(reader: Reader, { hostId, tokenIds }: BurstVmRow): Promise<HostRow | undefined> {
  if (hostId !== null) return await hostById(reader, hostId);
  const [used] = (await joinTokensById(reader, tokenIds)).flatMap(({ usedBy }) => usedBy ?? []);
  return used === undefined ? undefined : await hostByName(reader, used);
}

async function seenOf({ burst, fleet }: Context, tx: Tx, row: BurstVmRow, host: HostRow | undefined): Promise<Seen> {
  const memory = vmMemory(burst, row.id);
  const observed = host === undefined ? undefined : fleet.get(host.id);
  return {
    machine: memory.machine,
    isCalling: memory.call !== null,
    failure: memory.failure,
    host:
      host === undefined
        ? null
        : {
            hostId: host.id,
            state: fleet.stateOf(host.id),
            since: observed?.since ?? host.joinedAt,
            capacity: { cpuMilli: host.cpuMilli, memoryMib: host.memoryMib },
            // What is to run there, or still does: a container that is stopping in good order is not cut off.
            replicas: Math.max((await replicasOfHost(tx, host.id)).length, observed?.state === 'lost' ? 0 : (observed?.replicas.size ?? 0)),
            isDraining: host.drainReason !== null,
          },
  };
}

async function carryOut(context: Context, row: BurstVmRow, host: HostRow | undefined, order: Order): Promise<void> {
  if (order === 'drain' || order === 'undrain' || order === 'remove-host') {
    if (host === undefined) return;
    try {
      if (order === 'drain') await drainHost(context, FIRN, host.name, row.reason.sentence);
      else if (order === 'undrain') await undrainHost(context, FIRN, host.name);
      else await removeHost(context, FIRN, host.name);
    } catch (error) {
      // Somebody did it already, or something runs there again: the next look sees it as it is.
      if (!(error instanceof DomainError)) throw error;
      context.log.info({ vm: row.name, order, reason: error.message }, 'burst.refused');
    }
    context.loops.wake('burst');
    return;
  }
  beginCall(context, row, order);
}
