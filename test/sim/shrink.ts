// Makes a failing seed smaller: leaves out one fault or action after the other, and keeps out what is not needed for the same rule to break.
import { type Outcome, runSeed, type RunOptions } from './episodes.ts';

/** @returns what is left that breaks the rule, as sentences for people */
export async function shrink(options: RunOptions, failed: Outcome): Promise<string> {
  const without = new Set<number>();
  let last = failed;
  for (let index = failed.drawn.length - 1; index >= 0; index -= 1) {
    const outcome = await runSeed({ ...options, without: new Set([...without, index]) });
    if (outcome.violation?.rule !== failed.violation?.rule) continue;
    without.add(index);
    last = outcome;
  }
  const left = failed.drawn.flatMap((each, index) => (without.has(index) ? [] : `  ${index}: ${JSON.stringify(each)}`));
  return [`the same rule breaks with ${left.length} of ${failed.drawn.length} faults and actions:`, ...left, `  ${last.violation?.message}`].join('\n');
}
