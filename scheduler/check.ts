// The independent checker: which invariants a plan would break.
// Takes a snapshot and a plan made from it; gives violations, none for a sound plan. It shares no code with the placer on purpose: an
// error there must not hide here. Slow and plain on purpose too. The rules of a single host are in check-host.ts, those of moves in check-pairs.ts,
// those of releases in check-releases.ts.

import { checkHosts, type Facts } from './check-host.ts';
import { checkPairs, single } from './check-pairs.ts';
import { checkReleases } from './check-releases.ts';
import type { Host, Plan, Replica, Sizing, Snapshot, Step, Totals, Violation } from './model.ts';

/**
 * @param snapshot from which the plan was made; for the plan of a quote, with the draft among its workloads
 * @param silent ids of replicas that are not seen to serve; absent: all serve as far as the snapshot says
 * @returns every broken invariant, in a stable order; empty for a plan that may be applied
 */
export function check(snapshot: Snapshot, plan: Plan, silent: ReadonlySet<string> = new Set()): Violation[] {
  const before = new Map(snapshot.replicas.map((replica) => [replica.id, replica]));
  const after = new Map(before);
  for (const step of plan.steps) applyStep(after, step);
  for (const replica of after.values()) if (replica.successor !== undefined && !after.has(replica.successor.replaces)) after.set(replica.id, single(replica));
  const admitted = new Map<string, number>();
  for (const { workloadId, count } of plan.unplaced) admitted.set(workloadId, (admitted.get(workloadId) ?? 0) + count);
  const replaced = new Set([...after.values()].flatMap(({ successor }) => successor?.replaces ?? []));
  const lingering = new Set(plan.lingering?.map(({ replicaId }) => replicaId));
  const units = [...after.values()].filter(({ id }) => !replaced.has(id) && !lingering.has(id));
  const facts: Facts = { snapshot, plan, hosts: new Map(snapshot.hosts.map((host) => [host.id, host])), before, after, unitsOf: byWorkload(units), admitted, postponed: plan.postponed ?? 0, silent };
  return [parent, steps, checkHosts, checkPairs, checkReleases, addresses, dropped, sizes, spread, totals].flatMap((invariant) => invariant(facts));
}

function applyStep(after: Map<string, Replica>, step: Step): void {
  const { replica } = step;
  if (step.kind === 'stop') after.delete(replica.id);
  else if (step.kind === 'wait') after.set(replica.id, { ...replica, hostId: null, address: null });
  else if (step.kind === 'resize') after.set(replica.id, { ...replica, shape: step.shape });
  else if (step.kind === 'renew') after.set(replica.id, { ...replica, hostId: step.hostId });
  else after.set(replica.id, { ...replica, hostId: step.hostId, address: step.address });
}

function byWorkload(replicas: Iterable<Replica>): Map<string, Replica[]> {
  const groups = new Map<string, Replica[]>();
  for (const replica of replicas) {
    const group = groups.get(replica.workloadId);
    if (group === undefined) groups.set(replica.workloadId, [replica]);
    else group.push(replica);
  }
  return groups;
}

function violation(invariant: string, subject: string, message: string): Violation {
  return { invariant, subject, message };
}

function parent({ snapshot, plan }: Facts): Violation[] {
  const found: Violation[] = [];
  if (plan.parent !== snapshot.revision) found.push(violation('parent', 'plan', `made from revision ${plan.parent}, the snapshot is ${snapshot.revision}`));
  if (plan.policyVersion !== snapshot.policy.version) found.push(violation('parent', 'plan', `made under policy ${plan.policyVersion}, the snapshot has ${snapshot.policy.version}`));
  return found;
}

