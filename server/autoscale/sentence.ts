// A decision as one English sentence, from its data alone.
import type { Decision } from '#scheduler/autoscale/model.ts';

const WINNERS: Readonly<Record<Decision['winner'], string>> = {
  forecast: 'the forecast needs it',
  memory: 'memory needs it',
  min: 'it is the smallest number allowed',
  reactive: 'demand now needs it',
  opening: 'an opening comes',
  schedule: 'a schedule wants it',
  signal: 'a signal from outside wants it',
  surge: 'demand surges',
  metricLoss: 'demand cannot be seen',
  restart: 'the server has only just started',
  deploy: 'a rollout is under way',
  latency: 'answers are too slow',
};

export function decisionSentence({ action, before, replicas, level, forecast, bound, winner, floors, suppressed, isPanic, wouldWant }: Decision): string {
  const what = action === 'hold' ? `stays at ${replicas}` : `${action} from ${before} to ${replicas}`;
  const demand = level === null ? 'demand is not known' : `${level} QPS now, ${forecast} expected and ${bound} prepared for`;
  const floor = floors.filter(({ kind }) => kind === winner).sort((one, other) => other.replicas - one.replicas)[0];
  const why = isPanic ? 'demand is at the limit of what is there' : (floor?.reason ?? WINNERS[winner]);
  const held = suppressed[0] === undefined ? '' : `; ${suppressed[0].replicas} held back: ${suppressed[0].why}`;
  const more = wouldWant > replicas && suppressed[0] === undefined ? `; it would want ${wouldWant}` : '';
  return `${what}: ${demand}; ${why}${held}${more}`;
}
