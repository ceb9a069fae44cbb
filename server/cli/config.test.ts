import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkAddress, contextPath, readContexts, resolveTarget, writeContexts, type StoredContext } from './config.ts';
import { aPerson, type Person } from './fixtures/person.ts';

const stored = (address: string, token: string): StoredContext => ({ address, token, user: 'ann', tokenId: 't', expiresAt: '2026-12-23T00:00:00.000Z' });
const FILE = { current: 'home', contexts: { home: stored('http://127.0.0.1:7070', 'home-token'), work: stored('https://firn.example.org', 'work-token') } };

let person: Person;
beforeEach(() => {
  person = aPerson();
});
afterEach(() => person[Symbol.dispose]());

test('the context file is readable by its owner alone, and comes back as it was written', () => {
  writeContexts(person.env, FILE);
  expect(statSync(contextPath(person.env)).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(contextPath(person.env))).mode & 0o777).toBe(0o700);
  expect(readContexts(person.env)).toEqual(FILE);
});

test('flags win over the environment, the environment over the file, and without any of them it is the local server', () => {
  expect(resolveTarget({}, person.env)).toEqual({ address: 'http://127.0.0.1:7070', token: null, context: null });
  writeContexts(person.env, FILE);
  expect(resolveTarget({}, person.env)).toEqual({ address: 'http://127.0.0.1:7070', token: 'home-token', context: 'home' });
  expect(resolveTarget({}, { ...person.env, FIRN_CONTEXT: 'work' })).toMatchObject({ address: 'https://firn.example.org', token: 'work-token' });
  expect(resolveTarget({ context: 'home' }, { ...person.env, FIRN_CONTEXT: 'work' })).toMatchObject({ token: 'home-token' });
  expect(resolveTarget({}, { ...person.env, FIRN_TOKEN: 'env-token' })).toMatchObject({ token: 'env-token' });
  expect(resolveTarget({ token: 'flag-token' }, { ...person.env, FIRN_TOKEN: 'env-token' })).toMatchObject({ token: 'flag-token' });
});

test("a context's token is never sent to another server", () => {
  writeContexts(person.env, FILE);
  expect(resolveTarget({ address: 'http://elsewhere:7070' }, person.env)).toEqual({ address: 'http://elsewhere:7070', token: null, context: null });
  expect(resolveTarget({}, { ...person.env, FIRN_ADDR: 'elsewhere:7070' })).toMatchObject({ token: null });
});

test('an unknown context names those there are; a damaged file says what to do', async () => {
  writeContexts(person.env, FILE);
  expect(() => resolveTarget({ context: 'nope' }, person.env)).toThrow('There is no context "nope".');
  mkdirSync(dirname(contextPath(person.env)), { recursive: true });
  writeFileSync(contextPath(person.env), '{"contexts": ');
  const said = await person.firn('context list');
  expect(said.exitCode).toBe(1);
  expect(said.err).toMatch(/is damaged .*: delete it and run `firn login` again/);
});

test('addresses are taken with and without http, and without a path', () => {
  expect(checkAddress('127.0.0.1:7070')).toBe('http://127.0.0.1:7070');
  expect(checkAddress('https://firn.example.org/hosts?x=1')).toBe('https://firn.example.org');
  expect(() => checkAddress('http://')).toThrow('is no address of a server');
});

test('context use and list agree, and tokens are never printed', async () => {
  writeContexts(person.env, FILE);
  expect((await person.firn('context use work')).exitCode).toBe(0);
  expect((await person.firn('context list')).out).toContain('*  work  https://firn.example.org  ann   2026-12-23');
  for (const format of ['table', 'json', 'yaml']) expect((await person.firn(`context list -o ${format}`)).out).not.toContain('-token');
  expect((await person.firn('context use nope')).exitCode).toBe(64);
});
