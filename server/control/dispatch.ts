// The desired state, host by host: builds every host's whole assignment from the rows, raises its generation when it differs from what was
// sent last, and tells the hosts that are connected. Hosts that are away get it when they come back.
import { createHash } from 'node:crypto';
import { MAX_MESSAGE_BYTES } from '#agents/protocol.ts';
import type { Context } from '../context.ts';
import { type Holder, holdersOn } from '../db/addresses.ts';
import { type AssignmentHead, listAssignmentHeads, putAssignment, type StoredAssignment, type StoredFile, type StoredReplica } from '../db/assignments.ts';
import { readCluster } from '../db/cluster.ts';
import { appendEvent } from '../db/events.ts';
import { type HostRow, hostsById } from '../db/hosts.ts';
import { networksById, type NetworkRow } from '../db/networks.ts';
import { type ReplicaRow, replicasOfHosts } from '../db/replicas.ts';
import type { Reader } from '../db/store.ts';
import { listUpkeepOrders, type UpkeepOrderRow } from '../db/upkeep.ts';
import { chunks, namesOfWorkloads, releasesById, type ReleaseRow, type WorkloadName, workloadName } from '../db/workloads.ts';
import { UnavailableError } from '../errors.ts';
import { type AssignmentImages, openAssignmentImages } from './assignment-images.ts';
import type { Loop } from './driver.ts';
import { heldBack } from './governor-restored.ts';
import { hostNetwork, tunnelEnds, type TunnelEnd, whoseWaysChanged } from '../addresses/host-network.ts';
import { replicaName } from './names.ts';
import { keepSet } from '../registry/retention.ts';
import { upkeepFor } from '../upkeep/orphans.ts';
import { openSecrets } from '../releases/secrets.ts';
import { secretIdsOf, withValues } from '../releases/secrets-sent.ts';

/** Everything that changes an assignment says of which host, and wakes this loop; the timer is a second chance. */
const EVERY_MS = 5_000;
/** Hosts that are looked at in a run, if there are so many: in turn, where nothing was said of them. A run that has enough to do takes few besides. */
const SECOND_LOOK = 200;
const FEW = 20;
/** Then others get their turn: some ten milliseconds. */
const HOSTS_AT_ONCE = 25;
const CHUNKS_AT_ONCE = 20;
const LONGEST_REST_MS = 1_000;

export function dispatchLoop(context: Context): Loop {
  const { bus, clock, fleet, store, timing } = context;
  const memory: Memory = { due: new Set(), heads: new Map(), isLoaded: false, told: new Set(), releases: new Map(), ends: [], images: openAssignmentImages(context, async (reader) => (await keepSet(context, reader)).keys()), turn: 0 };
  bus.subscribe(({ topic, ids }) => {
    // Of what this loop tells itself once for each host, no new look follows.
    if (topic === 'hosts') for (const id of ids) if (!memory.told.delete(id)) memory.due.add(id);
  });
  return {
    name: 'dispatch',
    everyMs: EVERY_MS,
    // A small part of the server's time while much changes: whatever changes meanwhile goes out together.
    restMs: (lastMs) => Math.min(LONGEST_REST_MS, 6 * lastMs),
    run: async () => {
      if (!memory.isLoaded) memory.heads = await store.read(listAssignmentHeads);
      const known = [...fleet.all()];
      const looked = memory.isLoaded ? Math.max(FEW, SECOND_LOOK - memory.due.size) : known.length;
      memory.isLoaded = true;
      for (let count = Math.min(looked, known.length); count > 0; count -= 1) memory.due.add(known[(memory.turn += 1) % known.length]!.hostId);
      const newer = known.filter(({ hostId, reportedGeneration }) => reportedGeneration > (memory.heads.get(hostId)?.generation ?? 0));
      for (const { hostId } of newer) memory.due.add(hostId);
      const waits = await heldBack(context, newer);
      for (const id of await store.read((reader) => memory.images.refresh(reader))) memory.due.add(id);
      const ends = await store.read(tunnelEnds);
      for (const id of whoseWaysChanged(memory.ends, ends)) memory.due.add(id);
      memory.ends = ends;
      const due = [...memory.due].filter((id) => !waits.has(id));
      memory.due.clear();
      const sum = { sent: 0, told: 0 };
      for (const [turn, chunk] of chunks(due, HOSTS_AT_ONCE).entries()) {
        const begun = timing.elapsedMs();
        const assignments = await renew(context, memory, chunk, clock.now()).catch((error: unknown) => {
          for (const id of chunk) {
            memory.due.add(id);
            memory.told.delete(id);
          }
          throw error;
        });
        sum.sent += assignments.length;
        for (const assignment of assignments) if (await offer(context, assignment)) sum.told += 1;
        // The first go out at once; of very many, the others leave most of the time to whoever asks.
        await (turn < CHUNKS_AT_ONCE ? timing.turn() : timing.pause(3 * (timing.elapsedMs() - begun)));
      }
      return sum.sent === 0 ? 'every host has its newest assignment' : `new assignments for ${sum.sent} hosts, ${sum.told} told at once`;
    },
  };
}

