// History: who did what, when and why. Rows are only added, and dropped by age; their numbers never repeat.
import { and, asc, desc, eq, gt, inArray, like, lt, lte, or, isNull } from 'drizzle-orm';
import { placeholders, preparedInsert } from './prepared.ts';
import { events } from './schema/fleet.ts';
import type { Reader, Tx } from './store.ts';

export type EventRow = typeof events.$inferSelect;
export type SubjectType = 'market' | 'signal' | 'surge' | 'drill' | 'request' | 'workload' | 'replica' | 'host' | 'network' | 'plan' | 'policy' | 'proposal' | 'pool' | 'survival' | 'quota' | 'join-token' | 'user' | 'team' | 'token' | 'server' | 'build' | 'layer' | 'registry' | 'release' | 'rollout' | 'secret' | 'freeze' | 'webhook' | 'site' | 'name' | 'shift' | 'burst-vm' | 'burst' | 'agent-upgrade' | 'maintenance';

export interface NewEvent {
  readonly at: number;
  /** A person's or token's name, or `firn` for what the server does by itself. */
  readonly actor: string;
  /** `request.approved`, `host.lost` ... */
  readonly kind: string;
  readonly subjectType: SubjectType;
  readonly subjectId: string;
  /** The subject's name as people know it. */
  readonly subject: string;
  readonly team?: string | null;
  readonly message: string;
  readonly why?: string | null;
}

const append = preparedInsert(events, (db) => db.insert(events).values(placeholders(events)));

export async function appendEvent(tx: Tx, event: NewEvent): Promise<void> {
  const seq = append(tx, { ...event, seq: null, team: event.team ?? null, why: event.why === '' ? null : (event.why ?? null) });
  tx.changed('events', String(seq));
}

export interface EventFilter {
  /** Newer than this number, oldest first; without it newest first. */
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
  /** An id or a name. */
  readonly subject?: string | undefined;
  /** A kind, or its part before the dot. */
  readonly kind?: string | undefined;
  /** Null: of every team; events of nobody in particular are always among them. */
  readonly teams: readonly string[] | null;
}

export async function listEvents({ db }: Reader, filter: EventFilter): Promise<EventRow[]> {
  const { after, before, limit, subject, kind, teams } = filter;
  return await db
    .select()
    .from(events)
    .where(
      and(
        after === undefined ? undefined : gt(events.seq, after),
        before === undefined ? undefined : lt(events.seq, before),
        subject === undefined ? undefined : or(eq(events.subjectId, subject), eq(events.subject, subject)),
        kind === undefined ? undefined : or(eq(events.kind, kind), like(events.kind, `${kind.replaceAll(/[%_]/g, '')}.%`)),
        teams === null ? undefined : or(isNull(events.team), inArray(events.team, [...teams])),
      ),
    )
    .orderBy(after === undefined ? desc(events.seq) : asc(events.seq))
    .limit(limit);
}

/** Number of the newest event; 0 when there is none. */
export async function newestEvent({ db }: Reader): Promise<number> {
  const [row] = await db.select({ seq: events.seq }).from(events).orderBy(desc(events.seq)).limit(1);
  return row?.seq ?? 0;
}

/** Drops the oldest events beyond `keep`. @returns how many */
export async function dropOldEvents(tx: Tx, keep: number): Promise<number> {
  const [row] = await tx.db.select({ seq: events.seq }).from(events).orderBy(desc(events.seq)).limit(1).offset(keep);
  return row === undefined ? 0 : (await tx.db.delete(events).where(lte(events.seq, row.seq)).returning({ seq: events.seq })).length;
}

/** The newest event of a kind about a subject. */
export async function lastOfKind({ db }: Reader, subjectId: string, kind: string): Promise<EventRow | undefined> {
  const [row] = await db.select().from(events).where(and(eq(events.subjectId, subjectId), eq(events.kind, kind))).orderBy(desc(events.seq)).limit(1);
  return row;
}
