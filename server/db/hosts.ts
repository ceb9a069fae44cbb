// Hosts as declared when they joined and as people edited them since. What agents report is in host-status.ts.
import type { Host } from '#scheduler/model.ts';
import { asc, eq } from 'drizzle-orm';
import { bumpRevision } from './cluster.ts';
import { inList, listed, preparedRows } from './prepared.ts';
import { hosts, type HostState } from './schema/fleet.ts';
import type { Reader, Tx } from './store.ts';

export type HostRow = typeof hosts.$inferSelect;
export type { HostState } from './schema/fleet.ts';

/** The host as the scheduler takes it. */
export function hostOf(row: HostRow, state: HostState): Host {
  const { id, name, kind, site, rack, costCentsPerHour, performance, stability, labels, taints, environments, networkId } = row;
  return {
    id,
    name,
    kind,
    site,
    rack,
    capacity: { cpuMilli: row.cpuMilli, memoryMib: row.memoryMib },
    reserved: { cpuMilli: row.reservedCpuMilli, memoryMib: row.reservedMemoryMib },
    costCentsPerHour,
    performance,
    stability,
    labels,
    taints,
    environments,
    cordoned: row.cordonReason !== null,
    ...(row.drainReason === null ? {} : { draining: true }),
    state,
    networkId,
  };
}

export async function listHosts({ db }: Reader): Promise<HostRow[]> {
  return await db.select().from(hosts).orderBy(asc(hosts.name));
}

export async function hostByName({ db }: Reader, name: string): Promise<HostRow | undefined> {
  const [row] = await db.select().from(hosts).where(eq(hosts.name, name));
  return row;
}

export async function hostByAddress({ db }: Reader, address: string): Promise<HostRow | undefined> {
  const [row] = await db.select().from(hosts).where(eq(hosts.address, address));
  return row;
}

export async function hostById({ db }: Reader, id: string): Promise<HostRow | undefined> {
  const [row] = await db.select().from(hosts).where(eq(hosts.id, id));
  return row;
}

const byIds = preparedRows((db) => db.select().from(hosts).where(inList(hosts.id, 'ids')).prepare());

/** Rows of these hosts. */
export async function hostsById(reader: Reader, ids: readonly string[]): Promise<HostRow[]> {
  return await byIds(reader, { ids: listed(ids) });
}

export async function insertHost(tx: Tx, row: HostRow): Promise<void> {
  await bumpRevision(tx);
  await tx.db.insert(hosts).values(row);
  tx.changed('hosts', row.id);
}

export type HostEdit = Partial<Pick<HostRow, 'labels' | 'taints' | 'environments' | 'reservedCpuMilli' | 'reservedMemoryMib' | 'costCentsPerHour' | 'performance' | 'stability' | 'cordonReason' | 'drainReason'>>;

export async function updateHost(tx: Tx, id: string, edit: HostEdit): Promise<void> {
  await bumpRevision(tx);
  await tx.db.update(hosts).set(edit).where(eq(hosts.id, id));
  tx.changed('hosts', id);
}

export async function deleteHost(tx: Tx, id: string): Promise<void> {
  await bumpRevision(tx);
  await tx.db.delete(hosts).where(eq(hosts.id, id));
  tx.changed('hosts', id);
}

/** What the agent has to show from now on, as a hash. */
export async function setHostCredential(tx: Tx, id: string, credentialHash: string): Promise<void> {
  await tx.db.update(hosts).set({ credentialHash }).where(eq(hosts.id, id));
  tx.changed('hosts', id);
}
