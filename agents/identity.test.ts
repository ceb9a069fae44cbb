// Which changes make another container, and which must not: an upgrade of an agent or of the server restarts nothing.
import { expect, test } from 'vitest';
import { FLAT, spec } from './fixtures.ts';
import { identityOf, whyAnother } from './identity.ts';
import type { ReplicaSpec } from './protocol.ts';

const FILE = { path: '/etc/app.conf', content: 'YQ==', mode: 0o640 };
const wanted = (more: Partial<ReplicaSpec> = {}): { spec: ReplicaSpec; identity: string } => {
  const one = spec(1, more);
  return { spec: one, identity: identityOf(one, FLAT) };
};
/** As a container that was made for a spec says of itself. */
const made = (more: Partial<ReplicaSpec> = {}): { identity: string; release?: string } => ({ identity: wanted(more).identity, ...(more.release === undefined ? {} : { release: more.release }) });
/** The label of an agent that did not know of files: the same parts, without the last. */
const old = (more: Partial<ReplicaSpec> = {}): { identity: string } => ({ identity: wanted(more).identity.split('.').slice(0, 8).join('.') });

test('a container that was made before there were files and releases goes on, unless something else changed', () => {
  expect(whyAnother(old(), wanted())).toBeUndefined();
  expect(whyAnother(old(), wanted({ release: 'r-1' }))).toBeUndefined();
  expect(whyAnother(old(), wanted({ files: [] }))).toBeUndefined();
  expect(whyAnother(old(), wanted({ files: [FILE] }))).toBe('files changed');
  expect(whyAnother(old(), wanted({ image: 'firn/demo:2' }))).toBe('image changed');
});

test('another release is another container, also when nothing else differs', () => {
  expect(whyAnother(made({ release: 'r-1' }), wanted({ release: 'r-2' }))).toBe('release changed');
  expect(whyAnother(made({ release: 'r-1' }), wanted({ release: 'r-2', image: 'firn/demo:2', env: { A: 'b' } }))).toBe('release, image and env changed');
  expect(whyAnother(made({ release: 'r-1' }), wanted({ release: 'r-1' }))).toBeUndefined();
  // A server of an older version does not name releases.
  expect(whyAnother(made({ release: 'r-1' }), wanted())).toBeUndefined();
});

test('files count by path, mode and content, in whatever order they come', () => {
  const other = { ...FILE, path: '/etc/other' };
  expect(whyAnother(made({ files: [FILE, other] }), wanted({ files: [other, FILE] }))).toBeUndefined();
  for (const files of [[{ ...FILE, content: 'Yg==' }], [{ ...FILE, mode: 0o600 }], [{ ...FILE, path: '/etc/b' }], []]) expect(whyAnother(made({ files: [FILE] }), wanted({ files }))).toBe('files changed');
  expect(made({ files: [FILE] }).identity).not.toContain('YQ');
});

test('other name servers are no reason to restart what runs', () => {
  expect(whyAnother(made({ dns: ['10.9.0.2'] }), wanted({ dns: ['10.9.0.3'] }))).toBeUndefined();
  expect(whyAnother(made(), wanted({ dns: ['10.9.0.3'] }))).toBeUndefined();
  expect(whyAnother(made({ dns: ['10.9.0.2'] }), wanted({ dns: ['10.9.0.3'], env: { A: 'c' } }))).toBe('env changed');
});

test('a label that cannot be read, or of a later agent, is another container', () => {
  for (const identity of ['', 'x', `${made().identity}.00000000`]) expect(whyAnother({ identity }, wanted())).toBe('it was made by another version of the agent');
});
