// What makes a container another container: the parts of a spec that Docker cannot change in place, each hashed by itself,
// so that a comparison can say which part changed. CPU, memory, health path and stop time are not among them.
import { createHash } from 'node:crypto';
import type { HostNetwork, ReplicaSpec } from './protocol.ts';

const PARTS = ['name', 'image', 'command', 'env', 'address', 'dns', 'hosts', 'network'] as const;

/** A label's value: 8 hexadecimal digits a part, in the order of PARTS, joined by dots. */
export function identityOf(spec: ReplicaSpec, network: HostNetwork): string {
  const sortedEnv = Object.entries(spec.env).sort(([one], [other]) => (one < other ? -1 : 1));
  const parts: Record<(typeof PARTS)[number], unknown> = {
    name: [spec.name, spec.workload],
    image: spec.image,
    command: spec.command,
    env: sortedEnv,
    address: [spec.address, spec.mac],
    dns: spec.dns,
    hosts: spec.hosts.map((host) => [host.name, host.address]),
    network: network.name,
  };
  return PARTS.map((part) => digest(parts[part])).join('.');
}

/** Which parts differ, in words: `image and env changed`. Something unreadable differs as a whole. */
export function describeChange(present: string, wanted: string): string {
  const [before, after] = [present.split('.'), wanted.split('.')];
  if (before.length !== after.length) return 'it was made by another version of the agent';
  const changed = PARTS.filter((_, index) => before[index] !== after[index]);
  return `${changed.length > 1 ? `${changed.slice(0, -1).join(', ')} and ${changed.at(-1)}` : changed.join('')} changed`;
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);
}
