import { execFileSync } from 'node:child_process';
import { chmod, link, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import fc from 'fast-check';
import { extract, pack } from 'tar-stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeLayerTar, type LayerTar } from './layer-tar.ts';
import { Secrets } from './secrets.ts';
import { unpackTar } from './unpack.ts';

let home: string;
let count = 0;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'firn-layer-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** Writes files in the order given, with the times given; a text of `->x` is a symbolic link. */
async function folderOf(files: readonly (readonly [string, string])[], timeSeconds = 1_000): Promise<string> {
  const folder = join(home, `f${(count += 1)}`);
  await mkdir(folder);
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    if (text.startsWith('->')) await symlink(text.slice(2), join(folder, path));
    else {
      await writeFile(join(folder, path), text);
      await utimes(join(folder, path), timeSeconds, timeSeconds);
    }
  }
  return folder;
}

async function layerOf(folder: string, secrets?: Record<string, string>): Promise<{ layer: LayerTar; bytes: Buffer }> {
  const chunks: Buffer[] = [];
  const target = new Writable({ write: (chunk: Buffer, _, done) => (chunks.push(Buffer.from(chunk)), done()) });
  const layer = await writeLayerTar({ folder, prefix: 'app', timeSeconds: 1_700_000_000, ...(secrets === undefined ? {} : { secrets: new Secrets(secrets) }) }, target);
  return { layer, bytes: Buffer.concat(chunks) };
}

async function entriesOf(bytes: Buffer): Promise<Record<string, unknown>[]> {
  const archive = extract();
  Readable.from([bytes]).pipe(archive);
  const entries: Record<string, unknown>[] = [];
  for await (const entry of archive) {
    const { name, mode, uid, gid, mtime, type, linkname } = entry.header;
    entries.push({ name, mode, uid, gid, mtime: mtime?.getTime(), type, ...(linkname ? { linkname } : {}) });
    entry.resume();
  }
  return entries;
}

test('the same files give the same bytes, in whatever order, at whatever time and by whomever they were written', async () => {
  const name = fc.stringMatching(/^[a-zA-ZäöüZ0-9._ -]{1,12}$/u).filter((text) => !/^\.+$/.test(text));
  const file = fc.tuple(fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.map((part, index) => `${index}${part}`).join('/')), fc.string({ maxLength: 300 }).map((text) => `#${text}`));
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(file, { maxLength: 12, selector: ([path]) => path }), fc.integer({ min: 1, max: 2_000_000_000 }), async (files, timeSeconds) => {
      // A file may not be a folder on the way to another: depth is part of each name, so only equal prefixes collide.
      const usable = files.filter(([path]) => !files.some(([other]) => other.startsWith(`${path}/`)));
      const [one, other] = await Promise.all([folderOf(usable), folderOf(usable.toReversed(), timeSeconds)]);
      const [a, b] = await Promise.all([layerOf(one), layerOf(other)]);
      expect(b.layer).toEqual(a.layer);
      expect(b.bytes.equals(a.bytes)).toBe(true);
      expect(a.layer.bytes).toBe(a.bytes.length);
    }),
    { numRuns: 20 },
  );
}, 30_000);

test('owner, times and modes are the same for all; links stay links, hard links become files', async () => {
  const folder = await folderOf([['b/run', 'x'], ['a.txt', 'y'], ['to', '->../../etc/passwd']]);
  await chmod(join(folder, 'b/run'), 0o4751);
  await chmod(join(folder, 'a.txt'), 0o600);
  await link(join(folder, 'a.txt'), join(folder, 'c.txt'));
  const mtime = 1_700_000_000_000;
  const { bytes, layer } = await layerOf(folder);
  expect(await entriesOf(bytes)).toEqual([
    { name: 'app/', mode: 0o755, uid: 0, gid: 0, mtime, type: 'directory' },
    { name: 'app/a.txt', mode: 0o644, uid: 0, gid: 0, mtime, type: 'file' },
    { name: 'app/b/', mode: 0o755, uid: 0, gid: 0, mtime, type: 'directory' },
    { name: 'app/b/run', mode: 0o755, uid: 0, gid: 0, mtime, type: 'file' },
    { name: 'app/c.txt', mode: 0o644, uid: 0, gid: 0, mtime, type: 'file' },
    { name: 'app/to', mode: 0o777, uid: 0, gid: 0, mtime, type: 'symlink', linkname: '../../etc/passwd' },
  ]);
  expect(layer.files).toBe(3);
});

