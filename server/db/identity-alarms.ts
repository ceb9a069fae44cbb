// Machines that claimed an identity which another machine has. An alarm stays open until somebody answers it.
import { and, desc, eq, isNull } from 'drizzle-orm';
import { identityAlarms } from './schema/identity.ts';
import type { Reader, Tx } from './store.ts';

export type AlarmRow = typeof identityAlarms.$inferSelect;
export type { Machine } from './schema/identity.ts';

/** Newest first. */
export async function listAlarms({ db }: Reader): Promise<AlarmRow[]> {
  return await db.select().from(identityAlarms).orderBy(desc(identityAlarms.lastAt)).limit(1000);
}

export async function alarmById({ db }: Reader, id: string): Promise<AlarmRow | undefined> {
  const [row] = await db.select().from(identityAlarms).where(eq(identityAlarms.id, id));
  return row;
}

export async function alarmsOfHost({ db }: Reader, hostId: string): Promise<AlarmRow[]> {
  return await db.select().from(identityAlarms).where(eq(identityAlarms.hostId, hostId)).orderBy(desc(identityAlarms.lastAt));
}

export async function insertAlarm(tx: Tx, row: AlarmRow): Promise<void> {
  await tx.db.insert(identityAlarms).values(row);
  tx.changed('hosts', row.hostId);
}

/** The same machine tried again. */
export async function repeatAlarm(tx: Tx, { id, hostId }: Pick<AlarmRow, 'id' | 'hostId'>, attempts: number, at: number): Promise<void> {
  await tx.db.update(identityAlarms).set({ attempts, lastAt: at }).where(eq(identityAlarms.id, id));
  tx.changed('hosts', hostId);
}

export type AlarmAnswer = Required<Pick<AlarmRow, 'verdict' | 'answeredBy' | 'answeredAt' | 'answeredWhy'>>;

export async function answerAlarm(tx: Tx, { id, hostId }: Pick<AlarmRow, 'id' | 'hostId'>, answer: AlarmAnswer): Promise<void> {
  await tx.db.update(identityAlarms).set(answer).where(eq(identityAlarms.id, id));
  tx.changed('hosts', hostId);
}

/** Answers every alarm of a host that is open. */
export async function answerAlarmsOfHost(tx: Tx, hostId: string, answer: AlarmAnswer): Promise<void> {
  await tx.db.update(identityAlarms).set(answer).where(and(eq(identityAlarms.hostId, hostId), isNull(identityAlarms.answeredAt)));
}
