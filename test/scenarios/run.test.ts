// Every scenario beside this file prints what is committed beside it. `UPDATE=1` writes the outputs anew, to be read in the diff.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runScript } from './script.ts';

const folder = import.meta.dirname;
const names = readdirSync(folder).filter((name) => name.endsWith('.txt') && !name.endsWith('.out.txt'));

test.each(names)('%s', (name) => {
  const printed = runScript(readFileSync(join(folder, name), 'utf8'));
  const expected = join(folder, name.replace('.txt', '.out.txt'));
  if (process.env.UPDATE === '1') writeFileSync(expected, printed);
  expect(printed).toBe(readFileSync(expected, 'utf8'));
  expect(printed).not.toContain('VIOLATION');
});

test('a command that does not exist is named with its line', () => {
  expect(() => runScript('# a scenario\nplease help')).toThrow('line 2: there is no command "please", only policy, network');
});
