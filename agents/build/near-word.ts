// "Did you mean": the allowed word that is nearest to one that is not allowed. Pure.

/** Changes of a letter that still count as a slip. */
const MOST_CHANGES = 3;

/** The nearest allowed word, or undefined when none is near. Words written with `_` or `-` instead of capitals are the same word. */
export function nearWord(given: string, allowed: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[_-]/g, '');
  const measured = allowed.map((word) => ({ word, changes: distance(plain(given), plain(word)) })).sort((one, other) => one.changes - other.changes);
  const best = measured[0];
  return best !== undefined && best.changes <= Math.min(MOST_CHANGES, Math.floor(best.word.length / 2)) ? best.word : undefined;
}

/** Levenshtein's distance; rows of the table one after the other. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
