import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTestApp, type TestApp } from './fixtures/open-app.ts';

const DAY_S = 86_400;
let opened: TestApp;
let ann: { readonly cookie: string };
beforeEach(async () => {
  opened = await openTestApp();
  ann = await opened.person('ann', [{ team: 'quotes', role: 'developer' }, { team: null, role: 'sre' }]);
});
afterEach(() => opened[Symbol.asyncDispose]());

async function make(draft: object, headers: Readonly<Record<string, string>> = ann) {
  const answer = await opened.call('POST', '/tokens', { headers, body: { name: 'ci', scopes: ['read'], ...draft } });
  return { ...answer, bearer: { authorization: `Bearer ${String(answer.body['secret'])}` } };
}
const codeOf = ({ body }: { body: Record<string, unknown> }) => body['code'];

test('a token acts for its owner within its scopes, is shown once and says when it was used', async () => {
  const { bearer, body } = await make({});
  expect(body['secret']).toMatch(/^firn_[0-9a-f-]{36}_[\w-]{43}$/);
  const me = await opened.call('GET', '/me', { headers: bearer });
  expect(me.body).toMatchObject({ name: 'ann', via: 'token', permissions: { read: null, 'requests.quote': null } });
  expect(codeOf(await opened.call('POST', '/join-tokens', { headers: bearer, body: {} }))).toBe('permission-missing');
  const { body: list } = await opened.call('GET', '/tokens', { headers: ann });
  expect(list['items']).toMatchObject([{ name: 'ci', lastUsedAt: '2026-11-23T09:00:00.000Z' }]);
  expect(JSON.stringify(list)).not.toContain(String(body['secret']).slice(-43));
});

test('a token ends when its time is up, and says so; a wrong secret does not say that the token exists', async () => {
  const { bearer } = await make({ expiresInSeconds: DAY_S });
  opened.advance(DAY_S * 1000);
  const ended = await opened.call('GET', '/me', { headers: bearer });
  expect([ended.status, codeOf(ended)]).toEqual([401, 'token-expired']);
  const wrong = await opened.call('GET', '/me', { headers: { authorization: bearer.authorization.replace(/.{43}$/, 'x'.repeat(43)) } });
  expect([wrong.status, codeOf(wrong)]).toEqual([401, 'token-unknown']);
  const odd = await opened.call('GET', '/me', { headers: { authorization: 'Bearer hello' } });
  expect([odd.status, codeOf(odd)]).toEqual([401, 'token-malformed']);
});

test('a deleted token ends at once; the token of another person cannot be deleted', async () => {
  const { bearer, body } = await make({});
  const bob = await opened.person('bob', [{ team: null, role: 'admin' }]);
  expect((await opened.call('DELETE', `/tokens/${String(body['id'])}`, { headers: bob })).status).toBe(404);
  expect((await opened.call('DELETE', `/tokens/${String(body['id'])}`, { headers: ann })).status).toBe(204);
  expect((await opened.call('GET', '/me', { headers: bearer })).status).toBe(401);
});

test('a token cannot make a stronger or wider one, and what it makes ends with it', async () => {
  const { bearer } = await make({ scopes: ['request'], team: 'quotes', expiresInSeconds: DAY_S });
  expect(codeOf(await make({ name: 'b', scopes: ['operate'], team: 'quotes', expiresInSeconds: 60 }, bearer))).toBe('token-stronger');
  expect(codeOf(await make({ name: 'b', scopes: ['request'], team: null, expiresInSeconds: 60 }, bearer))).toBe('token-stronger');
  const made = await make({ name: 'b', scopes: ['request'], team: 'quotes', expiresInSeconds: DAY_S * 2 }, bearer);
  expect([made.status, made.body['expiresAt']]).toEqual([201, '2026-11-24T09:00:00.000Z']);
});

test('a token cannot change the password of its owner', async () => {
  const { bearer } = await make({ scopes: ['admin'] });
  const answer = await opened.call('POST', '/me/password', { headers: bearer, body: { current: 'whatever it is', next: 'another long one' } });
  expect([answer.status, codeOf(answer)]).toEqual([403, 'session-needed']);
});

test.each([
  ['a name twice', { name: 'taken' }, 409, 'token-exists'],
  ['a team that is not one of theirs', { team: 'nobody' }, 422, 'team-unknown'],
  ['no scope', { scopes: [] }, 422, 'invalid-input'],
  ['a lifetime of seconds', { expiresInSeconds: 5 }, 422, 'invalid-input'],
])('%s is refused', async (_what, draft, status, code) => {
  await make({ name: 'taken' });
  const answer = await make(draft);
  expect([answer.status, codeOf(answer)]).toEqual([status, code]);
});
