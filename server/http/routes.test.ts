// No route is open by accident: what every mounted route declares is compared with one table, and every role is tried on
// every route. A new route fails here until somebody writes down who may call it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { declaredRoutes } from './docs.ts';
import { openTestApp, type TestApp } from './fixtures/open-app.ts';
import { ROLE_PERMISSIONS, type Permission } from './permissions.ts';
import type { Declared } from './secured.ts';

/** Everything that is not below /api/v1: anybody may call it; `/metrics` asks by itself, unless the configuration opens it. */
const PUBLIC = ['GET /metrics', 'GET /healthz', 'GET /readyz', 'GET /openapi.json', 'GET /docs', 'GET /docs/start.js', 'GET /docs/{file}', 'GET /dns', 'GET /api/*'];
const TABLE: Readonly<Record<string, Declared>> = {
  'POST /auth/login': 'public',
  'POST /auth/logout': 'session',
  'GET /me': 'any',
  'POST /me/password': 'session',
  'GET /users': 'accounts.manage',
  'POST /users': 'accounts.manage',
  'PATCH /users/{id}': 'accounts.manage',
  'GET /teams': 'read',
  'POST /teams': 'accounts.manage',
  'GET /tokens': 'any',
  'POST /tokens': 'any',
  'DELETE /tokens/{id}': 'any',
  'GET /status': 'read',
  'POST /requests/quote': 'requests.quote',
  'POST /requests': 'requests.submit',
  'GET /requests': 'read',
  'GET /requests/{id}': 'read',
  'POST /requests/{id}/approve': 'requests.decide',
  'POST /requests/{id}/deny': 'requests.decide',
  'POST /requests/{id}/withdraw': 'requests.submit',
  'GET /services': 'read',
  'GET /services/{name}': 'read',
  'DELETE /workloads/{id}': 'requests.submit',
  'GET /hosts': 'read',
  'GET /hosts/{name}': 'read',
  'POST /hosts/{name}/cordon': 'hosts.operate',
  'POST /hosts/{name}/uncordon': 'hosts.operate',
  'POST /hosts/{name}/drain': 'hosts.operate',
  'POST /hosts/{name}/undrain': 'hosts.operate',
  'PATCH /hosts/{name}': 'hosts.operate',
  'DELETE /hosts/{name}': 'hosts.operate',
  'GET /hosts/{name}/timeline': 'read',
  'GET /hosts/{name}/evidence': 'read',
  'POST /hosts/{name}/lost': 'hosts.operate',
  'GET /governor': 'read',
  'PUT /governor': 'hosts.operate',
  'GET /governor/holds': 'read',
  'POST /governor/holds/{id}/release': 'hosts.operate',
  'POST /governor/holds/{id}/decline': 'hosts.operate',
  'GET /maintenance': 'read',
  'POST /maintenance': 'hosts.operate',
  'POST /maintenance/preview': 'simulate',
  'GET /maintenance/{id}': 'read',
  'PATCH /maintenance/{id}': 'hosts.operate',
  'POST /maintenance/{id}/end': 'hosts.operate',
  'POST /maintenance/{id}/cancel': 'hosts.operate',
  'GET /maintenance/{id}/loss': 'read',
  'POST /maintenance/{id}/force': 'hosts.operate',
  'GET /sites': 'read',
  'PUT /sites/{site}': 'sites.manage',
  'DELETE /sites/{site}': 'sites.manage',
  'POST /sites/{site}/verdict': 'sites.manage',
  'GET /failover': 'read',
  'PUT /failover': 'sites.manage',
  'GET /stages': 'read',
  'PUT /stages/{service}/{environment}': 'sites.manage',
  'GET /names': 'read',
  'GET /names/{name}': 'read',
  'PUT /names/{name}': 'sites.manage',
  'DELETE /names/{name}': 'sites.manage',
  'GET /names/{name}/answer': 'read',
  'GET /names/{name}/clients': 'read',
  'GET /dns/status': 'read',
  'GET /shifts': 'read',
  'GET /shifts/{id}': 'read',
  'POST /shifts/preview': 'simulate',
  'POST /shifts': 'sites.manage',
  'POST /shifts/{id}': 'sites.manage',
  'GET /replicas/{id}/logs': 'logs.read',
  'GET /replicas/{id}/logs/sources': 'logs.read',
  'GET /services/{name}/logs': 'logs.read',
  'GET /services/{name}/logs/replicas': 'logs.read',
  'GET /networks': 'read',
  'POST /networks': 'networks.manage',
  'GET /networks/forecast': 'read',
  'PATCH /networks/{name}': 'networks.manage',
  'GET /networks/{name}/addresses': 'read',
  'GET /addresses': 'read',
  'POST /addresses/import': 'networks.manage',
  'GET /addresses/reservations': 'read',
  'POST /addresses/reservations': 'networks.manage',
  'DELETE /addresses/reservations/{id}': 'networks.manage',
  'GET /addresses/conflicts': 'read',
  'POST /addresses/conflicts/{id}/settle': 'networks.manage',
  'GET /addresses/{address}': 'read',
  'GET /join-tokens': 'hosts.join',
  'POST /join-tokens': 'hosts.join',
  'DELETE /join-tokens/{id}': 'hosts.join',
  'GET /autoscale': 'read',
  'GET /workloads/{id}/autoscale': 'read',
  'PUT /workloads/{id}/autoscale': 'autoscale.manage',
  'GET /workloads/{id}/autoscale/versions': 'read',
  'POST /workloads/{id}/autoscale/preview': 'read',
  'GET /workloads/{id}/autoscale/chart': 'read',
  'POST /workloads/{id}/autoscale/pause': 'autoscale.manage',
  'POST /workloads/{id}/autoscale/resume': 'autoscale.manage',
  'GET /decisions': 'read',
  'GET /decisions/{id}': 'read',
  'POST /decisions/{id}/replay': 'read',
  'GET /drills': 'read',
  'POST /drills': 'drills.run',
  'GET /drills/{id}': 'read',
  'POST /drills/{id}/cancel': 'drills.run',
  'GET /market': 'read',
  'GET /market/days': 'read',
  'GET /calendars': 'read',
  'POST /calendars/check': 'read',
  'POST /schedules/check': 'read',
  'GET /surges': 'read',
  'POST /surges': 'market.manage',
  'DELETE /surges/{id}': 'market.manage',
  'GET /signals': 'read',
  'PUT /signals/{name}': 'market.manage',
  'DELETE /signals/{name}': 'market.manage',
  'POST /signals/{name}': 'metrics.push',
  'GET /signals/{name}/values': 'read',
  'POST /signals/{name}/back-test': 'read',
  'GET /plans': 'read',
  'GET /plans/{id}': 'read',
  'POST /plans': 'plans.propose',
  'POST /plans/{id}/apply': 'plans.apply',
  'GET /plans/{id}/record': 'plans.propose',
  'POST /plans/{id}/verify': 'plans.propose',
  'GET /quotas': 'read',
  'PUT /quotas/{team}/{environment}': 'quotas.manage',
  'GET /events': 'read',
  'GET /live': 'read',
  'GET /policy': 'read',
  'GET /policy/versions': 'read',
  'POST /simulate': 'simulate',
  'GET /proposals': 'read',
  'POST /proposals': 'proposals.make',
  'GET /proposals/{id}': 'read',
  'POST /proposals/{id}': 'proposals.make',
  'GET /proof': 'read',
  'GET /survival': 'read',
  'GET /frontier': 'simulate',
  'GET /workloads/{id}/why': 'read',
  'POST /requests/why': 'requests.quote',
  'GET /pools': 'read',
  'PUT /pools/{name}': 'hosts.operate',
  'DELETE /pools/{name}': 'hosts.operate',
  'GET /usage': 'read',
  'GET /services/{name}/releases': 'read',
  'POST /services/{name}/releases': 'releases.make',
  'GET /releases/{id}': 'read',
  'GET /releases/{id}/diff': 'read',
  'PUT /workloads/{id}/lock': 'rollouts.run',
  'GET /workloads/{id}/lock': 'read',
  'DELETE /workloads/{id}/lock': 'rollouts.run',
  'GET /secrets': 'read',
  'POST /secrets': 'secrets.manage',
  'DELETE /secrets/{id}': 'secrets.manage',
  'GET /orphans': 'read',
  'POST /orphans/decisions': 'hosts.operate',
  'GET /drift': 'read',
  'POST /drift/resume': 'hosts.operate',
  'GET /freezes': 'read',
  'POST /freezes': 'freezes.manage',
  'DELETE /freezes/{id}': 'freezes.manage',
  'GET /webhooks': 'webhooks.manage',
  'POST /webhooks': 'webhooks.manage',
  'PATCH /webhooks/{id}': 'webhooks.manage',
  'POST /webhooks/{id}/test': 'webhooks.manage',
  'DELETE /webhooks/{id}': 'webhooks.manage',
  'GET /rollouts': 'read',
  'GET /rollouts/{id}': 'read',
  'POST /rollouts/{id}': 'rollouts.run',
  'POST /releases/{id}/preflight': 'rollouts.run',
  'POST /releases/{id}/rollout': 'rollouts.run',
  'POST /workloads/{id}/rollback': 'rollouts.run',
  'GET /builds': 'read',
  'POST /builds': 'builds.start',
  'GET /builds/{id}': 'read',
  'GET /builds/{id}/log': 'read',
  'POST /builds/{id}/cancel': 'builds.start',
  'GET /layers': 'read',
  'GET /layers/{name}': 'read',
  'POST /layers': 'layers.manage',
  'POST /layers/{name}/rebuild': 'layers.manage',
  'GET /workloads/{id}/metrics': 'read',
  'DELETE /workloads/{id}/metrics/sources/{source}': 'autoscale.manage',
  'GET /metrics': 'read',
  'POST /metrics/push': 'metrics.push',
  'GET /prometheus/sources': 'read',
  'POST /prometheus/sources': 'autoscale.manage',
  'PATCH /prometheus/sources/{id}': 'autoscale.manage',
  'POST /prometheus/sources/{id}/test': 'autoscale.manage',
  'DELETE /prometheus/sources/{id}': 'autoscale.manage',
  'GET /prometheus/targets': 'read',
  'GET /registry': 'read',
  'POST /registry/clean': 'registry.manage',
  'GET /burst': 'read',
  'GET /burst/settings': 'read',
  'PUT /burst/settings': 'burst.manage',
  'GET /burst/proposals': 'read',
  'POST /burst/proposals/{id}': 'burst.manage',
  'POST /burst/buy': 'burst.manage',
  'POST /burst/retreat': 'burst.manage',
  'GET /burst/vms': 'read',
  'GET /burst/vms/{id}': 'read',
  'POST /burst/vms/{id}': 'burst.manage',
  'GET /burst/ledger': 'read',
  'GET /burst/warm-room': 'read',
  'DELETE /burst/strangers/{id}': 'burst.manage',
  'GET /burst/provisioners': 'read',
  'PUT /burst/provisioners/{pool}': 'burst.manage',
  'DELETE /burst/provisioners/{pool}': 'burst.manage',
};

