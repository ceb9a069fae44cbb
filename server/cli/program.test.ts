import { execFileSync } from 'node:child_process';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { afterAll, expect, test } from 'vitest';
import { aPerson } from './fixtures/person.ts';
import { buildProgram, NOUNS } from './program.ts';

const person = aPerson({ FIRN_ADDR: 'http://127.0.0.1:2' });
afterAll(() => person[Symbol.dispose]());

const io = { out: () => undefined, err: () => undefined, color: { out: false, err: false }, interactive: false, env: {}, now: () => 0, wait: async () => undefined, ask: async () => '', stdin: async () => '', signal: new AbortController().signal };
const leaves = (command: CommandUnknownOpts): CommandUnknownOpts[] => (command.commands.length === 0 ? [command] : command.commands.flatMap(leaves));

test.each([
  ['host lst', 64, "unknown command 'lst'\n(Did you mean list?)"],
  ['hots list', 64, "unknown command 'hots'\n(Did you mean host?)"],
  ['host list --outputt json', 64, "unknown option '--outputt'\n(Did you mean --output?)"],
  ['host list -o xml', 64, 'Allowed choices are table, json, yaml, name.'],
  ['host cordon phy1', 64, "required option '--why <reason>' not specified"],
  ['host drain phy1', 64, 'Say --why: the reason is kept'],
  ['host show', 64, "missing required argument 'host'"],
  ['host list extra', 64, 'too many arguments'],
  ['request quote --qps many', 64, '"many" is not a number.'],
  ['request quote --survive moon', 64, 'Allowed choices are none, host, rack, site.'],
  ['request quote -f /does/not/exist.yaml', 64, 'The file /does/not/exist.yaml cannot be read'],
  ['quota set quotes production --cpu 4 --memory 8G', 64, '"8G" is no amount of memory: write it as 256Mi or 8Gi.'],
  ['service remove quote -e dev --why done --context nope', 64, 'There is no context "nope".'],
  ['--address ::: status', 64, 'is no address of a server'],
  ['status', 1, 'The server at http://127.0.0.1:2 cannot be reached: nothing listens there.'],
  ['completion tcsh', 64, 'Allowed choices are bash, zsh, fish.'],
  ['', 64, 'Usage: firn'],
  ['host', 64, 'Usage: firn host'],
  ['agent', 64, 'Usage: firn agent'],
])('firn %s ends with %i and says why on stderr, nothing on stdout', async (line, exitCode, text) => {
  const said = await person.firn(line);
  expect(said).toMatchObject({ exitCode, out: '' });
  expect(said.err).toContain(text);
});

test('YAML that cannot be read says where', async () => {
  const said = await person.firn('request quote -f -', { stdin: 'team: quotes\n  peakQps: [1,\n' });
  expect(said.exitCode).toBe(64);
  expect(said.err).toMatch(/Standard input is not YAML: .* at line \d+, column \d+/);
  expect((await person.firn('request quote -f -', { stdin: '- a list' })).err).toContain('must hold one draft');
});

test('help is data on stdout and ends with 0, and every command shows an example that starts with its own name', async () => {
  const help = await person.firn('--help');
  expect([help.exitCode, help.err]).toEqual([0, '']);
  for (const noun of Object.keys(NOUNS)) expect(help.out).toContain(`\n  ${noun} `);
  const program = await buildProgram(io, 'all', () => undefined);
  for (const command of leaves(program)) {
    const path: string[] = [];
    for (let at: CommandUnknownOpts | null = command; at !== null && at !== program; at = at.parent) path.unshift(at.name());
    const { exitCode, out } = await person.firn([...path, '--help']);
    expect(`${path.join(' ')}: ${exitCode}`).toBe(`${path.join(' ')}: 0`);
    expect(out).toContain(`$ firn ${path.join(' ')}`);
    expect(command.description()).toMatch(/\.$/);
  }
});

test('one noun is loaded at a time', async () => {
  const program = await buildProgram(io, 'host', () => undefined);
  expect(program.commands.filter((command) => command.commands.length > 0).map((command) => command.name())).toEqual(['host']);
});

test('bash completes verbs, options and choices, from the very tree of commands', async () => {
  const { out } = await person.firn('completion bash');
  const complete = (...words: string[]) =>
    execFileSync('bash', ['-c', `${out}\nCOMP_WORDS=(firn ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _firn; printf '%s ' "\${COMPREPLY[@]}"`]).toString().trim().split(' ');
  expect(complete('ho')).toEqual(['host']);
  expect(complete('host', '')).toContain('cordon');
  expect(complete('host', 'token', 'cr')).toEqual(['create']);
  expect(complete('-o', 'json', 'request', 'sub')).toEqual(['submit']);
  expect(complete('request', 'submit', '--mem')).toEqual(['--memory-base', '--memory-per-qps']);
  expect(complete('completion', 'f')).toEqual(['fish']);
  for (const shell of ['zsh', 'fish']) expect((await person.firn(`completion ${shell}`)).out).toContain('uncordon');
});
