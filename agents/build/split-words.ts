// Splits a command line into words the way a shell would where no shell is needed: blanks, '...' and "..." and \. Pure.

/** Words that only a shell understands, outside of quotes; inside of double quotes only $ and ` are special. */
const SHELL = /[;&|<>$`*?()~#\n\r[\]{}]/;

/** The words, or `shell` where a shell would do more than split. An open quote counts as such. */
export function splitWords(line: string): string[] | 'shell' {
  const words: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let index = 0; index < line.length; index += 1) {
    const letter = line[index] as string;
    if (quote !== undefined) {
      if (letter === quote) quote = undefined;
      else if (quote === '"' && /[$`]/.test(letter)) return 'shell';
      else if (quote === '"' && letter === '\\' && /["\\]/.test(line[index + 1] ?? '')) word = `${word ?? ''}${line[(index += 1)]}`;
      else word = `${word ?? ''}${letter}`;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= '';
    } else if (letter === '\\' && index + 1 < line.length && !/\s/.test(line[index + 1] ?? '')) {
      word = `${word ?? ''}${line[(index += 1)]}`;
    } else if (SHELL.test(letter)) {
      return 'shell';
    } else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = `${word ?? ''}${letter}`;
    }
  }
  if (quote !== undefined) return 'shell';
  return word === undefined ? words : [...words, word];
}
