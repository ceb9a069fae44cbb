// The API of bursting: what is refused says why and changes nothing; what is asked with a dry run changes nothing either.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '#test/contract/start.ts';
import { openTestApp, type TestApp } from './fixtures/open-app.ts';

let opened: TestApp;
let sre: { readonly cookie: string };
let viewer: { readonly cookie: string };
const folder = temporaryFolder();
beforeAll(async () => {
  await mkdir(join(folder.path, 'hooks'));
  await writeFile(join(folder.path, 'hooks', 'cloud'), '#!/bin/sh\nexit 1\n');
  await chmod(join(folder.path, 'hooks', 'cloud'), 0o755);
  opened = await openTestApp({}, { provisioners: join(folder.path, 'hooks') });
  sre = await opened.person('sam', [{ team: null, role: 'sre' }]);
  viewer = await opened.person('vera', [{ team: 'quotes', role: 'viewer' }]);
  await opened.call('PUT', '/pools/large', { headers: sre, body: { site: 'cloud', capacity: { cpuMilli: 16_000, memoryMib: 32_768 }, costCentsPerHour: 90, limit: 3 } });
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  folder.remove();
});
const as = (headers: { readonly cookie: string }) => (method: string, path: string, body?: unknown) => opened.call(method, path, { headers, body });

test.each<[string, object, string, string]>([
  ['a mode', { mode: 'always' }, 'mode', ''],
  ['a negative cap', { capCentsPerHour: -1 }, 'capCentsPerHour', ''],
  ['a share beyond reason', { warmRoom: { production: 9_000 } }, 'warmRoom.production', ''],
  ['an environment', { warmRoom: { moon: 100 } }, 'warmRoom.moon', 'dev, staging, gray, production'],
  ['a market', { retreat: { market: 'moon' } }, 'retreat.market', 'a-share, hong-kong, us'],
  ['a time zone', { timeZone: 'Moon/Base' }, 'timeZone', 'a name such as Asia/Shanghai'],
  ['a field', { caps: 1 }, 'caps', ''],
])('rules with %s that cannot be are refused by field, and the old ones stay', async (_, body, field, allowed) => {
  const { status, body: problem } = await as(sre)('PUT', '/burst/settings', body);
  const errors = problem['errors'] as { field: string; allowed?: string }[];
  expect([status, errors[0]?.field]).toEqual([422, field]);
  if (allowed !== '') expect(errors[0]?.allowed).toContain(allowed.split(', ')[0]!);
  expect((await as(viewer)('GET', '/burst/settings')).body).toMatchObject({ version: 0, settings: { mode: 'off', capCentsPerHour: 0 }, mayManage: false });
});

test('a provisioner names a hook of the configuration, never a path, and a range that holds at least one', async () => {
  const put = async (body: object, pool = 'large') => {
    const { status, body: answer } = await as(sre)('PUT', `/burst/provisioners/${pool}`, { hook: 'cloud', rangeSupernet: '10.60.0.0/16', ...body });
    return [status, answer['code'] ?? 'done'];
  };
  expect(await put({ hook: '/bin/sh' })).toEqual([422, 'invalid-input']);
  expect(await put({ hook: 'other' })).toEqual([422, 'hook-unknown']);
  expect(await put({ rangeSupernet: '10.60.0.0/28' })).toEqual([422, 'range-too-small']);
  expect(await put({}, 'nothing')).toEqual([404, 'pool-unknown']);
  expect((await as(sre)('GET', '/burst/provisioners')).body).toMatchObject({ items: [], withoutProvisioner: ['large'], hooks: [{ name: 'cloud', problem: null, lastCall: null }] });
  expect(await put({})).toEqual([200, 'done']);
  expect((await as(viewer)('GET', '/burst/provisioners')).body).toMatchObject({ items: [{ pool: 'large', out: 0, rangesLeft: 256, problem: null }], withoutProvisioner: [] });
});

test('with a cap of zero nothing is bought; a dry run says what it would be; the whole is there for everybody to read', async () => {
  const buy = (body: object) => as(sre)('POST', '/burst/buy', { mix: [{ pool: 'large', count: 2 }], reason: 'try', ...body });
  expect((await buy({})).body).toMatchObject({ code: 'cap-reached', detail: 'It would add 180 cents, and the cap of 0 cents an hour leaves 0.' });
  expect((await as(sre)('PUT', '/burst/settings', { mode: 'automatic', capCentsPerHour: 200, capCentsPerDay: 2_000 })).body).toMatchObject({ version: 1, warnings: [] });
  expect((await buy({ dryRun: true })).body).toMatchObject({ dryRun: true, vms: [], sentence: { sentence: 'Would buy 2 VMs for 180 cents an hour' } });
  expect((await buy({ mix: [{ pool: 'large', count: 4 }] })).body).toMatchObject({ code: 'pool-limit' });
  expect((await buy({ mix: [{ pool: 'moon', count: 1 }] })).body).toMatchObject({ code: 'pool-unknown', errors: [{ field: 'mix.0.pool' }] });
  expect((await buy({})).body).toMatchObject({ vms: [{ name: 'burst-large-1', state: 'asked' }, { name: 'burst-large-2', state: 'asked' }] });
  const { body } = await as(viewer)('GET', '/burst');
  expect(body).toMatchObject({ mode: 'automatic', status: { code: 'coming' }, spend: { hour: { actualCents: 180, capCents: 200 } }, mayManage: false, strangers: [], warmRoom: { fitsNow: 0 } });
  expect((body['out'] as { may: object }[])[0]!.may).toMatchObject({ abandon: { allowed: false, why: 'only an SRE or an administrator may' } });
  expect((await as(sre)('POST', '/burst/vms/burst-large-1', { verb: 'retreat', reason: 'x' })).body).toMatchObject({ code: 'burst-vm-state' });
  expect((await as(sre)('POST', '/burst/vms/burst-large-1', { verb: 'keep', until: '2020-01-01T00:00:00Z' })).body).toMatchObject({ code: 'until-past' });
  expect((await as(sre)('GET', '/burst/vms/burst-large-9')).status).toBe(404);
});

test('the ledger shows what was bought, and refuses a span that cannot be', async () => {
  expect((await as(viewer)('GET', '/burst/ledger')).body).toMatchObject({ totals: { vms: 2, actualCents: 0 }, items: [{ vm: 'burst-large-2', boughtBy: 'sam' }, { vm: 'burst-large-1' }] });
  expect((await as(viewer)('GET', '/burst/ledger?from=2026-11-23T00:00:00Z&to=2026-11-22T00:00:00Z')).body).toMatchObject({ code: 'span-invalid', errors: [{ field: 'to' }] });
  expect((await as(sre)('DELETE', '/burst/strangers/i-1')).body).toMatchObject({ code: 'stranger-unknown' });
});
