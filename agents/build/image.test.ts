import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { expect, test } from 'vitest';
import { commandBody } from './command.ts';
import type { BaseImage } from './engine.ts';
import { imageConfiguration, thinArchive, wholeArchive, type ImageParts } from './image.ts';
import { readTar } from './read-tar.ts';

const base: BaseImage = {
  id: 'sha256:base', architecture: 'amd64', os: 'linux', created: '2026-01-01T00:00:00Z', diffIds: ['sha256:aa', 'sha256:bb'], env: ['PATH=/bin', 'LANG=C'],
  entrypoint: ['/firn/tini', '--', '/firn/start'], labels: { 'io.firn.image.depth': '1' }, user: '',
};
const parts: ImageParts = {
  base, layerName: 'node', layer: { diffId: 'sha256:cc', bytes: 10, files: 1 }, service: 'quotes/ticker', commit: 'c'.repeat(40), committedSeconds: 1_700_000_000,
  spec: { runtime: 'node', start: ['node', 'a.js'], port: 8080, env: { Z: '1', LANG: 'zh', A: '2' } },
};

test('the configuration adds one layer, what to start and what is known; the init of the layers stays PID 1', () => {
  const image = imageConfiguration(parts);
  expect(image.imageId).toBe(`sha256:${createHash('sha256').update(image.json).digest('hex')}`);
  expect(JSON.parse(image.json)).toMatchObject({
    architecture: 'amd64', os: 'linux', created: '2023-11-14T22:13:20.000Z',
    config: { Entrypoint: ['/firn/tini', '--', '/firn/start'], Cmd: ['node', 'a.js'], WorkingDir: '/app', ExposedPorts: { '8080/tcp': {} }, Env: ['PATH=/bin', 'A=2', 'LANG=zh', 'PORT=8080', 'Z=1'] },
    rootfs: { type: 'layers', diff_ids: ['sha256:aa', 'sha256:bb', 'sha256:cc'] },
  });
  const { history, config } = JSON.parse(image.json) as { history: unknown[]; config: { Labels: Record<string, string> } };
  expect(history).toHaveLength(3);
  expect(config.Labels['io.firn.image.commit']).toBe(parts.commit);
  // Containers inherit labels: none may look like the agent's own.
  expect(Object.keys(config.Labels).every((label) => label.startsWith('io.firn.image.'))).toBe(true);
});

test('the same parts give the same id, another commit, layer or base another one', () => {
  const { imageId } = imageConfiguration(parts);
  expect(imageConfiguration(structuredClone(parts)).imageId).toBe(imageId);
  const others = [{ commit: 'd'.repeat(40) }, { layer: { ...parts.layer, diffId: 'sha256:dd' } }, { base: { ...base, diffIds: ['sha256:aa'] } }, { committedSeconds: 1 }];
  for (const other of others) expect(imageConfiguration({ ...parts, ...other }).imageId).not.toBe(imageId);
});

test('the archive for the Engine names all layers and holds the new one; the whole one holds those below it too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'firn-image-'));
  try {
    const file = join(folder, 'layer.tar');
    await writeFile(file, 'new layer');
    const image = imageConfiguration(parts);
    const config = `${image.imageId.slice(7)}.json`;
    const thin = await contentsOf(thinArchive(image, file, 'r:1'));
    expect(Object.keys(thin)).toEqual([config, 'cc/layer.tar', 'manifest.json']);
    expect(JSON.parse(thin['manifest.json'] ?? '')).toEqual([{ Config: config, RepoTags: ['r:1'], Layers: ['aa/layer.tar', 'bb/layer.tar', 'cc/layer.tar'] }]);

    const saved = pack();
    for (const [name, text] of [['x/layer.tar', 'one'], ['y/layer.tar', 'two'], ['old.json', '{}'], ['index.json', '{}'], ['repositories', '{}'], ['manifest.json', '[{"Layers":["x/layer.tar","y/layer.tar"]}]']] as const) saved.entry({ name }, text);
    saved.finalize();
    const whole = await contentsOf(wholeArchive(image, file, 'r:1', Readable.from(saved, { objectMode: false })));
    expect(Object.keys(whole)).toEqual(['x/layer.tar', 'y/layer.tar', 'old.json', config, 'cc/layer.tar', 'manifest.json']);
    expect(JSON.parse(whole['manifest.json'] ?? '')).toEqual([{ Config: config, RepoTags: ['r:1'], Layers: ['x/layer.tar', 'y/layer.tar', 'cc/layer.tar'] }]);
    expect(whole['y/layer.tar']).toBe('two');
  } finally {
    await rm(folder, { recursive: true });
  }
});

async function contentsOf(archive: Readable): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { header, content } of readTar(archive)) {
    const chunks: Buffer[] = [];
    for await (const chunk of content) chunks.push(chunk as Buffer);
    found[header.name] = Buffer.concat(chunks).toString();
  }
  return found;
}

test('a command runs without network, without privileges, in a container that it cannot change but for its workspace', () => {
  const run = {
    name: 'build', command: 'npm ci', image: 'sha256:base', workspace: '/w/src', secretsFolder: '/run/s', env: { SOURCE_DATE_EPOCH: '1' }, network: false, labels: { 'io.firn.build': 'b1' },
    limits: { cpuMilli: 1_500, memoryMib: 512, seconds: 60, diskMib: 100, logBytes: 1_024 },
  };
  expect(commandBody(run)).toMatchObject({
    Entrypoint: ['/bin/sh', '-ec'], Cmd: ['npm ci'], WorkingDir: '/src', Labels: { 'io.firn.build': 'b1' },
    HostConfig: {
      NetworkMode: 'none', ReadonlyRootfs: true, Binds: ['/w/src:/src', '/run/s:/run/secrets:ro'], Memory: 512 * 2 ** 20, MemorySwap: 512 * 2 ** 20, CpuQuota: 150_000, CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'], LogConfig: { Type: 'none', Config: {} },
    },
  });
  expect(commandBody({ ...run, network: true }).HostConfig?.NetworkMode).toBe('host');
});
