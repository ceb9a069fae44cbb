// Builds as asked for, and what became of them: one row each, from the queue to the end. Logs are files, not rows.
import { and, asc, count, desc, eq, inArray, isNull, lt } from 'drizzle-orm';
import { builds } from './schema/releases.ts';
import type { Reader, Tx } from './store.ts';

export type BuildRow = typeof builds.$inferSelect;
export type BuildState = BuildRow['state'];
export type { BuildAsk } from './schema/releases.ts';

/** They wait or run: something will still happen to them. */
const OPEN_STATES: readonly BuildState[] = ['queued', 'running'];

export interface BuildFilter {
  readonly state?: BuildState | undefined;
  readonly subject?: string | undefined;
  readonly team?: string | undefined;
  /** Null: of every team. Builds of layers are of no team and always among them. */
  readonly teams: readonly string[] | null;
  readonly limit: number;
  readonly after?: string | undefined;
}

/** Newest first. */
export async function listBuilds({ db }: Reader, { state, subject, team, teams, limit, after }: BuildFilter): Promise<BuildRow[]> {
  const where = and(
    state === undefined ? undefined : eq(builds.state, state),
    subject === undefined ? undefined : eq(builds.subject, subject),
    team === undefined ? undefined : eq(builds.team, team),
    after === undefined ? undefined : lt(builds.id, after),
  );
  const rows: BuildRow[] = [];
  // Teams are few and pages short: what the caller may not read is left out here.
  for await (const row of pages(db, where, limit)) {
    if (teams === null || row.team === null || teams.includes(row.team)) rows.push(row);
    if (rows.length === limit) break;
  }
  return rows;
}

async function* pages(db: Reader['db'], where: ReturnType<typeof and>, size: number): AsyncGenerator<BuildRow> {
  for (let before: string | undefined; ; ) {
    const page = await db.select().from(builds).where(and(where, before === undefined ? undefined : lt(builds.id, before))).orderBy(desc(builds.id)).limit(size);
    yield* page;
    before = page.at(-1)?.id;
    if (page.length < size) return;
  }
}

export async function buildById({ db }: Reader, id: string): Promise<BuildRow | undefined> {
  const [row] = await db.select().from(builds).where(eq(builds.id, id));
  return row;
}

export async function buildsById({ db }: Reader, ids: readonly string[]): Promise<Map<string, BuildRow>> {
  const rows = ids.length === 0 ? [] : await db.select().from(builds).where(inArray(builds.id, [...new Set(ids)]));
  return new Map(rows.map((row) => [row.id, row]));
}

/** Those that wait or run, oldest first. */
export async function openBuilds({ db }: Reader): Promise<BuildRow[]> {
  return await db.select().from(builds).where(inArray(builds.state, [...OPEN_STATES])).orderBy(asc(builds.id));
}

/** Those that a host should do now, oldest first. */
export async function buildsOn({ db }: Reader, hostId: string): Promise<BuildRow[]> {
  return await db.select().from(builds).where(and(eq(builds.state, 'running'), eq(builds.hostId, hostId))).orderBy(asc(builds.id));
}

export async function countOpenBuilds({ db }: Reader): Promise<number> {
  const [row] = await db.select({ count: count() }).from(builds).where(inArray(builds.state, [...OPEN_STATES]));
  return row?.count ?? 0;
}

/** Builds of a service or layer that succeeded, newest first. */
export async function succeededOf({ db }: Reader, subject: string, limit = 200): Promise<BuildRow[]> {
  return await db.select().from(builds).where(and(eq(builds.subject, subject), eq(builds.state, 'succeeded'))).orderBy(desc(builds.id)).limit(limit);
}

/** Builds that really ran and had the same input, whatever came out. */
export async function succeededWithKey({ db }: Reader, keys: readonly string[]): Promise<BuildRow[]> {
  if (keys.length === 0) return [];
  return await db.select().from(builds).where(and(inArray(builds.key, [...new Set(keys)]), eq(builds.state, 'succeeded'), isNull(builds.cachedFrom))).orderBy(desc(builds.id));
}

export async function insertBuild(tx: Tx, row: BuildRow): Promise<void> {
  await tx.db.insert(builds).values(row);
  tx.changed('builds', row.id);
}

export async function updateBuild(tx: Tx, id: string, change: Partial<Omit<BuildRow, 'id'>>): Promise<void> {
  await tx.db.update(builds).set(change).where(eq(builds.id, id));
  tx.changed('builds', id);
}
