import fc from 'fast-check';
import { expect, test } from 'vitest';
import { holds, holdingsOf, narrow, PERMISSIONS, type Grant, type Permission } from './permissions.ts';

const SRE: readonly Permission[] = ['requests.decide', 'hosts.operate', 'hosts.join', 'networks.manage', 'plans.propose', 'plans.apply', 'quotas.manage', 'simulate', 'proposals.make', 'proposals.approve', 'releases.override', 'layers.manage', 'registry.manage', 'freezes.manage', 'webhooks.manage', 'market.manage', 'burst.manage', 'sites.manage', 'drills.run'];
const DEVELOPER: readonly Permission[] = ['read', 'requests.quote', 'requests.submit', 'builds.start', 'releases.make', 'rollouts.run', 'logs.read', 'shell.open', 'secrets.manage', 'autoscale.manage', 'metrics.push'];

test.each([
  ['viewer', ['read']],
  ['developer', DEVELOPER],
  ['sre', [...DEVELOPER, ...SRE]],
  ['admin', [...DEVELOPER, ...SRE, 'accounts.manage']],
] as const)('a %s holds exactly its table', (role, table) => {
  const holdings = holdingsOf([{ team: null, role }]);
  expect(PERMISSIONS.filter((permission) => holds(holdings, permission)).sort()).toEqual([...table].sort());
});

test("a developer of one team submits there and nowhere else, and reads only that team's things", () => {
  const holdings = holdingsOf([{ team: 'quotes', role: 'developer' }]);
  expect(holds(holdings, 'requests.submit', 'quotes')).toBe(true);
  expect(holds(holdings, 'requests.submit', 'orders')).toBe(false);
  expect(holds(holdings, 'requests.submit')).toBe(true);
  expect(holds(holdings, 'read', 'orders')).toBe(false);
  expect(holds(holdings, 'requests.decide')).toBe(false);
});

test('grants add up: developer of two teams, and an sre holds in every team', () => {
  const two = holdingsOf([{ team: 'quotes', role: 'developer' }, { team: 'orders', role: 'viewer' }]);
  expect(two.get('read')).toEqual(['orders', 'quotes']);
  expect(two.get('requests.submit')).toEqual(['quotes']);
  const sre = holdingsOf([{ team: 'quotes', role: 'developer' }, { team: null, role: 'sre' }]);
  expect(sre.get('requests.submit')).toBeNull();
});

test('who has no grant holds nothing', () => {
  expect(PERMISSIONS.filter((permission) => holds(holdingsOf([]), permission))).toEqual([]);
});

const grant = fc.record({ team: fc.constantFrom(null, 'quotes', 'orders'), role: fc.constantFrom('viewer', 'developer', 'sre', 'admin') }) satisfies fc.Arbitrary<Grant>;
const scopes = fc.uniqueArray(fc.constantFrom('read', 'request', 'deploy', 'operate', 'push', 'admin'), { minLength: 1 });
const team = fc.constantFrom(null, 'quotes', 'orders');

test('a token never holds more than its owner, whatever its scopes and team', () => {
  fc.assert(
    fc.property(fc.array(grant, { maxLength: 4 }), scopes, team, fc.constantFrom(...PERMISSIONS), fc.constantFrom(undefined, 'quotes', 'orders'), (grants, scoped, bound, permission, asked) => {
      const owner = holdingsOf(grants);
      const token = narrow(owner, scoped, bound);
      if (holds(token, permission, asked)) expect(holds(owner, permission, asked)).toBe(true);
      if (bound !== null && asked !== undefined && asked !== bound) expect(holds(token, permission, asked)).toBe(false);
    }),
  );
});

test('scopes: read also quotes, request also submits, deploy also builds and releases but sets no secrets, operate does what an sre does and does not submit, a team token operates nothing', () => {
  const admin = holdingsOf([{ team: null, role: 'admin' }]);
  const held = (...args: [('read' | 'request' | 'deploy' | 'operate' | 'push' | 'admin')[], (string | null)?]) => PERMISSIONS.filter((permission) => holds(narrow(admin, args[0], args[1] ?? null), permission)).sort();
  expect(held(['read'])).toEqual(['read', 'requests.quote']);
  expect(held(['request'])).toEqual(['read', 'requests.quote', 'requests.submit']);
  expect(held(['deploy'])).toEqual(['read', 'requests.quote', 'builds.start', 'releases.make', 'rollouts.run', 'logs.read'].sort());
  expect(held(['operate'])).toEqual(['read', 'requests.quote', 'autoscale.manage', 'logs.read', ...SRE].sort());
  expect(held(['push'])).toEqual(['metrics.push']);
  expect(held(['admin'])).toEqual([...PERMISSIONS].sort());
  expect(held(['admin'], 'quotes')).toEqual([...DEVELOPER].sort());
});
