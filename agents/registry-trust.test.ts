// What an engine finds in its folder of certificates: this host's own, renewed with it, and never in place of what a person put there.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HostIdentity } from './identity-files.ts';
import type { Log } from './log.ts';
import { openRegistryTrust } from './registry-trust.ts';

const REGISTRY = '10.0.0.5:7072';
const FIRST: HostIdentity = { key: 'key 1', certificate: 'certificate 1', authority: 'authority' };

test("the engine gets the host's certificate for that registry, and the next one after a renewal", async () => {
  await using place = await open();
  await place.trust(REGISTRY);
  const folder = join(place.folder, REGISTRY);
  const content = async () => Promise.all(['ca.crt', 'client.cert', 'client.key'].map((name) => readFile(join(folder, name), 'utf8')));
  expect(await content()).toEqual(['authority', 'certificate 1', 'key 1']);
  expect((await stat(join(folder, 'client.key'))).mode & 0o777).toBe(0o600);
  place.identity = { ...FIRST, key: 'key 2', certificate: 'certificate 2' };
  await place.trust(REGISTRY);
  expect(await content()).toEqual(['authority', 'certificate 2', 'key 2']);
});

test('files of a person stay as they are, a host without a certificate writes none, and no name leads elsewhere', async () => {
  await using place = await open();
  await mkdir(join(place.folder, REGISTRY));
  await writeFile(join(place.folder, REGISTRY, 'ca.crt'), 'mine');
  await place.trust(REGISTRY);
  expect(await readFile(join(place.folder, REGISTRY, 'ca.crt'), 'utf8')).toBe('mine');
  for (const name of ['../outside', 'a/b', '..']) await place.trust(name);
  place.identity = undefined;
  await place.trust('10.0.0.6:7072');
  expect(await readdir(place.folder)).toEqual([REGISTRY]);
});

test('a folder that cannot be written is said once and fails no pull', async () => {
  await using place = await open();
  await writeFile(join(place.folder, 'file'), '');
  const trust = place.trustIn(join(place.folder, 'file'));
  await trust(REGISTRY);
  await trust(REGISTRY);
  expect(place.warnings).toEqual(['the engine could not be given the certificates of the registry; it may refuse it']);
});

async function open() {
  const folder = await mkdtemp(join(tmpdir(), 'firn-trust-'));
  const warnings: string[] = [];
  const log = { warn: (_: object, message: string) => warnings.push(message) } as unknown as Log;
  const place = {
    folder, warnings,
    identity: FIRST as HostIdentity | undefined,
    trustIn: (path: string) => openRegistryTrust({ folder: path, identity: () => place.identity, log }),
    trust: (registry: string) => place.trustIn(folder)(registry),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
  return place;
}
