// Certificates that were issued to hosts: which is in use, and which are refused for ever.
import { and, desc, eq, isNull } from 'drizzle-orm';
import { certificates } from './schema/identity.ts';
import type { Reader, Tx } from './store.ts';

export type CertificateRow = typeof certificates.$inferSelect;

/** Newest first. */
export async function certificatesOfHost({ db }: Reader, hostId: string): Promise<CertificateRow[]> {
  return await db.select().from(certificates).where(eq(certificates.hostId, hostId)).orderBy(desc(certificates.issuedAt), desc(certificates.serial));
}

export async function certificateBySerial({ db }: Reader, serial: string): Promise<CertificateRow | undefined> {
  const [row] = await db.select().from(certificates).where(eq(certificates.serial, serial));
  return row;
}

/** Of every host, in no order. */
export async function listCertificates({ db }: Reader): Promise<CertificateRow[]> {
  return await db.select().from(certificates);
}

export async function insertCertificate(tx: Tx, row: CertificateRow): Promise<void> {
  await tx.db.insert(certificates).values(row);
  tx.changed('hosts', row.hostId);
}

/** Remembers that a session began with it. */
export async function markCertificateUsed(tx: Tx, serial: string, at: number): Promise<void> {
  await tx.db.update(certificates).set({ usedAt: at }).where(eq(certificates.serial, serial));
}

/** Refuses every certificate of a host for ever. @returns how many were not revoked before */
export async function revokeCertificates(tx: Tx, hostId: string, { at, by, why }: { readonly at: number; readonly by: string; readonly why: string }): Promise<number> {
  const rows = await tx.db.update(certificates).set({ revokedAt: at, revokedBy: by, revokedWhy: why }).where(and(eq(certificates.hostId, hostId), isNull(certificates.revokedAt))).returning({ serial: certificates.serial });
  tx.changed('hosts', hostId);
  return rows.length;
}
