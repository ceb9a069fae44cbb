// What people do to hosts: cordon, uncordon, drain, undrain, edit, remove. Each is one transaction with its event and one revision.
import type { Context } from '../context.ts';
import { deleteReservationsOf } from '../db/address-reservations.ts';
import { closeAddress, openAddresses } from '../db/addresses.ts';
import { deleteAssignment } from '../db/assignments.ts';
import { appendEvent } from '../db/events.ts';
import { deleteHost, hostByName, type HostEdit, type HostRow, updateHost } from '../db/hosts.ts';
import { deleteHostStatus } from '../db/host-status.ts';
import { deleteNetwork, listNetworks } from '../db/networks.ts';
import { heldHosts } from '../db/maintenance.ts';
import { currentPolicy } from '../db/policies.ts';
import { replicasOfHost } from '../db/replicas.ts';
import type { Tx } from '../db/store.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import { revokeIdentity } from '../fleet/certificates.ts';
import { askMaintenance, finish, requireMaintenance, wake } from '../maintenance/maintenance.ts';
import type { Actor } from '../requests/submit.ts';

/** A host that is removed while it is silent can no longer say that its containers are gone: a day is enough to switch it off. */
const UNSEEN_QUARANTINE_MS = 86_400_000;

/** @throws NotFoundError */
export async function requireHost(reader: Parameters<typeof hostByName>[0], name: string): Promise<HostRow> {
  const row = await hostByName(reader, name);
  if (row === undefined) throw new NotFoundError('host-unknown', `There is no host ${name}.`);
  return row;
}

/** Keeps new replicas away, with a reason; the ones that are there stay. Null: takes them again. */
export async function cordonHost(context: Context, actor: Actor, name: string, reason: string | null): Promise<void> {
  await context.store.tx(async (tx) => {
    const row = await requireHost(tx, name);
    await updateHost(tx, row.id, { cordonReason: reason });
    const verb = reason === null ? 'uncordoned' : 'cordoned';
    await tell(context, tx, row, actor, `host.${verb}`, `${actor.name} ${verb} ${name}`, reason);
    tx.afterCommit(() => context.loops.wake('planner'));
  });
}

/**
 * Empties a host: nothing new comes, and what runs there goes elsewhere, each successor serving first. It is maintenance of one host, without an end.
 * @throws NotFoundError, ConflictError `host-draining` when somebody does it already
 */
export async function drainHost(context: Context, actor: Actor, name: string, reason: string): Promise<void> {
  await context.store.read((reader) => requireHost(reader, name));
  await askMaintenance(context, actor, { hosts: [name], why: reason, pace: {}, bringBack: false });
}

/** Lets a host that is being drained take replicas again; what has left does not come back by itself. @throws NotFoundError, ConflictError `host-not-draining` */
export async function undrainHost(context: Context, actor: Actor, name: string): Promise<void> {
  await context.store.tx(async (tx) => {
    const row = await requireHost(tx, name);
    if (row.drainReason === null) throw new ConflictError('host-not-draining', `Host ${name} is not being drained.`);
    const held = (await heldHosts(tx)).find(({ hostId }) => hostId === row.id);
    if (held !== undefined) await finish(context, tx, { row: await requireMaintenance(tx, held.maintenanceId), actor: actor.name, reason: '', bringBack: false, hostIds: new Set([row.id]) });
    else {
      await updateHost(tx, row.id, { drainReason: null });
      await tell(context, tx, row, actor, 'host.undrained', `${actor.name} lets ${name} take new replicas again`, null);
    }
    tx.afterCommit(() => wake(context));
  });
}

export interface HostChange {
  readonly labels?: Record<string, string> | undefined;
  readonly taints?: string[] | undefined;
  readonly environments?: string[] | undefined;
  readonly reserved?: { readonly cpuMilli?: number | undefined; readonly memoryMib?: number | undefined } | undefined;
  readonly costCentsPerHour?: number | undefined;
  /** 0..100 */
  readonly performance?: number | undefined;
  readonly stability?: number | undefined;
}

