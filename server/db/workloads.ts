// Services, their workloads and releases: what was approved. Only an approval, a removal or a release changes these rows.
import type { Ask, Rollout, Workload } from '#scheduler/model.ts';
import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm';
import { bumpRevision } from './cluster.ts';
import { decisionOf, inForceOf } from './decisions-in-force.ts';
import { inList, listed, placeholders, preparedChange, preparedRows } from './prepared.ts';
import { rolloutOf, rolloutUnderWay } from './rollouts-under-way.ts';
import { releases, services, workloads } from './schema/desired.ts';
import type { Reader, Tx } from './store.ts';

export type ServiceRow = typeof services.$inferSelect;
export type ReleaseRow = typeof releases.$inferSelect;
/** A workload with what its service says. */
export interface WorkloadRow {
  readonly id: string;
  readonly serviceId: string;
  readonly service: string;
  readonly team: string;
  readonly environment: string;
  readonly ask: Ask;
  readonly releaseId: string;
  readonly requestId: string;
  readonly updatedAt: number;
}

const columns = {
  id: workloads.id,
  serviceId: workloads.serviceId,
  service: services.name,
  team: services.team,
  environment: workloads.environment,
  ask: workloads.ask,
  releaseId: workloads.releaseId,
  requestId: workloads.requestId,
  updatedAt: workloads.updatedAt,
};

/** `service.environment`, as people see it. */
export const workloadName = (row: { readonly service: string; readonly environment: string }): string => `${row.service}.${row.environment}`;

/** The workload as the scheduler takes it. @param rollout under way; decision: the autoscaler's number that holds */
export function workloadOf(row: Pick<WorkloadRow, 'id' | 'service' | 'team' | 'environment' | 'ask' | 'releaseId'>, rollout?: Rollout, decision?: Workload['decision']): Workload {
  const { id, service, team, environment, ask, releaseId } = row;
  return { id, name: workloadName(row), service, environment, team, ask, releaseId, ...(decision === undefined ? {} : { decision }), ...(rollout === undefined ? {} : { rollout }) };
}

export async function listWorkloads({ db }: Reader): Promise<WorkloadRow[]> {
  return await db.select(columns).from(workloads).innerJoin(services, eq(services.id, workloads.serviceId)).orderBy(asc(services.name), asc(workloads.environment));
}

export async function workloadById({ db }: Reader, id: string): Promise<WorkloadRow | undefined> {
  const [row] = await db.select(columns).from(workloads).innerJoin(services, eq(services.id, workloads.serviceId)).where(eq(workloads.id, id));
  return row;
}

export type WorkloadName = Pick<WorkloadRow, 'id' | 'service' | 'environment'>;

const namesOf = preparedRows((db) => db.select({ id: workloads.id, service: services.name, environment: workloads.environment }).from(workloads).innerJoin(services, eq(services.id, workloads.serviceId)).where(inList(workloads.id, 'ids')).prepare());

/** What workloads are called, by id; those that are gone are left out. */
export async function namesOfWorkloads(reader: Reader, ids: Iterable<string>): Promise<Map<string, WorkloadName>> {
  return new Map((await namesOf(reader, { ids: listed(ids) })).map((row) => [row.id, row]));
}

const named = preparedRows((db) => db.select(columns).from(workloads).innerJoin(services, eq(services.id, workloads.serviceId)).where(and(eq(services.name, sql.placeholder('service')), eq(workloads.environment, sql.placeholder('environment')))).prepare());

export async function findWorkload(reader: Reader, service: string, environment: string): Promise<WorkloadRow | undefined> {
  const [row] = await named(reader, { service, environment });
  return row;
}

const teamOf = preparedRows((db) => db.select({ id: workloads.id, team: services.team }).from(workloads).innerJoin(services, eq(services.id, workloads.serviceId)).where(inList(workloads.id, 'ids')).prepare());

/** Teams of these workloads, by workload id. */
export async function teamsOf(reader: Reader, ids: readonly string[]): Promise<Map<string, string>> {
  return new Map((await teamOf(reader, { ids: listed(ids) })).map(({ id, team }) => [id, team]));
}

export async function listServices({ db }: Reader): Promise<ServiceRow[]> {
  return await db.select().from(services).orderBy(asc(services.name));
}

const serviceNamed = preparedRows((db) => db.select().from(services).where(eq(services.name, sql.placeholder('name'))).prepare());
const insertOneService = preparedChange((db) => db.insert(services).values(placeholders(services)).prepare());
const insertOneRelease = preparedChange((db) => db.insert(releases).values(placeholders(releases)).prepare());
const putOne = preparedChange((db) => {
  const set = { ask: sql`excluded.ask`, releaseId: sql`excluded.release_id`, requestId: sql`excluded.request_id`, updatedAt: sql`excluded.updated_at` };
  return db.insert(workloads).values(placeholders(workloads)).onConflictDoUpdate({ target: workloads.id, set }).prepare();
});