interface Memory {
  /** Hosts for which something changed. */
  readonly due: Set<string>;
  /** What was stored last, by host. */
  heads: Map<string, Pick<AssignmentHead, 'generation' | 'hash'>>;
  isLoaded: boolean;
  /** Hosts of which this loop itself says that they changed. */
  readonly told: Set<string>;
  /** Releases that were read: they never change. */
  readonly releases: Map<string, ReleaseRow>;
  readonly images: AssignmentImages;
  /** Who is in which tunnel. */
  ends: readonly TunnelEnd[];
  turn: number;
}

/** Beyond this many all are forgotten, and read again. */
const MOST_RELEASES = 10_000;

/** Builds the assignments of some hosts anew and stores those that differ from what is stored. */
async function renew({ store, fleet, config }: Context, { heads, told, releases, images, ends }: Memory, hostIds: readonly string[], now: number): Promise<StoredAssignment[]> {
  const { bodies, clusterId } = await store.read((reader) => buildSome(reader, hostIds, { releases, images, ends }, config.orphanGraceSeconds));
  // A host that holds a generation which this database never gave (an old backup was put back) would refuse all lower ones.
  const reported = (hostId: string) => fleet.get(hostId)?.reportedGeneration ?? 0;
  const changed = bodies.filter(({ hostId, hash }) => heads.get(hostId)?.hash !== hash || reported(hostId) > heads.get(hostId)!.generation);
  if (changed.length === 0) return [];
  const assignments = changed.map(({ hash, ...body }) => ({ hash, assignment: { clusterId, generation: Math.max(heads.get(body.hostId)?.generation ?? 0, reported(body.hostId)) + 1, ...body } }));
  await store.tx(async (tx) => {
    for (const { hash, assignment } of assignments) {
      await putAssignment(tx, assignment, hash, now);
      tx.changed('hosts', assignment.hostId);
    }
    for (const { assignment } of assignments) told.add(assignment.hostId);
  });
  for (const { hash, assignment } of assignments) heads.set(assignment.hostId, { generation: assignment.generation, hash });
  return assignments.map(({ assignment }) => assignment);
}

/**
 * Sends an assignment to its host, with the values of its secrets.
 * @returns false when the host is not connected, a secret cannot be opened, or the message would be larger than agents accept: the host then keeps
 * what it has
 */
export async function offer(context: Context, stored: StoredAssignment): Promise<boolean> {
  const { connections, fleet, log, store } = context;
  const { hostId, generation } = stored;
  if (!connections.has(hostId)) return false;
  // What of a lost host survives is decided by its report; until then it is told nothing, and waits.
  if (fleet.stateOf(hostId) === 'lost' && connections.speaks(hostId, 'await')) return false;
  const ids = secretIdsOf(stored);
  let values: ReadonlyMap<string, string>;
  try {
    values = ids.length === 0 ? NO_VALUES : await store.read((reader) => openSecrets(context, reader, ids));
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    await tellClosed(context, hostId, error.message);
    return false;
  }
  const assignment = withValues(stored, values);
  const bytes = Buffer.byteLength(JSON.stringify(assignment));
  if (bytes + 64 > MAX_MESSAGE_BYTES) {
    log.error({ host: hostId, generation, bytes, allowed: MAX_MESSAGE_BYTES }, 'assignment.too-large');
    return false;
  }
  return connections.send(hostId, { type: 'assignment', assignment });
}

const NO_VALUES: ReadonlyMap<string, string> = new Map();
/** What was told of each host already, so that history says it once. */
const toldClosed = new WeakMap<Context, Map<string, string>>();

async function tellClosed(context: Context, hostId: string, reason: string): Promise<void> {
  const told = toldClosed.get(context) ?? new Map<string, string>();
  toldClosed.set(context, told);
  if (told.get(hostId) === reason) return;
  told.set(hostId, reason);
  context.log.error({ host: hostId, reason }, 'assignment.secrets-closed');
  await context.store.tx(async (tx) => {
    const [host] = await hostsById(tx, [hostId]);
    await appendEvent(tx, { at: context.clock.now(), actor: 'firn', kind: 'host.not-told', subjectType: 'host', subjectId: hostId, subject: host?.name ?? hostId, message: `${host?.name ?? hostId} is not told what changed and keeps what it runs`, why: reason });
  });
}

type Body = Omit<StoredAssignment, 'clusterId' | 'generation'> & { readonly hash: string };

