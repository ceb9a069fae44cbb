// The present that a server keeps in memory, against the one that is read from its database anew.
import { prepare } from '#scheduler/prepare.ts';
import type { Base } from '#scheduler/prepare.ts';
import type { Context } from '#server/context.ts';
import type { Present } from '#server/control/present.ts';
import { successorState } from '#server/control/successors.ts';
import { readSnapshot } from '#server/db/snapshot.ts';
import { usedNow } from '#server/requests/quota.ts';

/** Everything that a decision or a view may read of a present, with lists whose order means nothing put in order. */
function facts({ base, snapshot, revision }: Pick<Present, 'base' | 'snapshot' | 'revision'>, used: ReadonlyMap<string, unknown>) {
  const ordered = <T extends { readonly id: string }>(list: readonly T[]) => list.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  const { memory: _memory, snapshot: _snapshot, ...rest }: Base = base;
  const networks = ordered(snapshot.networks.map((network) => ({ ...network, taken: [...new Set(network.taken)].sort() })));
  return {
    revision,
    used: [...used].sort(),
    base: { ...rest, workloads: [...rest.workloads], replicasOf: [...rest.replicasOf].sort(([one], [other]) => (one < other ? -1 : 1)) },
    snapshot: { policy: snapshot.policy, networks, hosts: ordered(snapshot.hosts), workloads: ordered(snapshot.workloads), replicas: ordered(snapshot.replicas) },
  };
}

/** @returns what the server has in memory and what a new server would read: to be equal */
export async function presentAsRead(context: Context) {
  const kept = await context.present.read();
  const snapshot = await context.store.read((reader) => readSnapshot(reader, context.fleet.stateOf, context.clock.now(), (row, rollout) => successorState(context, row, rollout), context.fleet.fullDisks));
  const read: Present = { ...kept, revision: snapshot.revision, snapshot, base: prepare(snapshot), sizingOf: kept.sizingOf };
  return { kept: facts(kept, kept.used()), read: facts(read, usedNow(read)) };
}
