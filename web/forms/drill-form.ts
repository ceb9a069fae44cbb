// The form of a drill, all text, and its conversion to the API's ask. Pure.
import type { DrillAsk, DrillAskInput } from '#server/http/contract/index.ts';
import { type NumberFault, readNumber, readScaled } from './read-number.ts';

export const SHIPPED_DAYS = ['hot-day', 'usual-day', 'news-burst'] as const;

export interface DrillForm {
  readonly title: string;
  readonly kind: 'shipped' | 'recorded' | 'trace';
  readonly shipped: (typeof SHIPPED_DAYS)[number];
  /** Whose recorded day, and which. */
  readonly recordedOf: string;
  readonly date: string;
  readonly csv: string;
  readonly csvName: string;
  readonly times: string;
  /** Ids. */
  readonly workloads: readonly string[];
  /** Empty: 5 s on hosts that are there. */
  readonly startDelay: string;
  readonly vmDelay: string;
  readonly mayBuy: boolean;
  /** In whole units of money; empty: the policy's cap alone. */
  readonly cap: string;
}

export const EMPTY_DRILL: DrillForm = { title: '', kind: 'shipped', shipped: 'hot-day', recordedOf: '', date: '', csv: '', csvName: '', times: '1.5', workloads: [], startDelay: '', vmDelay: '120', mayBuy: true, cap: '' };

/** The form that asks the same again; a trace is not kept and has to be given anew. */
export function fromDrill(ask: DrillAsk): DrillForm {
  const { day } = ask;
  return {
    ...EMPTY_DRILL,
    title: ask.title,
    kind: day.kind,
    ...(day.kind === 'shipped' ? { shipped: day.name } : day.kind === 'recorded' ? { recordedOf: day.workloadId, date: day.date } : {}),
    times: String(ask.times),
    workloads: ask.workloads.map(({ workloadId }) => workloadId),
    startDelay: ask.startDelaySeconds === null ? '' : String(ask.startDelaySeconds),
    vmDelay: String(ask.vmDelaySeconds),
    mayBuy: ask.mayBuy,
    cap: ask.spendCapCents === null ? '' : String(ask.spendCapCents / 100),
  };
}

/** @returns null with the faults by the API's field paths */
export function toDrill(form: DrillForm): { readonly ask: DrillAskInput | null; readonly faults: Readonly<Record<string, NumberFault>> } {
  const faults: Record<string, NumberFault> = {};
  const needed = (field: string, text: string): string => {
    if (text.trim() === '') faults[field] = { code: 'needed' };
    return text.trim();
  };
  const seconds = (field: string, text: string) => readNumber(faults, field, text, { least: 0, most: 3600, whole: true });
  if (form.workloads.length === 0) faults.workloads = { code: 'needed' };
  const day: DrillAskInput['day'] = form.kind === 'shipped' ? { kind: 'shipped', name: form.shipped } : form.kind === 'recorded' ? { kind: 'recorded', workloadId: needed('day.workloadId', form.recordedOf), date: needed('day.date', form.date) } : { kind: 'trace', csv: needed('day.csv', form.csv), name: form.csvName };
  const ask: DrillAskInput = {
    title: form.title.trim(),
    day,
    times: readNumber(faults, 'times', form.times, { least: 0.01, most: 100 }),
    workloads: form.workloads.map((workloadId) => ({ workloadId })),
    startDelaySeconds: form.startDelay.trim() === '' ? null : seconds('startDelaySeconds', form.startDelay),
    vmDelaySeconds: seconds('vmDelaySeconds', form.vmDelay),
    mayBuy: form.mayBuy,
    spendCapCents: form.cap.trim() === '' ? null : readScaled(faults, 'spendCapCents', form.cap, { least: 0, most: 10_000_000, scale: 100 }),
  };
  return { ask: Object.keys(faults).length === 0 ? ask : null, faults };
}
