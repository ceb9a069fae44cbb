import { expect, test } from 'vitest';
import { parseLayerYaml } from './layer-yaml.ts';
import { problemText } from './yaml-fields.ts';

const problemsOf = (text: string): string => {
  const read = parseLayerYaml(text);
  return 'problems' in read ? problemText('layer.yaml', read.problems) : 'no problem';
};

test('a layer stands on another one, on busybox or on Debian', () => {
  expect(parseLayerYaml('name: node\nfrom: debian\n')).toEqual({ layer: { name: 'node', below: { from: 'debian' } } });
  expect(parseLayerYaml('name: minimal\nrootfs: busybox\n')).toEqual({ layer: { name: 'minimal', below: { rootfs: { kind: 'busybox' } } } });
  expect(parseLayerYaml('name: debian\nrootfs:\n  debootstrap:\n    suite: bookworm\n    packages: [ca-certificates, libstdc++6]\n')).toEqual({
    layer: { name: 'debian', below: { rootfs: { kind: 'debootstrap', suite: 'bookworm', packages: ['ca-certificates', 'libstdc++6'] } } },
  });
});

test.each([
  ['name: a\n', 'layer.yaml:1:1: from and rootfs: both are missing'],
  ['name: a\nfrom: b\nrootfs: busybox\n', 'both are given'],
  ['from: b\n', 'layer.yaml:1:1: name: is missing'],
  ['name: A\nfrom: b\n', 'layer.yaml:1:7: name: "A" is not allowed'],
  ['name: a\nrootfs: alpine\n', 'layer.yaml:2:9: rootfs: "alpine" is not allowed; give busybox, or debootstrap with a suite'],
  ['name: a\nrootfs:\n  debootstrap:\n    packages: []\n', 'layer.yaml:4:5: rootfs.debootstrap.suite: is missing'],
  ['name: a\nrootfs:\n  debootstrap:\n    suite: bookworm\n    packages: ["--include=x"]\n', 'layer.yaml:5:15: rootfs.debootstrap.packages: a list is not allowed; give a list of Debian packages'],
  ['name: a\nform: b\n', 'layer.yaml:2:1: form: there is no such field; did you mean from?'],
])('%j is refused with its place', (text, sentence) => {
  expect(problemsOf(text)).toContain(sentence);
});
