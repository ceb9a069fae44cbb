import type { ReleaseView } from '#server/http/contract/index.ts';
import { expect, test } from 'vitest';
import { configDiff } from '../format/config-diff.ts';
import { en } from '../text/en/index.ts';
import { fromRelease, NEW_ENV, NEW_FILE, toChange } from './config-form.ts';

const release = {
  env: { LOG_LEVEL: 'info', CURRENCY: 'CNY' },
  secretEnv: { DB_PASSWORD: { secret: 'db-password', version: 1 } },
  files: { '/etc/limits.yaml': { mode: 0o444, content: 'depth: 20', secret: null } },
  command: ['node', 'server.mjs'],
  port: 8080,
  healthPath: '/health',
  metricsPath: null,
  stopSeconds: 10,
} as unknown as ReleaseView;
const form = fromRelease(release);

test('what is not touched is not in the change', () => {
  expect(toChange(form, release)).toEqual({ change: {}, faults: {} });
});

test('a change carries what differs alone, and null for what goes', () => {
  const edited = {
    ...form,
    env: [{ ...form.env[0]!, value: 'warn' }, { ...form.env[1]!, isRemoved: true }, { ...NEW_ENV, name: 'FEED', value: 'http://feed' }],
    files: [{ ...form.files[0]!, mode: '600' }, { ...NEW_FILE, path: '/etc/key', from: 'secret' as const, secret: 'tls-key' }],
    healthPath: '',
    port: '9090',
  };
  const { change } = toChange(edited, release);
  expect(change).toEqual({ env: { LOG_LEVEL: 'warn', CURRENCY: null, FEED: 'http://feed' }, files: { '/etc/limits.yaml': { mode: 0o600, content: 'depth: 20' }, '/etc/key': { mode: 0o444, secret: 'tls-key' } }, healthPath: null, port: 9090 });
  expect(configDiff(change!, release, new Map([['db-password', 2], ['tls-key', 1]]), en, 'en')).toEqual([
    { field: 'LOG_LEVEL', before: 'info', after: 'warn' },
    { field: 'CURRENCY', before: 'CNY', after: null },
    { field: 'FEED', before: null, after: 'http://feed' },
    { field: 'DB_PASSWORD', before: 'db-password v1', after: 'db-password v2' },
    { field: 'file /etc/limits.yaml', before: '9 B, mode 444', after: '9 B, mode 600' },
    { field: 'file /etc/key', before: null, after: 'tls-key v1' },
    { field: 'Port', before: '8080', after: '9090' },
    { field: 'Health path', before: '/health', after: null },
  ]);
});

test('what cannot be is told at its field', () => {
  const wrong = { ...form, env: [...form.env, { ...NEW_ENV, name: 'A-B', value: '' }, { ...NEW_ENV, name: 'LOG_LEVEL', value: 'x' }], secretEnv: [{ ...NEW_ENV, name: 'TOKEN' }], files: [{ ...NEW_FILE, path: 'relative', mode: '9' }], healthPath: 'health', port: 'http' };
  const { change, faults } = toChange(wrong, release);
  expect(change).toBeNull();
  expect(faults).toEqual({ 'env.2.name': { code: 'envName' }, 'env.0.name': { code: 'twice' }, 'env.3.name': { code: 'twice' }, 'secretEnv.0.value': { code: 'choose' }, 'files.0.path': { code: 'path' }, 'files.0.mode': { code: 'mode' }, healthPath: { code: 'slash' }, port: { code: 'notNumber' } });
});
