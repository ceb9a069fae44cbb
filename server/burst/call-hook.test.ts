// Hooks that hang, flood, lie, crash or leave processes behind end as data, in time; what they are told stays with them.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '#test/contract/start.ts';
import { callHook } from './call-hook.ts';
import type { HookAsk } from './hook-contract.ts';
import { type Hook, readHooks } from './hooks.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const COMMON = { version: 1, cluster: 'c', mark: 'firn-c', requestId: 'r1', name: 'burst-a-1', pool: 'a', site: 's', options: { zone: 'b' } } as const;
const DESCRIBE: Extract<HookAsk, { action: 'describe' }> = { ...COMMON, action: 'describe', providerId: null, address: null, containerCidr: '10.60.0.0/24' };
const CREATE: Extract<HookAsk, { action: 'create' }> = { ...COMMON, action: 'create', shape: { cpuMilli: 4_000, memoryMib: 8_192 }, containerCidr: '10.60.0.0/24', join: { env: { FIRN_JOIN_TOKEN: 'firnjoin_secret', FIRN_AGENT_NAME: "it's", FIRN_AGENT_CA_SHA256: 'ab12' }, server: 'http://10.0.0.5:7071', token: 'firnjoin_secret', expiresAt: '2026-11-23T10:00:00.000Z' } };

async function hook(script: string, name = 'cloud'): Promise<Hook> {
  const path = join(folder.path, 'hooks', name);
  await mkdir(join(folder.path, 'hooks'), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return (await readHooks(join(folder.path, 'hooks'))).items.find((each) => each.name === name)!;
}
const messageOf = (called: Awaited<ReturnType<typeof callHook>>) => (called.kind === 'failed' ? called.message : 'it answered');

test('a hook hears the question, and its answer is checked and completed', async () => {
  const echo = await hook(`ask=$(cat); case "$ask" in *'"zone":"b"'*) echo '{"version":1,"ok":true,"machine":{"state":"running","providerId":"i-1","extra":1}}';; esac`);
  expect(await callHook(echo, DESCRIBE, 5_000)).toMatchObject({ kind: 'answered', answer: { ok: true, machine: { state: 'running', providerId: 'i-1', address: null } } });
});

test.each([
  ['says nothing', 'exit 3', 'hook cloud ended with code 3'],
  ['says what is no JSON', 'echo hello', 'its answer to describe is not one of version 1 (answer: Invalid input: expected object, received undefined)'],
  ['speaks another version', `echo '{"version":2,"ok":true,"machine":null}'`, 'version'],
  ['lies about an address', `echo '{"version":1,"ok":true,"machine":{"state":"running","providerId":"i","address":"10.0.0.999"}}'`, 'machine.address'],
  ['floods', 'cat >/dev/null; yes', 'wrote more than 2097152 bytes'],
  ['tells operators why', 'echo "no route to the provider" >&2; exit 1', 'it says: no route to the provider'],
])('a hook that %s has failed, with a sentence', async (_, script, message) => {
  expect(messageOf(await callHook(await hook(script), DESCRIBE, 5_000))).toContain(message);
});

test('a hook that hangs ends with everything that it started', async () => {
  const mark = join(folder.path, 'alive');
  const hanging = await hook(`(sleep 1; touch ${mark}) & sleep 60`);
  expect(messageOf(await callHook(hanging, DESCRIBE, 300))).toBe('hook cloud took longer than 0.3 s');
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect(existsSync(mark)).toBe(false);
}, 20_000);

test('its environment is small, and the token is told to nobody else', async () => {
  const nosy = await hook(`cat >&2; env | cut -d= -f1 | sort | tr '\\n' ' ' >&2; exit 1`);
  const message = messageOf(await callHook(nosy, CREATE, 5_000));
  expect(message).not.toContain('firnjoin_secret');
  expect(message).toMatch(/HOME LANG PATH PWD/);
  const echoing = await hook(`token=$(cat | sed 's/.*"token":"\\([^"]*\\)".*/\\1/'); echo "{\\"version\\":1,\\"ok\\":false,\\"error\\":\\"bad $token\\"}"`);
  expect(await callHook(echoing, CREATE, 5_000)).toMatchObject({ kind: 'answered', answer: { ok: false, error: 'bad (token)' } });
});

const hasJq = spawnSync('jq', ['--version']).status === 0;

test.skipIf(!hasJq)('the example hands all that an agent needs to the first start of the machine, the fingerprint with it', async () => {
  const bin = join(folder.path, 'bin');
  const start = join(folder.path, 'start');
  await mkdir(bin);
  // The provider's own command line: it keeps what the machine would be started with.
  await writeFile(join(bin, 'cloudctl'), `#!/bin/sh\ncase "$2" in list) echo '[]';; create) while [ "$1" != --user-data-file ]; do shift; done; cp "$2" '${start}';; esac\n`, { mode: 0o755 });
  await writeFile(join(bin, 'firn'), '#!/bin/sh\necho "$1 $2: $FIRN_JOIN_TOKEN $FIRN_AGENT_NAME $FIRN_AGENT_CA_SHA256"\n', { mode: 0o755 });
  const example = { name: 'example', command: [fileURLToPath(new URL('examples/example-cloud', import.meta.url))], env: { PATH: `${bin}:/usr/local/bin:/usr/bin:/bin` }, problem: null };
  expect(await callHook(example, CREATE, 20_000)).toMatchObject({ kind: 'answered', answer: { ok: true, machine: null } });
  const { stdout } = spawnSync('sh', [start], { encoding: 'utf8', env: { PATH: `${bin}:/usr/local/bin:/usr/bin:/bin` } });
  expect(stdout.split('\n')).toEqual(["agent join: firnjoin_secret it's ab12", "agent run: firnjoin_secret it's ab12", '']);
}, 30_000);

test('hooks are what the operator configured: a folder or a file, and what is wrong with each is said', async () => {
  const good = await hook('exit 0', 'good.sh'.slice(0, 4));
  expect(good.problem).toBeNull();
  const hooks = join(folder.path, 'hooks');
  await writeFile(join(hooks, 'plain'), 'x');
  await hook('exit 0', 'open');
  await chmod(join(hooks, 'open'), 0o777);
  await writeFile(join(hooks, 'README.md'), 'not a hook');
  const problems = Object.fromEntries((await readHooks(hooks)).items.map(({ name, problem }) => [name, problem]));
  expect(problems).toEqual({ good: null, open: expect.stringContaining('can be written by everybody'), plain: expect.stringContaining('cannot be run') });
  const file = join(folder.path, 'hooks.json');
  await writeFile(file, JSON.stringify({ cloud: { command: [join(hooks, 'good'), '--profile', 'x'] }, relative: { command: ['./x'] } }));
  expect((await readHooks(file)).items.map(({ name, problem }) => [name, problem])).toEqual([['cloud', null], ['relative', 'its program is ./x: it must be an absolute path']]);
  await writeFile(file, JSON.stringify({ cloud: { command: 'rm -rf /' } }));
  expect((await readHooks(file)).problem).toContain('cloud.command');
  expect((await readHooks(join(folder.path, 'nothing'))).problem).toContain('ENOENT');
  expect(await readHooks(null)).toEqual({ items: [], problem: null });
});