export async function serviceByName(reader: Reader, name: string): Promise<ServiceRow | undefined> {
  const [row] = await serviceNamed(reader, { name });
  return row;
}

export async function insertService(tx: Tx, row: ServiceRow): Promise<void> {
  await insertOneService(tx, row);
  tx.changed('services', row.id);
}

export interface ApprovedWorkload {
  readonly id: string;
  readonly serviceId: string;
  /** Of its service. */
  readonly service: string;
  readonly team: string;
  readonly environment: string;
  readonly ask: Ask;
  readonly releaseId: string;
  readonly requestId: string;
  readonly updatedAt: number;
}

/** Writes what was approved: a new workload, or new capacity for the one with this id. */
export async function putWorkload(tx: Tx, { service, team, ...row }: ApprovedWorkload): Promise<void> {
  await putOne(tx, row);
  // As it is read again: JSON leaves out what is undefined.
  await revise(tx, { ...row, service, team, ask: JSON.parse(JSON.stringify(row.ask)) as Ask });
  tx.changed('services', row.id);
}

/** The release that replicas run where no rollout says otherwise. */
export async function setRelease(tx: Tx, workloadId: string, releaseId: string): Promise<void> {
  await tx.db.update(workloads).set({ releaseId }).where(eq(workloads.id, workloadId));
  await reviseWorkload(tx, workloadId);
}

/** Says that the scheduler sees a workload otherwise now: as it and its rollout are recorded. Does nothing for one that is gone. */
export async function reviseWorkload(tx: Tx, workloadId: string): Promise<void> {
  const row = await workloadById(tx, workloadId);
  if (row === undefined) return;
  await revise(tx, row);
  tx.changed('services', workloadId);
}

async function revise(tx: Tx, row: Parameters<typeof workloadOf>[0]): Promise<void> {
  const rollout = await rolloutUnderWay(tx, row.id);
  const decision = await inForceOf(tx, row.id);
  await bumpRevision(tx, { workloads: { put: [workloadOf(row, rollout && rolloutOf(rollout), decision && decisionOf(decision))] } });
}

const namedAlike = preparedRows((db) => db.select(columns).from(workloads).innerJoin(services, eq(services.id, workloads.serviceId)).where(inList(services.name, 'names')).prepare());

/** Workloads whose replicas would be called like those of this one: `a-b` in `c` and `a` in `b-c` would. */
export async function workloadsNamedAlike(reader: Reader, service: string, environment: string): Promise<WorkloadRow[]> {
  const parts = `${service}-${environment}`.split('-');
  const names = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('-'));
  const rows = await namedAlike(reader, { names: listed(names) });
  return rows.filter((row) => `${row.service}-${row.environment}` === parts.join('-'));
}

/** Takes a workload out of the desired state; the planner stops its replicas. Its service goes when this was its last workload. */
export async function deleteWorkload(tx: Tx, { id, serviceId }: WorkloadRow): Promise<void> {
  await bumpRevision(tx, { workloads: { removed: [id] } });
  await tx.db.delete(workloads).where(eq(workloads.id, id));
  const others = await tx.db.select({ id: workloads.id }).from(workloads).where(eq(workloads.serviceId, serviceId)).limit(1);
  if (others.length === 0) await tx.db.delete(services).where(eq(services.id, serviceId));
  tx.changed('services', id);
}

export async function insertRelease(tx: Tx, row: ReleaseRow): Promise<void> {
  await insertOneRelease(tx, row);
}

export async function newestRelease({ db }: Reader, workloadId: string): Promise<ReleaseRow | undefined> {
  const [row] = await db.select().from(releases).where(eq(releases.workloadId, workloadId)).orderBy(desc(releases.version)).limit(1);
  return row;
}

/** Releases by id. */
export async function releasesById({ db }: Reader, ids: readonly string[]): Promise<Map<string, ReleaseRow>> {
  const found = new Map<string, ReleaseRow>();
  for (const chunk of chunks([...new Set(ids)], ROWS_PER_STATEMENT)) {
    for (const row of await db.select().from(releases).where(inArray(releases.id, chunk))) found.set(row.id, row);
  }
  return found;
}

/** SQLite takes 32,766 parameters a statement; no table here has more than thirty columns. */
export const ROWS_PER_STATEMENT = 1_000;

/** Parts of a list, each small enough for the parameters of one statement. */
export function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size));
}
