// Releasing from the command line against the real server: secrets without the command line, releases and their differences, locks, freezes, webhooks.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { draft, startTestServer, type TestServer } from '#test/contract/start.ts';
import { aPerson, type Person, type Said } from './fixtures/person.ts';

const stack = new AsyncDisposableStack();
let server: TestServer;
let person: Person;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firn-release-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  server = stack.use(await startTestServer());
  await server.addTeam();
  await server.call('PUT', '/quotas/quotes/staging', { cpuMilli: 100_000, memoryMib: 200_000, reason: 'test' });
  stack.use(await server.addHost('one'));
  for (const environment of ['staging', 'production']) expect((await server.call('POST', '/requests', draft({ environment, peakQps: 5, survive: 'none', run: { image: 'firn/demo:1', env: { LEVEL: environment } } }))).status).toBe(201);
  person = stack.use(aPerson({ FIRN_ADDR: server.handle.url }));
  expect((await person.firn('login --name admin', { answers: ['admin-of-this-test'] })).exitCode).toBe(0);
}, 30_000);
afterAll(() => stack.disposeAsync());

const ok = ({ exitCode, out, err }: Said): string => {
  expect(`${exitCode} ${exitCode === 0 ? '' : err}`).toBe('0 ');
  return out;
};

test('a secret is piped in or typed, never on the command line, and listed without its value', async () => {
  expect(ok(await person.firn('secret set db-password --team quotes --service quote -e production', { stdin: 'hunter2\n' }))).toBe('db-password of quote.production is set, version 1.\n');
  expect(ok(await person.firn('secret set db-password --team quotes --service quote -e production', { answers: ['hunter3'] }))).toContain('version 2');
  const listed = await person.firn('secret list -o json');
  expect(ok(listed)).toContain('"version": 2');
  expect(listed.out).not.toContain('hunter');
  expect(await person.firn('secret set x --team quotes --service quote', { stdin: 'x' })).toMatchObject({ exitCode: 64 });
  expect(await person.firn('secret set x --team quotes', { stdin: '' })).toMatchObject({ exitCode: 64, err: expect.stringContaining('The value is empty') });
});

test('a release is made with another configuration, shown, compared and promoted', async () => {
  await writeFile(join(folder, 'app.conf'), 'level=1\n');
  const made = await person.firn(`release make quote -e production --env MODE=fast --secret DB_PASSWORD=db-password --file /app/app.conf=${join(folder, 'app.conf')} --metrics-path /metrics --note first`);
  expect(ok(made)).toBe('quote.production v2 is made: firn rollout start quote -e production --to 2\n');
  // Staging runs the same image.
  expect(made.err).toBe('');
  expect(ok(await person.firn('release show quote -e production'))).toMatch(/env MODE +fast\n.*env DB_PASSWORD +secret db-password v2\n.*file \/app\/app\.conf +0444 8 bytes/s);
  expect(ok(await person.firn('release diff quote -e production'))).toBe('v1 -> v2\n+ metricsPath /metrics\n+ env MODE fast\n+ env DB_PASSWORD secret db-password v2\n+ file /app/app.conf 0444 level=1 \n');
  expect(ok(await person.firn('release list quote -e production'))).toMatch(/quote\.production v2 +0 .*\nquote\.production v1 +1 \*/);
  const staged = await person.firn('release make quote -e staging --image example.org/quote:2 --unset-env LEVEL');
  expect([ok(staged), staged.err]).toEqual([expect.stringContaining('quote.staging v2 is made'), expect.stringContaining('names no digest')]);
  const promoted = await person.firn('release promote quote --from staging --to production --release 2');
  expect([ok(promoted), promoted.err]).toEqual([expect.stringContaining('quote.production v3 is made'), expect.stringContaining('was never rolled out to the end in staging')]);
  expect(JSON.parse(ok(await person.firn('release show quote -e production -o json')))).toMatchObject({ version: 3, image: 'example.org/quote:2', promotedFrom: { environment: 'staging', version: 2 }, env: { LEVEL: 'production' } });
  const same = await person.firn('release make quote -e production');
  expect([same.exitCode, same.err]).toEqual([1, expect.stringContaining('It would be the same as release 1 of quote.production')]);
  expect((await person.firn('release make quote -e production --build b --image i')).exitCode).toBe(64);
  expect((await person.firn('release make quote -e production --build latest')).err).toContain('No build of quote has succeeded');
  expect((await person.firn('release make quote -e production --file /a=/does/not/exist')).err).toContain('cannot be read');
});

test('a secret that nothing needs is deleted; one that a release needs is not', async () => {
  const refused = await person.firn('secret rm db-password --team quotes --service quote -e production --only 2');
  expect([refused.exitCode, refused.err]).toEqual([1, expect.stringContaining('is needed by release 2 of quote.production')]);
  expect((await person.firn('secret rm db-password --team quotes --service quote -e production --only 1')).err).toBe('db-password version 1 is deleted.\n');
  expect((await person.firn('secret rm nothing --team quotes')).err).toContain('There is no such secret nothing');
});

test('locks and freezes come and go', async () => {
  expect(ok(await person.firn(['lock', 'quote', '-e', 'production', '--why', 'the migration runs', '--for', '2h']))).toMatch(/quote\.production is locked by admin\/cli-\S+ until .*: the migration runs/);
  expect((await person.firn('unlock quote -e production')).exitCode).toBe(0);
  expect((await person.firn('unlock quote -e production')).err).toContain('are not locked');
  expect(ok(await person.firn('freeze add sessions -e production --market a-share --from open-10m --to close+5m'))).toMatch(/^sessions: production is frozen (now|2\d{3}-)/);
  expect(ok(await person.firn('freeze add weekend -e staging --days sat,sun --from 00:00 --to 23:59 --time-zone Asia/Shanghai'))).toContain('weekend');
  expect((await person.firn('freeze add bad -e staging --days someday --from 00:00 --to 23:59')).exitCode).toBe(64);
  expect((await person.firn('freeze add bad -e staging --days sat --from 00:00 --to 23:59 --time-zone Moon/Base')).err).toContain('is not a time zone');
  expect(ok(await person.firn('freeze list'))).toMatch(/sessions +production +a-share open-10m to close\+5m/);
  for (const name of ['sessions', 'weekend']) expect((await person.firn(`freeze rm ${name}`)).exitCode).toBe(0);
});

test('a webhook is added with its secret from standard input, tried and removed', async () => {
  expect(ok(await person.firn('webhook add chat https://nowhere.invalid/hook --event rollout.failed --event rollout.held --secret-stdin', { stdin: 'key\n' }))).toContain('chat hears rollout.failed, rollout.held');
  const tried = await person.firn('webhook test chat');
  expect([tried.exitCode, tried.err]).toEqual([1, expect.stringContaining('chat did not hear it: the name is not known')]);
  expect(ok(await person.firn('webhook list'))).toMatch(/chat +event +all +rollout\.failed rollout\.held +yes +given-up: the name is not known/);
  expect((await person.firn('webhook rm chat')).exitCode).toBe(0);
});