test('a pipe is refused by name', async () => {
  const folder = await folderOf([['a', 'x']]);
  execFileSync('mkfifo', [join(folder, 'queue')]);
  await expect(layerOf(folder)).rejects.toThrow('output: queue is a pipe, which cannot be in an image');
});

test('a secret in a file, in a name or in a link is found, also across two reads', async () => {
  const secrets = { TOKEN: 'correct-horse-battery' };
  const big = `${'x'.repeat((1 << 20) - 5)}correct-horse-battery${'y'.repeat(10)}`;
  for (const file of [['deep/config.json', big], ['correct-horse-battery', 'x'], ['l', '->/x/correct-horse-battery']] as const) {
    const folder = await folderOf([['aaa', 'harmless'], file]);
    await expect(layerOf(folder, secrets)).rejects.toThrow(/output: .*(deep\/config\.json|correct-horse-battery|link l) holds the value of the secret TOKEN/);
  }
  await layerOf(await folderOf([['a', 'correct-horse']]), secrets);
});

test('an archive cannot write outside of its folder, nor through a link of its own', async () => {
  const archiveOf = (entries: readonly Parameters<ReturnType<typeof pack>['entry']>[0][]): Readable => {
    const archive = pack();
    for (const header of entries) {
      if (header.type === undefined) archive.entry(header, 'text');
      else archive.entry(header);
    }
    archive.finalize();
    return archive as unknown as Readable;
  };
  const unpack = (entries: Parameters<typeof archiveOf>[0], mostBytes = 1_000): Promise<void> => unpackTar(archiveOf(entries), join(home, `u${(count += 1)}`), { mostBytes });
  await expect(unpack([{ name: '/etc/x' }])).rejects.toThrow('leads out of its folder');
  await expect(unpack([{ name: 'a/../../x' }])).rejects.toThrow('leads out of its folder');
  await expect(unpack([{ name: 'a', type: 'symlink', linkname: '/tmp' }, { name: 'a/x' }])).rejects.toThrow('below a, which is not a folder');
  await expect(unpack([{ name: 'a', type: 'symlink', linkname: '/tmp/firn-never' }, { name: 'a' }])).rejects.toThrow('EEXIST');
  await expect(unpack([{ name: 'a', type: 'link', linkname: '/etc/passwd' }])).rejects.toThrow('only files, folders and symbolic links');
  await expect(unpack([{ name: 'a', type: 'character-device' }])).rejects.toThrow('only files, folders and symbolic links');
  await expect(unpack([{ name: 'a' }, { name: 'b' }], 7)).rejects.toThrow('the limit of disk space');
  await unpack([{ name: './a/b' }, { name: 'c', type: 'symlink', linkname: 'a/b' }]);
});

test('an archive of any size is unpacked to its last entry, and one that is cut short is refused', async () => {
  for (let round = 0; round < 24; round += 3) {
    const folder = await folderOf([['a', 'x'.repeat(round * 37)], ['b/c', ''], ['z', 'last']]);
    const { bytes } = await layerOf(folder);
    const target = join(home, `whole${round}`);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 700) }, (_, index) => bytes.subarray(index * 700, (index + 1) * 700));
    await unpackTar(Readable.from(pieces), target, { mostBytes: 100_000 });
    expect((await readdir(join(target, 'app'))).sort()).toEqual(['a', 'b', 'z']);
    await expect(unpackTar(Readable.from([bytes.subarray(0, 1_300)]), join(home, `cut${round}`), { mostBytes: 100_000 })).rejects.toThrow('the archive cannot be read');
  }
});

test('what is not an archive is refused', async () => {
  await expect(unpackTar(Readable.from([Buffer.alloc(2_000, 'x')]), join(home, 'garbage'), { mostBytes: 10 })).rejects.toThrow('the archive cannot be read');
});

test('secrets are hidden in what is logged, also when they come in pieces, by lines or in base64', () => {
  const secrets = new Secrets({ KEY: 'line-one\nline-two', PASSWORD: 'p4ssw0rd', PIN: '12' });
  let said = '';
  const lines = secrets.hidingLines((text) => (said += text));
  for (const piece of ['pass p4ss', 'w0rd and 12\nline-', 'two\n', Buffer.from('p4ssw0rd').toString('base64'), '\n', `${'z'.repeat(16_390)}p4ss`, `w0rd${'z'.repeat(20_000)}p4ssw0rd`]) lines.write(piece);
  lines.end();
  expect(said).toContain('pass *** and 12\n***\n***\n');
  expect(said).not.toMatch(/p4ssw0rd|line-two/);
  expect(said.endsWith('***')).toBe(true);
});
