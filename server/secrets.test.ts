// Sealing: what goes in comes out, only with its key and only for what it belongs to; and what is said of a key file that cannot be used.
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '#test/contract/start.ts';
import { openSealer } from './secrets.ts';

function keyFile(): string {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  return join(folder.path, 'secrets.key');
}
const WHO = ['id', 'quotes', 'w1', 'api-key', '1'];

test('what is sealed opens with the same identity, and shows nothing of the value', () => {
  const sealer = openSealer(keyFile(), false);
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), fc.array(fc.string(), { maxLength: 5 }), (value, identity) => {
      const sealed = sealer.seal(value, identity);
      expect(sealer.open(sealed, identity)).toBe(value);
      expect(sealer.seal(value, identity)).not.toBe(sealed);
      if (value.length > 3) expect(sealed).not.toContain(value);
    }),
  );
});

test('a value that is passed off as another does not open, nor one of which a letter was changed', () => {
  const sealer = openSealer(keyFile(), false);
  const sealed = sealer.seal('the value', WHO);
  expect(() => sealer.open(sealed, ['id', 'quotes', 'w1', 'api-key', '2'])).toThrow(/does not open this/);
  const changed = sealed.slice(0, -2) + (sealed.endsWith('AA') ? 'BB' : 'AA');
  expect(() => sealer.open(changed, WHO)).toThrow(/does not open this/);
  expect(() => sealer.open('nonsense', WHO)).toThrow('A sealed value is damaged.');
});

test('the key file is made once, for its owner alone, and read again', () => {
  const file = keyFile();
  const sealed = openSealer(file, false).seal('kept', WHO);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(openSealer(file, true).open(sealed, WHO)).toBe('kept');
});

test('a new key at the end seals from then on, and what older ones sealed still opens', () => {
  const file = keyFile();
  const before = openSealer(file, false).seal('old', WHO);
  writeFileSync(file, `${readFileSync(file, 'utf8')}second ${randomBytes(32).toString('base64')}\n`);
  const sealer = openSealer(file, true);
  expect(sealer.seal('new', WHO)).toMatch(/^1\.second\./);
  expect(sealer.open(before, WHO)).toBe('old');
  writeFileSync(file, `second ${randomBytes(32).toString('base64')}\n`);
  expect(() => openSealer(file, true).open(before, WHO)).toThrow(/is not in the key file/);
});

test('a key file that is lost, open to others or damaged is said to be, and nothing is made in its place', () => {
  const file = keyFile();
  openSealer(file, false).seal('x', WHO);
  chmodSync(file, 0o644);
  expect(openSealer(file, true).problem).toMatch(/can be read by others \(mode 0644\): make it 0600/);
  chmodSync(file, 0o600);
  writeFileSync(file, 'main tooshort\n');
  expect(openSealer(file, true).problem).toMatch(/Line 1 of the key file .* is no key/);
  rmSync(file);
  const lost = openSealer(file, true);
  expect(lost.problem).toMatch(/is gone, and secrets are sealed with its keys: put it back/);
  expect(() => lost.seal('x', WHO)).toThrow(/is gone/);
  expect(existsSync(file)).toBe(false);
  writeFileSync(file, '', { mode: 0o600 });
  expect(openSealer(file, true).problem).toBeNull();
  expect(openSealer('/proc/nowhere/secrets.key', false).problem).toMatch(/cannot be used/);
});
