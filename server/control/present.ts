// The present as the scheduler sees it, read once per change and shared by everybody who asks: quotes, the planner, views.
import { type Base, prepare } from '#scheduler/prepare.ts';
import { sizeWorkload } from '#scheduler/schedule.ts';
import type { Sizing, SizingRefusal, Snapshot, Workload } from '#scheduler/model.ts';
import type { Context } from '../context.ts';
import { readCluster } from '../db/cluster.ts';
import { readSnapshot } from '../db/snapshot.ts';
import { successorState } from './successors.ts';

export interface Present {
  readonly revision: number;
  /** Version of the observed fleet that went in. */
  readonly fleetVersion: number;
  readonly snapshot: Snapshot;
  readonly base: Base;
  /** The sum of a workload of this snapshot. */
  sizingOf(workload: Workload): Sizing | SizingRefusal;
}

export interface PresentSource {
  /** The newest committed state with the newest verdicts. */
  read(): Promise<Present>;
}

export function openPresent(context: Pick<Context, 'store' | 'fleet' | 'clock' | 'config'>): PresentSource {
  const { store, fleet, clock } = context;
  let known: Present | undefined;
  let reading: Promise<Present> | undefined;
  const readNow = async (): Promise<Present> => {
    const fleetVersion = fleet.version;
    const snapshot = await store.read((reader) => readSnapshot(reader, fleet.stateOf, clock.now(), (row) => successorState(context, row)));
    const base = prepare(snapshot);
    const sizings = new Map<string, Sizing | SizingRefusal>();
    known = {
      revision: snapshot.revision,
      fleetVersion,
      snapshot,
      base,
      sizingOf(workload) {
        const sizing = sizings.get(workload.id) ?? sizeWorkload(workload, base);
        sizings.set(workload.id, sizing);
        return sizing;
      },
    };
    return known;
  };
  return {
    async read() {
      const { revision } = await store.read(readCluster);
      if (known !== undefined && known.revision === revision && known.fleetVersion === fleet.version) return known;
      // Readers that come while a reading is under way share it, and look again whether it is new enough.
      while (reading !== undefined) await reading.catch(() => undefined);
      if (known !== undefined && known.revision >= revision && known.fleetVersion === fleet.version) return known;
      reading = readNow();
      try {
        return await reading;
      } finally {
        reading = undefined;
      }
    },
  };
}
