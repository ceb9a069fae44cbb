// The form of a freeze, all text, and its conversion to the API's ask. Pure: times of `once` are typed in the reader's own time and become
// instants; what anchors and clocks may look like is the server's to judge, under the same paths.
import type { FreezeDraft } from '../api/shapes.ts';

export interface FreezeForm {
  readonly name: string;
  readonly environment: string;
  readonly kind: 'session' | 'weekly' | 'once';
  readonly market: 'a-share' | 'hong-kong' | 'us';
  readonly open: string;
  readonly close: string;
  readonly timeZone: string;
  readonly days: readonly number[];
  readonly fromClock: string;
  readonly toClock: string;
  /** As `datetime-local` inputs give them. */
  readonly fromLocal: string;
  readonly toLocal: string;
  readonly reason: string;
}

export type FreezeFault = 'needed' | 'time' | 'order' | 'days';

export const emptyFreeze = (environment: string, timeZone: string): FreezeForm => ({ name: '', environment, kind: 'session', market: 'a-share', open: 'open-10m', close: 'close+5m', timeZone, days: [5], fromClock: '16:00', toClock: '23:00', fromLocal: '', toLocal: '', reason: '' });

export function toFreeze(form: FreezeForm): { readonly freeze: FreezeDraft | null; readonly faults: Readonly<Record<string, FreezeFault>> } {
  const faults: Record<string, FreezeFault> = {};
  if (form.name.trim() === '') faults.name = 'needed';
  const head = { name: form.name.trim(), environment: form.environment, reason: form.reason.trim() };
  const done = (rule: FreezeDraft['rule']) => ({ freeze: Object.keys(faults).length === 0 ? { ...head, rule } : null, faults });
  if (form.kind === 'session') return done({ kind: 'session', market: form.market, from: form.open.trim(), to: form.close.trim() });
  if (form.kind === 'weekly') {
    if (form.days.length === 0) faults['rule.days'] = 'days';
    return done({ kind: 'weekly', timeZone: form.timeZone.trim(), days: form.days.toSorted((one, other) => one - other), from: form.fromClock.trim(), to: form.toClock.trim() });
  }
  const [from, to] = [new Date(form.fromLocal), new Date(form.toLocal)];
  if (Number.isNaN(from.getTime())) faults['rule.from'] = 'time';
  if (Number.isNaN(to.getTime())) faults['rule.to'] = 'time';
  else if (to <= from) faults['rule.to'] = 'order';
  if (Object.keys(faults).length > 0) return { freeze: null, faults };
  return done({ kind: 'once', from: from.toISOString(), to: to.toISOString() });
}
