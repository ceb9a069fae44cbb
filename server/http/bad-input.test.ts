// Bad input names the field, its value and what is allowed, and changes nothing: one line of a table for each kind.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DraftInput } from './contract/requests.ts';
import { draft, NETWORK, startTestServer, type TestServer } from '#test/contract/start.ts';

let server: TestServer;
/** So long that a service's name beside it has few characters left in a hostname. */
const LONG = 'e'.repeat(25);
const stack = new AsyncDisposableStack();
beforeAll(async () => {
  server = stack.use(await startTestServer());
  await server.addTeam();
  await server.call('POST', '/teams', { name: 'orders' });
  const { body: policy } = await server.call('GET', '/policy');
  const shapes = { ...policy.record.shapes, giant: { cpuMilli: 64_000, memoryMib: 65_536 } };
  const environments = { ...policy.record.environments, [LONG]: policy.record.environments.dev };
  expect((await server.setPolicy({ ...policy.record, shapes, environments })).status).toBe(200);
  for (const name of ['one', 'two']) stack.use(await server.addHost(name));
  expect((await server.call('POST', '/requests', draft({ service: 'taken', peakQps: 5 }))).status).toBe(201);
}, 30_000);
afterAll(() => stack.disposeAsync());

const revision = async () => (await server.call('GET', '/status')).body.revision as number;
const profile = draft().profile;

const DRAFTS: readonly [name: string, more: Partial<DraftInput> | { run: undefined }, field: string, says: RegExp][] = [
  ['no QPS', { peakQps: 0 }, 'peakQps', /peakQps is 0: must be at least 0\.001/],
  ['negative QPS', { peakQps: -5 }, 'peakQps', /peakQps is -5/],
  ['no CPU a request', { profile: { ...profile, cpuMsPerRequest: 0 } }, 'profile.cpuMsPerRequest', /is 0/],
  ['memory larger than the shape', { profile: { ...profile, memoryBaseMib: 500_000 } }, 'profile.memoryBaseMib', /memoryBaseMib is 500000.*no shape of the policy is larger/],
  ['memory that another shape would hold', { profile: { ...profile, memoryBaseMib: 4_000 } }, 'profile.memoryBaseMib', /standard/],
  ['unknown team', { team: 'nobody' }, 'team', /team is "nobody": it is not a team \(allowed: one of orders, quotes\)/],
  ['unknown environment', { environment: 'mars' }, 'environment', /one of dev, staging, gray, production, eeee/],
  ['unknown shape', { shape: 'huge' }, 'shape', /one of double, giant, half, quarter, standard/],
  ['a shape that no host can hold', { shape: 'giant' }, 'shape', /within 14400 millicores and 29491 MiB, which is what one, the largest host that this workload may use, can give/],
  ['survival without two racks', { survive: 'site' }, 'survive', /at least 2 are needed/],
  ['more replicas than sense', { peakQps: 1e8 }, 'peakQps', /at most 100000 are allowed/],
  ['nothing to run', { run: undefined }, 'run', /run is needed/],
  ['too much environment', { run: { image: 'x', env: { A: 'x'.repeat(20_000) } } }, 'run', /at most 16384 bytes/],
  ['a service of another team', { team: 'orders', service: 'taken' }, 'service', /is a service of team quotes/],
  ['another image for what runs', { service: 'taken', run: { image: 'firn/demo:2' } }, 'run', /changes capacity only/],
  ['a name too long for a hostname', { service: 's'.repeat(40), environment: LONG }, 'service', /at most 30 characters in eeee/],
  ['an unknown field', { qps: 3 } as Partial<DraftInput>, 'qps', /is not a field that is known here/],
  ['a name with capitals', { service: 'Quote' }, 'service', /lower-case/],
];

test.each(DRAFTS)('a draft with %s is refused', async (_, more, field, says) => {
  const before = await revision();
  const body = JSON.parse(JSON.stringify({ ...draft(), service: 'fresh', ...more })) as unknown;
  const answer = await server.call('POST', '/requests', body);
  expect(answer.status).toBe(422);
  expect(answer.body.detail).toMatch(says);
  expect(answer.body.errors[0].field).toBe(field);
  expect((await server.call('GET', '/requests')).body.items.filter((each: { draft: DraftInput }) => each.draft.service === 'fresh')).toEqual([]);
  expect(await revision()).toBe(before);
});

