// A change in a sentence, with the names that people gave: `drain phy1 and phy2`.
import type { Change } from '../http/contract/questions.ts';

/** Names that a sentence lists at most. */
const MOST_NAMED = 3;

export function titleOf(change: Change): string {
  switch (change.kind) {
    case 'drain':
      return `drain ${listed(change.hosts)}`;
    case 'lose':
      return `lose ${change.domain} ${change.name}`;
    case 'add':
      return `add ${change.count} ${change.count === 1 ? 'host' : 'hosts'} of ${change.host.capacity.cpuMilli / 1000} cores and ${Math.round(change.host.capacity.memoryMib / 102.4) / 10} GiB to ${change.host.site}/${change.host.rack}`;
    case 'buy':
      return change.pools === undefined ? 'buy what is missing' : `buy what is missing from ${listed(change.pools)}`;
    case 'grow':
      return `the peak of ${change.workload} becomes ${change.permille / 1000} times as high`;
    case 'remove':
      return `give ${change.workload} back`;
    case 'policy':
      return 'change the policy';
    case 'rearrange':
      return `move ${change.wishes.length} ${change.wishes.length === 1 ? 'replica' : 'replicas'}`;
  }
}

function listed(names: readonly string[]): string {
  if (names.length > MOST_NAMED) return `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`;
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
