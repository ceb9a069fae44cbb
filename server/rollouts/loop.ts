// The loop that carries rollouts on: looks at each that is under way, as often as something is heard and at least every second, for time alone can
// lead on too. It keeps nothing that a restart would lose but readings, which come again.
import type { Context } from '../context.ts';
import { listRolloutsUnderWay } from '../db/rollouts.ts';
import type { Loop } from '../control/driver.ts';
import { lookAt } from './look.ts';

const EVERY_MS = 1_000;
const FORGET_AFTER_MS = 60_000;
/** What is heard of hosts and replicas while a rollout is under way. */
const TOPICS: readonly string[] = ['services', 'plans'];

export function rolloutsLoop(context: Context): Loop {
  const { bus, loops, store, clock, rollouts } = context;
  let underWay = 0;
  bus.subscribe(({ topic }) => {
    if (underWay > 0 && TOPICS.includes(topic)) loops.wake('rollouts');
  });
  return {
    name: 'rollouts',
    everyMs: EVERY_MS,
    restMs: (lastMs) => Math.min(500, Math.max(20, 3 * lastMs)),
    run: async () => {
      const rows = await store.read(listRolloutsUnderWay);
      underWay = rows.length;
      for (const { id } of rows) await lookAt(context, id);
      rollouts.prune(clock.now() - FORGET_AFTER_MS, new Set(rows.map(({ id }) => id)));
      if (rows.length === 0) return 'no rollout is under way';
      const waiting = rows.flatMap(({ state: { wait } }) => wait?.owner ?? []);
      return `${rows.length} ${rows.length === 1 ? 'rollout is' : 'rollouts are'} under way; ${waiting.filter((owner) => owner === 'person').length} wait for a person`;
    },
  };
}
