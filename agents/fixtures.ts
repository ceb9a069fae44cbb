// Ready-made specs and assignments for the agent's tests: valid, small, and different by one number.
import { macOf } from './accept.ts';
import type { Assignment, HostNetwork, ReplicaSpec } from './protocol.ts';

export const FLAT: HostNetwork = {
  name: 'firn', mode: 'flat', bridge: 'br0', uplink: 'eth0', cidr: '10.9.0.0/16', gateway: '10.9.0.1', hostAddress: '10.9.0.11',
};

export const ROUTED: HostNetwork = {
  name: 'firn', mode: 'routed', bridge: 'br0', uplink: 'eth0', cidr: '10.9.1.0/24', gateway: '10.9.1.254', hostAddress: '10.8.0.11',
};

/** Replica `number` (1-253) with address 10.9.1.NUMBER. */
export function spec(number: number, more: Partial<ReplicaSpec> = {}): ReplicaSpec {
  const address = more.address ?? `10.9.1.${number}`;
  return {
    id: `r${number}`, name: `web-${number}`, workload: 'web@production', image: 'firn/demo:1', command: [], env: {}, address, mac: macOf(address), cpuMilli: 1000, memoryMib: 128,
    port: 8080, dns: [], hosts: [], stopSeconds: 1, ...more,
  };
}

/** An assignment of the stand-in server's cluster. */
export function assignment(generation: number, replicas: readonly ReplicaSpec[], more: Partial<Assignment> = {}): Assignment {
  return { clusterId: 'cluster-1', hostId: 'h1', generation, network: FLAT, replicas: [...replicas], ...more };
}
