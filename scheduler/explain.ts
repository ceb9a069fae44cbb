// Turns data into English: reasons, what found no room, the sum of a sizing, a plan as a diff.
// Takes what the other stages give; gives text that is stable, since logs, the command line and the golden scenarios print it. It is
// the only place where the scheduler writes sentences.

import type { Elimination, Plan, Reason, Replica, Shape, Sizing, Snapshot, Step, Totals, Unplaced, Workload } from './model.ts';
import { staffing } from './size.ts';

/** One sentence, without the host's name: `needs 4 cores, 1.5 free`. */
export function sentence({ rule, resource, wanted, available }: Reason): string {
  switch (rule) {
    case 'host-state':
      return resource === 'hosts' ? 'there is no host in the fleet' : `the host is ${available}, it must be ${wanted}`;
    case 'cordon':
      if (available === 'disk full') return 'a disk of the host is full: it takes nothing new';
      return available === 'draining' ? 'the host is being drained: it takes nothing new' : 'the host is cordoned: it takes nothing new';
    case 'environment':
      return resource === 'policy' ? `environment ${wanted} is ${available}` : `environment ${wanted} may not run here, only ${available}`;
    case 'host-kind':
      return `hosts of kind ${available} are not for this environment, only ${wanted}`;
    case 'cloud':
      return 'the workload may not run in the cloud';
    case 'cloud-price':
      return `a core costs ${available} cents an hour there, at most ${wanted} allowed for the cloud`;
    case 'cloud-spend':
      return `the cloud would cost ${wanted} cents an hour, at most ${available} allowed`;
    case 'labels':
      return `label ${resource} must be ${wanted}, it is ${available}`;
    case 'taint':
      return `taint ${resource} is not tolerated`;
    case 'cpu':
      return `needs ${cores(Number(wanted))}, ${cores(Number(available))} free`;
    case 'memory':
      return `needs ${wanted} MiB of memory, ${available} MiB free`;
    case 'cap-host':
    case 'cap-rack':
    case 'cap-site':
      return `would be replica ${wanted} of the workload in one ${resource}, at most ${available} allowed`;
    case 'addresses':
      return resource === 'host-network' ? 'containers share its own network and address, so it takes one replica, and has one' : `no address left on network ${resource}`;
  }
}

/** What found no room and why, most hosts first, one line each. */
export function explainUnplaced(unplaced: Unplaced): string[] {
  const head = `${unplaced.workload}: no room for ${amount(unplaced.count, 'replica')} of ${shapeText(unplaced.shape)}`;
  return [head, ...unplaced.eliminations.map((each) => `  ${eliminationText(each)}`)];
}

/** Which replicas wait for another release, since no successor finds room beside them, and why; one line each. */
export function explainUnrenewed({ workload, count, shape, eliminations }: Unplaced): string[] {
  return [`${workload}: ${amount(count, 'replica')} cannot change release yet, no room for a successor of ${shapeText(shape)}`, ...eliminations.map((each) => `  ${eliminationText(each)}`)];
}

/** Hosts that one rule refuses, in a line: how many, of what kind and where, and what is missing. */
export function eliminationText({ group, hosts, closest, closestHost }: Elimination): string {
  if (hosts === 0) return sentence(closest);
  return `${amount(hosts, 'host')}, ${group}: ${sentence(closest)}${hosts > 1 ? ` (closest: ${closestHost})` : ` (${closestHost})`}`;
}

/** The whole sum, line by line, as a person would write it down. */
export function explainSizing(sizing: Sizing, { ask }: Workload): string[] {
  const { busyCores, utilisation, qpsPerReplica, shape } = sizing;
  const u = number(utilisation);
  const isStaffing = Math.abs(staffing(busyCores) - utilisation) < 1e-12;
  const lines = [
    `busy cores at the peak: ${number(ask.peakQps)} QPS x ${number(ask.profile.cpuMsPerRequest)} ms / 1000 = ${number(busyCores)}`,
    isStaffing ? `utilisation ceiling: min(0.85, R / (R + 1.9 x sqrt(R))) with R = ${number(busyCores)} = ${u}` : `utilisation ceiling: ${u}, fixed by the policy`,
    `by CPU one replica carries ${shape.cpuMilli} x ${u} / ${number(ask.profile.cpuMsPerRequest)} = ${number(qpsPerReplica.byCpu)} QPS`,
  ];
  if (qpsPerReplica.byMemory !== null) {
    const { memoryBaseMib, memoryKibPerQps } = ask.profile;
    lines.push(`by memory (${shape.memoryMib} x 0.9 - ${number(memoryBaseMib)}) x 1024 / ${number(memoryKibPerQps)} = ${number(qpsPerReplica.byMemory)} QPS`);
  }
  if (qpsPerReplica.byMaxQps !== null) lines.push(`by its own limit ${number(qpsPerReplica.byMaxQps)} QPS`);
  lines.push(`so one replica carries q = ${number(qpsPerReplica.q)} QPS, decided by ${sizing.qLimit}`);
  lines.push(`for the peak with ${number(ask.headroomPermille / 10)} % headroom: ceil(${number((ask.peakQps * (1000 + ask.headroomPermille)) / 1000)} / ${number(qpsPerReplica.q)}) = ${sizing.forPeak}`);
  if (ask.minReplicas > 0) lines.push(`at least ${ask.minReplicas}, as asked`);
  if (sizing.survive !== 'none') {
    lines.push(`after the loss of a ${sizing.survive}, ${sizing.mustRemain} must remain; of ${amount(sizing.domains, sizing.survive)} each may hold at most ${sizing.perDomainCap}`);
  }
  lines.push(`replicas: ${sizing.replicas}, decided by ${sizing.limit}`);
  return lines;
}

