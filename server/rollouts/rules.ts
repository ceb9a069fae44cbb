// What keeps a rollout from starting, as refusals in words: another one that is under way, blockers that nobody passed over, an override without
// the permission or without a reason. Decides nothing else.
import { releaseById } from '../db/releases.ts';
import type { RolloutRow } from '../db/rollouts.ts';
import type { Reader } from '../db/store.ts';
import { workloadName, type WorkloadRow } from '../db/workloads.ts';
import { ConflictError, ForbiddenError, InvalidError } from '../errors.ts';
import type { Preflight, RolloutAsk } from '../http/contract/releases.ts';
import type { Actor } from '../requests/submit.ts';

/** Who starts a rollout, and whether they may pass over what stands in its way. */
export interface Starter extends Actor {
  readonly mayOverride: boolean;
}

/** Who is at it, and since when. */
export async function otherText(reader: Reader, workload: WorkloadRow, other: RolloutRow): Promise<string> {
  const to = await releaseById(reader, other.toReleaseId);
  return `${other.startedBy} has been rolling ${workloadName(workload)} ${other.kind === 'rollback' ? 'back ' : ''}to version ${to?.version ?? '?'} since ${new Date(other.startedAt).toISOString()} (it is ${other.state.phase}): wait for it, or roll it back.`;
}

/** What stands in the way stops it, but for what somebody who may passes over, with a reason. */
export function refuseBlocked({ blockers, advice }: Preflight, starter: Starter, { override, why }: RolloutAsk): void {
  const hard = blockers.filter(({ code, overridable }) => !overridable || !override.includes(code));
  if (hard.length > 0) {
    const hint = hard.every(({ overridable }) => overridable) ? ` Somebody with releases.override may pass over ${hard.map(({ code }) => code).join(', ')} with a reason.` : '';
    const help = hard.some(({ code }) => code === 'no-room') ? advice.map(({ sentence }) => ` ${sentence}`).join('') : '';
    throw new ConflictError(hard[0]!.code, `${hard.map(({ message }) => message).join(' ')}${help}${hint}`);
  }
  if (blockers.length === 0) return;
  if (!starter.mayOverride) throw new ForbiddenError('permission-missing', `${starter.name} lacks the permission releases.override, and would pass over ${blockers.map(({ code }) => code).join(', ')}.`);
  if (why === '') throw new InvalidError('why-needed', 'why is needed where something is passed over.', [{ field: 'why', value: why, message: 'is needed where something is passed over', allowed: 'a reason' }]);
}
