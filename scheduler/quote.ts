// Answers a draft before anything is submitted: how many replicas, where, at what cost, what could go wrong.
// Takes a snapshot (or its prepared base) and a draft workload, new or in place of the one with its id; gives a quote. It is the same
// code as schedule() with everything but the draft left alone, and changes nothing.

import { afterStep } from './apply-plan.ts';
import { demandView } from './feasible.ts';
import type { HostKind, Plan, Replica, Sizing, SizingRefusal, Snapshot, Unplaced, Workload } from './model.ts';
import { asBase, type Base, prepare } from './prepare.ts';
import { byText, dominantShare } from './resources.ts';
import { decide, sizeWorkload } from './schedule.ts';
import { isRefusal } from './size.ts';

/** Where replicas of the draft would run. */
export interface QuotedHost {
  readonly hostId: string;
  readonly hostName: string;
  readonly kind: HostKind;
  readonly site: string;
  readonly rack: string;
  readonly count: number;
}

/** What the asker should know before submitting, as data. The values of each code are in warningsOf(). */
export interface Warning {
  readonly code: 'unplaced' | 'single-replica' | 'survival-adds' | 'uses-cloud' | 'suspect-host' | 'addresses-low' | 'host-network' | 'stops-replicas' | 'moves-replicas' | 'others-wait';
  readonly values: Readonly<Record<string, number | string>>;
}

export interface Quote {
  readonly sizing: Sizing | SizingRefusal;
  /** By host id; replicas that run already are among them. */
  readonly hosts: readonly QuotedHost[];
  /** Every replica's dominant share of its host's capacity, of what that host costs; rounded to whole cents. */
  readonly costCentsPerHour: number;
  readonly unplaced: readonly Unplaced[];
  readonly warnings: readonly Warning[];
  /** Decides the draft's workload only (`scope`). Its new replicas have the ids `<workload id>#<ordinal>`. */
  readonly plan: Plan;
}

/** Below this many free addresses a network is worth a warning. */
const FEW_ADDRESSES = 10;

/** @returns the quote of a draft; where the sum cannot be done, sizing is the refusal and nothing is planned */
export function quote(from: Snapshot | Base, draft: Workload): Quote {
  const base = withDraft(asBase(from), draft);
  const sizing = sizeWorkload(draft, base);
  if (isRefusal(sizing)) return refused(base, draft, sizing);
  const verb = base.replicasOf.has(draft.id) ? 'scale' : 'place';
  const plan = decide(base, [draft], { verb, seed: 0, newId: (workloadId, ordinal) => `${workloadId}#${ordinal}`, complete: true }, [draft.id]);
  const after = replicasAfter(base, draft.id, plan);
  return {
    sizing,
    hosts: hostsOf(base, after),
    costCentsPerHour: costOf(base, draft, after),
    unplaced: plan.unplaced,
    warnings: warningsOf(base, sizing, after, plan),
    plan,
  };
}

/** The base with the draft in it. Everything else is shared, unless the draft changes what its running replicas take from their hosts. */
export function withDraft(base: Base, draft: Workload): Base {
  const present = base.workloads.get(draft.id);
  if (present !== undefined && present.environment !== draft.environment && base.replicasOf.has(draft.id)) {
    return prepare({ ...base.snapshot, workloads: [...base.snapshot.workloads.filter(({ id }) => id !== draft.id), draft] });
  }
  return { ...base, workloads: new Map([[draft.id, draft]]) };
}

function refused(base: Base, draft: Workload, refusal: SizingRefusal): Quote {
  const plan: Plan = {
    parent: base.snapshot.revision,
    policyVersion: base.snapshot.policy.version,
    verb: base.replicasOf.has(draft.id) ? 'scale' : 'place',
    steps: [],
    sizings: [],
    unplaced: [],
    refusals: [{ ...refusal, workloadId: draft.id, workload: draft.name }],
    scope: [],
    before: base.totals,
    after: base.totals,
  };
  return { sizing: refusal, hosts: [], costCentsPerHour: 0, unplaced: [], warnings: [], plan };
}

