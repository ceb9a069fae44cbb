// Properties of the reconciliation on a small model of an engine: whatever happened before, the newest assignment is what is left in the end.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judge } from './accept.ts';
import { limitsOf, type Container, type ContainerStatus } from './docker/runtime.ts';
import { assignment, FLAT, spec } from './fixtures.ts';
import { identityOf } from './identity.ts';
import type { Assignment, ReplicaSpec } from './protocol.ts';
import { reconcile, type Situation, type Step, type Wanted } from './reconcile.ts';

const CLUSTER = 'cluster-1';
const NETWORK_ID = 'network-1';

const wantedOf = (replicas: readonly ReplicaSpec[]): Wanted[] => replicas.map((one) => ({ spec: one, identity: identityOf(one, FLAT) }));
const look = (containers: readonly Container[], replicas: readonly ReplicaSpec[] | undefined): Situation => ({
  clusterId: CLUSTER, containers, networkId: NETWORK_ID, limitsSwap: true, ...(replicas === undefined ? {} : { wanted: wantedOf(replicas) }),
});

let created = 0;
function containerOf(one: ReplicaSpec, more: Partial<Container> = {}): Container {
  return {
    id: `c${(created += 1)}`, name: one.name, owner: { clusterId: CLUSTER, replicaId: one.id, workload: one.workload, identity: identityOf(one, FLAT) }, status: 'running',
    networkName: 'firn', networkId: NETWORK_ID, address: one.address, mac: one.mac, limits: limitsOf(one), stopSeconds: one.stopSeconds, restarts: 0, outOfMemory: false, ...more,
  };
}

/** What an engine would have after a step. Refuses what a real engine refuses: names and addresses twice. */
function apply(containers: readonly Container[], step: Step): Container[] {
  const patch = (id: string, more: Partial<Container>): Container[] => containers.map((one) => (one.id === id ? { ...one, ...more } : one));
  switch (step.kind) {
    case 'run': {
      const { spec: one } = step.wanted;
      for (const other of containers) {
        if (other.name === one.name || other.address === one.address) throw new Error(`${other.name} (${other.address}) is in the way of ${one.name}`);
      }
      return [...containers, containerOf(one)];
    }
    case 'start':
    case 'unpause':
      return patch(step.containerId, { status: 'running' });
    case 'rename':
      if (containers.some((one) => one.name === step.name)) throw new Error(`the name ${step.name} is taken`);
      return patch(step.containerId, { name: step.name });
    case 'connect':
      return patch(step.containerId, { networkName: step.network, address: step.spec.address, mac: step.spec.mac });
    case 'disconnect':
      return patch(step.containerId, { otherNetworks: [] });
    case 'update':
      return patch(step.containerId, { limits: limitsOf(step.spec) });
    case 'remove':
      return containers.filter((one) => one.id !== step.containerId);
  }
}

/** Rounds of looking and doing until nothing is left; a round does only some of its steps, as when others fail or are late. */
function settle(start: readonly Container[], replicas: readonly ReplicaSpec[], does: (index: number) => boolean = () => true): Container[] {
  let containers = [...start];
  for (let round = 0; round < 60; round += 1) {
    const { steps, waiting } = reconcile(look(containers, replicas));
    if (steps.length === 0 && waiting.length === 0 && containers.every((one) => one.status !== 'restarting')) return containers;
    // The first replica's steps are always done, so that luck cannot postpone everything for ever.
    for (const [index, step] of steps.entries()) if (step.replicaId === steps[0]?.replicaId || does(index + round)) containers = apply(containers, step);
    // What the engine does by itself: removals end, services that died are started again.
    containers = containers.filter((one) => one.status !== 'removing').map((one) => (one.status === 'restarting' ? { ...one, status: 'running' } : one));
  }
  throw new Error(`does not settle: ${JSON.stringify(reconcile(look(containers, replicas)))}`);
}

const arbitrarySpec = fc.record({
  number: fc.integer({ min: 1, max: 5 }),
  address: fc.integer({ min: 1, max: 5 }),
  image: fc.constantFrom('a:1', 'a:2'),
  cpuMilli: fc.constantFrom(500, 1000),
  memoryMib: fc.constantFrom(64, 128),
}).map(({ number, address, ...more }) => spec(number, { ...more, address: `10.9.2.${address}`, mac: `02:42:0a:09:02:0${address}` }));

/** Specs without the same id or address twice, as the acceptance of assignments guarantees. */
const arbitraryReplicas = fc.uniqueArray(arbitrarySpec, { maxLength: 5, selector: (one) => one.id }).map((specs) => specs.filter((one, index) => specs.findIndex((other) => other.address === one.address) === index));

const STATUSES: readonly ContainerStatus[] = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];
/** Our containers in any condition: other limits, names, networks, addresses, twice the same replica. Names are an engine's: unique. */
const arbitraryMine = fc.uniqueArray(
  fc.record({
    made: arbitrarySpec, status: fc.constantFrom(...STATUSES), name: fc.constantFrom('web-1', 'web-2', 'web-3', 'web-4', 'by-hand-1', 'by-hand-2'), limits: fc.constantFrom(limitsOf({ cpuMilli: 10, memoryMib: 9 }), undefined),
    networkId: fc.constantFrom(NETWORK_ID, 'network-0', undefined), mac: fc.constantFrom('02:42:0a:09:02:01', undefined),
  }),
  { maxLength: 6, selector: (one) => one.name },
).map((all) => all.map(({ made, status, name, limits, networkId, mac }) => {
  const { networkId: _, ...base } = containerOf(made, { status, name, ...(limits === undefined ? {} : { limits }), ...(mac === undefined ? {} : { mac }) });
  return { ...base, ...(networkId === undefined ? {} : { networkId }) };
}));

