// The server's own process for Prometheus: CPU, memory, event loop, garbage collection, and how its loops do.
import { collectDefaultMetrics, Gauge, Registry } from '@prometheus-io/client';
import type { Driver } from '../control/driver.ts';

/** @returns gives the text; the same registry each time, since counters of the process must go on counting */
export function openProcessMetrics(loops: Driver): () => Promise<string> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const seconds = new Gauge({ name: 'firn_loop_last_seconds', help: 'How long the last run of a control loop took.', labelNames: ['loop'], registers: [registry] });
  const failing = new Gauge({ name: 'firn_loop_failing', help: '1 while the last run of a control loop failed.', labelNames: ['loop'], registers: [registry] });
  return async () => {
    for (const { name, lastMs, failing: fails } of loops.status()) {
      if (lastMs !== null) seconds.set({ loop: name }, lastMs / 1000);
      failing.set({ loop: name }, fails ? 1 : 0);
    }
    return await registry.metrics();
  };
}
