// What rollouts and their strategies say in words: shares, promotions, the rail of steps, figures of gates. Takes the API's data, the words
// and a language; gives text and plain data. Pure.
import type { RolloutDetail, RolloutView, StrategyInput } from '#server/http/contract/index.ts';
import type { RolloutPhase } from '../api/shapes.ts';
import type { Dictionary } from '../text/en/index.ts';
import { duration } from './time.ts';
import { factor, number, percent, permille, type Language } from './units.ts';

export type Share = StrategyInput['steps'][number]['target'];
type Promotion = StrategyInput['steps'][number]['promotion'];
type Figures = NonNullable<RolloutDetail['figures']>;
type Verdict = Figures['verdicts'][number];
type Side = Figures['before'];

/** Phases that only a person ends. */
export const WAITS_FOR_PERSON: ReadonlySet<RolloutPhase> = new Set(['held', 'paused']);
const ENDED: ReadonlySet<RolloutPhase> = new Set(['succeeded', 'rolled-back', 'aborted']);

export const isEnded = (rollout: Pick<RolloutView, 'phase'>): boolean => ENDED.has(rollout.phase);
export const workloadName = (of: { readonly service: string; readonly environment: string }): string => `${of.service}.${of.environment}`;

/** `3 replicas`, `25%`, `all`. */
export function shareText(share: Share, text: Dictionary, language: Language): string {
  const words = text.rollouts.strategy.targetText;
  if ('count' in share) return words.count(share.count);
  return share.permille >= 1000 ? words.all : percent(share.permille, 1000, language);
}

/** What leads on from a step: `gates`, `after 5 min`, `by hand`. */
export function promotionText(promotion: Promotion, text: Dictionary, language: Language): string {
  const words = text.rollouts.strategy.promotionText;
  if (promotion.by === 'time') return words.time(duration(promotion.seconds, language));
  return words[promotion.by];
}

export interface RailStop {
  readonly title: string;
  readonly note: string;
  readonly state: 'done' | 'here' | 'ahead';
}

/** The way of a rollout as stops: the images first, then each step, then the end. A rollback has no steps: it goes at once. */
export function railOf(rollout: RolloutDetail, text: Dictionary, language: Language): RailStop[] {
  const words = text.rollouts;
  const n = (value: number) => number(value, language);
  const isBack = rollout.phase === 'rolling-back' || rollout.phase === 'rolled-back' || rollout.kind === 'rollback';
  const end: RailStop = { title: isBack ? words.phases['rolled-back'] : words.end, note: '', state: rollout.phase === 'succeeded' || rollout.phase === 'rolled-back' ? 'done' : 'ahead' };
  const images: RailStop = { title: words.prepare, note: rollout.images.needed === 0 ? '' : words.prepared(n(rollout.images.present), n(rollout.images.needed)), state: rollout.phase === 'preparing' ? 'here' : 'done' };
  if (isBack) return [{ title: words.phases['rolling-back'], note: words.onNew(n(rollout.replicas.onNew), n(rollout.replicas.wanted)), state: rollout.phase === 'rolled-back' || rollout.phase === 'succeeded' ? 'done' : 'here' }, end];
  const steps = rollout.strategy.steps.map((step, at): RailStop => {
    const state = rollout.phase === 'succeeded' || at < rollout.step ? 'done' : at === rollout.step && rollout.phase !== 'preparing' && !isEnded(rollout) ? 'here' : 'ahead';
    return { title: shareText(step.target, text, language), note: promotionText(step.promotion, text, language), state };
  });
  return [images, ...steps, end];
}

/** A figure of one release as its gate looks at it: the share of errors, a latency, CPU. @returns null where it is not known */
export function sideText(gate: Exclude<Verdict['gate'], 'health'>, side: Side, text: Dictionary, language: Language): string | null {
  const ms = (value: number | null) => (value === null ? null : text.rollouts.ms(number(value, language)));
  switch (gate) {
    case 'errors':
      return side.requests === 0 ? null : permille((side.errors / side.requests) * 1000, language);
    case 'p99':
      return ms(side.p99Ms);
    case 'cpu':
      return ms(side.cpuMsPerRequest);
    case 'requests':
      return number(side.requests, language);
  }
}

/** The limit in the unit of its gate: thousandths of the old release, of requests, or a count. */
export function limitText(verdict: Verdict, text: Dictionary, language: Language): string | null {
  if (verdict.limit === null) return null;
  const words = text.rollouts;
  switch (verdict.gate) {
    case 'errors':
      return words.atMost(permille(verdict.limit, language));
    case 'p99':
    case 'cpu':
      return words.atMost(words.ofOld(factor(verdict.limit, language)));
    case 'requests':
      return words.atLeast(number(verdict.limit, language));
    case 'health':
      return words.atMost(number(verdict.limit, language));
  }
}
