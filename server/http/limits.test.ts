import { expect, test } from 'vitest';
import { DEFAULT_LIMITS, makeLimiter } from './limits.ts';
import { openTestApp } from './fixtures/open-app.ts';

test('too many calls of one session are refused with the seconds to wait; another session goes on', async () => {
  await using opened = await openTestApp({ callsPerMinute: 3 });
  const ann = await opened.person('ann', [{ team: null, role: 'viewer' }]);
  const bob = await opened.person('bob', [{ team: null, role: 'viewer' }]);
  const me = async (headers: { cookie: string }) => opened.call('GET', '/me', { headers });
  for (let call = 0; call < 3; call++) expect((await me(ann)).status).toBe(200);
  const refused = await me(ann);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await me(bob)).status).toBe(200);
});

test('guessing tokens is counted by address', async () => {
  await using opened = await openTestApp({ callsPerMinute: 3 });
  const guess = async () => (await opened.call('GET', '/me', { headers: { authorization: `Bearer firn_${crypto.randomUUID()}_${'x'.repeat(43)}` } })).status;
  expect([await guess(), await guess(), await guess(), await guess()]).toEqual([401, 401, 401, 429]);
});

test('one name is guarded per address, one address for all names, and a right password clears the name', async () => {
  const limiter = makeLimiter({ ...DEFAULT_LIMITS, loginsPerMinute: 2, loginsPerAddressPerMinute: 5, callsPerMinute: 1 });
  await limiter.login('ann', '10.0.0.1');
  await limiter.login('Ann', '10.0.0.1');
  await expect(limiter.login('ann', '10.0.0.1')).rejects.toThrow('Too many tries to sign in with this name: at most 2 a minute.');
  await limiter.login('ann', '10.0.0.2');
  await limiter.loggedIn('ann', '10.0.0.1');
  await limiter.login('ann', '10.0.0.1');
  await limiter.login('bob', '10.0.0.1');
  await expect(limiter.login('eve', '10.0.0.1')).rejects.toThrow('from this address: at most 5 a minute');
});

test('a gateway or signal that pushes too often is refused by name with the seconds to wait, and no other one is', async () => {
  await using opened = await openTestApp({ pushesPerMinute: 2 });
  const ann = await opened.person('ann', [{ team: null, role: 'admin' }]);
  const bob = await opened.person('bob', [{ team: null, role: 'admin' }]);
  const push = async (source: string, headers = ann) => {
    const body = JSON.stringify({ source, workloads: [{ workload: 'w0', rates: { accepted: 1 } }] });
    return await opened.call('POST', '/metrics/push', { headers: { ...headers, 'content-length': String(body.length) }, body });
  };
  for (let call = 0; call < 2; call++) expect(await push('gateway-1')).toMatchObject({ status: 422 });
  const refused = await push('gateway-1');
  expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
  expect(refused.body).toMatchObject({ code: 'too-many', detail: expect.stringMatching(/^Too many pushes of gateway-1 with this token: at most 2 a minute\. Try again in \d+ s\.$/), errors: [{ field: 'source', value: 'gateway-1', allowed: '2 pushes a minute' }] });
  expect([(await push('gateway-2')).status, (await push('gateway-1', bob)).status]).toEqual([422, 422]);
  const signal = async () => (await opened.call('POST', '/signals/turnover', { headers: ann, body: { values: [{ value: 1 }] } })).status;
  expect([await signal(), await signal(), await signal()]).toEqual([404, 404, 429]);
});
