// Names that clients ask for, with the weights that people set.
import { asc, eq } from 'drizzle-orm';
import { dnsNames } from './schema/sites.ts';
import type { Reader, Tx } from './store.ts';

export type DnsNameRow = typeof dnsNames.$inferSelect;

export async function listDnsNames({ db }: Reader): Promise<DnsNameRow[]> {
  return await db.select().from(dnsNames).orderBy(asc(dnsNames.name));
}

export async function dnsNameByName({ db }: Reader, name: string): Promise<DnsNameRow | undefined> {
  const [row] = await db.select().from(dnsNames).where(eq(dnsNames.name, name));
  return row;
}

export async function putDnsName(tx: Tx, row: DnsNameRow): Promise<void> {
  const { name: _name, ...rest } = row;
  await tx.db.insert(dnsNames).values(row).onConflictDoUpdate({ target: dnsNames.name, set: rest });
  tx.changed('names', row.name);
}

export async function deleteDnsName(tx: Tx, name: string): Promise<void> {
  await tx.db.delete(dnsNames).where(eq(dnsNames.name, name));
  tx.changed('names', name);
}
