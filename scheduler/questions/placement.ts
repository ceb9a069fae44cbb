// Why a replica was put on this host and no other: what each preference counted there and on the best of the others, at the moment of the decision.
// Takes the base that a plan was made from, the plan and a replica; gives both scores taken apart. It looks at every host, and changes nothing.

import { demandView, feasible, hostView } from '../feasible.ts';
import type { Plan, Step, Weights } from '../model.ts';
import { type Overlay, release } from '../overlay.ts';
import { type Base, indexOfHost } from '../prepare.ts';
import { takeOff } from '../reconcile.ts';
import { wantedOf } from '../schedule.ts';
import { score, SCORE_SCALE, scoreParts } from '../score.ts';
import { stateAfter } from './state-after.ts';

export type Preference = keyof Weights;
export interface ScoredHost {
  readonly hostId: string;
  readonly score: number;
  readonly parts: readonly { readonly part: Preference; readonly weight: number; readonly points: number }[];
}

export interface PlacementReasons {
  readonly policyVersion: number;
  readonly chosen: ScoredHost;
  /** The best of the others; null: no other could take it. */
  readonly runnerUp: ScoredHost | null;
  /** The preference that told the two apart; else what came before all preferences. */
  readonly decidedBy: Preference | 'order' | 'reserved' | 'private-first' | 'only';
  readonly couldTake: number;
  readonly refused: number;
}

const PREFERENCES: readonly Preference[] = ['pack', 'spread', 'cost', 'performance', 'stability', 'keep'];

/** Undefined where the plan puts the replica nowhere, or its workload or host is not in the base. */
export function explainPlacement(base: Base, plan: Plan, replicaId: string): PlacementReasons | undefined {
  const at = plan.steps.findIndex(({ kind, replica }) => replica.id === replicaId && (kind === 'start' || kind === 'move'));
  const step = plan.steps[at];
  const workload = step === undefined ? undefined : base.workloads.get(step.replica.workloadId);
  if (step === undefined || (step.kind !== 'start' && step.kind !== 'move') || workload === undefined) return undefined;
  const host = indexOfHost(base, step.hostId);
  if (host < 0) return undefined;
  const state = stateAfter(base, { ...plan, steps: plan.steps.slice(0, at) });
  const { leaving, keepsAddressOn, kept } = circumstances(base, state, step);
  const { demand } = wantedOf(base, workload).wanted;
  const view = demandView(base, workload, step.replica.shape, demand.caps, keepsAddressOn, leaving);
  const scored = (index: number): ScoredHost => {
    const { here } = hostView(state, index, workload.id, leaving);
    const parts = scoreParts(state, index, view, here);
    return { hostId: base.hosts[index]!.id, score: score(state, index, view, here) / SCORE_SCALE, parts: PREFERENCES.map((part) => ({ part, weight: base.snapshot.policy.weights[part], points: parts[part] / SCORE_SCALE })) };
  };
  const others = base.hosts.flatMap((_, index) => (index !== host && index !== leaving && feasible(hostView(state, index, workload.id, leaving), view) === undefined ? [index] : []));
  const tier = (index: number) => base.order.tierOf[index]!;
  const best = others.map((index) => ({ index, ...scored(index) })).sort((one, other) => tier(one.index) - tier(other.index) || other.score - one.score || one.index - other.index)[0];
  const chosen = scored(host);
  const runnerUp = best === undefined ? null : { hostId: best.hostId, score: best.score, parts: best.parts };
  const decidedBy = best === undefined ? 'only' : kept === host ? 'reserved' : tier(host) < tier(best.index) ? 'private-first' : tellsApart(chosen, best);
  return { policyVersion: plan.policyVersion, chosen, runnerUp, decidedBy, couldTake: others.length + 1, refused: base.hosts.length - others.length - 1 };
}

/** What the replica leaves, and what was kept for it; it is taken off the working copy where it stopped first. */
function circumstances(base: Base, state: Overlay, step: Extract<Step, { kind: 'start' | 'move' }>): { readonly leaving: number | undefined; readonly keepsAddressOn: string | null; readonly kept: number | undefined } {
  const { replica } = step;
  const replicas = base.replicasOf.get(replica.workloadId) ?? [];
  const own = replicas.find(({ id }) => id === replica.id);
  const replaced = replicas.find(({ id }) => id === replica.successor?.replaces);
  const kept = release(state, replaced?.id ?? replica.id)?.host;
  if (own !== undefined && step.kind === 'move') takeOff(state, own);
  const keepsAddressOn = own !== undefined && own.address === step.address ? base.hosts[indexOfHost(base, own.hostId)]!.networkId : null;
  return { leaving: replaced === undefined ? undefined : indexOfHost(base, replaced.hostId), keepsAddressOn, kept };
}

/** The preference of which the difference is largest in favour of the one that was chosen. */
function tellsApart(chosen: ScoredHost, other: ScoredHost): Preference | 'order' {
  if (chosen.score === other.score) return 'order';
  const gains = chosen.parts.map(({ part, points }, index) => ({ part, gain: points - other.parts[index]!.points })).sort((one, two) => two.gain - one.gain);
  return gains[0]!.gain > 0 ? gains[0]!.part : 'order';
}
