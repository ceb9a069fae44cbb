// The command line's words for a composition of changes, so that a person can take it into a script. Pure; forms as `firn simulate --help`
// names them. What the command line takes from elsewhere (a file, a host to be like) stands in capitals.
import type { Change } from '#server/http/contract/index.ts';
import { quoteArgument } from './ask-command.ts';

export function simulateCommand(changes: readonly Change[]): string {
  const [first, ...rest] = changes.map(wordsOf);
  if (first === undefined) return 'firn simulate --help';
  return ['firn simulate', ...first.map(quoteArgument), ...rest.map((words) => `--then ${quoteArgument(words.join(' '))}`)].join(' ');
}

function wordsOf(change: Change): string[] {
  switch (change.kind) {
    case 'drain':
      return ['drain', ...change.hosts];
    case 'lose':
      return ['lose', change.domain, change.name];
    case 'add':
      return ['add', String(change.count), 'like', 'HOST'];
    case 'buy':
      return ['buy', ...(change.pools ?? [])];
    case 'grow':
      return ['grow', change.workload, `${change.permille / 1000}x`];
    case 'remove':
      return ['remove', change.workload];
    case 'policy':
      return ['policy', 'FILE'];
    case 'rearrange':
      return ['defrag', '--moves', String(change.wishes.length)];
  }
}
