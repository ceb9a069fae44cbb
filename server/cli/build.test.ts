// `firn build`, `firn layer` and `firn registry` against the real server and a builder that says what the test wants.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FakeBuilder, startBuilder } from '#test/contract/builder.ts';
import { startTestServer, temporaryFolder, type TestServer, until } from '#test/contract/start.ts';
import { plain } from './build-log.ts';
import { aPerson, type Person, type Said } from './fixtures/person.ts';
import { tarOf } from './folder-tar.ts';

const stack = new AsyncDisposableStack();
const folder = temporaryFolder();
let server: TestServer;
let builder: FakeBuilder;
let admin: Person;

beforeAll(async () => {
  stack.defer(() => folder.remove());
  server = stack.use(await startTestServer({ config: { registryListen: { host: '127.0.0.1', port: 0 } } }));
  await server.addTeam();
  builder = stack.use(await startBuilder(server, 'builder1'));
  await until(async () => (server.handle.context.registry.now.state === 'up' ? true : undefined), 'the registry');
  const { body } = await server.call('POST', '/tokens', { name: 'cli', scopes: ['admin'], expiresInSeconds: 3_600 });
  admin = stack.use(aPerson({ FIRN_ADDR: server.handle.url, FIRN_TOKEN: body.secret }));
}, 30_000);
afterAll(() => stack.disposeAsync());

const GIT = '--team quotes --git https://git.test/quote.git';
/** Answers the next order as a builder would: with a log in two pieces, and an image or a failure. */
const answer = async (fails?: string): Promise<void> => {
  const order = await until(async () => builder.orders[0], 'an order');
  const { id, attempt } = order;
  builder.say({ id, attempt, phase: 'building', reason: 'runs', log: { offset: 0, text: '\u001B[32mcompiling\u001B[0m ✓\n' } });
  await until(async () => builder.acks.find((ack) => ack.id === id && ack.logBytes > 0), 'the log');
  if (fails === undefined) builder.say({ id, attempt, phase: 'succeeded', result: await builder.push(order, order.source.kind === 'service' ? { result: { layer: 'base' } } : {}), seconds: { fetch: 0.2, build: 1.1, pack: 0.1, push: 0.4 } });
  else builder.say({ id, attempt, phase: 'failed', reason: fails });
};
const ok = ({ exitCode, out, err }: Said): string => {
  expect(`${exitCode} ${exitCode === 0 ? '' : err}`).toBe('0 ');
  return out;
};

test('a folder becomes a layer, with the log of its build', async () => {
  const base = join(folder.path, 'base');
  await mkdir(join(base, 'files'), { recursive: true });
  await writeFile(join(base, 'layer.yaml'), 'name: base\nrootfs: busybox\n');
  await writeFile(join(base, 'files/motd'), 'hello\n');
  const [said] = await Promise.all([admin.firn(['layer', 'push', base, '--note', 'the first']), answer()]);
  expect(ok(said)).toBe('base 1 is ready.\n');
  expect(said.err).toMatch(/^base 1:\n(.*\n)*compiling ✓\n/);
  expect(ok(await admin.firn('layer list'))).toMatch(/^LAYER +VERSION +ON .*\nbase +1 +- +current +2 KiB +0 +0\n/);
  expect(ok(await admin.firn('layer show base'))).toMatch(/current +version 1, .* by admin\/cli\n(.*\n)*.*1 {2}ready +admin\/cli .* the first\n/);
  expect((await admin.firn(`layer push ${folder.path}`)).err).toContain(`there is no ${folder.path}/layer.yaml`);
  const bytes = async () => {
    const parts: Uint8Array[] = [];
    for await (const part of tarOf(base)) parts.push(part);
    return Buffer.concat(parts);
  };
  expect((await bytes()).equals(await bytes())).toBe(true);
});

test('a build shows its log and ends with its image; a second one of the same input says that it is repeatable', async () => {
  const [said] = await Promise.all([admin.firn(`build quote ${GIT} --ref main`), answer()]);
  expect(ok(said)).toMatch(/of +quote\nstate +succeeded\n(.*\n)*stands on +base 1\nimage +\S+\/services\/quotes\/quote@sha256:/);
  expect(said.err).toMatch(/compiling ✓\n/);
  expect(said.err).not.toContain('\u001B');
  const id = ok(await admin.firn('build list --service quote -o name')).trim();
  expect(ok(await admin.firn(`build log ${id}`))).toBe('compiling ✓\n');
  expect(ok(await admin.firn('build list'))).toMatch(/quote +succeeded +cccccccccccc/);
  expect((await admin.firn(`build cancel ${id}`)).err).toContain('This build has succeeded already');
});

test('a build that fails ends with 1 and its sentence; one that is not waited for can be followed and cancelled', async () => {
  const [failed] = await Promise.all([admin.firn(`build start quote ${GIT}`), answer('firn.yaml:3:1: unknown field "strat"')]);
  expect([failed.exitCode, failed.out]).toEqual([1, expect.stringMatching(/state +failed: firn\.yaml:3:1: unknown field "strat"/)]);
  const id = ok(await admin.firn(`build start quote ${GIT} --detach -o name`)).trim();
  const slow = await admin.firn(`build start quote ${GIT} --timeout 0s`);
  expect([slow.exitCode, slow.err]).toEqual([2, expect.stringContaining('it goes on without being watched')]);
  expect(ok(await admin.firn(`build cancel ${id}`))).toBe('The build of quote is cancelled: cancelled by admin/cli\n');
  for (const left of ok(await admin.firn('build list --state queued -o name')).split('\n').concat(ok(await admin.firn('build list --state running -o name')).split('\n'))) if (left !== '') await admin.firn(`build cancel ${left}`);
  expect((await admin.firn(`build start quote ${GIT} --secret nope`)).err).toMatch(/secrets\.0 is "nope": is no secret of team quotes as a whole/);
});

test('the registry tells what it keeps and why, and what cleaning would free', async () => {
  const text = ok(await admin.firn('registry show'));
  expect(text).toMatch(/^registry +embedded, at 127\.0\.0\.1:\d+\nstate +up\n/);
  expect(text).toMatch(/services\/quotes\/quote@sha256:\w+ .*next \(newest build of quote\), new \(pushed within the last hour\)/);
  expect(ok(await admin.firn('registry clean --dry-run'))).toBe('0 images would go, 0 B would become free.\n');
});

test('what a build writes cannot steer the terminal', () => {
  expect(plain('a\u001B[2Jb\u001B]0;title\u0007c\r\nd\u0000\te\u202Ef\n')).toBe('abc\nd\tef\n');
});
