// Which of two survives when a host that was lost comes back: what runs there still, or what was started elsewhere in its place. A holding of an address
// is an epoch: one replica, one address, one host, opened once, and ended only by its own host's word. So the two have different addresses, and whichever
// goes keeps its address to itself until its host has said that it is gone. The one that came later stays if it serves; else the older one does, and
// what was started in its place is cancelled. Decided before the host is told anything.
import type { ObservedReplica } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { type AddressRow, letGo, openAddresses, takeBack } from '../db/addresses.ts';
import { bumpRevision } from '../db/cluster.ts';
import { appendEvent } from '../db/events.ts';
import { hostById, type HostRow } from '../db/hosts.ts';
import { putReplicas, replicaById, replicaOf, type ReplicaRow, replicasOfHost, replicasOfWorkloads } from '../db/replicas.ts';
import { appendTimeline } from '../db/timeline.ts';
import type { Tx } from '../db/store.ts';
import { serves } from './successors.ts';

export interface Survival {
  /** Replicas that stay on the host that came back, by name. */
  readonly kept: readonly string[];
  /** Replicas that serve elsewhere by now: what is left of them here stops. */
  readonly stopped: readonly string[];
}

/** Decides for every replica that the host held when it was lost, in the transaction that calls it back. */
export async function decideSurvivors(context: Context, tx: Tx, hostId: string, now: number): Promise<Survival> {
  const host = await hostById(tx, hostId);
  const seen = context.fleet.get(hostId);
  if (host === undefined || seen === undefined) return { kept: [], stopped: [] };
  const kept: string[] = [];
  const stopped: string[] = [];
  for (const holding of await openAddresses(tx, hostId)) {
    const observed = seen.replicas.get(holding.replicaId);
    if (holding.letGoAt === null || observed === undefined) continue;
    const row = await replicaById(tx, holding.replicaId);
    const stays = row !== undefined && isSurvivor(holding, observed, row) && !serves(context, row) && !(await isPaired(tx, row)) && (await mayStay(tx, host, row));
    if (!stays) {
      if (observed.state === 'running') stopped.push(holding.replica);
      continue;
    }
    await keepHere(context, tx, holding, row, now);
    kept.push(holding.replica);
  }
  // Rows and addresses both changed: the present is read anew.
  if (kept.length > 0) await bumpRevision(tx);
  if (kept.length + stopped.length > 0) {
    const sentence = [kept.length > 0 ? `${kept.join(', ')} stay here, since what was started in their place did not serve yet` : '', stopped.length > 0 ? `${stopped.join(', ')} were replaced and stop here` : ''].filter((part) => part !== '').join('; ');
    await appendTimeline(tx, { hostId, at: now, kind: 'replica', grounds: { code: 'survivors', data: { kept, stopped }, sentence } });
  }
  return { kept, stopped };
}

/** It runs here as it should, under the holding that was given up, and is recorded elsewhere or nowhere. */
function isSurvivor(holding: AddressRow, observed: ObservedReplica, row: ReplicaRow): boolean {
  if (row.hostId === holding.hostId || row.address === holding.address || observed.state !== 'running') return false;
  if (observed.address !== holding.address || (observed.release !== undefined && observed.release !== row.releaseId)) return false;
  // Another size would have to be put through the planner.
  return (observed.cpuMilli ?? row.cpuMilli) === row.cpuMilli && (observed.memoryMib ?? row.memoryMib) === row.memoryMib;
}

async function isPaired(tx: Tx, row: ReplicaRow): Promise<boolean> {
  return row.replaces !== null || (await replicasOfWorkloads(tx, [row.workloadId])).some(({ replaces }) => replaces === row.id);
}

/** Nobody wants the host emptied, and it has the room that it had. */
async function mayStay(tx: Tx, host: HostRow, row: ReplicaRow): Promise<boolean> {
  if (host.cordonReason !== null || host.drainReason !== null) return false;
  const there = await replicasOfHost(tx, host.id);
  const sum = (field: 'cpuMilli' | 'memoryMib') => there.reduce((total, each) => total + each[field], row[field]);
  return sum('cpuMilli') <= host.cpuMilli - host.reservedCpuMilli && sum('memoryMib') <= host.memoryMib - host.reservedMemoryMib;
}

async function keepHere(context: Context, tx: Tx, holding: AddressRow, row: ReplicaRow, now: number): Promise<void> {
  const elsewhere = row.hostId === null ? undefined : await hostById(tx, row.hostId);
  await letGo(tx, [row.id], now);
  await takeBack(tx, holding);
  await putReplicas(tx, [{ ...replicaOf(row), hostId: holding.hostId, address: holding.address }], now);
  const message = `${holding.replica} stays on ${holding.host}, which came back${elsewhere === undefined ? '' : `; its replacement on ${elsewhere.name} is cancelled`}`;
  await appendEvent(tx, { at: now, actor: 'firn', kind: 'replica.kept', subjectType: 'replica', subjectId: row.id, subject: holding.replica, message, why: elsewhere === undefined ? 'it waited for room' : 'its replacement did not serve yet' });
  if (elsewhere !== undefined) await appendTimeline(tx, { hostId: elsewhere.id, at: now, kind: 'replica', grounds: { code: 'replacement-cancelled', data: { replica: holding.replica, host: holding.host }, sentence: `${holding.replica} is cancelled here: ${holding.host} came back with it` } });
  tx.changed('hosts', holding.hostId, ...(elsewhere === undefined ? [] : [elsewhere.id]));
}