function replicasAfter(base: Base, workloadId: string, plan: Plan): Replica[] {
  const replicas = new Map((base.replicasOf.get(workloadId) ?? []).map((replica) => [replica.id, replica]));
  for (const step of plan.steps) {
    const after = afterStep(step);
    if (after === undefined) replicas.delete(step.replica.id);
    else replicas.set(after.id, after);
  }
  return [...replicas.values()].filter(({ hostId }) => hostId !== null && base.hostIndex.has(hostId));
}

function hostsOf(base: Base, after: readonly Replica[]): QuotedHost[] {
  const counts = new Map<string, number>();
  for (const { hostId } of after) counts.set(hostId!, (counts.get(hostId!) ?? 0) + 1);
  return [...counts]
    .sort(([one], [other]) => byText(one, other))
    .map(([hostId, count]) => {
      const { name, kind, site, rack } = base.hosts[base.hostIndex.get(hostId)!]!;
      return { hostId, hostName: name, kind, site, rack, count };
    });
}

function costOf(base: Base, draft: Workload, after: readonly Replica[]): number {
  const cents = after.reduce((sum, { hostId, shape }) => {
    const host = base.hosts[base.hostIndex.get(hostId!)!]!;
    return sum + host.costCentsPerHour * dominantShare(demandView(base, draft, shape, {}, null).charge, host.capacity);
  }, 0);
  return Math.round(cents);
}

function warningsOf(base: Base, sizing: Sizing, after: readonly Replica[], plan: Plan): Warning[] {
  const warnings: Warning[] = [];
  const warn = (code: Warning['code'], values: Warning['values']) => warnings.push({ code, values });
  const used = new Map(after.map(({ hostId }) => [hostId!, base.hosts[base.hostIndex.get(hostId!)!]!]));
  const missing = plan.unplaced.reduce((sum, { count }) => sum + count, 0);
  if (missing > 0) warn('unplaced', { count: missing, replicas: sizing.replicas });
  if (sizing.replicas === 1) warn('single-replica', { replicas: 1 });
  if (sizing.limit === 'survival') warn('survival-adds', { replicas: sizing.replicas, forPeak: sizing.forPeak, survive: sizing.survive });
  const cloud = after.filter(({ hostId }) => used.get(hostId!)!.kind === 'cloud-vm').length;
  if (cloud > 0) warn('uses-cloud', { count: cloud, replicas: sizing.replicas });
  for (const host of used.values()) if (host.state === 'suspect') warn('suspect-host', { host: host.name });
  const sharing = after.filter(({ hostId }) => base.ownAddresses.has(used.get(hostId!)!.networkId)).length;
  if (sharing > 0) warn('host-network', { count: sharing, replicas: sizing.replicas });
  for (const [networkId, left] of addressesLeft(base, plan)) if (left < FEW_ADDRESSES && !base.ownAddresses.has(networkId)) warn('addresses-low', { network: networkId, left });
  const stops = plan.steps.filter(({ kind }) => kind === 'stop').length;
  if (stops > 0) warn('stops-replicas', { count: stops });
  const moves = plan.steps.filter(({ kind }) => kind === 'move').length;
  if (moves > 0) warn('moves-replicas', { count: moves });
  const waiting = base.totals.pending - (base.replicasOf.get(sizing.workloadId) ?? []).filter(({ hostId }) => hostId === null).length;
  if (waiting > 0) warn('others-wait', { count: waiting });
  return warnings;
}

/** Free addresses of the networks on which the plan takes fresh ones, after it. */
function addressesLeft(base: Base, plan: Plan): Map<string, number> {
  const left = new Map<string, number>();
  for (const step of plan.steps) {
    if ((step.kind !== 'start' && step.kind !== 'move') || step.address === step.replica.address) continue;
    const host = base.hostIndex.get(step.hostId)!;
    const { networkId } = base.hosts[host]!;
    left.set(networkId, (left.get(networkId) ?? base.addressesFree[base.networkOf[host]!]!) - 1);
  }
  return left;
}