/** @throws InvalidError when an environment is unknown or the reservation is larger than the host */
export async function editHost(context: Context, actor: Actor, name: string, change: HostChange): Promise<void> {
  await context.store.tx(async (tx) => {
    const row = await requireHost(tx, name);
    const { environments: known } = (await currentPolicy(tx)).record;
    for (const environment of change.environments ?? []) {
      if (!Object.hasOwn(known, environment)) throw new InvalidError('environment-unknown', `environments has ${environment}, which is not one of ${Object.keys(known).join(', ')}.`, [{ field: 'environments', value: environment, message: 'is not an environment', allowed: Object.keys(known).join(', ') }]);
    }
    const edit: HostEdit = {
      ...(change.labels === undefined ? {} : { labels: change.labels }),
      ...(change.taints === undefined ? {} : { taints: change.taints }),
      ...(change.environments === undefined ? {} : { environments: change.environments }),
      ...(change.costCentsPerHour === undefined ? {} : { costCentsPerHour: change.costCentsPerHour }),
      ...(change.performance === undefined ? {} : { performance: change.performance }),
      ...(change.stability === undefined ? {} : { stability: change.stability }),
      reservedCpuMilli: reserve('reserved.cpuMilli', change.reserved?.cpuMilli ?? row.reservedCpuMilli, row.cpuMilli),
      reservedMemoryMib: reserve('reserved.memoryMib', change.reserved?.memoryMib ?? row.reservedMemoryMib, row.memoryMib),
    };
    await updateHost(tx, row.id, edit);
    await tell(context, tx, row, actor, 'host.edited', `${actor.name} edited ${name}: ${Object.entries(change).filter(([, value]) => value !== undefined).map(([field]) => field).join(', ')}`, null);
    tx.afterCommit(() => context.loops.wake('planner'));
  });
}

function reserve(field: string, value: number, capacity: number): number {
  if (value > capacity) throw new InvalidError('reserved-too-much', `${field} is ${value}: the host has ${capacity}.`, [{ field, value, message: 'is more than the host has', allowed: `0 to ${capacity}` }]);
  return value;
}

/**
 * Forgets a host: only one that runs nothing, or that is lost. Its credential ends, and its addresses go into quarantine.
 * @throws ConflictError `host-in-use`
 */
export async function removeHost(context: Context, actor: Actor, name: string): Promise<void> {
  const { store, fleet, clock, config, connections, loops } = context;
  await store.tx(async (tx) => {
    const now = clock.now();
    const row = await requireHost(tx, name);
    const replicas = await replicasOfHost(tx, row.id);
    if (replicas.length > 0 && !isSilent(context, row.id, now)) {
      throw new ConflictError('host-in-use', `Host ${name} runs ${replicas.length} replicas: drain it first. Only a host that is lost or empty can be removed.`);
    }
    const rest = isSilent(context, row.id, now) ? UNSEEN_QUARANTINE_MS : config.quarantineMs;
    for (const held of await openAddresses(tx, row.id)) await closeAddress(tx, held, now, now + rest);
    await deleteAssignment(tx, row.id);
    await deleteHostStatus(tx, row.id);
    await revokeIdentity(context, tx, row, { by: actor.name, why: 'the host was removed' });
    await deleteHost(tx, row.id);
    const own = (await listNetworks(tx)).filter((network) => network.hostId === row.id).map(({ id }) => id);
    await deleteReservationsOf(tx, own);
    for (const id of own) await deleteNetwork(tx, id);
    await tell(context, tx, row, actor, 'host.removed', `${actor.name} removed ${name}`, null);
    tx.afterCommit(() => {
      fleet.forget(row.id);
      connections.end(row.id, 'this host was removed', { retryAfterMs: 0, final: true });
      loops.wake('planner');
    });
  });
}

/** Lost, or silent for its whole lease where the verdict is held: the person who removes it has looked. */
function isSilent({ fleet, config }: Context, hostId: string, now: number): boolean {
  const host = fleet.get(hostId);
  return host === undefined || host.state === 'lost' || (host.state === 'suspect' && now - (host.lastSeenAt ?? 0) > config.leaseMs);
}

async function tell({ clock }: Context, tx: Tx, row: HostRow, actor: Actor, kind: string, message: string, why: string | null): Promise<void> {
  await appendEvent(tx, { at: clock.now(), actor: actor.name, kind, subjectType: 'host', subjectId: row.id, subject: row.name, message, why });
}
