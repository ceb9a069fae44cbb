// The present as the scheduler sees it, shared by everybody who asks: quotes, the planner, views. It is read from the database once and then
// follows what this server itself commits, revision by revision; where anything else changed than workloads and replicas, or hosts were observed
// to change, it is read anew. The database stays the truth: whoever writes compares the revision in the same transaction.
import type { Shape, Sizing, SizingRefusal, Snapshot, Workload } from '#scheduler/model.ts';
import { type Base, prepare } from '#scheduler/prepare.ts';
import type { Context } from '../context.ts';
import { readCluster, type Revised } from '../db/cluster.ts';
import { readSnapshot } from '../db/snapshot.ts';
import { openFollower, presentOf } from './follow.ts';
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
  /**
   * The same, with the newest verdicts: what read() would give if this is the newest revision.
   * @param ahead steps that lead to it from what is committed, within a transaction that is not: nobody else sees them
   */
  newestAt(revision: number, ahead?: readonly Revised[]): Present | undefined;
  /** Ids of workloads that were recorded or whose replicas were, in what followed the revision; undefined where more may have changed. */
  changedSince(revision: number): ReadonlySet<string> | undefined;
}

export function openPresent(context: Pick<Context, 'store' | 'fleet' | 'clock' | 'config'> & Partial<Pick<Context, 'linger'>>): PresentSource {
  const { store, fleet, clock } = context;
  const follower = openFollower();
  let reading: Promise<Present> | undefined;

  store.onRevised(follower.hear);
  const isNewest = (present: Present | undefined, revision: number): present is Present => present !== undefined && present.revision >= revision && present.fleetVersion === fleet.version;
  const readNow = async (): Promise<Present> => {
    const fleetVersion = fleet.version;
    const snapshot = await store.read((reader) => readSnapshot(reader, fleet.stateOf, clock.now(), (row, rollout) => successorState(context, row, rollout), fleet.fullDisks));
    const read = presentOf(prepare(snapshot), fleetVersion);
    const before = follower.newest();
    // While it was read, more may have been committed and followed.
    if (before === undefined || before.revision <= read.revision || before.fleetVersion !== fleetVersion) follower.begin(read);
    return read;
  };
  return {
    async read() {
      const { revision } = await store.read(readCluster);
      let present = follower.newest();
      if (isNewest(present, revision)) return present;
      // Readers that come while a reading is under way share it, and look again whether it is new enough.
      while (reading !== undefined) await reading.catch(() => undefined);
      present = follower.newest();
      if (isNewest(present, revision)) return present;
      reading = readNow();
      try {
        return await reading;
      } finally {
        reading = undefined;
      }
    },
    at(revision) {
      const present = follower.newest();
      return present?.revision === revision ? present : undefined;
    },
    newestAt(revision, ahead = []) {
      const present = follower.expecting(ahead);
      return isNewest(present, revision) && present.revision === revision ? present : undefined;
    },
    changedSince: follower.changedSince,
  };
}
