// Sites, names and shifts on the command line, against the real server with two sites of simulated hosts.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NAME, PATIENT_MS, startTwoSites, type TwoSites } from '#test/contract/two-sites.ts';
import { until } from '#test/contract/start.ts';
import { aPerson, type Person } from './fixtures/person.ts';

const stack = new AsyncDisposableStack();
let sites: TwoSites;
let admin: Person;

beforeAll(async () => {
  sites = stack.use(await startTwoSites());
  const token = await sites.server.call('POST', '/tokens', { name: 'cli', scopes: ['admin'] });
  if (token.status !== 201) throw new Error(JSON.stringify(token.body));
  admin = stack.use(aPerson({ FIRN_ADDR: sites.server.handle.url, FIRN_TOKEN: token.body.secret }));
  await sites.healthy(NAME, { dc1: 3, dc2: 3 });
}, 120_000);
afterAll(async () => await stack.disposeAsync());

const said = async (line: string) => {
  const { exitCode, out, err } = await admin.firn(line);
  return { exitCode, text: out + err };
};

test('a site is declared, failed by hand and restored', async () => {
  expect(await said('site set dc2 --clients 10.2.0.0/16 --region south --note second')).toMatchObject({ exitCode: 0, text: expect.stringContaining('dc2 is serving') });
  expect((await said('site list')).text).toMatch(/^NAME +STATE +DATA +HOSTS UP.*\ndc1 +serving +both +2\/2/);
  expect((await said('site fail dc2 --why flood')).text).toContain('dc2 is failed: flood.');
  expect((await said(`name resolve ${NAME} --client 10.2.0.7`)).text).toContain('dc1, since dc2 is failed');
  expect((await said('site restore dc2 --why dry')).exitCode).toBe(0);
  expect((await said('site failover --down-after 20')).text).toContain('Names fail over after 20 s and come back after 120 s; at most 30 %');
  expect(await said('site set dc1 --link dc2=sideways')).toMatchObject({ exitCode: 64, text: expect.stringContaining('say both or one-way') });
});

test('stages say where a service may serve, and refuse what its data does not allow', async () => {
  await said('site set dc1 --link dc2=one-way');
  expect((await said('site stages')).text).toContain('data only arrives at dc2');
  expect(await said('site stage quote --at dc2=active-active')).toMatchObject({ exitCode: 1, text: expect.stringContaining('stages.dc2') });
  expect((await said('site stage quote --read-only --at dc2=read-only')).text).toContain('dc2: read-only; serves at dc2 at stage read-only');
  await said('site set dc1');
});

test('names are listed, shown and set; weights are checked where they are typed', async () => {
  expect((await said('name list')).text).toContain('quote.production');
  expect((await said(`name show ${NAME}`)).text).toContain('3 of 3 healthy');
  expect(await said(`name set pay.firn.test --service quote --prefer weights --weight dc1=2000`)).toMatchObject({ exitCode: 64, text: expect.stringContaining('a whole number from 0 to 1000') });
  expect((await said('name set pay.firn.test --service quote --prefer order --order dc1 --order dc2 --ttl 30')).text).toContain('TTL 30 s');
  expect((await said('name rm pay.firn.test')).exitCode).toBe(0);
  expect((await said(`name clients ${NAME}`)).exitCode).toBe(0);
});

test('traffic is shifted: seen first, drafted, approved, applied, and taken back', async () => {
  const dry = await said(`traffic drain dc2 --dry-run`);
  expect(dry).toMatchObject({ exitCode: 0, text: expect.stringContaining('At most 1 % of the clients are on the old side after') });
  expect(dry.text).toMatch(/quote\.firn\.test +dc1 +0 % -> 100 %|quote\.firn\.test +dc1 +50 % -> 100 %/);
  const id = (await said('traffic drain dc2 --steps 2 --every 0s --why test -o name')).text.trim();
  expect((await said(`traffic approve ${id}`)).text).toContain('Drain site dc2: approved.');
  expect((await said(`traffic apply ${id}`)).exitCode).toBe(0);
  await until(async () => ((await said(`traffic show ${id}`)).text.includes('Carried out') ? true : undefined), 'the drain carried out', PATIENT_MS);
  expect((await said('site list')).text).toMatch(/dc2 +drained/);
  expect((await said('traffic list')).text).toContain('Drain site dc2');
  expect((await said(`traffic undo ${id}`)).text).toContain('undone');
  expect((await said('site list')).text).toMatch(/dc2 +serving/);
}, 120_000);
