import { afterEach, beforeEach, expect, test } from 'vitest';
import { updateUser } from '../db/accounts.ts';
import { ensureFirstAdmin } from './accounts.ts';
import { openTestApp, type TestApp } from './fixtures/open-app.ts';
import { hashPassword } from './passwords.ts';

const HOUR = 3_600_000;
const PASSWORD = 'correct horse battery';
let opened: TestApp;
beforeEach(async () => {
  opened = await openTestApp();
});
afterEach(() => opened[Symbol.asyncDispose]());

async function signIn(name: string, password: string): Promise<{ cookie: string }> {
  const { status, headers } = await opened.call('POST', '/auth/login', { body: { name, password } });
  expect(status).toBe(200);
  return { cookie: headers.getSetCookie()[0]?.split(';')[0] ?? '' };
}
const ann = async () => opened.person('ann', [{ team: 'quotes', role: 'developer' }], await hashPassword(PASSWORD));

test('the first start makes one admin whose random password signs in, and only the first', async () => {
  const first = await ensureFirstAdmin(opened.context);
  expect(first?.name).toBe('admin');
  expect(await ensureFirstAdmin(opened.context)).toBeNull();
  const headers = await signIn('admin', first?.password ?? '');
  const { body } = await opened.call('GET', '/me', { headers });
  expect(body).toMatchObject({ name: 'admin', via: 'session', mustChangePassword: true, grants: [{ team: null, role: 'admin' }] });
  expect((body['permissions'] as Record<string, unknown>)['accounts.manage']).toBeNull();
});

