// Settings as they are where nobody has set any, and what makes settings impossible: a sentence that names field, value and what is allowed.
import { type BehaviorRule, RISKS, type Settings } from './model.ts';

/** Out at once and as far as needed; in slowly. The decision's own pace (30 % a minute) is stricter than these policies and cannot be set. */
export const DEFAULT_SETTINGS: Settings = {
  mode: 'preview',
  min: 1,
  max: null,
  risk: 'balanced',
  ceilingPermille: null,
  behavior: {
    scaleUp: { windowSeconds: 0, policies: [], select: 'max', tolerancePermille: 0 },
    scaleDown: { windowSeconds: null, policies: [], select: 'max', tolerancePermille: 80 },
  },
  flapBudgetPerHour: null,
  onMetricLoss: 'hold',
  pauseScaleIn: false,
  isPaused: false,
  startDelaySeconds: null,
  latencySloMs: null,
  demand: 'qps',
  markets: ['a-share'],
  calm: false,
};

const MOST_REPLICAS = 100_000;
const MOST_POLICIES = 5;

/** @returns what is wrong, or null. Types are the caller's affair; ranges and contradictions are found here */
export function settingsProblem(settings: Settings): string | null {
  const { min, max, risk, ceilingPermille, flapBudgetPerHour, onMetricLoss, startDelaySeconds, latencySloMs } = settings;
  return (
    whole('min', min, 0, MOST_REPLICAS) ??
    (max === null ? null : whole('max', max, 1, MOST_REPLICAS)) ??
    (max !== null && min > max ? `min is ${min} and max is ${max}: min must not be above max` : null) ??
    (typeof risk === 'number' ? whole('risk', risk, 1, 200) : RISKS.includes(risk) ? null : `risk is "${risk}": it must be one of ${RISKS.join(', ')}, or permille of time from 1 to 200`) ??
    (ceilingPermille === null ? null : whole('ceilingPermille', ceilingPermille, 100, 950)) ??
    (flapBudgetPerHour === null ? null : whole('flapBudgetPerHour', flapBudgetPerHour, 0, 60)) ??
    (typeof onMetricLoss === 'object' ? whole('onMetricLoss.floor', onMetricLoss.floor, 0, MOST_REPLICAS) : null) ??
    (startDelaySeconds === null ? null : whole('startDelaySeconds', startDelaySeconds, 1, 3600)) ??
    (latencySloMs === null ? null : whole('latencySloMs', latencySloMs, 1, 600_000)) ??
    ruleProblem('scaleUp', settings.behavior.scaleUp) ??
    ruleProblem('scaleDown', settings.behavior.scaleDown)
  );
}

function ruleProblem(name: string, { windowSeconds, policies, tolerancePermille }: BehaviorRule): string | null {
  const field = `behavior.${name}`;
  if (policies.length > MOST_POLICIES) return `${field}.policies has ${policies.length} entries: at most ${MOST_POLICIES} are allowed`;
  for (const [index, { value, periodSeconds }] of policies.entries()) {
    const problem = whole(`${field}.policies[${index}].value`, value, 1, MOST_REPLICAS) ?? whole(`${field}.policies[${index}].periodSeconds`, periodSeconds, 1, 1800);
    if (problem !== null) return problem;
  }
  return (windowSeconds === null ? null : whole(`${field}.windowSeconds`, windowSeconds, 0, 3600)) ?? whole(`${field}.tolerancePermille`, tolerancePermille, 0, 500);
}

const whole = (field: string, value: number, least: number, most: number): string | null =>
  Number.isInteger(value) && value >= least && value <= most ? null : `${field} is ${value}: it must be a whole number from ${least} to ${most}`;
