// The life story of a replica, gathered from stored rows: its request, the plans with a step of it, what hosts said, what was told, and its line of
// predecessors and successors across moves. Of those that are gone as well. What is no longer kept is said to be missing, never guessed.
import type { Plan, Step } from '#scheduler/model.ts';
import type { Context } from '../context.ts';
import { listHosts } from '../db/hosts.ts';
import { type LifeRow, livesOf, replicasNamed } from '../db/lives.ts';
import { maintenanceOfReplica } from '../db/maintenance.ts';
import { type MoveRow, movesOfReplicas } from '../db/moves.ts';
import type { PlanRow } from '../db/plans.ts';
import { listReplicas, replicaById, type ReplicaRow } from '../db/replicas.ts';
import type { RequestRow } from '../db/requests.ts';
import type { Reader } from '../db/store.ts';
import { addressesOf, eventsAbout, grantedRequests, lastHolderNamed, planIdsBetween, plansNaming } from '../db/story.ts';
import { listWorkloads, type WorkloadRow, workloadById } from '../db/workloads.ts';
import { NotFoundError } from '../errors.ts';
import { replicaName } from './names.ts';

/** Plans are looked through in pieces, so that nobody else waits for all of them. */
const PLANS_AT_ONCE = 100;
/** Clocks of rows that one transaction wrote differ by less. */
const SLACK_MS = 5_000;
/** A line that is longer is told from its newest members. */
const LONGEST_LINE = 20;

export interface StepOf {
  readonly plan: PlanRow;
  readonly step: Step;
}

/** Everything that is known of a replica and its line. */
export interface Told {
  readonly id: string;
  readonly name: string;
  readonly replica: ReplicaRow | undefined;
  readonly workloadId: string | undefined;
  readonly workload: WorkloadRow | undefined;
  /** Ids of the line, oldest first; `id` is among them. */
  readonly line: readonly string[];
  readonly names: ReadonlyMap<string, string>;
  readonly steps: readonly StepOf[];
  readonly moves: readonly MoveRow[];
  readonly lives: readonly LifeRow[];
  readonly addresses: Awaited<ReturnType<typeof addressesOf>>;
  readonly events: Awaited<ReturnType<typeof eventsAbout>>;
  readonly maintenance: Awaited<ReturnType<typeof maintenanceOfReplica>>;
  readonly request: RequestRow | undefined;
  readonly hostNames: ReadonlyMap<string, string>;
}

/**
 * @param asked id of a replica, or its name: of several that had it the one that runs, else the last
 * @throws NotFoundError where nothing tells of it
 */
export async function readStory({ store, clock }: Context, asked: string): Promise<Told> {
  const id = await store.read((reader) => idOf(reader, asked));
  const known = await store.read(async (reader) => {
    const { line, moves } = await lineOf(reader, id);
    const replicas = await Promise.all(line.map((each) => replicaById(reader, each)));
    return { line, moves, replica: replicas[line.indexOf(id)], lives: await livesOf(reader, line), addresses: await addressesOf(reader, line), replicas };
  });
  const begun = Math.min(...known.replicas.flatMap((row) => row?.createdAt ?? []), ...known.lives.map(({ placedAt }) => placedAt), ...known.addresses.map(({ heldFrom }) => heldFrom), ...known.moves.map(({ begunAt }) => begunAt));
  if (!Number.isFinite(begun)) throw new NotFoundError('replica-unknown', `There is no replica ${asked}, and nothing is kept of one.`);
  const plans = await plansOf(store, known.line, begun - SLACK_MS, clock.now());
  return await store.read(async (reader): Promise<Told> => {
    const workloadId = known.replica?.workloadId ?? known.lives[0]?.workloadId ?? known.moves[0]?.workloadId ?? plans.flatMap(({ body }) => body.steps).find(({ replica }) => known.line.includes(replica.id))?.replica.workloadId;
    const workload = workloadId === undefined ? undefined : await workloadById(reader, workloadId);
    const steps = plans.flatMap((plan) => plan.body.steps.filter(({ replica }) => known.line.includes(replica.id) && plan.refused[replica.id] === undefined).map((step) => ({ plan, step })));
    const names = namesOf(known, steps, workload);
    const maintenance = (await Promise.all(known.line.map((each) => maintenanceOfReplica(reader, each)))).flat();
    const hostNames = new Map([...plans.flatMap(({ names: told }) => Object.entries(told)), ...known.addresses.map(({ hostId, host }) => [hostId, host] as const), ...(await listHosts(reader)).map((host) => [host.id, host.name] as const)]);
    const { line, moves, replica, lives, addresses } = known;
    return { id, name: names.get(id) ?? id, replica, workloadId, workload, line, names, steps, moves, lives, addresses, events: await eventsAbout(reader, line), maintenance: unique(maintenance), request: await requestOf(reader, workloadId, begun), hostNames };
  });
}

