// The command line's words for a composition of changes, so that a person can take it into a script. Pure; flags as `firn simulate --help`
// names them.
import type { Change } from '#server/http/contract/index.ts';
import { quoteArgument } from './ask-command.ts';

export function simulateCommand(changes: readonly Change[]): string {
  const verbs = changes.map(verbOf);
  if (verbs.length === 0) return 'firn simulate --help';
  return `firn simulate ${verbs.map((verb) => `--do ${quoteArgument(verb)}`).join(' ')}`;
}

function verbOf(change: Change): string {
  switch (change.kind) {
    case 'drain':
      return `drain ${change.hosts.join(' ')}`;
    case 'lose':
      return `lose ${change.domain} ${change.name}`;
    case 'add':
      return `add ${change.count}`;
    case 'buy':
      return ['buy', ...(change.pools ?? [])].join(' ');
    case 'grow':
      return `grow ${change.workload} ${change.permille / 1000}x`;
    case 'remove':
      return `remove ${change.workload}`;
    case 'policy':
      return 'policy FILE';
    case 'rearrange':
      return 'rearrange FILE';
  }
}
