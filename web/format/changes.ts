// Changes of a what-if or a proposal as sentences in the reader's language. Takes changes as data and the words; gives text. Pure: the
// server has English titles of its own for the command line, the console writes its own for both languages.
import type { Change } from '#server/http/contract/index.ts';
import type { Dictionary } from '../text/en/index.ts';
import { factor, listed, type Language } from './units.ts';

/** What a sentence needs of `shell/show.ts`. */
export interface Formats {
  readonly shape: (shape: { readonly cpuMilli: number; readonly memoryMib: number }) => string;
  readonly money: (cents: number) => string;
}

/** More names than this are told as a number. */
const MOST_NAMED = 3;

export function changeText(change: Change, text: Dictionary, language: Language, formats: Formats): string {
  const words = text.changes;
  switch (change.kind) {
    case 'drain':
      return words.drain(namedFew(change.hosts, text, language));
    case 'lose':
      return words.lose[change.domain](change.name);
    case 'add':
      return words.add(change.count, formats.shape(change.host.capacity), `${change.host.site} / ${change.host.rack}`, formats.money(change.host.costCentsPerHour));
    case 'buy':
      return change.pools === undefined || change.pools.length === 0 ? words.buyAny : words.buyFrom(listed(change.pools, language));
    case 'grow':
      return change.permille < 1000 ? words.shrink(change.workload, factor(change.permille, language)) : words.grow(change.workload, factor(change.permille, language));
    case 'remove':
      return words.remove(change.workload);
    case 'policy':
      return words.policy;
    case 'rearrange':
      return words.rearrange(change.wishes.length);
  }
}

/** `a, b, c and 5 more`. */
export function namedFew(names: readonly string[], text: Dictionary, language: Language): string {
  if (names.length <= MOST_NAMED + 1) return listed(names, language);
  return text.changes.andMore(names.slice(0, MOST_NAMED).join(language === 'zh' ? '、' : ', '), names.length - MOST_NAMED);
}
