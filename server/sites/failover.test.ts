// Fail-over and back on the real server, with a clock that the test moves and loops that run when told.
import { expect, test } from 'vitest';
import { until } from '#test/contract/start.ts';
import { NAME, PATIENT_MS, startTwoSites } from '#test/contract/two-sites.ts';

test('a site whose hosts go is failed after its patience, stays so while it flaps, and comes back after a longer one', async () => {
  let ahead = 0;
  await using sites = await startTwoSites({ overrides: { clock: { now: () => Date.now() + ahead } } });
  const { server, ask, healthy } = sites;
  const { loops } = server.handle.context;
  const stateOf = async (site: string) => (await server.call('GET', '/sites')).body.items.find(({ name }: { name: string }) => name === site);
  await healthy(NAME, { dc1: 3, dc2: 3 });
  await server.call('PUT', '/sites/dc2', { clients: ['10.2.0.0/16'] });
  await server.call('PUT', '/failover', { downAfterSeconds: 2, upAfterSeconds: 3600 });
  await sites.hosts.get('b1')!.stop();
  await sites.hosts.get('b2')!.stop();
  const failed = await until(async () => ((await stateOf('dc2')).state === 'failed' ? await stateOf('dc2') : undefined), 'dc2 failed', PATIENT_MS);
  expect(failed).toMatchObject({ stateBy: 'firn', reason: expect.stringContaining('0 of 2 hosts are heard of'), said: [{ code: 'bad-for' }, { code: 'site-sight', values: { hosts: 2, hostsUp: 0 } }] });
  // A site that is well again is not trusted at once. A host of another name brings it up.
  await sites.addHost('dc2', 'b3');
  await sites.addHost('dc2', 'b4');
  await sites.addHost('dc2', 'b5');
  await loops.runOnce('sites');
  const back = await stateOf('dc2');
  expect([back.state, back.evidence.contrarySince !== null]).toEqual(['failed', true]);
  expect(await ask(NAME, '10.2.0.7')).toMatchObject({ site: 'dc1' });
  ahead += 3_601_000;
  await until(async () => ((await stateOf('dc2')).state === 'serving' ? true : undefined), 'dc2 serving', PATIENT_MS);
  const { body } = await server.call('GET', '/events?limit=200');
  expect(body.items.map(({ kind }: { kind: string }) => kind)).toEqual(expect.arrayContaining(['site.failed', 'site.restored']));
}, 120_000);

test('a person fails a site at once and takes it back; the last one cannot be failed', async () => {
  await using sites = await startTwoSites();
  const { server, ask, healthy } = sites;
  await healthy(NAME, { dc1: 3, dc2: 3 });
  await server.call('PUT', '/sites/dc2', { clients: ['10.2.0.0/16'] });
  expect((await server.call('POST', '/sites/dc2/verdict', { verdict: 'failed', reason: 'fibre cut' })).body).toMatchObject({ state: 'failed', stateBy: 'admin', reason: 'fibre cut', maySaid: { fail: [{ code: 'failed-by-person' }] } });
  expect(await ask(NAME, '10.2.0.7')).toMatchObject({ site: 'dc1', why: 'dc1, since dc2 is failed' });
  expect((await server.call('POST', '/sites/dc1/verdict', { verdict: 'failed', reason: 'both' })).body.code).toBe('site-last');
  expect((await server.call('POST', '/shifts/preview', { kind: 'weights', changes: [{ name: NAME, weights: { dc1: 0 } }] })).body).toMatchObject({ isAllowed: false });
  await server.call('POST', '/sites/dc2/verdict', { verdict: 'automatic', reason: 'mended' });
  expect(await ask(NAME, '10.2.0.7')).toMatchObject({ site: 'dc2' });
}, 120_000);
