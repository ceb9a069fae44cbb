import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dockerfile } from '../build/layer-build.ts';
import { IMAGE_LABELS } from '../build/image.ts';
import { parseLayerYaml } from '../build/layer-yaml.ts';

const root = import.meta.dirname;
const layers = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');

test.each(layers)('%s is called like its folder, and stands on what is there', (name) => {
  const parsed = parseLayerYaml(read(name, 'layer.yaml'));
  if (!('layer' in parsed)) throw new Error(JSON.stringify(parsed.problems));
  expect(parsed.layer.name).toBe(name);
  if ('from' in parsed.layer.below) expect(layers).toContain(parsed.layer.below.from);
  else expect(readdirSync(join(root, name, 'files/firn')).sort()).toEqual(['base', 'keep', 'start']);
});

test('the init is the same in every lowest layer, can be run, and is what every shell understands', () => {
  for (const part of ['base', 'keep', 'start']) {
    expect([part, read('debian/files/firn', part)]).toEqual([part, read('minimal/files/firn', part)]);
    expect(statSync(join(root, 'minimal/files/firn', part)).mode & 0o111).toBe(0o111);
  }
  const scripts = layers.flatMap((name) => ['files/firn/base', 'files/firn/keep', 'files/firn/start', 'static.sh', 'runtime.sh'].map((part) => join(root, name, part))).filter((path) => existsSync(path));
  for (const script of scripts) execFileSync('sh', ['-n', script]);
});

test('the recipe for the Engine: the lowest layer brings the init, the others stand on their layer and number their parts by depth', () => {
  expect(dockerfile('minimal', undefined, { files: true, static: false, runtime: true }).split('\n')).toEqual([
    'FROM scratch', 'ADD rootfs.tar /', 'COPY tini /firn/tini', 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'COPY files/ /',
    'COPY runtime.sh /firn/runtime.d/000-minimal.sh', `LABEL ${IMAGE_LABELS.layer}=minimal ${IMAGE_LABELS.depth}=0`, 'ENTRYPOINT ["/firn/tini", "--", "/firn/start"]', 'CMD ["/bin/sh"]', '',
  ]);
  const below = { id: 'sha256:abc', labels: { [IMAGE_LABELS.depth]: '1' } };
  expect(dockerfile('top', below, { files: false, static: true, runtime: true }).split('\n')).toEqual([
    'FROM sha256:abc', 'COPY static.sh /firn/static.d/020-top.sh', 'RUN ["/bin/sh", "-e", "/firn/static.d/020-top.sh"]', 'COPY runtime.sh /firn/runtime.d/020-top.sh',
    `LABEL ${IMAGE_LABELS.layer}=top ${IMAGE_LABELS.depth}=2`, '',
  ]);
});
