// The form of a back-test, all text, and its conversion to the API's ask. Pure: the present comes in.
import type { BackTestAskInput } from '#server/http/contract/index.ts';
import { type NumberFault, readNumber } from './read-number.ts';

const DAY_MS = 86_400_000;
const MOST_DAYS = 31;

export interface BackTestForm {
  readonly workloadId: string;
  readonly when: 'above' | 'timesUsual';
  readonly threshold: string;
  readonly multiplier: string;
  readonly decay: string;
  readonly days: string;
  readonly surge: string;
  readonly horizon: string;
}

export const EMPTY_BACK_TEST: BackTestForm = { workloadId: '', when: 'timesUsual', threshold: '1.5', multiplier: '1.5', decay: '30', days: '7', surge: '1.3', horizon: '60' };

/** @returns null with the faults by the form's fields */
export function toBackTest(form: BackTestForm, nowMs: number): { readonly ask: BackTestAskInput | null; readonly faults: Readonly<Record<string, NumberFault>> } {
  const faults: Record<string, NumberFault> = {};
  if (form.workloadId === '') faults.workloadId = { code: 'needed' };
  const threshold = readNumber(faults, 'threshold', form.threshold, form.when === 'timesUsual' ? { least: 1.01, most: 1000 } : {});
  const days = readNumber(faults, 'days', form.days, { least: 1, most: MOST_DAYS });
  const ask: BackTestAskInput = {
    workloadId: form.workloadId,
    rule: {
      when: form.when === 'above' ? { above: threshold } : { timesUsual: threshold },
      multiplier: readNumber(faults, 'multiplier', form.multiplier, { least: 1, most: 10 }),
      decayMinutes: readNumber(faults, 'decay', form.decay, { least: 1, most: 1440, whole: true }),
    },
    from: faults['days'] === undefined ? new Date(nowMs - days * DAY_MS).toISOString() : '',
    to: new Date(nowMs).toISOString(),
    surge: readNumber(faults, 'surge', form.surge, { least: 1.05, most: 100 }),
    horizonMinutes: readNumber(faults, 'horizon', form.horizon, { least: 1, most: 480, whole: true }),
  };
  return { ask: Object.keys(faults).length === 0 ? ask : null, faults };
}
