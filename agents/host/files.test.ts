import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openHostFiles } from './files.ts';

test('other name servers are in the very file that a running container has, and a shorter list leaves nothing behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'firn-files-'));
  try {
    const prepare = openHostFiles({ persistDir: join(folder, 'persist'), stateDir: join(folder, 'state') });
    const { resolvPath = '' } = await prepare({ address: '10.9.1.1', dns: ['10.9.0.2', '10.9.0.3'] });
    const before = await stat(resolvPath);
    expect(await readFile(resolvPath, 'utf8')).toBe('nameserver 10.9.0.2\nnameserver 10.9.0.3\n');
    await prepare({ address: '10.9.1.1', dns: ['10.9.0.4'] });
    expect(await readFile(resolvPath, 'utf8')).toBe('nameserver 10.9.0.4\n');
    expect((await stat(resolvPath)).ino).toBe(before.ino);
    expect(before.mode & 0o777).toBe(0o644);
    expect(await prepare({ address: '10.9.1.2', dns: [] })).toEqual({ persistPath: join(folder, 'persist', '10.9.1.2') });
  } finally {
    await rm(folder, { recursive: true });
  }
});
