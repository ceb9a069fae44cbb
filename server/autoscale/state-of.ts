// What the autoscaler does with a workload now, as a word and a sentence, from its last decision. Shown as it is, so that nobody has to guess.
import { explainDecision } from '#scheduler/autoscale/explain.ts';
import type { AutoscaleSettings, AutoscaleView } from '../http/contract/autoscale.ts';
import type { Remembered } from './memory.ts';

export interface Standing {
  readonly state: AutoscaleView['state'];
  readonly sentence: string;
}

export function standingOf({ mode, isPaused }: AutoscaleSettings, { last }: Pick<Remembered, 'last'>): Standing {
  if (mode === 'off') return { state: 'off', sentence: 'The autoscaler is off: the request alone says how many.' };
  if (isPaused) return { state: 'paused', sentence: 'It is paused: the number stays as it is.' };
  if (last === null) return { state: 'waiting', sentence: 'Nothing is decided yet: the first decision comes within ten seconds.' };
  const { decision } = last;
  const sentence = explainDecision(decision);
  const has = (...kinds: readonly string[]) => decision.alerts.some(({ kind }) => kinds.includes(kind));
  if (decision.isPanic) return { state: 'panic', sentence };
  if (has('metricLoss', 'noForecast')) return { state: 'blind', sentence };
  if (has('atMax', 'atQuota')) return { state: 'bounded', sentence };
  if (mode === 'preview') return { state: 'preview', sentence };
  return { state: decision.suppressed.length > 0 ? 'held' : 'following', sentence };
}
