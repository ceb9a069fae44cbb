// What found no room, with each refusal as a sentence. It loads nothing but the scheduler's words, so that the worker thread stays small.
import { sentence } from '#scheduler/explain.ts';
import type { Reason, Unplaced } from '#scheduler/model.ts';
import type { Unplaced as UnplacedView } from '../http/contract/common.ts';

export function showUnplaced({ workloadId, workload, count, shape, eliminations }: Unplaced): UnplacedView {
  return { workloadId, workload, count, shape, eliminations: eliminations.map(showElimination) };
}

export const showElimination = ({ group, hosts, closest, closestHost }: Unplaced['eliminations'][number]): UnplacedView['eliminations'][number] => ({ group, hosts, closest: showReason(closest), closestHost });

const showReason = (reason: Reason) => ({ ...reason, sentence: sentence(reason) });
