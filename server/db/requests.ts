// Asks for capacity and what became of them. A state changes once, from `waiting`; the draft and its quote never change.
import { and, desc, eq, inArray, lt, sql } from 'drizzle-orm';
import { placeholders, preparedRows, preparedChange } from './prepared.ts';
import { idempotencyKeys, requests } from './schema/desired.ts';
import type { Reader, Tx } from './store.ts';

export type RequestRow = typeof requests.$inferSelect;
export type RequestState = RequestRow['state'];

export interface RequestFilter {
  readonly state?: RequestState | undefined;
  /** Null: of every team. */
  readonly teams: readonly string[] | null;
  readonly limit: number;
  /** Id of the last request of the page before. */
  readonly after?: string | undefined;
}

/** Newest first. */
export async function listRequests({ db }: Reader, { state, teams, limit, after }: RequestFilter): Promise<RequestRow[]> {
  return await db
    .select()
    .from(requests)
    .where(
      and(
        state === undefined ? undefined : eq(requests.state, state),
        teams === null ? undefined : inArray(requests.team, [...teams]),
        after === undefined ? undefined : lt(requests.id, after),
      ),
    )
    .orderBy(desc(requests.id))
    .limit(limit);
}

export async function requestById({ db }: Reader, id: string): Promise<RequestRow | undefined> {
  const [row] = await db.select().from(requests).where(eq(requests.id, id));
  return row;
}

const waitingOf = preparedRows((db) => db.select().from(requests).where(and(eq(requests.state, 'waiting'), eq(requests.service, sql.placeholder('service')), eq(requests.environment, sql.placeholder('environment')))).prepare());
const insertOne = preparedChange((db) => db.insert(requests).values(placeholders(requests)).prepare());

/** Requests that wait for an SRE, of one workload or of all. */
export async function waitingRequests(reader: Reader, of?: { readonly service: string; readonly environment: string }): Promise<RequestRow[]> {
  if (of !== undefined) return await waitingOf(reader, { service: of.service, environment: of.environment });
  return await reader.db.select().from(requests).where(eq(requests.state, 'waiting'));
}

export async function insertRequest(tx: Tx, row: RequestRow): Promise<void> {
  await insertOne(tx, row);
  tx.changed('requests', row.id);
  tx.changed('quotas');
}

export interface Settlement {
  readonly state: Exclude<RequestState, 'waiting'>;
  readonly decidedBy: string;
  readonly decidedAt: number;
  readonly decisionReason: string | null;
  readonly workloadId?: string;
}

/** Ends the waiting of a request. @returns false when it does not wait (any more) */
export async function settleRequest(tx: Tx, id: string, settlement: Settlement): Promise<boolean> {
  const rows = await tx.db.update(requests).set(settlement).where(and(eq(requests.id, id), eq(requests.state, 'waiting'))).returning({ id: requests.id });
  tx.changed('requests', id);
  tx.changed('quotas');
  return rows.length > 0;
}

const idempotent = preparedRows((db) => db.select().from(idempotencyKeys).where(and(eq(idempotencyKeys.actorId, sql.placeholder('actorId')), eq(idempotencyKeys.key, sql.placeholder('key')))).prepare());
const insertKey = preparedChange((db) => db.insert(idempotencyKeys).values(placeholders(idempotencyKeys)).prepare());

export async function findIdempotent(reader: Reader, actorId: string, key: string): Promise<{ readonly bodyHash: string; readonly requestId: string } | undefined> {
  const [row] = await idempotent(reader, { actorId, key });
  return row;
}

export async function insertIdempotent(tx: Tx, row: typeof idempotencyKeys.$inferInsert): Promise<void> {
  await insertKey(tx, row);
}

/** @returns how many keys older than the instant are forgotten */
export async function dropIdempotentBefore(tx: Tx, instant: number): Promise<number> {
  return (await tx.db.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, instant)).returning({ key: idempotencyKeys.key })).length;
}
