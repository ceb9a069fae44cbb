// The form of how a workload follows demand, numbers as text and shares in percent, and its conversion to the API's settings and back. Pure:
// takes the form; gives settings, or what is wrong under the server's field paths. Empty means: as the system chooses.
import type { AutoscaleSettings } from '#server/http/contract/index.ts';
import { type NumberFault, readNumber } from './read-number.ts';
import { emptySchedule, fromSchedule, toSchedule, type ScheduleForm } from './schedule-form.ts';

export interface PolicyRow {
  readonly kind: 'count' | 'percent';
  readonly value: string;
  readonly periodSeconds: string;
}

export interface DirectionForm {
  readonly windowSeconds: string;
  readonly policies: readonly PolicyRow[];
  readonly select: 'max' | 'min' | 'disabled';
  /** Percent. */
  readonly tolerance: string;
}

export interface SignalForm {
  readonly signal: string;
  readonly when: 'above' | 'timesUsual';
  readonly threshold: string;
  readonly multiplier: string;
  readonly decayMinutes: string;
  readonly cap: string;
}

export type RiskName = 'economy' | 'balanced' | 'performance';

export interface AutoscaleForm {
  readonly mode: AutoscaleSettings['mode'];
  readonly min: string;
  readonly max: string;
  readonly risk: RiskName | 'own';
  /** Percent of time, where it is one's own. */
  readonly riskShare: string;
  /** Percent. */
  readonly ceiling: string;
  readonly scaleUp: DirectionForm;
  readonly scaleDown: DirectionForm;
  readonly flapBudget: string;
  readonly onMetricLoss: 'hold' | 'forecast' | 'floor';
  readonly lossFloor: string;
  readonly startDelaySeconds: string;
  readonly latencySloMs: string;
  readonly demand: AutoscaleSettings['demand'];
  readonly markets: AutoscaleSettings['markets'];
  readonly calm: boolean;
  readonly schedules: readonly ScheduleForm[];
  readonly signals: readonly SignalForm[];
}

export type AutoscaleFault = NumberFault | { readonly code: 'order' };
export type AutoscaleFaults = Readonly<Record<string, AutoscaleFault>>;

/** What nobody changes in this form: the verbs do. */
type Kept = Pick<AutoscaleSettings, 'isPaused' | 'pauseScaleIn'>;

const text = (value: number | null) => (value === null ? '' : String(value));
const MOST_REPLICAS = 100_000;

const fromDirection = (rule: AutoscaleSettings['behavior']['scaleUp']): DirectionForm => ({
  windowSeconds: text(rule.windowSeconds),
  policies: rule.policies.map(({ kind, value, periodSeconds }) => ({ kind, value: String(value), periodSeconds: String(periodSeconds) })),
  select: rule.select,
  tolerance: String(rule.tolerancePermille / 10),
});

export function fromSettings(settings: AutoscaleSettings): AutoscaleForm {
  const own = typeof settings.risk === 'number';
  const loss = settings.onMetricLoss;
  return {
    mode: settings.mode,
    min: String(settings.min),
    max: text(settings.max),
    risk: own ? 'own' : (settings.risk as RiskName),
    riskShare: own ? String(Number(settings.risk) / 10) : '',
    ceiling: settings.ceilingPermille === null ? '' : String(settings.ceilingPermille / 10),
    scaleUp: fromDirection(settings.behavior.scaleUp),
    scaleDown: fromDirection(settings.behavior.scaleDown),
    flapBudget: text(settings.flapBudgetPerHour),
    onMetricLoss: typeof loss === 'object' ? 'floor' : loss,
    lossFloor: typeof loss === 'object' ? String(loss.floor) : '',
    startDelaySeconds: text(settings.startDelaySeconds),
    latencySloMs: text(settings.latencySloMs),
    demand: settings.demand,
    markets: settings.markets,
    calm: settings.calm,
    schedules: settings.schedules.map(fromSchedule),
    signals: settings.signals.map((rule) => ({
      signal: rule.signal,
      when: 'above' in rule.when ? 'above' : 'timesUsual',
      threshold: String('above' in rule.when ? rule.when.above : rule.when.timesUsual),
      multiplier: String(rule.multiplier),
      decayMinutes: String(rule.decayMinutes),
      cap: text(rule.cap),
    })),
  };
}

