// A plan as it was carried out: takes a snapshot and a plan made from it, gives the snapshot of the next revision.
// What-if asks one verb after the other with it, and tests live through plans. It checks nothing: check.ts does. Every address that was ever
// given stays taken, as in quarantine.

import { lowerBound, toInteger } from './addresses.ts';
import type { Plan, Replica, Snapshot, Step } from './model.ts';

/** The replica as it is recorded once the step is applied; undefined once it is stopped. */
export function afterStep(step: Step): Replica | undefined {
  if (step.kind === 'stop') return undefined;
  if (step.kind === 'wait') return { ...step.replica, hostId: null, address: null };
  if (step.kind === 'resize') return { ...step.replica, shape: step.shape };
  if (step.kind === 'renew') return { ...step.replica, hostId: step.hostId };
  return { ...step.replica, hostId: step.hostId, address: step.address };
}

/** @returns the snapshot after every step; a successor of a replica that stopped is a replica like any other */
export function applyPlan(snapshot: Snapshot, plan: Plan): Snapshot {
  const replicas = new Map<string, Replica>(snapshot.replicas.map((replica) => [replica.id, replica]));
  for (const step of plan.steps) {
    const after = afterStep(step);
    if (after === undefined) replicas.delete(step.replica.id);
    else replicas.set(after.id, after);
  }
  const given = [...snapshot.replicas, ...replicas.values()].flatMap(({ address }) => (address === null ? [] : [{ address, value: toInteger(address) }]));
  given.sort((one, other) => one.value - other.value);
  const values = given.map(({ value }) => value);
  const networks = snapshot.networks.map((network) => {
    const inside = given.slice(lowerBound(values, toInteger(network.first)), lowerBound(values, toInteger(network.last) + 1));
    return inside.length === 0 ? network : { ...network, taken: [...new Set([...network.taken, ...inside.map(({ address }) => address)])] };
  });
  return { ...snapshot, revision: snapshot.revision + 1, networks, replicas: [...replicas.values()].map((replica) => settled(replica, replicas)) };
}

function settled(replica: Replica, replicas: ReadonlyMap<string, Replica>): Replica {
  const { successor, ...rest } = replica;
  return successor === undefined || replicas.has(successor.replaces) ? replica : rest;
}
