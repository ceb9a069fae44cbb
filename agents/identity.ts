// What makes a container another container: the parts of a spec that Docker cannot change in place, each hashed by itself,
// so that a comparison can say which part changed. CPU, memory, health path and stop time are not among them. The release has a label of its own.
import { createHash } from 'node:crypto';
import { engineNetworkOf, type Owner } from './docker/runtime.ts';
import type { HostNetwork, ReplicaSpec } from './protocol.ts';

/**
 * New parts go to the end: a container that was made when there were fewer is compared in the parts that it has, and is as it should be when
 * the spec says nothing of the others. Otherwise every upgrade of an agent would restart every container.
 */
const PARTS = ['name', 'image', 'command', 'env', 'address', 'dns', 'hosts', 'network', 'files'] as const;
/** Changed for what runs, in its file: see host/files.ts. The part stays, since labels of containers have it. */
const IN_PLACE: ReadonlySet<string> = new Set<(typeof PARTS)[number]>(['dns']);
/** How many the first agents knew: a label with fewer is not one of ours. */
const FEWEST_PARTS = 8;

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
    network: engineNetworkOf(network),
    files: filesIn(spec),
  };
  return PARTS.map((part) => digest(parts[part])).join('.');
}

/** Why a container cannot be what is wanted now, in words (`image and env changed`), or undefined when it can. */
export function whyAnother(present: Pick<Owner, 'identity' | 'release'>, wanted: { readonly identity: string; readonly spec: Pick<ReplicaSpec, 'files' | 'release'> }): string | undefined {
  const [before, after] = [present.identity.split('.'), wanted.identity.split('.')];
  if (before.length < FEWEST_PARTS || before.length > after.length) return 'it was made by another version of the agent';
  const changed: string[] = PARTS.filter((part, index) => !IN_PLACE.has(part) && (before[index] ?? NO_FILES) !== after[index]);
  // Where a release is named on one side only, the other side is older than releases: what it runs is compared part by part.
  if (present.release !== undefined && wanted.spec.release !== undefined && present.release !== wanted.spec.release) changed.unshift('release');
  if (changed.length === 0) return undefined;
  return `${changed.length > 1 ? `${changed.slice(0, -1).join(', ')} and ${changed.at(-1)}` : changed.join('')} changed`;
}

/** In the order of their paths, with a digest each: a label must not grow with them, nor tell what they hold. */
function filesIn({ files = [] }: Pick<ReplicaSpec, 'files'>): unknown {
  return files.map(({ path, mode, content }) => [path, mode, createHash('sha256').update(content).digest('hex')]).sort(([one], [other]) => (String(one) < String(other) ? -1 : 1));
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);
}

const NO_FILES = digest([]);