/** Every step is about a host and a replica that are as the step says, and no replica has two. */
function steps({ snapshot, plan, hosts, before }: Facts): Violation[] {
  const found: Violation[] = [];
  const seen = new Set<string>();
  const workloads = new Set(snapshot.workloads.map(({ id }) => id));
  for (const step of plan.steps) {
    const { replica } = step;
    const bad = (message: string) => found.push(violation('step', replica.id, `${step.kind}: ${message}`));
    if (seen.has(replica.id)) bad('the replica has a step already');
    seen.add(replica.id);
    if (plan.scope !== undefined && !plan.scope.includes(replica.workloadId)) bad(`workload ${replica.workloadId} is not in the scope of the plan`);
    if (step.kind !== 'stop' && plan.scope === undefined && !workloads.has(replica.workloadId)) bad(`workload ${replica.workloadId} is unknown`);
    const known = before.get(replica.id);
    if (known !== undefined && (known.workloadId !== replica.workloadId || known.ordinal !== replica.ordinal)) bad('the replica is recorded with another workload or ordinal');
    if (step.kind !== 'stop' && step.kind !== 'wait') {
      if (!hosts.has(step.hostId)) bad(`host ${step.hostId} is unknown`);
    }
    if (step.kind !== 'start' && step.kind !== 'wait' && known === undefined) bad('the replica is unknown');
    if (step.kind === 'start' && known !== undefined && known.hostId !== null && hosts.has(known.hostId)) bad(`the replica is recorded on ${known.hostId}`);
    if (step.kind === 'move' && known !== undefined && known.hostId !== step.fromHostId) bad(`the replica is recorded on ${known.hostId}, not on ${step.fromHostId}`);
    if (step.kind === 'move' && step.fromHostId === step.hostId) bad('it moves to where it is');
    if ((step.kind === 'resize' || step.kind === 'renew' || step.kind === 'stop') && known !== undefined && known.hostId !== step.hostId) bad(`the replica is recorded on ${known.hostId}, not on ${step.hostId}`);
    const leaves = known === undefined || known.hostId === null ? undefined : hosts.get(known.hostId);
    if (step.kind === 'wait' && leaves !== undefined && leaves.state !== 'lost' && leaves.forced !== true) bad('the replica runs on a host that lives');
  }
  return found;
}

/** No address twice, none that somebody holds, each in the range of its host's network. */
function addresses({ snapshot, plan, hosts, before, after }: Facts): Violation[] {
  const found: Violation[] = [];
  const holders = new Map<string, string>();
  for (const { id, address } of after.values()) {
    if (address === null) continue;
    if (holders.has(address)) found.push(violation('address', id, `${address} is also given to ${holders.get(address)}`));
    holders.set(address, id);
  }
  const held = new Set([...snapshot.networks.flatMap(({ taken }) => taken), ...[...before.values()].map(({ address }) => address)]);
  const networks = new Map(snapshot.networks.map(({ id, first, last }) => [id, { first: octets(first), last: octets(last) }]));
  for (const step of plan.steps) {
    if (step.kind !== 'start' && step.kind !== 'move') continue;
    const bad = (message: string) => found.push(violation('address', step.replica.id, message));
    const networkId = hosts.get(step.hostId)?.networkId;
    const network = networkId === undefined ? undefined : networks.get(networkId);
    const from = step.kind === 'move' ? hosts.get(step.fromHostId) : undefined;
    if (before.get(step.replica.id)?.address === step.address) {
      if (from === undefined || from.state === 'lost') bad(`${step.address} may still answer on the host that is gone`);
      if (from?.networkId !== networkId) bad(`${step.address} does not belong to the network of ${step.hostId}`);
      continue;
    }
    if (held.has(step.address)) bad(`${step.address} is taken`);
    const value = octets(step.address);
    if (network === undefined || !(value >= network.first && value <= network.last)) bad(`${step.address} is not in the network of ${step.hostId}`);
  }
  return found;
}

/** Not a number for text that is no address, so that no comparison holds. Digit by digit: a plan may have tens of thousands of them. */
function octets(address: string): number {
  let value = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let at = 0; at < address.length; at += 1) {
    const code = address.charCodeAt(at);
    if (code === DOT && digits > 0) {
      value = value * 256 + part;
      part = 0;
      digits = 0;
      dots += 1;
    } else if (code >= ZERO && code <= ZERO + 9 && digits < 3) {
      part = part * 10 + code - ZERO;
      digits += 1;
    } else return Number.NaN;
    if (part > 255) return Number.NaN;
  }
  return dots === 3 && digits > 0 ? value * 256 + part : Number.NaN;
}

const DOT = 46;
const ZERO = 48;

