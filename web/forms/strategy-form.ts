// The form of a rollout's strategy as a person fills it in: numbers as text, shares in percent or as counts. Pure: takes the form; gives the
// API's strategy or what is wrong, under the server's field paths.
import type { StrategyInput } from '#server/http/contract/index.ts';
import { type NumberFault, readNumber } from './read-number.ts';

export type ShareUnit = 'count' | 'percent';

export interface StepForm {
  readonly amount: string;
  readonly unit: ShareUnit;
  readonly by: 'hand' | 'time' | 'gates';
  readonly seconds: string;
}

export interface StrategyForm {
  readonly steps: readonly StepForm[];
  readonly order: 'start-first' | 'stop-first';
  readonly surge: string;
  readonly surgeUnit: ShareUnit;
  readonly unavailable: string;
  readonly unavailableUnit: ShareUnit;
  readonly windowSeconds: string;
  readonly leastRequests: string;
  /** Percent; empty: not asked. */
  readonly mostErrors: string;
  readonly mostP99: string;
  readonly mostCpu: string;
  readonly prepareSeconds: string;
  readonly startSeconds: string;
  readonly mostFailures: string;
  readonly onFailure: 'roll-back' | 'pause';
}

export type Preset = 'canary' | 'batches' | 'all' | 'stop-first';
export type StrategyFault = NumberFault | { readonly code: 'rising' };
export type StrategyFaults = Readonly<Record<string, StrategyFault>>;

const step = (amount: string, unit: ShareUnit, by: StepForm['by'], seconds = '60'): StepForm => ({ amount, unit, by, seconds });
const BASE: Omit<StrategyForm, 'steps'> = {
  order: 'start-first', surge: '25', surgeUnit: 'percent', unavailable: '1', unavailableUnit: 'count', windowSeconds: '60', leastRequests: '50', mostErrors: '1', mostP99: '200', mostCpu: '120',
  prepareSeconds: '900', startSeconds: '120', mostFailures: '2', onFailure: 'roll-back',
};
const QUARTERS = ['25', '50', '75', '100'];

export const STRATEGIES: Readonly<Record<Preset, StrategyForm>> = {
  canary: { ...BASE, steps: [step('1', 'count', 'gates'), step('25', 'percent', 'gates'), step('50', 'percent', 'gates'), step('100', 'percent', 'gates')] },
  batches: { ...BASE, steps: QUARTERS.map((amount) => step(amount, 'percent', 'time')) },
  all: { ...BASE, surge: '100', steps: [step('100', 'percent', 'time', '0')] },
  'stop-first': { ...BASE, order: 'stop-first', steps: QUARTERS.map((amount) => step(amount, 'percent', 'time', '30')) },
};

/** Where mistakes are dear a canary goes first; elsewhere everything goes at once. */
export const usualPreset = (environment: string): Preset => (environment === 'production' || environment === 'gray' ? 'canary' : 'all');

/** The preset that a form still is; null: it was changed by hand. */
export function presetOf(form: StrategyForm): Preset | null {
  return (Object.keys(STRATEGIES) as Preset[]).find((name) => isSame(STRATEGIES[name], form)) ?? null;
}

function isSame(one: StrategyForm, other: StrategyForm): boolean {
  const fields = Object.keys(one).filter((field) => field !== 'steps') as Exclude<keyof StrategyForm, 'steps'>[];
  const sameStep = (each: StepForm, at: number) => (['amount', 'unit', 'by', 'seconds'] as const).every((field) => each[field] === other.steps[at]![field]);
  return fields.every((field) => one[field] === other[field]) && one.steps.length === other.steps.length && one.steps.every(sameStep);
}

export function toStrategy(form: StrategyForm): { readonly strategy: StrategyInput | null; readonly faults: StrategyFaults } {
  const faults: Record<string, StrategyFault> = {};
  const number = (field: string, text: string, least: number, most: number) => readNumber(faults, field, text, { least, most, whole: true });
  const share = (field: string, text: string, unit: ShareUnit, least: number) => (unit === 'count' ? { count: number(field, text, least, 100_000) } : { permille: Math.round(readNumber(faults, field, text, { least, most: 100 }) * 10) });
  const most = (field: string, text: string, least: number, largest: number): number | undefined => (text.trim() === '' ? undefined : Math.round(readNumber(faults, field, text, { least, most: largest }) * 10));
  const steps = form.steps.map((each, at) => ({
    target: share(`steps.${at}.target`, each.amount, each.unit, 0),
    promotion: each.by === 'time' ? { by: each.by, seconds: number(`steps.${at}.promotion.seconds`, each.seconds, 0, 604_800) } : { by: each.by },
  }));
  for (const [at, each] of steps.entries()) {
    const before = steps[at - 1]?.target;
    if (before !== undefined && isLess(each.target, before)) faults[`steps.${at}.target`] ??= { code: 'rising' };
  }
  const gates = { mostErrorsPermille: most('gates.mostErrorsPermille', form.mostErrors, 0, 100), mostP99Permille: most('gates.mostP99Permille', form.mostP99, 100, 10_000), mostCpuPermille: most('gates.mostCpuPermille', form.mostCpu, 100, 10_000) };
  const strategy: StrategyInput = {
    steps,
    order: form.order,
    surge: share('surge', form.surge, form.surgeUnit, 0),
    unavailable: share('unavailable', form.unavailable, form.unavailableUnit, 0),
    gates: {
      windowSeconds: number('gates.windowSeconds', form.windowSeconds, 2, 86_400),
      leastRequests: number('gates.leastRequests', form.leastRequests, 0, 1_000_000),
      ...Object.fromEntries(Object.entries(gates).filter(([, value]) => value !== undefined)),
    },
    prepareSeconds: number('prepareSeconds', form.prepareSeconds, 5, 86_400),
    startSeconds: number('startSeconds', form.startSeconds, 2, 3600),
    mostFailures: number('mostFailures', form.mostFailures, 1, 1000),
    onFailure: form.onFailure,
  };
  return { strategy: Object.keys(faults).length === 0 ? strategy : null, faults };
}

type Share = { readonly count: number } | { readonly permille: number };

/** Only shares of one kind can be compared without knowing how many replicas there are. */
function isLess(one: Share, other: Share): boolean {
  if ('count' in one && 'count' in other) return one.count <= other.count;
  return 'permille' in one && 'permille' in other && one.permille <= other.permille;
}
