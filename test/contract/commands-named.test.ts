// Every command line that the console and the front page show is one that the command line has, with the options that it names.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { expect, test } from 'vitest';
import { buildProgram } from '#server/cli/program.ts';

const root = join(import.meta.dirname, '../..');
const io = { out: () => undefined, err: () => undefined, color: { out: false, err: false }, interactive: false, env: {}, now: () => 0, wait: async () => undefined, ask: async () => '', stdin: async () => '', signal: new AbortController().signal };

/** Each `firn ...` in quotes or code, up to the end of the quote. */
function commandsIn(path: string): string[] {
  return [...readFileSync(join(root, path), 'utf8').matchAll(/(?<=['"`])firn ([a-z][^\n`]*?)(?=`|'\s*[,\])}]|"\s*[,\])}>])/g)].map(([, words]) => words!);
}

/** What the command line says against it; undefined: it has such a command. */
function whyUnknown(program: CommandUnknownOpts, words: string): string | undefined {
  let at = program;
  let areNames = true;
  for (const word of words.split(/\s+/)) {
    const option = /^--[a-z-]+/.exec(word)?.[0];
    if (option !== undefined) {
      areNames = false;
      // Of a verb that is meant where none is said, too.
      if (option !== '--help' && ![at, ...at.commands].some(({ options }) => options.some(({ long }) => long === option))) return `${at.name()} has no option ${option}`;
      continue;
    }
    // What follows an argument or an option is a value.
    areNames &&= at.commands.length > 0 && /^[a-z][a-z-]*$/.test(word);
    if (!areNames) continue;
    const next = at.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (next === undefined) return `there is no ${word} of ${at.name()}`;
    at = next;
  }
  return undefined;
}

test('every command that the console and the front page show is there', async () => {
  const program = await buildProgram(io, 'all', () => undefined);
  const pages = ['pages', 'forms', 'text/en'].flatMap((folder) => readdirSync(join(root, 'web', folder), { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name) && !name.includes('.test.')).map((name) => `web/${folder}/${name}`));
  const shown = ['README.md', ...pages].flatMap((path) => commandsIn(path).map((words) => ({ path, words })));
  expect(shown.length).toBeGreaterThan(80);
  const wrong = shown.flatMap(({ path, words }) => {
    const why = whyUnknown(program, words);
    return why === undefined ? [] : [`${path}: firn ${words}: ${why}`];
  });
  expect(wrong).toEqual([]);
});
