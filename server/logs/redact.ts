// Masks values of secrets in what services write. Best effort: a service that encodes, cuts or counts a secret before it writes it is not caught, and
// values too short to be told from ordinary text are let through. Pure.

/** Shorter values would mask half of every line. */
const SHORTEST = 6;
const MASK = '••••••';

/** @param values of secrets; of those with several lines, each line counts by itself, since logs are lines */
export function redactor(values: Iterable<string>): (text: string) => string {
  const words = new Set<string>();
  for (const value of values) {
    for (const line of value.split(/\r?\n/)) {
      const word = line.trim();
      if (word.length < SHORTEST) continue;
      words.add(word);
      // As it stands in JSON.
      words.add(JSON.stringify(word).slice(1, -1));
    }
  }
  // The longest first: one secret may be a part of another.
  const ordered = [...words].sort((one, other) => other.length - one.length);
  return (text) => {
    let masked = text;
    for (const word of ordered) if (masked.includes(word)) masked = masked.replaceAll(word, MASK);
    return masked;
  };
}
