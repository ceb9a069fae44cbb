// Whether the kind of host that a draft would get was decided by cost, performance, stability or the rule that our own hosts come first: its first new
// replica is compared with the best host of another kind that could take it. Takes the present, the draft and its quote; looks at every host once.
import { demandView, feasible, hostView } from '../feasible.ts';
import type { HostKind, Workload } from '../model.ts';
import { type Base, indexOfHost } from '../prepare.ts';
import { type Quote, withDraft } from '../quote.ts';
import { wantedOf } from '../schedule.ts';
import { score, SCORE_SCALE, scoreParts } from '../score.ts';
import { stateAfter } from './state-after.ts';

const OF_KINDS = ['cost', 'performance', 'stability'] as const;

export interface KindChoice {
  readonly decidedBy: (typeof OF_KINDS)[number] | 'private-first';
  readonly hostId: string;
  readonly kind: HostKind;
  /** The best host of another kind that could take it. */
  readonly overHostId: string;
  readonly overKind: HostKind;
  /** What the preference counted for either, of a score of 1; of `private-first` the whole scores. */
  readonly points: number;
  readonly overPoints: number;
}

/** @returns null where nothing starts, no other kind could take it, or something else decided, such as what is packed or spread */
export function kindChoice(from: Base, draft: Workload, { plan }: Quote): KindChoice | null {
  if (new Set(from.hosts.map(({ kind }) => kind)).size < 2) return null;
  const base = withDraft(from, draft);
  const at = plan.steps.findIndex((step) => step.kind === 'start');
  const step = plan.steps[at];
  const host = step?.kind === 'start' ? indexOfHost(base, step.hostId) : -1;
  if (step === undefined || host < 0) return null;
  const state = stateAfter(base, { ...plan, steps: plan.steps.slice(0, at) });
  const view = demandView(base, draft, step.replica.shape, wantedOf(base, draft).wanted.demand.caps, null);
  const kind = base.hosts[host]!.kind;
  const tier = (index: number) => base.order.tierOf[index]!;
  const scored = (index: number) => score(state, index, view, hostView(state, index, draft.id).here);
  let best: { readonly index: number; readonly score: number } | undefined;
  for (const [index, other] of base.hosts.entries()) {
    if (other.kind === kind || feasible(hostView(state, index, draft.id), view) !== undefined) continue;
    const points = scored(index);
    if (best === undefined || tier(index) < tier(best.index) || (tier(index) === tier(best.index) && points > best.score)) best = { index, score: points };
  }
  if (best === undefined) return null;
  const told = { hostId: base.hosts[host]!.id, kind, overHostId: base.hosts[best.index]!.id, overKind: base.hosts[best.index]!.kind };
  if (tier(host) < tier(best.index)) return { ...told, decidedBy: 'private-first', points: scored(host) / SCORE_SCALE, overPoints: best.score / SCORE_SCALE };
  const [own, other] = [host, best.index].map((index) => scoreParts(state, index, view, hostView(state, index, draft.id).here));
  const gains = Object.entries(own!).map(([part, points]) => ({ part, gain: points - other![part as keyof typeof other] })).sort((one, two) => two.gain - one.gain);
  const decidedBy = OF_KINDS.find((part) => part === gains[0]!.part && gains[0]!.gain > 0);
  return decidedBy === undefined ? null : { ...told, decidedBy, points: own![decidedBy] / SCORE_SCALE, overPoints: other![decidedBy] / SCORE_SCALE };
}
