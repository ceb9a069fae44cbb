// Which failure domains a workload may count on, and which shapes no host could ever hold.

import { expect, test } from 'vitest';
import { eligibleDomains, refuseShape } from './eligible.ts';
import { host, replica, snapshot, workload } from './fixtures/build.ts';
import type { Ask } from './model.ts';
import { prepare } from './prepare.ts';

const hosts = [
  host('h1'),
  host('h2', { rack: 'r2', cordoned: true }),
  host('h3', { site: 'b' }),
  host('small', { rack: 'r3', capacity: { cpuMilli: 4000, memoryMib: 8192 } }),
  host('lost', { site: 'c', state: 'lost' }),
  host('suspect', { site: 'd', state: 'suspect' }),
  host('cloud', { site: 'e', kind: 'cloud-vm' }),
  host('tainted', { site: 'f', taints: ['for=batch'] }),
];
const domains = (ask: Partial<Ask>, running: ReturnType<typeof replica>[] = []) => eligibleDomains(workload('w', { cloud: 'never', ...ask }), snapshot({ hosts, replicas: running }));

test('only hosts that may be used, live, are open and are large enough make a domain', () => {
  expect(domains({ survive: 'host' })).toBe(3);
  expect(domains({ survive: 'rack' })).toBe(3);
  expect(domains({ survive: 'site' })).toBe(3);
  expect(domains({ survive: 'none' })).toBe(0);
  expect(domains({ survive: 'site', cloud: 'allowed' })).toBe(4);
  expect(domains({ survive: 'site', tolerations: ['for=batch'] })).toBe(4);
  expect(domains({ survive: 'host', shape: 'small' })).toBe(4);
  expect(domains({ survive: 'host', shape: 'unknown' })).toBe(0);
});

test('racks of the same name in two sites are two racks', () => {
  expect(eligibleDomains(workload('w', { survive: 'rack' }), snapshot({ hosts: [host('x', { site: 'a' }), host('y', { site: 'b' })] }))).toBe(2);
});

test('a cordoned host counts while it runs a replica of the workload', () => {
  expect(domains({ survive: 'host' }, [replica('w', 1, 'h2', '10.1.0.10'), replica('w', 2, 'h2', '10.1.0.11')])).toBe(4);
  expect(domains({ survive: 'host' }, [replica('other', 1, 'h2', '10.1.0.10')])).toBe(3);
  expect(domains({ survive: 'site' }, [replica('w', 1, 'h2', '10.1.0.10')])).toBe(3);
});

test('a shape is refused only when every host that may be used is too small, whatever runs there now', () => {
  const only = (id: string) => prepare(snapshot({ hosts: hosts.filter((each) => each.id === id) }));
  expect(refuseShape(workload('w'), only('small'))).toMatchObject({ field: 'shape', value: 'standard', allowed: expect.stringContaining('3600 millicores and 7372 MiB, which is what small') });
  expect(refuseShape(workload('w', { shape: 'small' }), only('small'))).toBeUndefined();
  expect(refuseShape(workload('w'), only('h2'))).toBeUndefined();
  expect(refuseShape(workload('w'), only('lost'))).toBeUndefined();
});
