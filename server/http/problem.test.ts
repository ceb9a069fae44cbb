import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConflictError, TooManyError } from '../errors.ts';
import { Draft, UserDraft } from './contract/index.ts';
import { fieldErrors, sentence } from './field-errors.ts';
import { openTestApp, type TestApp } from './fixtures/open-app.ts';
import { newApi, onProblem } from './problem.ts';

let opened: TestApp;
let admin: { readonly cookie: string };
beforeAll(async () => {
  opened = await openTestApp();
  admin = await opened.person('root', [{ team: null, role: 'admin' }]);
});
afterAll(() => opened[Symbol.asyncDispose]());

const post = (body: unknown, headers: Readonly<Record<string, string>> = {}) => opened.call('POST', '/teams', { body, headers: { ...admin, ...headers } });

test.each([
  ['truncated JSON', '{"name": "tea', {}, 400, 'malformed-body'],
  ['an empty body that says it is JSON', '', { 'content-type': 'application/json' }, 400, 'malformed-body'],
  ['a form', 'name=team', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'media-type'],
  ['more than 1 MiB', JSON.stringify({ name: 'team', title: 'x'.repeat(1_100_000) }), {}, 413, 'body-too-large'],
  ['no body at all', undefined, {}, 422, 'invalid-input'],
  ['a list', [], {}, 422, 'invalid-input'],
])('%s is refused as application/problem+json with a request id', async (_what, body, headers, status, code) => {
  const answer = await post(body, headers);
  expect([answer.status, answer.body['code']]).toEqual([status, code]);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.body['requestId']).toBe(answer.headers.get('x-request-id'));
});

test('a path that is not there is a 404 that says so', async () => {
  const answer = await opened.call('GET', '/nothing/here', { headers: admin });
  expect(answer.body).toMatchObject({ status: 404, code: 'route-unknown', detail: 'There is nothing at GET /api/v1/nothing/here.' });
});

test('what nobody expected is a 500 that says nothing inner, and the cause is reported under the same id', async () => {
  const reported: [string, string][] = [];
  const app = newApi();
  app.onError(onProblem((error, requestId) => reported.push([error.message, requestId])));
  app.use(async (c, next) => {
    c.set('requestId', 'r-1');
    await next();
  });
  app.get('/fails', () => {
    throw new Error('SELECT secret FROM users');
  });
  app.get('/waits', () => {
    throw new TooManyError('too-many', 'Later.', 0.2);
  });
  app.get('/clashes', () => {
    throw new ConflictError('plan-stale', 'The plan is stale.', [{ field: 'parent', value: 3, message: 'is not the current revision', allowed: '4' }]);
  });
  const failed = await app.request('/fails');
  expect([failed.status, await failed.text()]).toEqual([500, expect.not.stringContaining('SELECT')]);
  expect(reported).toEqual([['SELECT secret FROM users', 'r-1']]);
  expect((await app.request('/waits')).headers.get('retry-after')).toBe('1');
  expect(await (await app.request('/clashes')).json()).toMatchObject({ status: 409, code: 'plan-stale', errors: [{ field: 'parent', value: 3, allowed: '4' }] });
});

const DRAFT = { team: 'quotes', service: 'quote', environment: 'dev', peakQps: 100, profile: { cpuMsPerRequest: 20, memoryBaseMib: 300, memoryKibPerQps: 512 } };
test.each([
  [{ peakQps: 0 }, 'peakQps is 0: must be at least 0.001.'],
  [{ peakQps: -5 }, 'peakQps is -5: must be at least 0.001.'],
  [{ peakQps: '12' }, 'peakQps is "12": must be a number.'],
  [{ minReplicas: 1.5 }, 'minReplicas is 1.5: must be a whole number.'],
  [{ survive: 'moon' }, 'survive is "moon": is not one of the allowed values (allowed: none, host, rack, site).'],
  [{ team: 'Big Team' }, 'team is "Big Team": must be 1 to 40 lower-case letters, digits or dashes, starting with a letter.'],
  [{ profile: { cpuMsPerRequest: 1, memoryBaseMib: 0, memoryKibPerQps: 1 } }, 'profile.memoryBaseMib is 0: must be at least 1.'],
  [{ profile: undefined }, 'profile: is needed.'],
  [{ replicas: 3 }, 'replicas is 3: is not a field that is known here.'],
  [{ tolerations: ['a=b', 'c'] }, 'tolerations[1] is "c": has a form that is not allowed (allowed: /^[^=\\s]{1,63}=[^=\\s]{0,63}$/).'],
  [{ run: { image: '', env: { SECRET_KEY: 5 } } }, 'run.image is "": must have at least 1 character. run.env.SECRET_KEY: must be a string.'],
])('a draft with %j reads as a sentence that names field, value and what is allowed', (change, expected) => {
  const input = { ...DRAFT, ...change };
  const { error } = Draft.safeParse(input);
  if (error === undefined) throw new Error('it was taken');
  expect(fieldErrors(error, input).map(sentence).join(' ')).toBe(expected);
});

test('long values are cut and secret ones left out', () => {
  const long = { ...DRAFT, team: 'x'.repeat(5000) };
  const { error } = Draft.safeParse(long);
  expect(String(error && fieldErrors(error, long)[0]?.value).length).toBeLessThan(130);
  const user = { name: 'ann', password: 'short', grants: [] };
  const refused = UserDraft.safeParse(user).error;
  expect(JSON.stringify(refused && fieldErrors(refused, user))).not.toContain('short');
});
