// A decision as one sentence for people, from its data alone. Says what happens, what demand is and was prepared for, what decided, and what was held back.
import type { Decision, Expert, Floor } from './model.ts';

const EXPERT_WORDS: Readonly<Record<Expert, string>> = {
  last: 'the last seconds',
  trend: 'the last seconds and their trend',
  mean3: 'the last three minutes',
  meanTrend: 'the last minutes and their trend',
  lastSeason: 'the last seconds and how such days go on',
  meanSeason: 'the last five minutes and how such days go on',
  hotSeason: 'such days and how hot this one is',
  maxDays: 'the largest of such days',
  sessionHigh: 'the height of such sessions',
};

const FLOOR_WORDS: Readonly<Record<Floor['kind'], string>> = {
  min: 'the smallest number allowed',
  reactive: 'demand as it is now',
  opening: 'an opening that comes',
  schedule: 'a schedule',
  signal: 'a signal from outside',
  surge: 'demand at the limit of what serves',
  metricLoss: 'what is set for the time without metrics',
  restart: 'a restart',
  deploy: 'a rollout',
  latency: 'answers that are too slow',
};

/** @returns such as `From 12 to 20 replicas: 9300 QPS now, 15200 prepared for (...); decided by the forecast.` */
export function explainDecision(decision: Decision): string {
  const { action, before, replicas, level, bound, expert, winner, floors, suppressed, wouldWant } = decision;
  const what = action === 'hold' ? `Stays at ${counted(replicas)}` : `From ${before} to ${counted(replicas)}`;
  const demand = level === null ? 'demand is not known' : `${level} QPS now`;
  const prepared = expert === null ? '' : `, ${bound} prepared for (by ${EXPERT_WORDS[expert]})`;
  const floor = floors.filter(({ kind }) => kind === winner).toSorted((one, other) => other.replicas - one.replicas)[0];
  const decided = winner === 'forecast' ? 'the forecast decided' : winner === 'memory' ? 'memory, or the most that one replica takes, decided' : `${FLOOR_WORDS[winner]} decided${floor === undefined ? '' : ` (${floor.reason})`}`;
  const [held] = suppressed;
  // A bound may have done what something held back.
  const wanted = held === undefined || held.replicas === replicas ? '' : ` ${counted(held.replicas)} would do but for this: ${held.why}.`;
  const over = wouldWant > replicas && held === undefined ? ` It would want ${wouldWant}.` : '';
  return `${what}: ${demand}${prepared}; ${decided}.${wanted}${over}`;
}

const counted = (count: number): string => `${count} replica${count === 1 ? '' : 's'}`;
