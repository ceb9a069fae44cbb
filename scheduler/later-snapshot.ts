// A snapshot that follows from an earlier one: its long lists are written out only when somebody reads them, since most revisions come and go
// without anybody who does. Takes the earlier snapshot and what is different; gives plain immutable data to whoever reads it.

import type { Network, Replica, Snapshot, Workload } from './model.ts';

export interface Later {
  readonly revision: number;
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly replicasOf: ReadonlyMap<string, readonly Replica[]>;
  /** By network id: addresses that are taken from now on. */
  readonly given: ReadonlyMap<string, readonly string[]>;
}

export function laterSnapshot(before: Snapshot, { revision, workloads, replicasOf, given }: Later): Snapshot {
  let workloadList: readonly Workload[] | undefined;
  let replicaList: readonly Replica[] | undefined;
  return {
    revision,
    policy: before.policy,
    hosts: before.hosts,
    networks: given.size === 0 ? before.networks : before.networks.map((network) => laterNetwork(network, given.get(network.id))),
    get workloads() {
      return (workloadList ??= [...workloads.values()]);
    },
    get replicas() {
      return (replicaList ??= [...replicasOf.values()].flat());
    },
    ...(before.pools === undefined ? {} : { pools: before.pools }),
  };
}

/** Addresses that only grow in number: one list serves all snapshots that follow each other, each of which sees its beginning. */
interface Growing {
  readonly list: string[];
  readonly length: number;
}

const growing = new WeakMap<Network, Growing>();

function laterNetwork(network: Network, given: readonly string[] | undefined): Network {
  if (given === undefined) return network;
  const { list, length } = growing.get(network) ?? { list: [...network.taken], length: network.taken.length };
  // Another snapshot may have followed the same one: then the list is no longer this one's.
  const own = list.length === length ? list : list.slice(0, length);
  for (const address of given) own.push(address);
  let taken: readonly string[] | undefined;
  const end = own.length;
  const { id, name, mode, first, last } = network;
  const later: Network = {
    id,
    name,
    mode,
    first,
    last,
    get taken() {
      return (taken ??= own.slice(0, end));
    },
  };
  growing.set(later, { list: own, length: end });
  return later;
}
