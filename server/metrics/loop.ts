// Looks at everything that is measured every two seconds, keeps the history, and says when a source of a workload's requests falls silent or speaks again.
import type { Context } from '../context.ts';
import type { Loop } from '../control/driver.ts';
import { RAW_MS } from './history.ts';

export function metricsLoop(context: Context): Loop {
  return {
    name: 'metrics',
    everyMs: RAW_MS,
    run: async () => {
      const { metrics, clock } = context;
      const { snapshot } = await context.present.read();
      metrics.look(snapshot);
      const rows = await metrics.history.keep(clock.now());
      return `looked at ${snapshot.workloads.length} workloads and ${snapshot.hosts.length} hosts${rows > 0 ? `; wrote ${rows} stretches of history` : ''}`;
    },
  };
}