const NETWORKS: readonly [name: string, more: object, status: number, says: RegExp][] = [
  ['a range that overlaps another', { name: 'other', cidr: '10.9.128.0/17', gateway: '10.9.128.1', first: '10.9.129.0', last: '10.9.130.0' }, 409, /cidr 10\.9\.128\.0\/17 overlaps network dc \(10\.9\.0\.0\/16\)/],
  ['a name that is taken', { cidr: '10.8.0.0/16', gateway: '10.8.0.1', first: '10.8.1.0', last: '10.8.2.0' }, 409, /There is a network dc already/],
  ['a router outside', { name: 'other', cidr: '10.8.0.0/16', gateway: '10.7.0.1', first: '10.8.1.0', last: '10.8.2.0' }, 422, /gateway is 10\.7\.0\.1/],
  ['first after last', { name: 'other', cidr: '10.8.0.0/16', gateway: '10.8.0.1', first: '10.8.3.0', last: '10.8.2.0' }, 422, /first is 10\.8\.3\.0: it comes after last/],
  ['no range at all', { name: 'other', cidr: '10.8.0.0', gateway: '10.8.0.1', first: '10.8.3.0', last: '10.8.2.0' }, 422, /cidr/],
];
test.each(NETWORKS)('a network with %s is refused', async (_, more, status, says) => {
  const answer = await server.call('POST', '/networks', { ...NETWORK, ...more });
  expect([answer.status, answer.body.detail]).toEqual([status, expect.stringMatching(says)]);
  expect((await server.call('GET', '/networks')).body.items).toHaveLength(1);
});

const OTHERS: readonly [name: string, method: string, path: string, body: unknown, status: number, says: RegExp][] = [
  ['a quota below zero', 'PUT', '/quotas/quotes/production', { cpuMilli: -1, memoryMib: 0 }, 422, /cpuMilli is -1: must be at least 0/],
  ['a quota of an unknown team', 'PUT', '/quotas/nobody/production', { cpuMilli: 1, memoryMib: 1 }, 404, /no team nobody/],
  ['a quota in an unknown environment', 'PUT', '/quotas/quotes/mars', { cpuMilli: 1, memoryMib: 1 }, 422, /dev, staging, gray, production/],
  ['a cordon without a reason', 'POST', '/hosts/one/cordon', { reason: '  ' }, 422, /reason/],
  ['a drain without a reason', 'POST', '/hosts/one/drain', {}, 422, /reason/],
  ['a drain of no host', 'POST', '/hosts/nine/drain', { reason: 'x' }, 404, /no host nine/],
  ['an undrain of a host that is not drained', 'POST', '/hosts/one/undrain', undefined, 409, /Host one is not being drained/],
  ['a host called lost that is heard', 'POST', '/hosts/one/lost', { reason: 'it burns' }, 409, /one cannot be called lost: it was heard .* within its lease/],
  ['a maintenance of nothing', 'POST', '/maintenance', { why: 'x' }, 422, /name exactly one of hosts, rack and site/],
  ['a maintenance of two things', 'POST', '/maintenance', { hosts: ['one'], site: 'dc1', why: 'x' }, 422, /name exactly one of hosts, rack and site/],
  ['a maintenance of no host', 'POST', '/maintenance', { hosts: ['nine'], why: 'x' }, 422, /hosts\.0 is "nine": it is not a host of the fleet/],
  ['a maintenance of no rack', 'POST', '/maintenance', { rack: 'dc1-r1', why: 'x' }, 422, /rack is "dc1-r1": must be site\/rack/],
  ['a maintenance without a reason', 'POST', '/maintenance', { hosts: ['one'], why: ' ' }, 422, /why/],
  ['a maintenance that ends before it begins', 'POST', '/maintenance', { hosts: ['one'], why: 'x', startsAt: '2099-01-02T00:00:00.000Z', endsAt: '2099-01-01T00:00:00.000Z' }, 422, /endsAt is 2099-01-01T00:00:00\.000Z: it must be/],
  ['a maintenance faster than the fleet', 'POST', '/maintenance', { hosts: ['one'], why: 'x', pace: { atOnce: 11 } }, 422, /pace\.atOnce is 11: must be 10 or fewer/],
  ['a preview of no host', 'POST', '/maintenance/preview', { hosts: ['nine'] }, 422, /hosts\.0 is "nine"/],
  ['no such maintenance', 'GET', '/maintenance/none', undefined, 404, /no maintenance none/],
  ['an end of no maintenance', 'POST', '/maintenance/none/end', {}, 404, /no maintenance none/],
  ['a force without the loss', 'POST', '/maintenance/none/force', {}, 422, /why: is needed\. confirm: is needed/],
  ['a time line of no host', 'GET', '/hosts/nine/timeline', undefined, 404, /no host nine/],
  ['a governor without limits', 'PUT', '/governor', { replace: { hostPermille: 4_000, replicaPermille: 1_000, windowMs: 60_000 } }, 422, /replace\.hostPermille is 4000.*0 to 1000 thousandths of the fleet/],
  ['a release of no hold', 'POST', '/governor/holds/none/release', { reason: 'x' }, 404, /no hold none/],
  ['a decline without a reason', 'POST', '/governor/holds/none/decline', {}, 422, /reason/],
  ['a cordon of no host', 'POST', '/hosts/nine/cordon', { reason: 'x' }, 404, /no host nine/],
  ['a reservation larger than the host', 'PATCH', '/hosts/one', { reserved: { cpuMilli: 99_000 } }, 422, /reserved\.cpuMilli is 99000: the host has 16000/],
  ['an unknown environment for a host', 'PATCH', '/hosts/one', { environments: ['mars'] }, 422, /environments has mars/],
  ['removing a host that runs something', 'DELETE', '/hosts/one', undefined, 409, /runs \d+ replicas?/],
  ['a denial without a reason', 'POST', '/requests/x/deny', { reason: '' }, 422, /a denial needs a reason/],
  ['an approval of nothing', 'POST', '/requests/x/approve', { reason: '' }, 404, /no request x/],
  ['a token for a flat host without a network', 'POST', '/join-tokens', { kind: 'physical', site: 'dc1', rack: 'r', mode: 'flat' }, 422, /network is needed for a flat host/],
  ['a token for a network of another site', 'POST', '/join-tokens', { kind: 'physical', site: 'dc2', rack: 'r', mode: 'flat', network: 'dc' }, 422, /site is dc2.*allowed: dc1/],
  ['usage of nothing', 'GET', '/usage', undefined, 422, /either workload \(its id\) or host/],
  ['a truncated body', 'POST', '/requests', '{"team": "quo', 400, /not complete, well-formed JSON/],
  ['an oversized body', 'POST', '/requests', `{"why": "${'x'.repeat(1_100_000)}"}`, 413, /larger than 1048576 bytes/],
  ['an instant that is none', 'GET', '/addresses?at=yesterday', undefined, 422, /at/],
];
test.each(OTHERS)('%s is refused', async (_, method, path, body, status, says) => {
  const before = await revision();
  const answer = await server.call(method, path, body);
  expect([answer.status, answer.body.detail]).toEqual([status, expect.stringMatching(says)]);
  expect(await revision()).toBe(before);
});