/** A form of the first schedule that somebody adds, in the markets that are followed. */
export const nextSchedule = (form: AutoscaleForm, timeZone: string): ScheduleForm => emptySchedule(form.markets[0] ?? 'a-share', timeZone);

/** @param kept what the verbs set: it stays as it is */
export function toSettings(form: AutoscaleForm, kept: Kept): { readonly settings: AutoscaleSettings | null; readonly faults: AutoscaleFaults } {
  const faults: Record<string, AutoscaleFault> = {};
  const whole = (field: string, value: string, least: number, most: number) => readNumber(faults, field, value, { least, most, whole: true });
  const maybe = (field: string, value: string, least: number, most: number) => (value.trim() === '' ? null : whole(field, value, least, most));
  const permille = (field: string, value: string, least: number, most: number) => Math.round(readNumber(faults, field, value, { least: least / 10, most: most / 10 }) * 10);
  const direction = (name: 'scaleUp' | 'scaleDown', rule: DirectionForm) => ({
    windowSeconds: maybe(`behavior.${name}.windowSeconds`, rule.windowSeconds, 0, 3600),
    policies: rule.policies.map((policy, at) => ({
      kind: policy.kind,
      value: whole(`behavior.${name}.policies.${at}.value`, policy.value, 1, MOST_REPLICAS),
      periodSeconds: whole(`behavior.${name}.policies.${at}.periodSeconds`, policy.periodSeconds, 1, 1800),
    })),
    select: rule.select,
    tolerancePermille: permille(`behavior.${name}.tolerancePermille`, rule.tolerance, 0, 500),
  });
  const min = whole('min', form.min, 1, MOST_REPLICAS);
  const max = maybe('max', form.max, 1, MOST_REPLICAS);
  if (faults.min === undefined && faults.max === undefined && max !== null && max < min) faults.max = { code: 'order' };
  const settings: AutoscaleSettings = {
    mode: form.mode,
    min,
    max,
    risk: form.risk === 'own' ? permille('risk', form.riskShare, 1, 200) : form.risk,
    ceilingPermille: form.ceiling.trim() === '' ? null : permille('ceilingPermille', form.ceiling, 100, 950),
    behavior: { scaleUp: direction('scaleUp', form.scaleUp), scaleDown: direction('scaleDown', form.scaleDown) },
    flapBudgetPerHour: maybe('flapBudgetPerHour', form.flapBudget, 0, 60),
    onMetricLoss: form.onMetricLoss === 'floor' ? { floor: whole('onMetricLoss.floor', form.lossFloor, 0, MOST_REPLICAS) } : form.onMetricLoss,
    pauseScaleIn: kept.pauseScaleIn,
    isPaused: kept.isPaused,
    startDelaySeconds: maybe('startDelaySeconds', form.startDelaySeconds, 1, 3600),
    latencySloMs: maybe('latencySloMs', form.latencySloMs, 1, 600_000),
    demand: form.demand,
    markets: [...form.markets],
    calm: form.calm,
    schedules: form.schedules.map((schedule, at) => toSchedule(schedule, `schedules.${at}`, faults)),
    signals: form.signals.map((rule, at) => {
      const path = `signals.${at}`;
      if (rule.signal === '') faults[`${path}.signal`] = { code: 'needed' };
      return {
        signal: rule.signal,
        when: rule.when === 'above' ? { above: readNumber(faults, `${path}.when.above`, rule.threshold, {}) } : { timesUsual: readNumber(faults, `${path}.when.timesUsual`, rule.threshold, { least: 1.01, most: 1000 }) },
        multiplier: readNumber(faults, `${path}.multiplier`, rule.multiplier, { least: 1, most: 10 }),
        decayMinutes: whole(`${path}.decayMinutes`, rule.decayMinutes, 1, 1440),
        cap: maybe(`${path}.cap`, rule.cap, 1, MOST_REPLICAS),
      };
    }),
  };
  return { settings: Object.keys(faults).length === 0 ? settings : null, faults };
}