let opened: TestApp;
beforeAll(async () => {
  opened = await openTestApp();
});
afterAll(() => opened[Symbol.asyncDispose]());

test('every mounted route declares who may call it, exactly as the table says', () => {
  const routes = declaredRoutes(opened.app);
  const declared = Object.fromEntries(routes.filter(({ path }) => path.startsWith('/api/v1/')).map(({ method, path, declares }) => [`${method} ${path.replace('/api/v1', '')}`, declares]));
  expect(declared).toEqual(TABLE);
  const others = routes.filter(({ path }) => !path.startsWith('/api/v1/'));
  expect(others.filter(({ declares }) => declares !== 'public')).toEqual([]);
  expect(others.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([...PUBLIC].sort());
});

const SECURED = Object.entries(TABLE).filter(([, declared]) => declared !== 'public');

test('without signing in, every other route answers 401', async () => {
  for (const [route] of SECURED) {
    const [method = '', path = ''] = route.split(' ');
    const { status } = await opened.call(method, path.replaceAll(/\{\w+\}/g, 'x'), { body: method === 'GET' ? undefined : {} });
    expect(`${route} ${status}`).toBe(`${route} 401`);
  }
});

/** Routes whose answer does not end, or which end what the test needs. */
const SKIPPED = ['GET /live', 'POST /auth/logout'];

test.each(['viewer', 'developer', 'sre', 'admin'] as const)('a %s is refused by exactly those routes whose permission the role does not hold', async (role) => {
  const headers = await opened.person(`a-${role}`, [{ team: role === 'viewer' || role === 'developer' ? 'quotes' : null, role }]);
  for (const [route, declared] of SECURED) {
    if (SKIPPED.includes(route)) continue;
    const [method = '', path = ''] = route.split(' ');
    const { status, body } = await opened.call(method, path.replaceAll(/\{\w+\}/g, 'no-such-thing'), { headers, body: method === 'GET' ? undefined : {} });
    const allowed = declared === 'any' || declared === 'session' || ROLE_PERMISSIONS[role].includes(declared as Permission);
    expect(`${route} ${status === 403 && body['code'] === 'permission-missing' ? 'refused' : 'let through'}`).toBe(`${route} ${allowed ? 'let through' : 'refused'}`);
    expect(`${route} ${status}`).not.toBe(`${route} 500`);
  }
});