test('from any state, and however steps are interleaved or lost, the engine ends up with exactly what is assigned', () => {
  fc.assert(
    fc.property(arbitraryMine, arbitraryReplicas, fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }), (mine, replicas, luck) => {
      const end = settle(mine, replicas, (index) => luck[index % luck.length] === true);
      expect(end.map((one) => [one.name, one.address, one.mac, one.limits, one.status, one.owner?.identity]).sort()).toEqual(
        replicas.map((one) => [one.name, one.address, one.mac, limitsOf(one), 'running', identityOf(one, FLAT)]).sort(),
      );
    }),
    { numRuns: 500 },
  );
});

test('assignments in any order and repeated any number of times end in the newest', () => {
  const arbitraryHistory = fc.uniqueArray(fc.record({ generation: fc.integer({ min: 0, max: 9 }), replicas: arbitraryReplicas }), { minLength: 1, maxLength: 5, selector: (one) => one.generation });
  fc.assert(
    fc.property(arbitraryHistory, fc.array(fc.nat(20), { maxLength: 12 }), (history, order) => {
      const messages = [...order.map((index) => history[index % history.length]), ...history].flatMap((one) => (one === undefined ? [] : [assignment(one.generation, one.replicas)]));
      let stored: Assignment | undefined;
      let containers: Container[] = [];
      for (const message of messages) {
        const verdict = judge(message, { clusterId: CLUSTER, hostId: 'h1', generation: stored?.generation ?? 0, accepted: stored !== undefined });
        expect(['accept', 'same', 'older']).toContain(verdict.kind);
        if (verdict.kind === 'accept') stored = message;
        // Half a round, as when the next message comes in the middle of the work.
        for (const step of reconcile(look(containers, stored?.replicas)).steps.slice(0, 1)) containers = apply(containers, step);
      }
      const newest = history.toSorted((one, other) => other.generation - one.generation)[0];
      expect(stored?.generation).toBe(newest?.generation);
      const end = settle(containers, stored?.replicas ?? []);
      expect(end.map((one) => one.name).sort()).toEqual(newest?.replicas.map((one) => one.name).sort());
    }),
  );
});

test('strangers never appear in a step, whatever name, address or labels they have', () => {
  const arbitraryStranger = fc.record({ made: arbitrarySpec, cluster: fc.constantFrom(undefined, 'cluster-2'), status: fc.constantFrom(...STATUSES) }).map(({ made, cluster, status }) => {
    const { owner, ...rest } = containerOf(made, { status, id: `stranger-${(created += 1)}` });
    return cluster === undefined || owner === undefined ? rest : { ...rest, owner: { ...owner, clusterId: cluster } };
  });
  fc.assert(
    fc.property(fc.array(arbitraryStranger, { maxLength: 4 }), arbitraryMine, arbitraryReplicas, (strangers, mine, replicas) => {
      const { steps, waiting } = reconcile(look([...strangers, ...mine], replicas));
      for (const step of steps) if ('containerId' in step) expect(step.containerId).not.toMatch(/^stranger/);
      // A replica that a stranger stands in the way of says so instead of being forgotten.
      for (const one of replicas) {
        const mentioned = steps.some((step) => step.replicaId === one.id) || waiting.some((wait) => wait.replicaId === one.id);
        const isThere = mine.some((container) => container.owner?.replicaId === one.id);
        expect(mentioned || isThere).toBe(true);
      }
    }),
  );
});

test('what is as it should be gets no steps', () => {
  fc.assert(
    fc.property(arbitraryReplicas, (replicas) => {
      expect(reconcile(look(replicas.map((one) => containerOf(one)), replicas))).toEqual({ steps: [], waiting: [] });
    }),
  );
});

test('before any assignment nothing is done, not even with containers of this cluster', () => {
  expect(reconcile(look([containerOf(spec(1))], undefined))).toEqual({ steps: [], waiting: [] });
});

test('reasons say what is wrong', () => {
  const one = spec(1);
  const reasonsFor = (container: Container, wanted: ReplicaSpec): string[] => reconcile(look([container], [wanted])).steps.map((step) => `${step.kind}: ${step.reason}`);
  expect(reasonsFor(containerOf(one), { ...one, image: 'firn/demo:2', env: { A: 'b' } })).toEqual(['remove: image and env changed']);
  expect(reasonsFor(containerOf(one), { ...one, cpuMilli: 2000 })).toEqual(['update: CPU 100000 of 100000 us -> 200000 of 100000 us']);
  expect(reasonsFor(containerOf(one, { name: 'x', status: 'paused' }), one)).toEqual(['rename: is called x', 'unpause: is paused']);
  expect(reasonsFor(containerOf(one, { status: 'exited', exitCode: 137 }), one)).toEqual(['start: is stopped with exit code 137']);
  expect(reasonsFor(containerOf(one, { address: '10.9.7.7' }), one)).toEqual(['remove: has address 10.9.7.7 instead of 10.9.1.1']);
  const taken = reconcile(look([{ ...containerOf(spec(2, { address: '10.9.1.1' })), owner: { clusterId: 'x', replicaId: 'y', workload: '', identity: '' } }], [one]));
  expect(taken.waiting).toEqual([{ replicaId: 'r1', reason: "address 10.9.1.1 is taken by container web-2, which is not Firn's; remove or rename it by hand" }]);
});

test('swap that the kernel cannot limit is not repaired for ever', () => {
  const one = spec(1);
  const container = containerOf(one, { limits: { ...limitsOf(one), memorySwapBytes: -1 } });
  expect(reconcile({ ...look([container], [one]), limitsSwap: false }).steps).toEqual([]);
  expect(reconcile({ ...look([container], [one]), limitsSwap: true }).steps).toMatchObject([{ kind: 'update', reason: 'swap -> off' }]);
});
