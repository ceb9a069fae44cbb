// A server without listeners and with a clock that stands still: rows are made directly, loops run when the test says so, and hosts are
// model hosts that take an assignment, run what it says and report, when and as slowly as the test wants.
import type { Facts, ObservedReplica, Report } from '#agents/protocol.ts';
import type { Config } from '#server/config.ts';
import { type Context, openContext } from '#server/context.ts';
import { prepareFirstStart } from '#server/control/first-start.ts';
import { startLoops } from '#server/control/loops.ts';
import { insertTeam } from '#server/db/accounts.ts';
import { assignmentOf, type StoredAssignment } from '#server/db/assignments.ts';
import { insertHost } from '#server/db/hosts.ts';
import { insertNetwork } from '#server/db/networks.ts';
import { listReplicas, type ReplicaRow } from '#server/db/replicas.ts';
import { approveRequest } from '#server/requests/decide.ts';
import { submitRequest } from '#server/requests/submit.ts';
import { Draft, type DraftInput } from '#server/http/contract/requests.ts';
import { draft, temporaryFolder, testConfig } from './start.ts';

export const LEASE_MS = 1_000;
export const ANN = { id: 'ann', name: 'ann' };
const FACTS: Facts = { hostname: 'h', bootId: 'b', agentVersion: '0', engineVersion: '20', engineApiVersion: '1.41', kernel: '6', architecture: 'x64', cgroupVersion: 2, cpuMilli: 16_000, memoryMib: 32_768 };

export interface World extends AsyncDisposable {
  readonly context: Context;
  readonly clock: { at: number; now(): number };
  /** Hosts that the world has, in the order in which they came. */
  readonly hosts: ModelHost[];
  addHost(name: string, size?: { readonly cpuMilli?: number; readonly memoryMib?: number; readonly rack?: string }): Promise<ModelHost>;
  /** Submits a draft, approves it when it waits, and gives the workload's id. */
  ask(more?: Partial<DraftInput>): Promise<string>;
  /** Lets time pass in small steps; every host that is not cut off is heard in each of them, and observation runs. */
  pass(ms: number): Promise<void>;
  /** Runs all loops until nothing is left to do. */
  settle(): Promise<void>;
  replicas(): Promise<ReplicaRow[]>;
}

export interface ModelHost {
  readonly id: string;
  readonly name: string;
  /** Containers by replica id: what really runs there, whatever anybody believes. */
  readonly containers: Map<string, { readonly address: string }>;
  /** True: nothing that it says arrives, and it hears nothing; its containers go on. */
  isCutOff: boolean;
  generation: number;
  /** Accepts the newest assignment, makes it so and reports. `stops: false`: what should stop is still stopping. */
  sync(options?: { readonly stops?: boolean }): Promise<void>;
  assignment(): Promise<StoredAssignment | undefined>;
}

/** @param last of the addresses that replicas may have, from 10.9.1.0 on */
export async function openWorld({ last = '10.9.1.255', config = {} }: { readonly last?: string; readonly config?: Partial<Config> } = {}): Promise<World> {
  const folder = temporaryFolder();
  const clock = { at: Date.UTC(2026, 10, 23), now: () => clock.at };
  const context = await openContext(testConfig(folder.path, { leaseMs: LEASE_MS, ...config }), { clock, timers: false });
  await prepareFirstStart(context);
  await startLoops(context);
  const network = { id: 'net', name: 'dc', mode: 'flat' as const, site: 'dc1', cidr: '10.9.0.0/16', gateway: '10.9.0.1', first: '10.9.1.0', last, excluded: [], dns: [], hostId: null, createdAt: clock.at, vlan: null, tunnelVni: null };
  await context.store.tx(async (tx) => {
    await insertNetwork(tx, network);
    await insertTeam(tx, { id: 'team', name: 'quotes', title: '', createdAt: clock.at });
  });
  const hosts: ModelHost[] = [];
  const settle = async () => {
    for (const loop of ['observe', 'planner', 'dispatch', 'observe'] as const) await context.loops.runOnce(loop);
    await context.loops.settled();
  };
  return {
    context,
    clock,
    hosts,
    settle,
    async addHost(name, { cpuMilli = 16_000, memoryMib = 32_768, rack = name } = {}) {
      const id = `host-${name}`;
      await context.store.tx((tx) =>
        insertHost(tx, {
          id, name, kind: 'physical', site: 'dc1', rack, address: `10.9.0.${10 + hosts.length}`, uplink: 'eth0', networkId: 'net', cpuMilli, memoryMib, reservedCpuMilli: 0, reservedMemoryMib: 0,
          costCentsPerHour: 100, performance: 50, stability: 50, labels: {}, taints: [], environments: [], cordonReason: null, drainReason: null, credentialHash: '', joinedAt: clock.at,
        }),
      );
      context.fleet.watch({ hostId: id, state: 'joining', reason: 'has not reported yet', since: clock.at, lastSeenAt: null, facts: null, reportedGeneration: 0 });
      const host = modelHost(context, clock, id, name);
      hosts.push(host);
      await settle();
      await host.sync();
      await settle();
      return host;
    },
    async ask(more = {}) {
      const request = await submitRequest(context, ANN, Draft.parse(draft(more)));
      const approved = request.state === 'waiting' ? await approveRequest(context, ANN, request.id, 'test') : request;
      return approved.workloadId!;
    },
    async pass(ms) {
      for (let left = ms; left > 0; left -= 200) {
        clock.at += Math.min(200, left);
        for (const host of hosts) if (!host.isCutOff) context.fleet.heard(host.id, clock.at);
        await context.loops.runOnce('observe');
      }
      await settle();
    },
    replicas: () => context.store.read(listReplicas),
    async [Symbol.asyncDispose]() {
      await context[Symbol.asyncDispose]();
      folder.remove();
    },
  };
}

/** A host that the server knows already, as the world's own are. */
export function modelHost(context: Context, clock: { now(): number }, id: string, name: string): ModelHost {
  const assignment = () => context.store.read((reader) => assignmentOf(reader, id));
  const host: ModelHost = {
    id,
    name,
    containers: new Map(),
    isCutOff: false,
    generation: 0,
    assignment,
    async sync({ stops = true } = {}) {
      const newest = host.isCutOff ? undefined : await assignment();
      if (newest === undefined) return;
      host.generation = newest.generation;
      const wanted = new Map(newest.replicas.map((each) => [each.id, each]));
      let isDone = true;
      for (const [replicaId, { address }] of host.containers) {
        if (wanted.get(replicaId)?.address === address) continue;
        if (stops) host.containers.delete(replicaId);
        else isDone = false;
      }
      for (const { id: replicaId, address } of newest.replicas) if (!host.containers.has(replicaId)) host.containers.set(replicaId, { address });
      context.fleet.reported(id, reportOf(host, isDone, clock.now()), clock.now());
    },
  };
  return host;
}

function reportOf(host: ModelHost, converged: boolean, now: number): Report {
  const replicas = [...host.containers].map(([id, { address }]): ObservedReplica => ({ id, state: 'running', address, restarts: 0 }));
  return { seq: 1, at: new Date(now).toISOString(), generation: host.generation, converged, facts: FACTS, replicas, strangers: 0, problems: [] };
}