/** Every workload is decided, and every replica of its demand runs or is recorded as waiting, with a reason. */
function dropped({ snapshot, plan, hosts, before, after, unitsOf, admitted }: Facts): Violation[] {
  const found: Violation[] = [];
  const bad = (subject: string, message: string) => found.push(violation('dropped', subject, message));
  const sized = new Set(plan.sizings.map(({ workloadId }) => workloadId));
  const refused = new Set(plan.refusals.map(({ workloadId }) => workloadId));
  for (const id of plan.scope ?? snapshot.workloads.map((workload) => workload.id)) if (!sized.has(id) && !refused.has(id)) bad(id, 'the plan does not decide this workload');
  for (const { workload, eliminations } of plan.unplaced) if (eliminations.length === 0) bad(workload, 'found no room, and no reason is given');
  const known = new Set(snapshot.workloads.map((workload) => workload.id));
  const ordinals = new Set<string>();
  const waiting = new Map<string, number>();
  for (const { id, workloadId, ordinal, hostId } of after.values()) {
    const name = `${workloadId} ${ordinal}`;
    if (ordinals.has(name)) bad(id, `ordinal ${ordinal} of ${workloadId} is used twice`);
    ordinals.add(name);
    if (plan.scope === undefined && !known.has(workloadId)) bad(id, `its workload ${workloadId} is gone, but it is not stopped`);
    if (plan.scope !== undefined && !plan.scope.includes(workloadId)) continue;
    if (hostId === null) waiting.set(workloadId, (waiting.get(workloadId) ?? 0) + 1);
    else if ((hosts.get(hostId)?.state ?? 'lost') === 'lost') bad(id, `is left on ${hostId}, which is lost`);
  }
  for (const [id, count] of waiting) if (count > (admitted.get(id) ?? 0)) bad(id, `${count} replicas wait, ${admitted.get(id) ?? 0} are admitted`);
  // A replica and its successor are one: the stop of either is no loss.
  const paired = new Set([...before.values()].flatMap(({ id, successor }) => (successor !== undefined && before.has(successor.replaces) ? [id, successor.replaces] : [])));
  const replaced = new Set([...before.values()].flatMap(({ successor }) => successor?.replaces ?? []));
  const beforeOf = byWorkload(before.values());
  for (const id of refused) {
    const kept = beforeOf.get(id) ?? [];
    const isChanged = ({ id: replicaId, shape }: Replica, now = after.get(replicaId)) =>
      now === undefined ? !paired.has(replicaId) : now.shape.cpuMilli !== shape.cpuMilli || now.shape.memoryMib !== shape.memoryMib;
    if (kept.some((replica) => isChanged(replica))) bad(id, 'has no sum, but a replica of it is stopped or reshaped');
    if (kept.filter((replica) => !replaced.has(replica.id)).length !== (unitsOf.get(id) ?? []).length) bad(id, 'has no sum, but its number of replicas changes');
  }
  return found;
}

/** The number and shape of replicas are those of the sum, and the sum carries the peak. */
function sizes({ snapshot, plan, unitsOf, admitted, postponed }: Facts): Violation[] {
  const found: Violation[] = [];
  const asks = new Map(snapshot.workloads.map((workload) => [workload.id, workload]));
  for (const sizing of plan.sizings) {
    const bad = (message: string) => found.push(violation('size', sizing.workloadId, message));
    const replicas = unitsOf.get(sizing.workloadId) ?? [];
    if (replicas.length !== sizing.replicas) bad(`${replicas.length} replicas are recorded, the sum says ${sizing.replicas}`);
    const other = replicas.filter(({ shape }) => shape.cpuMilli !== sizing.shape.cpuMilli || shape.memoryMib !== sizing.shape.memoryMib).length;
    if (other > (admitted.get(sizing.workloadId) ?? 0) + postponed) bad(`${other} replicas have another shape`);
    const workload = asks.get(sizing.workloadId);
    if (workload === undefined || workload.decision !== undefined) continue;
    const wanted = (workload.ask.peakQps * (1000 + workload.ask.headroomPermille)) / 1000;
    if (sizing.replicas * sizing.qpsPerReplica.q < wanted * (1 - 1e-6)) bad(`${sizing.replicas} replicas do not carry ${wanted} QPS`);
    if (sizing.replicas < workload.ask.minReplicas) bad(`${sizing.replicas} replicas are fewer than the ${workload.ask.minReplicas} asked for`);
  }
  return found;
}

