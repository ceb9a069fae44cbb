import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTestApp, type TestApp } from './fixtures/open-app.ts';

let opened: TestApp;
let admin: { readonly cookie: string };
beforeEach(async () => {
  opened = await openTestApp();
  admin = await opened.person('root', [{ team: null, role: 'admin' }]);
});
afterEach(() => opened[Symbol.asyncDispose]());

const createUser = (body: unknown) => opened.call('POST', '/users', { headers: admin, body });
const codeOf = ({ body }: { body: Record<string, unknown> }) => body['code'];

test('a created user signs in with exactly the given roles, and the history says who made it', async () => {
  const { status, body } = await createUser({ name: 'ann', password: 'long enough!', grants: [{ team: 'quotes', role: 'developer' }, { team: 'quotes', role: 'developer' }] });
  expect(status).toBe(201);
  expect(body['grants']).toEqual([{ team: 'quotes', role: 'developer' }]);
  const login = await opened.call('POST', '/auth/login', { body: { name: 'ann', password: 'long enough!' } });
  expect(login.body).toMatchObject({ mustChangePassword: true, permissions: { read: ['quotes'], 'requests.quote': ['quotes'], 'requests.submit': ['quotes'] } });
});

test.each([
  ['a name that is taken', { name: 'root', password: 'long enough!', grants: [] }, 409, 'user-exists', 'name'],
  ['a team that is not there', { name: 'ann', password: 'long enough!', grants: [{ team: 'nobody', role: 'viewer' }] }, 422, 'grants-invalid', 'grants[0].team'],
  ['an sre of one team', { name: 'ann', password: 'long enough!', grants: [{ team: 'quotes', role: 'sre' }] }, 422, 'grants-invalid', 'grants[0].team'],
  ['a short password', { name: 'ann', password: 'short', grants: [] }, 422, 'invalid-input', 'password'],
  ['a role that is not there', { name: 'ann', password: 'long enough!', grants: [{ team: null, role: 'boss' }] }, 422, 'invalid-input', 'grants[0].role'],
  ['an unknown field', { name: 'ann', password: 'long enough!', grants: [], admin: true }, 422, 'invalid-input', 'admin'],
])('%s is refused, names the field and leaves nothing behind', async (_what, draft, status, code, field) => {
  const answer = await createUser(draft);
  expect([answer.status, codeOf(answer), (answer.body['errors'] as { field: string }[])[0]?.field]).toEqual([status, code, field]);
  expect(JSON.stringify(answer.body)).not.toContain(draft.password);
  const users = (await opened.call('GET', '/users', { headers: admin })).body['items'] as { name: string }[];
  expect(users.map(({ name }) => name)).toEqual(['root']);
});

test('a disabled user is out at once, with session and token, and back when enabled', async () => {
  const ann = await opened.person('ann', [{ team: null, role: 'sre' }]);
  const token = await opened.call('POST', '/tokens', { headers: ann, body: { name: 'ci', scopes: ['read'] } });
  const bearer = { authorization: `Bearer ${String(token.body['secret'])}` };
  const { id } = (await opened.call('GET', '/me', { headers: ann })).body;
  const change = (disabled: boolean) => opened.call('PATCH', `/users/${String(id)}`, { headers: admin, body: { disabled } });
  expect((await change(true)).status).toBe(200);
  expect((await opened.call('GET', '/me', { headers: ann })).status).toBe(401);
  expect((await opened.call('GET', '/me', { headers: bearer })).status).toBe(401);
  await change(false);
  expect((await opened.call('GET', '/me', { headers: bearer })).status).toBe(200);
});

test('the last admin stays: neither demoted nor disabled, until there is another', async () => {
  const { id } = (await opened.call('GET', '/me', { headers: admin })).body;
  const edit = (body: unknown) => opened.call('PATCH', `/users/${String(id)}`, { headers: admin, body });
  expect(codeOf(await edit({ grants: [{ team: null, role: 'sre' }] }))).toBe('admin-last');
  expect(codeOf(await edit({ disabled: true }))).toBe('admin-last');
  await createUser({ name: 'second', password: 'long enough!', grants: [{ team: null, role: 'admin' }] });
  expect(codeOf(await edit({ disabled: true }))).toBe('user-self');
  expect((await edit({ grants: [{ team: null, role: 'sre' }] })).status).toBe(200);
});

test('a role that was taken away is gone with the next call', async () => {
  const ann = await opened.person('ann', [{ team: null, role: 'admin' }]);
  const { id } = (await opened.call('GET', '/me', { headers: ann })).body;
  expect((await opened.call('GET', '/users', { headers: ann })).status).toBe(200);
  await opened.call('PATCH', `/users/${String(id)}`, { headers: admin, body: { grants: [{ team: 'quotes', role: 'viewer' }] } });
  expect((await opened.call('GET', '/users', { headers: ann })).status).toBe(403);
});

test('teams are created once and listed by name', async () => {
  expect((await opened.call('POST', '/teams', { headers: admin, body: { name: 'alpha', title: 'Alpha' } })).status).toBe(201);
  expect(codeOf(await opened.call('POST', '/teams', { headers: admin, body: { name: 'alpha' } }))).toBe('team-exists');
  expect(((await opened.call('GET', '/teams', { headers: admin })).body['items'] as { name: string }[]).map(({ name }) => name)).toEqual(['alpha', 'orders', 'quotes']);
});