test('a policy under which something could not run is refused, naming the rules in conflict', async () => {
  const { body } = await server.call('GET', '/policy');
  const { record } = body;
  const { quarter: _, ...shapes } = record.shapes;
  const { production } = record.environments;
  const refusals = [
    [{ ...record, shapes }, /record\.shapes is .*: it leaves quarter out, and taken\.production could not run \(allowed: quarter must stay/],
    [{ ...record, defaultShape: 'huge' }, /record\.defaultShape is huge: it is not a shape/],
    [{ ...record, environments: { dev: record.environments.dev } }, /record\.environments is dev: it leaves production out/],
    [{ ...record, environments: { ...record.environments, production: { ...production, kinds: ['lxc'] } } }, /record\.environments\.production\.kinds is lxc: it names no kind of which the fleet has a host, and taken\.production could not run \(allowed: one of physical/],
    [{ ...record, reservePermille: { cpu: 900, memory: 100 }, shapes: { ...record.shapes, quarter: { cpuMilli: 4_000, memoryMib: 2_048 } } }, /record\.reservePermille is .*: it leaves no host large enough for the shape quarter/],
    [{ ...record, weights: { ...record.weights, pack: 300 } }, /record\.weights\.pack is 300: must be at most 100/],
    [{ ...record, movesPerHour: -1 }, /record\.movesPerHour is -1/],
  ] as const;
  for (const [policy, says] of refusals) {
    const answer = await server.call('POST', '/proposals', { title: 'x', changes: [{ kind: 'policy', record: policy }] });
    expect([answer.status, answer.body.detail]).toEqual([422, expect.stringMatching(says)]);
  }
  expect((await server.call('GET', '/proposals?state=draft')).body.items).toEqual([]);
  expect((await server.call('GET', '/policy')).body.version).toBe(body.version);
});
