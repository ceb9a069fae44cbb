// Where a replica is or was: its row while there is one, and the ledger of addresses when it is gone. Reads only.
import { and, desc, eq, isNotNull, isNull } from 'drizzle-orm';
import { replicaById } from './replicas.ts';
import { addresses } from './schema/fleet.ts';
import type { Reader } from './store.ts';
import { findWorkload, workloadById, workloadName, type WorkloadRow } from './workloads.ts';

export interface ReplicaPlace {
  readonly replicaId: string;
  /** As people see it. */
  readonly replica: string;
  /** `service.environment`. */
  readonly workload: string;
  /** Null: the workload is gone, and nobody's team can be told. */
  readonly owner: WorkloadRow | null;
  readonly hostId: string | null;
  readonly host: string | null;
  readonly address: string | null;
  readonly isGone: boolean;
  readonly goneAt: number | null;
}

/** Of a replica that is gone, the host that had it last. Undefined: there never was one, or nobody remembers. */
export async function placeOfReplica(reader: Reader, id: string, nameOf: (workload: WorkloadRow, ordinal: number) => string, hostNameOf: (hostId: string) => string | undefined): Promise<ReplicaPlace | undefined> {
  const row = await replicaById(reader, id);
  if (row === undefined) return await goneReplica(reader, id);
  const owner = await workloadById(reader, row.workloadId);
  if (owner === undefined) return undefined;
  const { hostId, address } = row;
  return { replicaId: id, replica: nameOf(owner, row.ordinal), workload: workloadName(owner), owner, hostId, host: hostId === null ? null : (hostNameOf(hostId) ?? hostId), address, isGone: false, goneAt: null };
}

async function goneReplica(reader: Reader, id: string): Promise<ReplicaPlace | undefined> {
  // Closed and open rows apart, or SQLite looks through the whole ledger: of a replica that is gone, an open one is being let go.
  const isIts = eq(addresses.replicaId, id);
  const [closed] = await reader.db.select().from(addresses).where(and(isIts, isNotNull(addresses.heldUntil))).orderBy(desc(addresses.heldFrom)).limit(1);
  const [open] = await reader.db.select().from(addresses).where(and(isIts, isNull(addresses.heldUntil), isNotNull(addresses.letGoAt))).limit(1);
  const last = open ?? closed;
  return last === undefined ? undefined : await placeInLedger(reader, last);
}

/** Replicas of a workload that gave their addresses back, newest first. @param workload `service.environment` */
export async function goneReplicas(reader: Reader, workload: string, most: number): Promise<ReplicaPlace[]> {
  const rows = await reader.db.select().from(addresses).where(and(eq(addresses.workload, workload), isNotNull(addresses.heldUntil))).orderBy(desc(addresses.heldUntil)).limit(4 * most);
  const found = new Map<string, ReplicaPlace>();
  for (const row of rows) {
    if (found.size >= most || found.has(row.replicaId) || (await replicaById(reader, row.replicaId)) !== undefined) continue;
    found.set(row.replicaId, await placeInLedger(reader, row));
  }
  return [...found.values()];
}

async function placeInLedger(reader: Reader, { replicaId, replica, workload, hostId, host, address, heldUntil, letGoAt }: typeof addresses.$inferSelect): Promise<ReplicaPlace> {
  const dot = workload.indexOf('.');
  const owner = (await findWorkload(reader, workload.slice(0, dot), workload.slice(dot + 1))) ?? null;
  return { replicaId, replica, workload, owner, hostId, host, address, isGone: true, goneAt: heldUntil ?? letGoAt };
}
