// How a release is rolled out where nobody says how, and what a strategy that somebody gives must be like beyond its fields' types.
import type { Share } from '#scheduler/model.ts';
import type { Strategy } from '#scheduler/rollout/model.ts';
import { ALL } from '#scheduler/rollout/share.ts';
import { InvalidError } from '../errors.ts';
import { StrategyInput } from '../http/contract/releases.ts';
import type { z } from '../http/contract/common.ts';

/** Environments whose replicas answer people. */
const CAREFUL: readonly string[] = ['production', 'gray'];
const byGates = { by: 'gates' } as const;

/** The usual way in an environment: one canary by gates and then batches where people are served; else all at once. */
export function usualStrategy(environment: string): Strategy {
  if (!CAREFUL.includes(environment)) return StrategyInput.parse({ steps: [{ target: ALL, promotion: { by: 'time', seconds: 0 } }] });
  return StrategyInput.parse({
    steps: [
      { target: { count: 1 }, promotion: byGates },
      { target: { permille: 250 }, promotion: byGates },
      { target: { permille: 500 }, promotion: byGates },
      { target: ALL, promotion: byGates },
    ],
    surge: { permille: 250 },
    gates: { mostErrorsPermille: 10, mostCpuPermille: 1200, mostP99Permille: 2000 },
  });
}

/** Back at once: no batches, no gates. @param hasRoom whether replicas of both releases fit side by side */
export function returnStrategy({ startSeconds, prepareSeconds }: Pick<Strategy, 'startSeconds' | 'prepareSeconds'>, hasRoom: boolean): Strategy {
  return StrategyInput.parse({ steps: [{ target: ALL, promotion: { by: 'time', seconds: 0 } }], order: hasRoom ? 'start-first' : 'stop-first', surge: ALL, unavailable: { permille: 250 }, startSeconds, prepareSeconds, onFailure: 'pause' });
}

/** @throws InvalidError unless the steps rise to all replicas */
export function checkStrategy(input: z.output<typeof StrategyInput>): Strategy {
  const { steps } = input;
  const refuse = (index: number, message: string, allowed: string) => new InvalidError('strategy-steps', `strategy.steps[${index}].target is ${JSON.stringify(steps[index]!.target)}: it ${message} (allowed: ${allowed}).`, [{ field: `strategy.steps.${index}.target`, value: steps[index]!.target, message, allowed }]);
  const last = steps.length - 1;
  if (!isAll(steps[last]!.target)) throw refuse(last, 'is the last step and leaves some on the old release', '{"permille": 1000} as the last step');
  for (const [index, { target }] of steps.entries()) {
    if (isNothing(target)) throw refuse(index, 'is nothing', 'a count of at least 1, or at least 1 permille');
    const before = steps[index - 1]?.target;
    if (before !== undefined && !rises(before, target)) throw refuse(index, `is not more than the step before (${JSON.stringify(before)})`, 'steps that rise');
  }
  return input;
}

const isAll = (share: Share): boolean => 'permille' in share && share.permille === 1000;
const isNothing = (share: Share): boolean => ('count' in share ? share.count : share.permille) < 1;
/** A count and a share can only be compared once the number is known: then the larger one counts. */
const rises = (one: Share, other: Share): boolean => ('count' in one ? !('count' in other) || other.count > one.count : !('permille' in other) || other.permille > one.permille);
