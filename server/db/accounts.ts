// Teams, users, grants, sessions and API tokens: the only file that reads and writes their tables. Takes a reader or an
// open transaction, gives rows and plain objects. Knows no passwords and no secrets, only their hashes, and decides nothing:
// what may be done is http/permissions.ts.
import { and, asc, desc, eq, lt, ne, sql } from 'drizzle-orm';
import type { Grant } from '../http/permissions.ts';
import { preparedRows } from './prepared.ts';
import { apiTokens, grants, sessions, teams, users } from './schema/accounts.ts';
import type { Reader, Tx } from './store.ts';

export type TeamRow = typeof teams.$inferSelect;
export type UserRow = typeof users.$inferSelect;
export type SessionRow = typeof sessions.$inferSelect;
export type TokenRow = typeof apiTokens.$inferSelect;
/** A user with the roles they were given. */
export interface Account extends UserRow {
  readonly grants: readonly Grant[];
}

// Teams

/** By name. */
export const listTeams = async (reader: Reader): Promise<TeamRow[]> => allTeams(reader);
const allTeams = preparedRows((db) => db.select().from(teams).orderBy(asc(teams.name)).prepare());
export const teamByName = async (reader: Reader, name: string): Promise<TeamRow | undefined> => (await teamNamed(reader, { name }))[0];
const teamNamed = preparedRows((db) => db.select().from(teams).where(eq(teams.name, sql.placeholder('name'))).prepare());

/** The name must be free: ask `teamByName` in the same transaction. */
export async function insertTeam(tx: Tx, row: TeamRow): Promise<void> {
  await tx.db.insert(teams).values(row);
  tx.changed('accounts', row.id);
}

// Users

export const countUsers = async ({ db }: Reader): Promise<number> => db.$count(users);

// Every call of the API asks these.
const grantsOf = preparedRows((db) => db.select({ id: grants.id, team: grants.team, role: grants.role }).from(grants).where(eq(grants.userId, sql.placeholder('id'))).prepare());
const userOf = preparedRows((db) => db.select().from(users).where(eq(users.id, sql.placeholder('id'))).prepare());
const sessionOf = preparedRows((db) => db.select().from(sessions).where(eq(sessions.id, sql.placeholder('id'))).prepare());
const tokenOf = preparedRows((db) => db.select().from(apiTokens).where(eq(apiTokens.id, sql.placeholder('id'))).prepare());

async function withGrants(reader: Reader, user: UserRow | undefined): Promise<Account | undefined> {
  if (user === undefined) return undefined;
  // Ordered here: setting up to sort takes SQLite longer than finding the few.
  const held = (await grantsOf(reader, { id: user.id })).sort((one, other) => (one.id < other.id ? -1 : 1));
  return { ...user, grants: held.map(({ team, role }) => ({ team, role })) };
}
export const accountByName = async (reader: Reader, name: string): Promise<Account | undefined> => withGrants(reader, (await reader.db.select().from(users).where(eq(users.name, name)))[0]);
export const accountById = async (reader: Reader, id: string): Promise<Account | undefined> => withGrants(reader, (await userOf(reader, { id }))[0]);

/** By name. */
export async function listAccounts({ db }: Reader): Promise<Account[]> {
  const held = Map.groupBy(await db.select().from(grants).orderBy(asc(grants.id)), (grant) => grant.userId);
  const all = await db.select().from(users).orderBy(asc(users.name));
  return all.map((user) => ({ ...user, grants: (held.get(user.id) ?? []).map(({ team, role }) => ({ team, role })) }));
}

/** How many users that may sign in hold `admin`, not counting `exceptUserId`: the last one must not be lost. */
export async function countAdmins({ db }: Reader, exceptUserId: string): Promise<number> {
  const rows = await db.selectDistinct({ id: users.id }).from(users).innerJoin(grants, eq(grants.userId, users.id)).where(and(eq(grants.role, 'admin'), eq(users.disabled, false), ne(users.id, exceptUserId)));
  return rows.length;
}

