// The inputs of a decision on record: the whole snapshot, or what differs from the record before it. Takes snapshots, gives bodies, and snapshots
// again from a chain of bodies. What did not change between two snapshots is the same object in both or equal to it: where it is the same, writing
// a record takes time in proportion to the change and a glance at every workload; where all was read anew, it takes turns with other work.
import type { Host, Network, Policy, Replica, Snapshot, Workload } from '#scheduler/model.ts';

export interface Delta<T> {
  readonly put: readonly T[];
  /** Ids that are gone. */
  readonly drop: readonly string[];
}

/** A network's addresses change with every replica, so they have a delta of their own. */
export type NetworkChange = Omit<Network, 'taken'> & { readonly taken: Delta<string> };

export type Body =
  | { readonly form: 'whole'; readonly snapshot: Omit<Snapshot, 'pools'> }
  | {
      readonly form: 'change';
      readonly revision: number;
      /** Null: as before. */
      readonly policy: Policy | null;
      readonly hosts: Delta<Host>;
      readonly networks: Delta<NetworkChange>;
      readonly workloads: Delta<Workload>;
      readonly replicas: Delta<Replica>;
    };

type Keyed = { readonly id: string };

/** What was recorded last, so that the next record says only what is new. */
export interface Tracker {
  /** One at a time. @param replicasOf the same replicas by workload: a group that is the same array is not looked into */
  next(snapshot: Snapshot, replicasOf: ReadonlyMap<string, readonly Replica[]>): Promise<Body>;
  /** The next record is a whole one. */
  forget(): void;
}

/** Objects that are compared before others get their turn: a few milliseconds. */
const COMPARED_AT_ONCE = 4_000;

/** @param rest lets others do their work */
export function openTracker(rest: () => Promise<void>): Tracker {
  let compared = 0;
  const same: Same = async (one, other) => {
    if (one === other) return true;
    compared += 1;
    if (compared % COMPARED_AT_ONCE === 0) await rest();
    return equal(one, other);
  };
  let last: { readonly snapshot: Snapshot; readonly replicasOf: ReadonlyMap<string, readonly Replica[]> } | undefined;
  return {
    async next(snapshot, replicasOf) {
      const before = last;
      last = { snapshot, replicasOf };
      if (before === undefined) return whole(snapshot);
      return {
        form: 'change',
        revision: snapshot.revision,
        policy: equal(before.snapshot.policy, snapshot.policy) ? null : snapshot.policy,
        hosts: await deltaOf(before.snapshot.hosts, snapshot.hosts, same),
        networks: networksDelta(before.snapshot.networks, snapshot.networks),
        workloads: await deltaOf(before.snapshot.workloads, snapshot.workloads, same),
        replicas: await replicasDelta(before.replicasOf, replicasOf, same),
      };
    },
    forget: () => void (last = undefined),
  };
}

function whole({ revision, policy, hosts, networks, workloads, replicas }: Snapshot): Body {
  return { form: 'whole', snapshot: { revision, policy, hosts, networks, workloads, replicas } };
}

type Same = (one: unknown, other: unknown) => boolean | Promise<boolean>;

/** Whether two plain values would be written alike. */
function equal(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => equal((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key]));
}

async function deltaOf<T extends Keyed>(before: readonly T[], after: readonly T[], same: Same): Promise<Delta<T>> {
  if (before === after) return { put: [], drop: [] };
  const left = new Map(before.map((each) => [each.id, each]));
  const put: T[] = [];
  for (const each of after) {
    const old = left.get(each.id);
    left.delete(each.id);
    if (old === undefined || (old !== each && !(await same(old, each)))) put.push(each);
  }
  return { put, drop: [...left.keys()] };
}

async function replicasDelta(before: ReadonlyMap<string, readonly Replica[]>, after: ReadonlyMap<string, readonly Replica[]>, same: Same): Promise<Delta<Replica>> {
  const put: Replica[] = [];
  const drop: string[] = [];
  for (const [workloadId, group] of after) {
    const old = before.get(workloadId);
    if (old === group) continue;
    const delta = await deltaOf(old ?? [], group, same);
    put.push(...delta.put);
    drop.push(...delta.drop);
  }
  for (const [workloadId, group] of before) if (!after.has(workloadId)) drop.push(...group.map(({ id }) => id));
  return { put, drop };
}

function networksDelta(before: readonly Network[], after: readonly Network[]): Delta<NetworkChange> {
  if (before === after) return { put: [], drop: [] };
  const left = new Map(before.map((network) => [network.id, network]));
  const put: NetworkChange[] = [];
  for (const network of after) {
    const old = left.get(network.id);
    left.delete(network.id);
    if (old === network) continue;
    const { taken, ...rest } = network;
    const { taken: takenBefore = [], ...restBefore } = old ?? {};
    const addresses = addressesDelta(takenBefore, taken);
    if (addresses.put.length > 0 || addresses.drop.length > 0 || !equal(rest, restBefore)) put.push({ ...rest, taken: addresses });
  }
  return { put, drop: [...left.keys()] };
}

function addressesDelta(before: readonly string[], after: readonly string[]): Delta<string> {
  let same = 0;
  while (same < before.length && same < after.length && before[same] === after[same]) same += 1;
  const left = new Set(before.slice(same));
  const put = after.slice(same).filter((address) => !left.delete(address));
  return { put, drop: [...left] };
}

/** The snapshot that a chain of records ends in. @throws RangeError when the chain does not begin with a whole one */
export function rebuild(bodies: readonly Body[]): Snapshot {
  const [first, ...changes] = bodies;
  if (first?.form !== 'whole') throw new RangeError('the chain of records does not begin with a whole one');
  const { policy: firstPolicy, revision: firstRevision, ...lists } = first.snapshot;
  const hosts = byId(lists.hosts);
  const networks = new Map(lists.networks.map((network) => [network.id, { ...network, taken: new Set(network.taken) }]));
  const workloads = byId(lists.workloads);
  const replicas = byId(lists.replicas);
  let policy = firstPolicy;
  let revision = firstRevision;
  for (const change of changes) {
    if (change.form === 'whole') throw new RangeError('the chain of records has a second whole one');
    policy = change.policy ?? policy;
    revision = change.revision;
    apply(hosts, change.hosts);
    apply(workloads, change.workloads);
    apply(replicas, change.replicas);
    for (const { taken, ...rest } of change.networks.put) {
      const addresses = networks.get(rest.id)?.taken ?? new Set<string>();
      for (const address of taken.drop) addresses.delete(address);
      for (const address of taken.put) addresses.add(address);
      networks.set(rest.id, { ...rest, taken: addresses });
    }
    for (const id of change.networks.drop) networks.delete(id);
  }
  return { revision, policy, hosts: [...hosts.values()], networks: [...networks.values()].map((network) => ({ ...network, taken: [...network.taken] })), workloads: [...workloads.values()], replicas: [...replicas.values()] };
}

const byId = <T extends Keyed>(list: readonly T[]): Map<string, T> => new Map(list.map((each) => [each.id, each]));

function apply<T extends Keyed>(map: Map<string, T>, { put, drop }: Delta<T>): void {
  for (const each of put) map.set(each.id, each);
  for (const id of drop) map.delete(id);
}
