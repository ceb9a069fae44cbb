// An image made twice is the same image: its id must not depend on when, where or in which order its files were given.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtempDisposable, readFile, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extract } from 'tar-stream';
import { expect, test } from 'vitest';
import { writeImageArchive, type ImageFile } from './image-archive.ts';

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function entriesOf(archive: string): Promise<Map<string, { text: string; type: string | null | undefined; mode: number | undefined }>> {
  const entries = new Map<string, { text: string; type: string | null | undefined; mode: number | undefined }>();
  for await (const entry of createReadStream(archive).pipe(extract())) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry) chunks.push(chunk as Uint8Array);
    entries.set(entry.header.name, { text: Buffer.concat(chunks).toString('latin1'), type: entry.header.type, mode: entry.header.mode });
  }
  return entries;
}

test('same files, same bytes, whatever their order and times', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'firn-archive-'));
  const program = join(folder.path, 'program');
  await writeFile(program, 'bytes');
  const files: ImageFile[] = [
    { path: '/usr/bin/program', mode: 0o755, from: { file: program } },
    { path: '/usr/bin/alias', mode: 0o777, from: { link: 'program' } },
    { path: '/etc/motd', mode: 0o644, from: { text: 'hello' } },
  ];
  const [one, two] = [join(folder.path, 'one.tar'), join(folder.path, 'two.tar')];
  const firstId = await writeImageArchive(one, 'firn/x:1', files, { Cmd: ['program'] });
  await utimes(program, 1, 1);
  expect(await writeImageArchive(two, 'firn/x:1', files.toReversed(), { Cmd: ['program'] })).toBe(firstId);
  expect(digest(await readFile(one))).toBe(digest(await readFile(two)));
  expect(await writeImageArchive(two, 'firn/x:1', files, { Cmd: ['other'] })).not.toBe(firstId);

  const outer = await entriesOf(one);
  const [manifest] = JSON.parse(outer.get('manifest.json')?.text ?? '') as [{ Config: string; RepoTags: string[]; Layers: [string] }];
  expect(manifest.RepoTags).toEqual(['firn/x:1']);
  const config = outer.get(manifest.Config)?.text ?? '';
  expect(`sha256:${digest(Buffer.from(config, 'latin1'))}`).toBe(firstId);
  const layer = Buffer.from(outer.get(manifest.Layers[0])?.text ?? '', 'latin1');
  expect(JSON.parse(config)).toMatchObject({ os: 'linux', config: { Cmd: ['program'] }, rootfs: { diff_ids: [`sha256:${digest(layer)}`] } });
  await writeFile(two, layer);
  const inner = await entriesOf(two);
  expect([...inner.keys()]).toEqual(['etc/', 'tmp/', 'usr/', 'usr/bin/', 'etc/motd', 'usr/bin/alias', 'usr/bin/program']);
  expect(inner.get('usr/bin/program')).toEqual({ text: 'bytes', type: 'file', mode: 0o755 });
});