async function buildSome(reader: Reader, hostIds: readonly string[], { releases, images, ends }: Pick<Memory, 'releases' | 'images' | 'ends'>, orphanGraceSeconds: number): Promise<{ bodies: Body[]; clusterId: string }> {
  const hosts = await hostsById(reader, hostIds);
  const replicas = await replicasOfHosts(reader, hostIds);
  if (releases.size > MOST_RELEASES) releases.clear();
  const unread = replicas.flatMap(({ releaseId }) => (releases.has(releaseId) ? [] : [releaseId]));
  for (const [id, release] of await releasesById(reader, unread)) releases.set(id, release);
  const parts: Parts = {
    networks: new Map((await networksById(reader, hosts.map(({ networkId }) => networkId))).map((row) => [row.id, row])),
    workloads: await namesOfWorkloads(reader, new Set(replicas.map(({ workloadId }) => workloadId))),
    releases,
    images,
    ends,
    orders: await listUpkeepOrders(reader, hostIds),
    orphanGraceSeconds,
    holders: new Map((await holdersOn(reader, hostIds)).map((row) => [row.address, row])),
  };
  const byHost = Map.groupBy(replicas, ({ hostId }) => hostId);
  const bodies = hosts.flatMap((host) => build(host, byHost.get(host.id) ?? [], parts) ?? []);
  return { bodies, clusterId: (await readCluster(reader)).id };
}

interface Parts {
  readonly networks: ReadonlyMap<string, NetworkRow>;
  readonly workloads: ReadonlyMap<string, WorkloadName>;
  readonly releases: ReadonlyMap<string, ReleaseRow>;
  readonly images: AssignmentImages;
  readonly ends: readonly TunnelEnd[];
  /** What people decided about what was found on these hosts. */
  readonly orders: readonly UpkeepOrderRow[];
  readonly orphanGraceSeconds: number;
  /** Open rows of the ledger on these hosts, by address. */
  readonly holders: ReadonlyMap<string, Holder>;
}

function build(host: HostRow, replicas: readonly ReplicaRow[], parts: Parts): Body | undefined {
  const network = parts.networks.get(host.networkId);
  if (network === undefined) return undefined;
  const specs = replicas.flatMap((replica) => spec(replica, host, network, parts) ?? []).sort((one, other) => (one.id < other.id ? -1 : 1));
  const images = parts.images.of(host.id);
  const upkeep = upkeepFor(parts.orders.filter(({ hostId }) => hostId === host.id), parts.orphanGraceSeconds);
  const body = {
    hostId: host.id, network: hostNetwork(host, network, parts.ends), replicas: specs, ...(images === undefined ? {} : { images }), ...(upkeep === undefined ? {} : { upkeep }),
  };
  return { ...body, hash: createHash('sha256').update(JSON.stringify(body)).digest('hex') };
}

/** In the order of their paths, so that the same files give the same assignment. */
function filesOf({ files }: ReleaseRow): StoredFile[] {
  const sorted = Object.entries(files).sort(([one], [other]) => (one < other ? -1 : 1));
  return sorted.map(([path, { mode, ...from }]) => ({ path, mode, ...('secretId' in from ? { secretId: from.secretId } : { content: Buffer.from(from.content).toString('base64') }) }));
}

/** A replica whose address is still held elsewhere is left out: it starts when the other host has let go. */
function spec(replica: ReplicaRow, host: HostRow, network: NetworkRow, { workloads, releases, holders }: Parts): StoredReplica | undefined {
  const workload = workloads.get(replica.workloadId);
  const release = releases.get(replica.releaseId);
  const holder = replica.address === null ? undefined : holders.get(replica.address);
  if (workload === undefined || release === undefined || holder === undefined || holder.hostId !== host.id || holder.replicaId !== replica.id) return undefined;
  return {
    id: replica.id,
    name: replicaName(workload, replica.ordinal),
    workload: workloadName(workload),
    image: release.image,
    command: release.command,
    env: release.env,
    address: holder.address,
    mac: holder.mac,
    cpuMilli: replica.cpuMilli,
    memoryMib: replica.memoryMib,
    port: release.port,
    ...(release.healthPath === null ? {} : { healthPath: release.healthPath }),
    ...(release.health === null ? {} : { health: release.health }),
    dns: network.dns,
    // The host's name is the one thing that a container may look for and DNS need not know.
    hosts: [{ name: 'host.firn.internal', address: host.address }],
    stopSeconds: release.stopSeconds,
    ...(release.metricsPath === null ? {} : { metricsPath: release.metricsPath }),
    ...(Object.keys(release.secretEnv).length === 0 ? {} : { secretEnv: release.secretEnv }),
    ...(Object.keys(release.files).length === 0 ? {} : { files: filesOf(release) }),
    release: release.id,
  };
}
