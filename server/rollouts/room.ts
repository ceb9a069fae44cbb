// Why the scheduler cannot go on with a workload's rollout now, as the planner found out last: a sentence out of what waits for room.
import { sentence } from '#scheduler/explain.ts';
import type { Context } from '../context.ts';

/** @returns null where nothing of the workload waits for room */
export function noRoomFor({ waiting }: Pick<Context, 'waiting'>, workloadId: string): string | null {
  const found = [...(waiting.current.unrenewed ?? []), ...waiting.current.unplaced].find((each) => each.workloadId === workloadId);
  if (found === undefined) return null;
  const [closest] = found.eliminations;
  const why = closest === undefined ? 'no host takes it' : sentence(closest.closest);
  return `${found.count === 1 ? '1 replica finds' : `${found.count} replicas find`} no room: ${why}`;
}
