// An environment's configuration: carried over to another build without losing what is its own, and changed as asked.
import { expect, test } from 'vitest';
import { carryOver, changeConfig, type Config } from './config.ts';

const SPEC = { runtime: 'node', start: ['node', 'a.js'], port: 8080, healthPath: '/health', env: { MODE: 'fast', LEVEL: 'info' } };
const CONFIG: Config = { command: ['node', 'a.js'], env: { MODE: 'fast', LEVEL: 'debug', REGION: 'east' }, secretEnv: { DB: 'db-password' }, files: { '/app/a.conf': { mode: 0o444, content: 'a' } }, port: 8080, healthPath: '/health', health: null, metricsPath: null, stopSeconds: 10 };
const NONE = { env: {}, secretEnv: {}, files: {} };

test('another build says what changed in it; what the environment set itself stays', () => {
  const next = carryOver(CONFIG, SPEC, { ...SPEC, start: ['node', 'b.js'], port: 9000, env: { MODE: 'slow', LEVEL: 'info', NEW: '1' } });
  expect(next).toEqual({ ...CONFIG, command: ['node', 'b.js'], port: 9000, env: { MODE: 'slow', LEVEL: 'debug', REGION: 'east', NEW: '1' } });
  expect(carryOver({ ...CONFIG, port: 7000, stopSeconds: 60 }, SPEC, { ...SPEC, port: 9000, stopSeconds: 5 })).toMatchObject({ port: 7000, stopSeconds: 60 });
});

test('the first build after an image says all of the process; a variable that is a secret here stays one', () => {
  const image = { ...CONFIG, command: ['serve'], port: 1234 };
  expect(carryOver(image, undefined, { ...SPEC, env: { DB: 'none' } })).toMatchObject({ command: ['node', 'a.js'], port: 8080, env: CONFIG.env, secretEnv: { DB: 'db-password' } });
  expect(carryOver(image, SPEC, undefined)).toEqual(image);
});

test('changes add, replace and take away, and leave the rest', () => {
  const next = changeConfig(CONFIG, { ...NONE, env: { LEVEL: null, MODE: 'x' }, files: { '/app/b.conf': { mode: 0o400, secret: 'key' } }, healthPath: null, port: 81 });
  expect(next).toEqual({ ...CONFIG, env: { MODE: 'x', REGION: 'east' }, files: { ...CONFIG.files, '/app/b.conf': { mode: 0o400, secret: 'key' } }, healthPath: null, port: 81 });
  expect(changeConfig(CONFIG, { ...NONE, env: { DB: 'plain' } })).toMatchObject({ env: { DB: 'plain' }, secretEnv: {} });
  expect(changeConfig(CONFIG, { ...NONE, secretEnv: { MODE: 'mode' } }).env).toEqual({ LEVEL: 'debug', REGION: 'east' });
});

test.each([
  [{ env: { NOPE: null } }, /config\.env\.NOPE is not there to be taken away \(allowed: MODE, LEVEL, REGION\)/],
  [{ files: { '/app/nope': null } }, /config\.files\.\/app\/nope is not there/],
  [{ env: { A: '1' }, secretEnv: { A: 'a' } }, /config\.env\.A is in env and in secretEnv/],
  [{ files: { '/app/../etc/x': { mode: 0, content: '' } } }, /without empty parts, \. and \.\./],
  [{ files: { '/app/': { mode: 0, content: '' } } }, /whole path of a file/],
  [{ files: { '/etc/hosts': { mode: 0, content: '' } } }, /is made for every container/],
  [{ files: { '/proc/1/x': { mode: 0, content: '' } } }, /must not be below \/proc/],
  [{ files: Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`/app/${index}`, { mode: 0, content: '' }])) }, /more than 64 files/],
])('%j cannot be', (change, says) => {
  expect(() => changeConfig(CONFIG, { ...NONE, ...change })).toThrow(says);
});
