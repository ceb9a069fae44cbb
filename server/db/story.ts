// Rows that tell of one replica, whoever wrote them: plans with a step of it, addresses that it held, events about it. Reads only.
import { and, asc, eq, gte, inArray, lte, or, sql } from 'drizzle-orm';
import { plans, requests } from './schema/desired.ts';
import { addresses, events } from './schema/fleet.ts';
import type { PlanRow } from './plans.ts';
import type { Reader } from './store.ts';

/** Ids of plans that were made in a stretch of time, oldest first. */
export async function planIdsBetween({ db }: Reader, from: number, until: number): Promise<string[]> {
  const rows = await db.select({ id: plans.id }).from(plans).where(and(gte(plans.createdAt, from), lte(plans.createdAt, until))).orderBy(asc(plans.createdAt), asc(plans.id));
  return rows.map(({ id }) => id);
}

/** Of these plans, those that name one of the ids anywhere, whole and sound. */
export async function plansNaming({ db }: Reader, ids: readonly string[], names: readonly string[]): Promise<PlanRow[]> {
  const named = or(...names.map((name) => sql`instr(${plans.body}, ${name}) > 0`));
  return await db.select().from(plans).where(and(inArray(plans.id, [...ids]), named, sql`json_valid(${plans.body})`)).orderBy(asc(plans.createdAt), asc(plans.id));
}

/** Addresses that some replicas held, oldest first. */
export async function addressesOf({ db }: Reader, replicaIds: readonly string[]): Promise<(typeof addresses.$inferSelect)[]> {
  return replicaIds.length === 0 ? [] : await db.select().from(addresses).where(inArray(addresses.replicaId, [...replicaIds])).orderBy(asc(addresses.heldFrom));
}

/** What was told of some subjects, oldest first. */
export async function eventsAbout({ db }: Reader, subjectIds: readonly string[]): Promise<(typeof events.$inferSelect)[]> {
  return subjectIds.length === 0 ? [] : await db.select().from(events).where(inArray(events.subjectId, [...subjectIds])).orderBy(asc(events.seq)).limit(2_000);
}

/** The replica that had a name last, by the ledger. */
export async function lastHolderNamed({ db }: Reader, name: string): Promise<string | undefined> {
  const rows = await db.select({ replicaId: addresses.replicaId, heldFrom: addresses.heldFrom }).from(addresses).where(eq(addresses.replica, name));
  return rows.sort((one, other) => other.heldFrom - one.heldFrom)[0]?.replicaId;
}

/** Requests of a workload that were granted, oldest first. */
export async function grantedRequests({ db }: Reader, workloadId: string): Promise<(typeof requests.$inferSelect)[]> {
  return await db.select().from(requests).where(and(eq(requests.workloadId, workloadId), eq(requests.state, 'approved'))).orderBy(asc(requests.submittedAt), asc(requests.id));
}
