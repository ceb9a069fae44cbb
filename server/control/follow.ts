// From one present to the next by what was committed, without reading it again: in time proportional to the change.
// Takes presents and the steps of committed transactions, in order; gives the presents that they lead to, also those of steps that are about to be
// committed. Where a step changed anything else than workloads and replicas, it gives none, and the next present is read.
import { advance, type Recorded } from '#scheduler/advance.ts';
import type { Replica, Shape, Workload } from '#scheduler/model.ts';
import type { Base } from '#scheduler/prepare.ts';
import { sizeWorkload } from '#scheduler/schedule.ts';
import type { Revised, RowsRevised } from '../db/cluster.ts';
import type { Present } from './present.ts';
import { usedAfter, usedNow } from '../requests/quota.ts';

/** Steps that are remembered for changedSince(). */
const MOST_STEPS = 1_000;

export interface Follower {
  /** Takes a committed step. */
  hear(step: Revised): void;
  /** The newest committed present that can be followed; undefined before the first. */
  newest(): Present | undefined;
  /** The same after steps that are not committed yet, and perhaps never. They are followed once: committed, they are adopted. */
  expecting(steps: readonly Revised[]): Present | undefined;
  /** Follows from here on: it was read anew. */
  begin(read: Present): void;
  /** Ids of workloads that were recorded or whose replicas were, in what followed the revision; undefined where more may have changed. */
  changedSince(revision: number): ReadonlySet<string> | undefined;
}

interface Followed {
  readonly on: Present;
  readonly step: Revised;
  readonly present: Present;
  readonly changed: readonly string[];
}

export function openFollower(): Follower {
  let known: Present | undefined;
  /** Committed since `known`, each on the one before. */
  let ahead: Revised[] = [];
  /** What followed the present that was read last. */
  let followed: { readonly from: number; readonly changed: readonly string[] }[] = [];
  /** Steps that are perhaps committed soon, each on the one before. */
  let expected: Followed[] = [];

  const adopt = ({ on, present, changed }: Followed) => {
    followed.push({ from: on.revision, changed });
    if (followed.length > MOST_STEPS) followed.shift();
    known = present;
  };
  const newest = (): Present | undefined => {
    if (ahead.length === 0) return known;
    while (expected[0] !== undefined && expected[0].on === known && expected[0].step === ahead[0]) {
      adopt(expected.shift()!);
      ahead.shift();
    }
    if (known !== undefined && ahead.length > 0) adopt({ on: known, step: ahead.at(-1)!, ...following(known, ahead) });
    ahead = [];
    return known;
  };
  return {
    hear(step) {
      const last = ahead.at(-1)?.to ?? known?.revision;
      if (last === step.from && step.rows !== null) ahead.push(step);
    },
    newest,
    expecting(steps) {
      let present = newest();
      for (const [index, step] of steps.entries()) {
        if (present === undefined || present.revision !== step.from || step.rows === null) return undefined;
        if (expected[index]?.step !== step || expected[index].on !== present) expected = [...expected.slice(0, index), { on: present, step, ...following(present, [step]) }];
        ({ present } = expected[index]!);
      }
      return present;
    },
    begin(read) {
      known = read;
      followed = [];
    },
    changedSince(revision) {
      if (newest()?.revision === revision) return new Set();
      const first = followed.findIndex(({ from }) => from === revision);
      return first < 0 ? undefined : new Set(followed.slice(first).flatMap(({ changed }) => changed));
    },
  };
}

export function presentOf(base: Base, fleetVersion: number, before?: { readonly present: Present; readonly changed: readonly string[] }): Present {
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
