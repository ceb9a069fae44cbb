// Judges an assignment before it is stored: whose it is, whether it is newer, and whether it can be carried out at all.
// Pure. A refused assignment changes nothing on the host; the reason goes into the log and the next report.
import { whyNotPath } from './docker/container-files.ts';
import type { Assignment, HostNetwork, ReplicaSpec } from './protocol.ts';

export type Verdict = { readonly kind: 'accept' | 'same' } | { readonly kind: 'older' | 'wrong'; readonly reason: string };

/** Compares an assignment with who we are and the newest generation that was accepted (0: none). */
export function judge(assignment: Assignment, self: { clusterId: string; hostId: string; generation: number; accepted: boolean }): Verdict {
  const { generation } = assignment;
  if (assignment.clusterId !== self.clusterId) return wrong(generation, `it is for cluster ${assignment.clusterId}, this host belongs to ${self.clusterId}`);
  if (assignment.hostId !== self.hostId) return wrong(generation, `it is for host ${assignment.hostId}, this is ${self.hostId}`);
  if (self.accepted && generation === self.generation) return { kind: 'same' };
  if (self.accepted && generation < self.generation) {
    return { kind: 'older', reason: `assignment ${generation} is refused: this host has accepted generation ${self.generation} and never goes back` };
  }
  const contradiction = findContradiction(assignment);
  return contradiction === undefined ? { kind: 'accept' } : wrong(generation, contradiction);
}

const wrong = (generation: number, why: string): Verdict => ({ kind: 'wrong', reason: `assignment ${generation} is refused: ${why}` });

/** What no order of steps could make true, or undefined. */
function findContradiction(assignment: Assignment): string | undefined {
  for (const field of ['id', 'name', 'address', 'mac'] as const) {
    const seen = new Set<string>();
    for (const replica of assignment.replicas) {
      if (seen.has(replica[field])) return `replicas: two have the ${field} ${replica[field]}`;
      seen.add(replica[field]);
    }
  }
  const { network } = assignment;
  if (!contains(network.cidr, network.gateway)) return `network.gateway: ${network.gateway} is outside of ${network.cidr}`;
  if (network.mode === 'flat' && !contains(network.cidr, network.hostAddress)) return `network.hostAddress: ${network.hostAddress} is outside of ${network.cidr}`;
  for (const replica of assignment.replicas) {
    if (!contains(network.cidr, replica.address)) return `replica ${replica.name}: address ${replica.address} is outside of ${network.cidr}`;
    if (network.mode === 'host') {
      if (replica.address !== network.hostAddress) return `replica ${replica.name}: address ${replica.address} is not the host's own, ${network.hostAddress}, which containers share here`;
    } else if (isReserved(network, replica.address)) return `replica ${replica.name}: address ${replica.address} belongs to the network itself`;
    if (replica.mac !== macOf(replica.address)) return `replica ${replica.name}: MAC ${replica.mac} is not the one of ${replica.address}, which is ${macOf(replica.address)}`;
    const files = wrongFiles(replica.files);
    if (files !== undefined) return `replica ${replica.name}: files: ${files}`;
  }
  return undefined;
}

function wrongFiles(files: ReplicaSpec['files'] = []): string | undefined {
  const seen = new Set<string>();
  for (const { path } of files) {
    const why = whyNotPath(path);
    if (why !== undefined) return `${path}: ${why}`;
    if (seen.has(path)) return `${path} is there twice`;
    seen.add(path);
  }
  return undefined;
}

/** `02:42:` and the four octets. */
export function macOf(address: string): string {
  return `02:42:${address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0')).join(':')}`;
}

/** Whether an address lies in a network. */
export function contains(cidr: string, address: string): boolean {
  const [base = '', bits = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  return Math.floor(numberOf(base) / size) === Math.floor(numberOf(address) / size);
}

function isReserved(network: HostNetwork, address: string): boolean {
  const size = 2 ** (32 - Number(network.cidr.split('/')[1] ?? '32'));
  const offset = numberOf(address) % size;
  return address === network.gateway || address === network.hostAddress || offset === 0 || offset === size - 1;
}

/** An address as a number; arithmetic instead of shifts, because JavaScript's shifts have a sign. */
function numberOf(address: string): number {
  return address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
}