/** Names by id of everything that a plan speaks of: hosts, workloads, and replicas that are in none of its steps. */
export function namesIn(plan: Plan, snapshot: Snapshot): Record<string, string> {
  const spoken = new Set(plan.steps.flatMap((step) => [step.replica.workloadId, 'hostId' in step ? step.hostId : null, step.kind === 'move' ? step.fromHostId : null]));
  for (const { wish } of plan.declined ?? []) spoken.add(wish.hostId);
  const others = new Set([...plan.steps.flatMap((step) => step.replica.successor?.replaces ?? []), ...(plan.declined ?? []).map(({ wish }) => wish.replicaId)]);
  const named = [...snapshot.hosts, ...snapshot.workloads].flatMap(({ id, name }): [string, string][] => (spoken.has(id) ? [[id, name]] : []));
  if (others.size === 0) return Object.fromEntries(named);
  const workloads = new Map(snapshot.workloads.map(({ id, name }) => [id, name]));
  const replicas = snapshot.replicas.filter(({ id }) => others.has(id)).map((replica): [string, string] => [replica.id, replicaText(replica, workloads.get(replica.workloadId))]);
  return Object.fromEntries([...named, ...replicas]);
}

const replicaText = ({ workloadId, ordinal }: Replica, workload: string | undefined): string => `${workload ?? workloadId}-${ordinal}`.replaceAll('.', '-');

/**
 * A plan as a diff: one line a step, then what found no room, what was refused, and the totals.
 * @param names as namesIn gives them; what has none reads as its id
 */
export function printPlan(plan: Plan, names: Readonly<Record<string, string>>): string {
  const nameOf = (id: string) => names[id] ?? id;
  const lines = [`plan ${plan.verb} on revision ${plan.parent}, policy ${plan.policyVersion}: ${plan.steps.length === 0 ? 'nothing to do' : amount(plan.steps.length, 'step')}`];
  for (const step of plan.steps) {
    const { successor } = step.replica;
    const why = step.kind === 'start' && successor !== undefined ? `, so that ${nameOf(successor.replaces)} can leave` : '';
    lines.push(`  ${stepText(step, replicaText(step.replica, names[step.replica.workloadId]), nameOf)}${why} [${step.reason.code}: ${step.reason.detail}]`);
  }
  for (const each of plan.refusals) lines.push(`  ! ${each.workload}: ${each.message}`);
  for (const each of plan.unplaced) lines.push(...explainUnplaced(each).map((line) => `  ${line}`));
  for (const each of plan.unrenewed ?? []) lines.push(...explainUnrenewed(each).map((line) => `  ${line}`));
  if (plan.lingering !== undefined) lines.push(`  later: ${amount(plan.lingering.length, 'stop')} of replicas to which clients still come`);
  if (plan.postponed !== undefined) lines.push(`  later: ${amount(plan.postponed, 'change')} that the pace does not allow now`);
  for (const { wish, reason } of plan.declined ?? []) lines.push(`  declined: ${nameOf(wish.replicaId)} to ${nameOf(wish.hostId)}: ${reason}`);
  lines.push(`  before: ${totalsText(plan.before)}`, `  after:  ${totalsText(plan.after)}`);
  return `${lines.join('\n')}\n`;
}

function stepText(step: Step, name: string, host: (id: string) => string): string {
  switch (step.kind) {
    case 'start':
      return `+ ${name} on ${host(step.hostId)} at ${step.address}, ${shapeText(step.replica.shape)}`;
    case 'move':
      return `> ${name} from ${host(step.fromHostId)} to ${host(step.hostId)}, ${step.address === step.replica.address ? 'keeps' : 'gets'} ${step.address}`;
    case 'resize':
      return `~ ${name} on ${host(step.hostId)}, ${shapeText(step.replica.shape)} -> ${shapeText(step.shape)}`;
    case 'renew':
      return `* ${name} on ${host(step.hostId)}, release ${step.replica.releaseId}`;
    case 'stop':
      return step.hostId === null ? `- ${name}, which waited` : `- ${name} on ${host(step.hostId)}`;
    case 'wait':
      return `? ${name} waits for room, ${shapeText(step.replica.shape)}`;
  }
}

function totalsText(totals: Totals): string {
  return `${amount(totals.replicas, 'replica')} (${totals.pending} pending) on ${amount(totals.hostsUsed, 'host')}, ${cores(totals.cpuMilli)}, ${totals.memoryMib} MiB, ${totals.costCentsPerHour} cents an hour`;
}

function shapeText({ cpuMilli, memoryMib }: Shape): string {
  return `${cores(cpuMilli)} ${memoryMib} MiB`;
}

/** `4 cores`, `1.5 cores`, `1 core`. */
export function cores(cpuMilli: number): string {
  return amount(cpuMilli / 1000, 'core');
}

/** `1 host`, `3 hosts`. @param noun one that takes an s */
export function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** At most three decimals, without trailing zeros. */
function number(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
