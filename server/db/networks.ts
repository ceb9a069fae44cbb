// Address pools, as people declared them or as a routed host brought them along.
import { asc, eq, isNotNull } from 'drizzle-orm';
import { bumpRevision } from './cluster.ts';
import { inList, listed, preparedRows } from './prepared.ts';
import { networks } from './schema/fleet.ts';
import type { Reader, Tx } from './store.ts';

export type NetworkRow = typeof networks.$inferSelect;

export async function listNetworks({ db }: Reader): Promise<NetworkRow[]> {
  return await db.select().from(networks).orderBy(asc(networks.name));
}

const byIds = preparedRows((db) => db.select().from(networks).where(inList(networks.id, 'ids')).prepare());

export async function networksById(reader: Reader, ids: readonly string[]): Promise<NetworkRow[]> {
  return await byIds(reader, { ids: listed(new Set(ids)) });
}

export async function networkByName({ db }: Reader, name: string): Promise<NetworkRow | undefined> {
  const [row] = await db.select().from(networks).where(eq(networks.name, name));
  return row;
}

export async function insertNetwork(tx: Tx, row: NetworkRow): Promise<void> {
  await bumpRevision(tx);
  await tx.db.insert(networks).values(row);
  tx.changed('networks', row.id);
}

export async function deleteNetwork(tx: Tx, id: string): Promise<void> {
  await bumpRevision(tx);
  await tx.db.delete(networks).where(eq(networks.id, id));
  tx.changed('networks', id);
}

export type NetworkChange = Pick<NetworkRow, 'first' | 'last' | 'excluded' | 'dns' | 'tunnelVni'>;

export async function updateNetwork(tx: Tx, id: string, change: NetworkChange): Promise<void> {
  await bumpRevision(tx);
  await tx.db.update(networks).set(change).where(eq(networks.id, id));
  tx.changed('networks', id);
}

/** Networks whose hosts reach one another through a tunnel, with the id of it. */
export async function tunnelledNetworks({ db }: Reader): Promise<NetworkRow[]> {
  return await db.select().from(networks).where(isNotNull(networks.tunnelVni)).orderBy(asc(networks.name));
}
