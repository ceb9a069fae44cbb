// What of this host's services is to be asked: how they are, and what they count of their requests. Pure.
import type { Container } from './docker/runtime.ts';
import { healthTargetOf } from './health-command.ts';
import type { HealthTarget } from './health.ts';
import type { MetricsTarget } from './metrics/board.ts';
import type { ReplicaSpec } from './protocol.ts';

/** `mine`: this cluster's containers. Without an engine the service itself is the only witness, whether or not a container was ever seen. */
export function targetsOf(specs: readonly ReplicaSpec[], mine: readonly Container[], isEngineDown: boolean): { health: HealthTarget[]; metrics: MetricsTarget[] } {
  const running = new Map(mine.filter((one) => one.status === 'running').map((one) => [one.owner?.replicaId, one]));
  const health: HealthTarget[] = [];
  const metrics: MetricsTarget[] = [];
  for (const spec of specs) {
    const container = running.get(spec.id);
    if (container === undefined && !isEngineDown) continue;
    const run = container === undefined ? 'unseen' : `${container.id} ${container.startedAt ?? ''}`;
    health.push(healthTargetOf(spec, run, container?.id));
    const { id: replicaId, address, port, metricsPath: path } = spec;
    if (container !== undefined && path !== undefined) metrics.push({ replicaId, run, address, port, path });
  }
  return { health, metrics };
}
