// Everything each host should run, as last decided. A generation is never given twice and never goes back.
import { eq, sql } from 'drizzle-orm';
import { placeholders, preparedChange, preparedRows } from './prepared.ts';
import { assignments, type StoredAssignment } from './schema/fleet.ts';
import type { Reader, Tx } from './store.ts';

export type { StoredAssignment, StoredFile, StoredReplica } from './schema/fleet.ts';

export interface AssignmentHead {
  readonly hostId: string;
  readonly generation: number;
  readonly hash: string;
}

export async function listAssignmentHeads({ db }: Reader): Promise<Map<string, AssignmentHead>> {
  const rows = await db.select({ hostId: assignments.hostId, generation: assignments.generation, hash: assignments.hash }).from(assignments);
  return new Map(rows.map((row) => [row.hostId, row]));
}

export async function assignmentOf({ db }: Reader, hostId: string): Promise<StoredAssignment | undefined> {
  const [row] = await db.select({ body: assignments.body }).from(assignments).where(eq(assignments.hostId, hostId));
  return row?.body;
}

/** @throws Error when the generation does not rise: an agent would refuse it, rightly */
export async function putAssignment(tx: Tx, body: StoredAssignment, hash: string, now: number): Promise<void> {
  const { hostId, generation } = body;
  const [known] = await generationOf(tx, { hostId });
  if (known !== undefined && generation <= known.generation) throw new Error(`generation ${generation} of host ${hostId} does not rise above ${known.generation}`);
  await putOne(tx, { hostId, generation, hash, body, updatedAt: now });
}

const generationOf = preparedRows((db) => db.select({ generation: assignments.generation }).from(assignments).where(eq(assignments.hostId, sql.placeholder('hostId'))).prepare());
const putOne = preparedChange((db) => {
  const set = { generation: sql`excluded.generation`, hash: sql`excluded.hash`, body: sql`excluded.body`, updatedAt: sql`excluded.updated_at` };
  return db.insert(assignments).values(placeholders(assignments)).onConflictDoUpdate({ target: assignments.hostId, set }).prepare();
});

export async function deleteAssignment(tx: Tx, hostId: string): Promise<void> {
  await tx.db.delete(assignments).where(eq(assignments.hostId, hostId));
}
