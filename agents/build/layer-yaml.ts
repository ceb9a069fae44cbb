// `layer.yaml`: what a layer is called and what it stands on. Pure. Takes the text; gives the layer or every problem with line and column.
import { readFields, readYaml, textOf, type FieldReader, type YamlProblem } from './yaml-fields.ts';

export type Rootfs = { readonly kind: 'busybox' } | { readonly kind: 'debootstrap'; readonly suite: string; readonly packages: readonly string[] };

export interface LayerSpec {
  readonly name: string;
  /** The layer below, or what the lowest one is made from. */
  readonly below: { readonly from: string } | { readonly rootfs: Rootfs };
}

interface LayerYaml {
  name: string;
  from?: string;
  rootfs?: Rootfs;
}

const name = textOf(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'use 1-63 of a-z, 0-9 and -, neither first nor last a -');
const packageName = textOf(/^[a-z0-9][a-z0-9.+-]{0,99}$/, 'give names of Debian packages');

const packages: FieldReader<string[]> = (value) => {
  const allowed = 'give a list of Debian packages, at most 200';
  if (value.list === undefined || value.list.length > 200) return { allowed };
  const names = value.list.map((item) => packageName(item));
  return names.every((one) => 'value' in one) ? { value: names.map((one) => ('value' in one ? one.value : '')) } : { allowed };
};

const rootfs: FieldReader<Rootfs> = (value) => {
  if (value.scalar === 'busybox') return { value: { kind: 'busybox' } };
  const allowed = 'give busybox, or debootstrap with a suite';
  if (value.map === undefined) return { allowed };
  const read = readFields<{ debootstrap: { suite: string; packages?: string[] } }>(
    value,
    { debootstrap: (inner) => readFields<{ suite: string; packages?: string[] }>(inner, { suite: textOf(/^[a-z][a-z0-9-]{0,30}$/, 'give a suite of Debian, such as bookworm'), packages }, ['suite']) },
    ['debootstrap'],
  );
  if ('problems' in read) return read;
  return { value: { kind: 'debootstrap', suite: read.value.debootstrap.suite, packages: read.value.debootstrap.packages ?? [] } };
};

/** A layer, or at least one problem. */
export function parseLayerYaml(text: string): { readonly layer: LayerSpec } | { readonly problems: readonly YamlProblem[] } {
  const document = readYaml(text);
  if ('problems' in document) return document;
  const read = readFields<LayerYaml>(document.value, { name, from: name, rootfs }, ['name']);
  if ('problems' in read) return read;
  const { from, rootfs: root } = read.value;
  if (from !== undefined && root === undefined) return { layer: { name: read.value.name, below: { from } } };
  if (root !== undefined && from === undefined) return { layer: { name: read.value.name, below: { rootfs: root } } };
  return { problems: [{ line: 1, column: 1, sentence: `${from === undefined ? 'from and rootfs: both are missing' : 'from and rootfs: both are given'}; give one of them` }] };
}
