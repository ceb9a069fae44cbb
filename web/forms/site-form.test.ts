import { expect, test } from 'vitest';
import type { NameView, SiteView } from '#server/http/contract/index.ts';
import { fromFailover, fromName, fromSite, toFailover, toName, toSite } from './site-form.ts';

const site = { clients: ['10.20.0.0/16'], regions: ['Beijing'], links: [{ to: 'vpc1', data: 'both', mbps: 1000 }, { to: 'sh', data: 'one-way', mbps: null }], note: 'main' } as unknown as SiteView;

test('a site comes back as it went in', () => {
  expect(toSite(fromSite(site))).toEqual({ site: { clients: ['10.20.0.0/16'], regions: ['Beijing'], links: [{ to: 'vpc1', data: 'both', mbps: 1000 }, { to: 'sh', data: 'one-way' }], note: 'main' } });
});

test('a line that is no link is named', () => {
  expect(toSite({ ...fromSite(site), links: 'vpc1 both\nsh sideways' })).toEqual({ wrongLink: 'sh sideways' });
  expect(toSite({ ...fromSite(site), links: 'vpc1 both fast' })).toEqual({ wrongLink: 'vpc1 both fast' });
});

test('editing a name keeps the weights that were set', () => {
  const present = { name: 'quote.example', service: 'quote', environment: 'production', port: 8080, preference: 'weights', order: [], ttlSeconds: 60, mostAddresses: 4, sites: [{ site: 'dc1', setWeight: 700, weight: 500 }] } as unknown as NameView;
  expect(toName({ ...fromName(present, ''), ttl: '30' }, present).name).toMatchObject({ ttlSeconds: 30, weights: { dc1: 700 }, port: 8080 });
  expect(toName({ ...fromName(null, 'production'), ttl: '1' }, null).faults).toEqual({ name: { code: 'needed' }, service: { code: 'needed' }, ttlSeconds: { code: 'range', least: 5, most: 86_400 } });
});

test('rules of fail-over come back as they went in', () => {
  const rules = { downAfterSeconds: 10, upAfterSeconds: 120, leastHostsUpPermille: 505, leastHealthyPermille: 500, mostNamesPermille: 300, isAutomatic: true };
  expect(toFailover(fromFailover(rules))).toEqual({ rules, faults: {} });
  expect(toFailover({ ...fromFailover(rules), names: '120' }).faults).toEqual({ mostNamesPermille: { code: 'range', least: 0, most: 100 } });
});
