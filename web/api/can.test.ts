import type { CapacityRequest, HostView, Me } from '#server/http/contract/index.ts';
import { expect, test } from 'vitest';
import { can, holds, teamsToAskFor } from './can.ts';

const me = (permissions: Me['permissions']): Me => ({ id: 'u', name: 'lin', grants: [], permissions, via: 'session', mustChangePassword: false });
const developer = me({ read: null, 'requests.quote': ['market'], 'requests.submit': ['market'] });
const sre = me({ read: null, 'requests.quote': null, 'requests.submit': null, 'requests.decide': null, 'hosts.operate': null });
const request = (state: CapacityRequest['state']) => ({ state, draft: { team: 'market' } }) as CapacityRequest;
const host = (over: Partial<HostView>) => ({ cordoned: false, drain: null, state: 'ready', replicas: 3, ...over }) as HostView;

test('a developer acts in the own team, and is told which role would do elsewhere', () => {
  expect(can.submit(developer, 'market')).toBeNull();
  expect(can.submit(developer, 'trade')).toEqual({ code: 'role', needs: 'developer', team: 'trade' });
  expect(can.decide(developer, request('waiting'))).toEqual({ code: 'role', needs: 'sre', team: null });
  expect(can.withdraw(developer, request('waiting'))).toBeNull();
  expect(teamsToAskFor(developer, ['market', 'trade'])).toEqual(['market']);
});

test('what was decided cannot be decided again, whoever asks', () => {
  expect(can.decide(sre, request('waiting'))).toBeNull();
  expect(can.decide(sre, request('approved'))).toEqual({ code: 'request-state', state: 'approved' });
  expect(can.withdraw(sre, request('denied'))).toEqual({ code: 'request-state', state: 'denied' });
});

test('a host is cordoned once, and forgotten only when it is lost or empty', () => {
  expect(can.cordon(sre, host({}))).toBeNull();
  expect(can.cordon(sre, host({ cordoned: true }))).toEqual({ code: 'host-cordoned' });
  expect(can.uncordon(sre, host({}))).toEqual({ code: 'host-open' });
  expect(can.drain(sre, host({}))).toBeNull();
  expect(can.drain(sre, host({ drain: { reason: 'disks', left: 1, underWay: 0, blockers: [] } }))).toEqual({ code: 'host-draining' });
  expect(can.undrain(sre, host({}))).toEqual({ code: 'host-stays' });
  expect(can.forgetHost(sre, host({}))).toEqual({ code: 'host-in-use' });
  expect(can.forgetHost(sre, host({ state: 'lost' }))).toBeNull();
  expect(can.forgetHost(sre, host({ replicas: 0 }))).toBeNull();
});

test('a permission that is not named does not hold, and no teams is nowhere', () => {
  expect(holds(developer, 'accounts.manage')).toBe(false);
  expect(holds(me({ 'requests.quote': [] }), 'requests.quote')).toBe(false);
});