/** The name must be free: ask `accountByName` in the same transaction. */
export async function insertUser(tx: Tx, user: UserRow, held: readonly Grant[]): Promise<void> {
  await tx.db.insert(users).values(user);
  await replaceGrants(tx, user.id, held);
}

export async function updateUser(tx: Tx, id: string, change: Partial<Pick<UserRow, 'passwordHash' | 'mustChangePassword' | 'disabled'>>): Promise<void> {
  if (Object.keys(change).length > 0) await tx.db.update(users).set(change).where(eq(users.id, id));
  tx.changed('accounts', id);
}

/** The user then holds exactly these. */
export async function replaceGrants(tx: Tx, userId: string, held: readonly Grant[]): Promise<void> {
  await tx.db.delete(grants).where(eq(grants.userId, userId));
  const rows = held.map(({ team, role }, index) => ({ id: `${userId}.${String(index).padStart(3, '0')}`, userId, team, role }));
  if (rows.length > 0) await tx.db.insert(grants).values(rows);
  tx.changed('accounts', userId);
}

// Sessions

export async function insertSession(tx: Tx, row: SessionRow): Promise<void> {
  await tx.db.insert(sessions).values(row);
}
/** By the hash of the cookie. */
export const sessionById = async (reader: Reader, id: string): Promise<SessionRow | undefined> => (await sessionOf(reader, { id }))[0];
export async function extendSession(tx: Tx, id: string, expiresAt: number): Promise<void> {
  await tx.db.update(sessions).set({ expiresAt }).where(eq(sessions.id, id));
  tx.changed('sessions', id);
}
export async function deleteSession(tx: Tx, id: string): Promise<void> {
  await tx.db.delete(sessions).where(eq(sessions.id, id));
  tx.changed('sessions', id);
}
/** Signs a user out everywhere, but for the session `exceptId`. */
/** @returns how many ended */
export async function deleteSessionsOf(tx: Tx, userId: string, exceptId?: string): Promise<number> {
  const ended = await tx.db.delete(sessions).where(and(eq(sessions.userId, userId), exceptId === undefined ? undefined : ne(sessions.id, exceptId))).returning({ id: sessions.id });
  tx.changed('sessions');
  return ended.length;
}

// API tokens

export async function insertToken(tx: Tx, row: TokenRow): Promise<void> {
  await tx.db.insert(apiTokens).values(row);
  tx.changed('accounts', row.userId);
}
export const tokenById = async (reader: Reader, id: string): Promise<TokenRow | undefined> => (await tokenOf(reader, { id }))[0];
/** Newest first. */
export const tokensOf = async ({ db }: Reader, userId: string): Promise<TokenRow[]> => db.select().from(apiTokens).where(eq(apiTokens.userId, userId)).orderBy(desc(apiTokens.createdAt), asc(apiTokens.id));
export async function deleteToken(tx: Tx, row: TokenRow): Promise<void> {
  await tx.db.delete(apiTokens).where(eq(apiTokens.id, row.id));
  tx.changed('accounts', row.userId);
}
export async function touchToken(tx: Tx, id: string, lastUsedAt: number): Promise<void> {
  await tx.db.update(apiTokens).set({ lastUsedAt }).where(eq(apiTokens.id, id));
}

/** Drops sessions that ended and tokens that ended `tokensBefore`; for the reaper. @returns how many rows went */
export async function deleteExpiredCredentials(tx: Tx, sessionsBefore: number, tokensBefore: number): Promise<number> {
  const ended = await tx.db.delete(sessions).where(lt(sessions.expiresAt, sessionsBefore)).returning({ id: sessions.id });
  const old = await tx.db.delete(apiTokens).where(lt(apiTokens.expiresAt, tokensBefore)).returning({ id: apiTokens.id });
  return ended.length + old.length;
}