test('the cookie is HttpOnly and SameSite=Lax, and __Host- and Secure behind TLS', async () => {
  await ann();
  const plain = await opened.call('POST', '/auth/login', { body: { name: 'ann', password: PASSWORD } });
  expect(plain.headers.getSetCookie()[0]).toMatch(/^firn-session=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/);
  const tls = await opened.call('POST', '/auth/login', { body: { name: 'ann', password: PASSWORD }, headers: { 'x-forwarded-proto': 'https' } });
  expect(tls.headers.getSetCookie()[0]).toMatch(/^__Host-firn-session=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
});

test('a wrong password and an unknown name are refused alike, and neither repeats the password', async () => {
  await ann();
  const wrong = await opened.call('POST', '/auth/login', { body: { name: 'ann', password: 'not the password' } });
  const unknown = await opened.call('POST', '/auth/login', { body: { name: 'bob', password: 'not the password' } });
  expect([wrong.status, unknown.status]).toEqual([401, 401]);
  expect(wrong.body['detail']).toBe(unknown.body['detail']);
  expect(JSON.stringify(wrong.body)).not.toContain('not the password');
});

test('guessing a password is stopped with 429 and Retry-After, even for the right one', async () => {
  await ann();
  for (let guess = 0; guess < 5; guess++) expect((await opened.call('POST', '/auth/login', { body: { name: 'ann', password: `guess ${guess}` } })).status).toBe(401);
  const { status, headers, body } = await opened.call('POST', '/auth/login', { body: { name: 'ann', password: PASSWORD } });
  expect(status).toBe(429);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(body['code']).toBe('too-many');
});

test('a session slides while it is used, ends when it is not, and at the latest after a week', async () => {
  await ann();
  const idle = await signIn('ann', PASSWORD);
  opened.advance(13 * HOUR);
  expect((await opened.call('GET', '/me', { headers: idle })).status).toBe(401);
  const used = await signIn('ann', PASSWORD);
  for (let hours = 0; hours < 160; hours += 10) {
    opened.advance(10 * HOUR);
    expect((await opened.call('GET', '/me', { headers: used })).status).toBe(200);
  }
  opened.advance(9 * HOUR);
  expect((await opened.call('GET', '/me', { headers: used })).status).toBe(401);
});

test('signing out ends the session', async () => {
  await ann();
  const headers = await signIn('ann', PASSWORD);
  expect((await opened.call('POST', '/auth/logout', { headers })).status).toBe(204);
  expect((await opened.call('GET', '/me', { headers })).status).toBe(401);
});

test('a changed password ends every other session and lets the new one in', async () => {
  await ann();
  const here = await signIn('ann', PASSWORD);
  const elsewhere = await signIn('ann', PASSWORD);
  const wrong = await opened.call('POST', '/me/password', { headers: here, body: { current: 'wrong wrong wrong', next: 'another long one' } });
  expect(wrong.status).toBe(422);
  expect(JSON.stringify(wrong.body)).not.toMatch(/wrong wrong|another long/);
  expect((await opened.call('POST', '/me/password', { headers: here, body: { current: PASSWORD, next: PASSWORD } })).body['code']).toBe('password-same');
  expect((await opened.call('POST', '/me/password', { headers: here, body: { current: PASSWORD, next: 'another long one' } })).body).toEqual({ sessionsEnded: 2, tokens: [] });
  expect((await opened.call('GET', '/me', { headers: here })).status).toBe(200);
  expect((await opened.call('GET', '/me', { headers: elsewhere })).status).toBe(401);
  await signIn('ann', 'another long one');
});

test('a page of another site cannot act with the cookie; the same site and programs can', async () => {
  const headers = await opened.person('root', [{ team: null, role: 'admin' }]);
  const post = async (extra: Record<string, string>, name: string) => (await opened.call('POST', '/teams', { headers: { ...headers, ...extra }, body: { name } })).status;
  expect(await post({ origin: 'http://evil.test' }, 'a')).toBe(403);
  expect(await post({ 'sec-fetch-site': 'cross-site' }, 'b')).toBe(403);
  expect(await post({ 'sec-fetch-site': 'same-site', origin: 'http://other.firn.test' }, 'c')).toBe(403);
  expect(await post({ origin: 'null' }, 'd')).toBe(403);
  expect(await post({ 'sec-fetch-site': 'same-origin', origin: 'http://firn.test' }, 'e')).toBe(201);
  expect(await post({}, 'f')).toBe(201);
});

test('who has a password of somebody else’s choice may choose another, sign out and ask who they are, and nothing else; their tokens rest until then', async () => {
  const { id } = (await opened.call('GET', '/me', { headers: await ann() })).body as { id: string };
  const token = await opened.call('POST', '/tokens', { headers: await signIn('ann', PASSWORD), body: { name: 'ci', scopes: ['read'], expiresInSeconds: 86_400 } });
  const bearer = { authorization: `Bearer ${String(token.body['secret'])}` };
  expect((await opened.call('GET', '/teams', { headers: bearer })).status).toBe(200);
  await opened.context.store.tx((tx) => updateUser(tx, id, { mustChangePassword: true }));
  const headers = await signIn('ann', PASSWORD);
  for (const [method, path] of [['GET', '/teams'], ['GET', '/events'], ['POST', '/tokens'], ['GET', '/tokens']] as const) {
    const refused = await opened.call(method, path, { headers, ...(method === 'POST' ? { body: { name: 'x', scopes: ['read'], expiresInSeconds: 86_400 } } : {}) });
    expect([path, refused.status, refused.body['code']]).toEqual([path, 403, 'password-change-needed']);
  }
  expect((await opened.call('GET', '/teams', { headers: bearer })).body).toMatchObject({ code: 'password-change-needed', detail: expect.stringContaining('the token works again') });
  expect((await opened.call('GET', '/me', { headers })).body['mustChangePassword']).toBe(true);
  expect((await opened.call('POST', '/me/password', { headers, body: { current: PASSWORD, next: 'another long one' } })).body).toMatchObject({ tokens: ['ci'] });
  expect([(await opened.call('GET', '/teams', { headers })).status, (await opened.call('GET', '/teams', { headers: bearer })).status]).toEqual([200, 200]);
});