/** The ask that was granted last before the line began. */
async function requestOf(reader: Reader, workloadId: string | undefined, begun: number): Promise<RequestRow | undefined> {
  if (workloadId === undefined) return undefined;
  const granted = await grantedRequests(reader, workloadId);
  return granted.findLast(({ decidedAt, submittedAt }) => (decidedAt ?? submittedAt) <= begun + SLACK_MS) ?? granted[0];
}

const unique = <T extends { readonly maintenanceId: string; readonly replicaId: string }>(rows: readonly T[]): T[] => [...new Map(rows.map((row) => [`${row.maintenanceId} ${row.replicaId}`, row])).values()];

async function idOf(reader: Reader, asked: string): Promise<string> {
  if ((await replicaById(reader, asked)) !== undefined) return asked;
  const workloads = (await listWorkloads(reader)).filter(({ service, environment }) => asked.startsWith(`${service}-${environment}-`));
  for (const workload of workloads) {
    const running = (await listReplicas(reader)).find(({ workloadId, ordinal }) => workloadId === workload.id && replicaName(workload, ordinal) === asked);
    if (running !== undefined) return running.id;
  }
  return (await replicasNamed(reader, asked))[0] ?? (await lastHolderNamed(reader, asked)) ?? asked;
}

/** Those that it replaced and those that replaced it, as far as moves are kept. */
async function lineOf(reader: Reader, id: string): Promise<{ readonly line: string[]; readonly moves: MoveRow[] }> {
  const line = [id];
  const found = new Map<string, MoveRow>();
  for (let grown = true; grown && line.length < LONGEST_LINE; ) {
    grown = false;
    for (const move of await movesOfReplicas(reader, line)) {
      found.set(move.id, move);
      // A successor that was given up is a relative of nobody.
      if (move.outcome === 'given-up' || move.successorId === move.replicaId) continue;
      if (line[0] === move.successorId) grown = line.unshift(move.replicaId) > 0;
      else if (line.at(-1) === move.replicaId) grown = line.push(move.successorId) > 0;
    }
  }
  return { line, moves: [...found.values()].filter(({ replicaId, successorId }) => line.includes(replicaId) || line.includes(successorId)) };
}

async function plansOf(store: Context['store'], line: readonly string[], from: number, until: number): Promise<PlanRow[]> {
  const ids = await store.read((reader) => planIdsBetween(reader, from, until));
  const found: PlanRow[] = [];
  for (let start = 0; start < ids.length; start += PLANS_AT_ONCE) found.push(...(await store.read((reader) => plansNaming(reader, ids.slice(start, start + PLANS_AT_ONCE), line))));
  return found.filter(({ state }) => state === 'applied' || state === 'partly-applied');
}

function namesOf({ line, lives, addresses, replicas }: { readonly line: readonly string[]; readonly lives: readonly LifeRow[]; readonly addresses: Told['addresses']; readonly replicas: readonly (ReplicaRow | undefined)[] }, steps: readonly StepOf[], workload: WorkloadRow | undefined): Map<string, string> {
  const names = new Map<string, string>();
  for (const { replicaId, replica } of [...addresses, ...lives]) names.set(replicaId, replica);
  for (const [index, id] of line.entries()) {
    const ordinal = replicas[index]?.ordinal ?? steps.find(({ step }) => step.replica.id === id)?.step.replica.ordinal;
    if (!names.has(id) && workload !== undefined && ordinal !== undefined) names.set(id, replicaName(workload, ordinal));
  }
  return names;
}

/** The last plan that put the replica somewhere, of those that are kept. */
export function lastPlacement({ id, steps }: Told): { readonly plan: PlanRow; readonly step: Extract<Plan['steps'][number], { kind: 'start' | 'move' }> } | undefined {
  const placed = steps.flatMap(({ plan, step }) => (step.replica.id === id && (step.kind === 'start' || step.kind === 'move') ? [{ plan, step }] : []));
  return placed.at(-1);
}