/** Caps hold, and so does the promise to survive, but for what the plan admits. */
function spread({ snapshot, plan, hosts, unitsOf, admitted, postponed }: Facts): Violation[] {
  const found: Violation[] = [];
  const asks = new Map(snapshot.workloads.map(({ id, ask }) => [id, ask]));
  const arrived = new Set(plan.steps.flatMap((step) => (step.kind === 'start' || step.kind === 'move' ? [step.replica.id] : [])));
  const domain = { host: (host: Host) => host.id, rack: (host: Host) => `${host.site}/${host.rack}`, site: (host: Host) => host.site };
  for (const sizing of plan.sizings) {
    const ask = asks.get(sizing.workloadId);
    const ofClass = ask?.class === undefined ? undefined : new Map(Object.entries(snapshot.policy.classes)).get(ask.class);
    const missing = (admitted.get(sizing.workloadId) ?? 0) + postponed;
    for (const kind of ['host', 'rack', 'site'] as const) {
      const name = ({ host: 'perHost', rack: 'perRack', site: 'perSite' } as const)[kind];
      const asked = Math.min(ask?.caps[name] ?? Number.POSITIVE_INFINITY, ofClass?.caps[name] ?? Number.POSITIVE_INFINITY);
      const cap = sizing.survive === kind ? Math.min(asked, sizing.perDomainCap ?? asked) : asked;
      const inside = new Map<string, Replica[]>();
      for (const replica of unitsOf.get(sizing.workloadId) ?? []) {
        const host = replica.hostId === null ? undefined : hosts.get(replica.hostId);
        if (host !== undefined) inside.set(domain[kind](host), [...(inside.get(domain[kind](host)) ?? []), replica]);
      }
      for (const [name, replicas] of inside) {
        if (replicas.length <= cap) continue;
        const bad = (message: string) => found.push(violation('spread', sizing.workloadId, message));
        if (replicas.length - cap > missing) bad(`${replicas.length} replicas in ${kind} ${name}, at most ${cap} allowed`);
        for (const { id } of replicas) if (arrived.has(id)) bad(`${id} is put into ${kind} ${name}, which holds more than ${cap}`);
      }
      if (sizing.survive === kind && missing === 0) found.push(...survives(sizing, [...inside.values()].map((replicas) => replicas.length)));
    }
  }
  return found;
}

function survives(sizing: Sizing, counts: readonly number[]): Violation[] {
  const left = counts.reduce((sum, count) => sum + count, 0) - Math.max(0, ...counts);
  if (left >= sizing.mustRemain) return [];
  return [violation('survival', sizing.workloadId, `after the loss of one ${sizing.survive}, ${left} replicas remain, ${sizing.mustRemain} must`)];
}

function totals({ plan, hosts, before, after }: Facts): Violation[] {
  const found: Violation[] = [];
  for (const [name, told, replicas] of [['before', plan.before, before], ['after', plan.after, after]] as const) {
    const counted = count([...replicas.values()], hosts);
    for (const key of ['replicas', 'pending', 'hostsUsed', 'cpuMilli', 'memoryMib', 'costCentsPerHour'] as const) {
      if (Math.abs(told[key] - counted[key]) > 1e-6) found.push(violation('totals', `${name}.${key}`, `says ${told[key]}, counted ${counted[key]}`));
    }
  }
  return found;
}

function count(replicas: readonly Replica[], hosts: ReadonlyMap<string, Host>): Totals {
  const placed = replicas.filter(({ hostId }) => hostId !== null);
  const used = new Set(placed.flatMap(({ hostId }) => hosts.get(hostId ?? '') ?? []));
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
  return {
    replicas: replicas.length,
    pending: replicas.length - placed.length,
    hostsUsed: used.size,
    cpuMilli: sum(placed.map(({ shape }) => shape.cpuMilli)),
    memoryMib: sum(placed.map(({ shape }) => shape.memoryMib)),
    costCentsPerHour: sum([...used].map((host) => host.costCentsPerHour)),
  };
}
