// The present as the scheduler sees it, shared by everybody who asks: quotes, the planner, views. It is read from the database once and then
// follows what this server itself commits, revision by revision; where anything else changed than workloads and replicas, or hosts were observed
// to change, it is read anew. The database stays the truth: whoever writes compares the revision in the same transaction.
import { advance, type Recorded } from '#scheduler/advance.ts';
import type { Replica, Shape, Sizing, SizingRefusal, Snapshot, Workload } from '#scheduler/model.ts';
import { type Base, prepare } from '#scheduler/prepare.ts';
import { sizeWorkload } from '#scheduler/schedule.ts';
import type { Context } from '../context.ts';
import { readCluster, type Revised, type RowsRevised } from '../db/cluster.ts';
import { readSnapshot } from '../db/snapshot.ts';
import { usedAfter, usedNow } from './quota.ts';
import { successorState } from './successors.ts';

export interface Present {
  readonly revision: number;
  /** Version of the observed fleet that went in. */
  readonly fleetVersion: number;
  readonly snapshot: Snapshot;
  readonly base: Base;
  /** The sum of a workload of this snapshot. */
  sizingOf(workload: Workload): Sizing | SizingRefusal;
  /** What teams use, by quotaKey(). */
  used(): ReadonlyMap<string, Shape>;
}

export interface PresentSource {
  /** The newest committed state with the newest verdicts. */
  read(): Promise<Present>;
  /** The state of this revision, with verdicts that may be older; undefined where it is not in memory. */
  at(revision: number): Present | undefined;
  /** The same, with the newest verdicts: what read() would give if this is the newest revision. */
  newestAt(revision: number): Present | undefined;
  /** Ids of workloads that were recorded or whose replicas were, in what followed the revision; undefined where more may have changed. */
  changedSince(revision: number): ReadonlySet<string> | undefined;
}

/** Steps that are remembered for changedSince(). */
const MOST_STEPS = 1_000;

export function openPresent(context: Pick<Context, 'store' | 'fleet' | 'clock' | 'config'>): PresentSource {
  const { store, fleet, clock } = context;
  let known: Present | undefined;
  let reading: Promise<Present> | undefined;
  /** Committed since `known`, each on the one before. */
  let ahead: Revised[] = [];
  /** What followed the present that was read last. */
  let followed: { readonly from: number; readonly changed: readonly string[] }[] = [];

  store.onRevised((step) => {
    const newest = ahead.at(-1)?.to ?? known?.revision;
    if (newest === step.from && step.rows !== null) ahead.push(step);
  });
  /** Follows what was committed. */
  const follow = (): Present | undefined => {
    if (known !== undefined && ahead.length > 0) {
      const { present, changed } = following(known, ahead);
      followed.push({ from: known.revision, changed });
      if (followed.length > MOST_STEPS) followed.shift();
      known = present;
    }
    ahead = [];
    return known;
  };
  const isNewest = (present: Present | undefined, revision: number): present is Present => present !== undefined && present.revision >= revision && present.fleetVersion === fleet.version;
  const readNow = async (): Promise<Present> => {
    const fleetVersion = fleet.version;
    const snapshot = await store.read((reader) => readSnapshot(reader, fleet.stateOf, clock.now(), (row) => successorState(context, row)));
    const read = presentOf(prepare(snapshot), fleetVersion);
    const before = follow();
    // While it was read, more may have been committed and followed.
    if (before === undefined || before.revision <= read.revision || before.fleetVersion !== fleetVersion) {
      known = read;
      followed = [];
    }
    return read;
  };
  return {
    async read() {
      const { revision } = await store.read(readCluster);
      let present = follow();
      if (isNewest(present, revision)) return present;
      // Readers that come while a reading is under way share it, and look again whether it is new enough.
      while (reading !== undefined) await reading.catch(() => undefined);
      present = follow();
      if (isNewest(present, revision)) return present;
      reading = readNow();
      try {
        return await reading;
      } finally {
        reading = undefined;
      }
    },
    at(revision) {
      const present = follow();
      return present?.revision === revision ? present : undefined;
    },
    newestAt(revision) {
      const present = follow();
      return isNewest(present, revision) && present.revision === revision ? present : undefined;
    },
    changedSince(revision) {
      if (follow()?.revision === revision) return new Set();
      const first = followed.findIndex(({ from }) => from === revision);
      return first < 0 ? undefined : new Set(followed.slice(first).flatMap(({ changed }) => changed));
    },
  };
}

function presentOf(base: Base, fleetVersion: number, before?: { readonly present: Present; readonly changed: readonly string[] }): Present {
  let used: ReadonlyMap<string, Shape> | undefined;
  const present: Present = {
    revision: base.snapshot.revision,
    fleetVersion,
    snapshot: base.snapshot,
    base,
    sizingOf: (workload) => sizeWorkload(workload, base),
    used: () => (used ??= usedNow(present)),
  };
  if (before !== undefined) used = usedAfter(before.present, present, before.changed);
  return present;
}

function following(present: Present, steps: readonly Revised[]): { readonly present: Present; readonly changed: readonly string[] } {
  const recorded = merged(present.base, steps);
  const { workloads, replicas } = recorded;
  const ids = new Set([...workloads.put.map(({ id }) => id), ...workloads.removed, ...replicas.put.map(({ workloadId }) => workloadId), ...replicas.removed.map(({ workloadId }) => workloadId)]);
  const changed = [...ids];
  return { present: presentOf(advance(present.base, recorded), present.fleetVersion, { present, changed }), changed };
}

/** Several steps as one: of each row what was recorded last. */
function merged(base: Base, steps: readonly Revised[]): Recorded {
  const workloads = { put: new Map<string, Workload>(), removed: new Set<string>() };
  const replicas = { put: new Map<string, Replica>(), removed: new Map<string, Pick<Replica, 'id' | 'workloadId'>>() };
  const note = ({ workloads: some, replicas: others }: RowsRevised) => {
    for (const workload of some?.put ?? []) {
      workloads.removed.delete(workload.id);
      workloads.put.set(workload.id, workload);
    }
    for (const id of some?.removed ?? []) {
      workloads.put.delete(id);
      workloads.removed.add(id);
    }
    for (const replica of others?.put ?? []) {
      replicas.removed.delete(replica.id);
      replicas.put.set(replica.id, asObserved(base, replica));
    }
    for (const { id, workloadId } of others?.removed ?? []) {
      replicas.put.delete(id);
      replicas.removed.set(id, { id, workloadId });
    }
  };
  for (const { rows } of steps) for (const each of rows ?? []) note(each);
  const lists = <T>(put: ReadonlyMap<string, T>) => [...put.values()];
  return { revision: steps.at(-1)!.to, workloads: { put: lists(workloads.put), removed: [...workloads.removed] }, replicas: { put: lists(replicas.put), removed: lists(replicas.removed) } };
}

/** A successor as the present knew it; a new one starts. What hosts say since makes the present be read anew. */
function asObserved(base: Base, replica: Replica): Replica {
  const { successor } = replica;
  if (successor === undefined) return replica;
  const before = base.replicasOf.get(replica.workloadId)?.find(({ id }) => id === replica.id)?.successor;
  return { ...replica, successor: { replaces: successor.replaces, state: before?.replaces === successor.replaces ? before.state : 'starting' } };
}
