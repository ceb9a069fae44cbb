import { expect, test } from 'vitest';
import { hashPassword, newPassword, newSecret, sameDigest, digest, verifyPassword } from './passwords.ts';

test('a password verifies against its own hash alone, whichever way its letters are composed', async () => {
  const hash = await hashPassword('zürich-雪球');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(await verifyPassword('zürich-雪球'.normalize('NFD'), hash)).toBe(true);
  expect(await verifyPassword('zurich-雪球', hash)).toBe(false);
  expect(await hashPassword('zürich-雪球')).not.toBe(hash);
});

test('no hash and a strange hash verify nothing, and a hash that would take minutes is not tried', async () => {
  expect(await verifyPassword('anything', null)).toBe(false);
  expect(await verifyPassword('anything', 'plain text')).toBe(false);
  const started = performance.now();
  expect(await verifyPassword('anything', '$argon2id$v=19$m=4194304,t=1000,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA')).toBe(false);
  expect(performance.now() - started).toBeLessThan(100);
});

test('random secrets are 256 bits and random passwords can be typed', () => {
  expect(newSecret()).toMatch(/^[\w-]{43}$/);
  expect(newPassword()).toMatch(/^([a-z2-9]{6}-){3}[a-z2-9]{6}$/);
  expect(new Set(Array.from({ length: 100 }, newPassword)).size).toBe(100);
  expect(sameDigest(digest('a'), digest('a'))).toBe(true);
  expect(sameDigest(digest('a'), digest('b'))).toBe(false);
});
