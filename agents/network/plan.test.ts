// The host's network: exact words of every command, and that every half-done state leads to the same end without ever losing the address.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FLAT, ROUTED } from '../fixtures.ts';
import { announceNeighbours, commandsFor, readAddresses, readForwarding, readRoutes } from './commands.ts';
import { parsePresent, planNetwork, type LinkState, type NetworkStep, type PresentNetworkState, type RouteState } from './plan.ts';

const MAC = '52:54:00:00:00:11';
const ROUTE: RouteState = { destination: 'default', device: 'eth0', gateway: '10.9.0.1', onlink: false };
const uplink = (more: Partial<LinkState> = {}): LinkState => ({ name: 'eth0', mac: MAC, up: true, addresses: [{ address: '10.9.0.11', prefix: 16 }], ...more });
const bridge = (more: Partial<LinkState> = {}): LinkState => ({ name: 'br0', kind: 'bridge', mac: MAC, up: true, addresses: [], ...more });
const raw: PresentNetworkState = { links: [uplink()], routes: [ROUTE], forwarding: false };

const linesFor = (present: PresentNetworkState): string[] => commandsFor(planNetwork(FLAT, present).steps).flatMap((command) => (command.stdin ?? '').trim().split('\n'));

test('flat: a raw host becomes a bridge in one batch, its address on the bridge before it leaves the uplink', () => {
  expect(commandsFor(planNetwork(FLAT, raw).steps)).toEqual([
    {
      args: ['ip', '-batch', '-'],
      stdin: [
        `link add name br0 address ${MAC} type bridge stp_state 0 forward_delay 0`,
        'link set dev br0 up',
        'address add 10.9.0.11/16 broadcast + dev br0',
        'link set dev eth0 master br0',
        'address delete 10.9.0.11/16 dev eth0',
        'route replace default via 10.9.0.1 dev br0',
        '',
      ].join('\n'),
    },
  ]);
});

test('flat: after a boot in which Docker made the bridge, the rest follows', () => {
  const present = { ...raw, links: [uplink(), bridge({ mac: '02:42:00:00:00:01', addresses: [{ address: '10.9.0.11', prefix: 16 }] })] };
  expect(linesFor(present)).toEqual([
    `link set dev br0 address ${MAC}`, 'link set dev eth0 master br0', 'address delete 10.9.0.11/16 dev eth0', 'route replace default via 10.9.0.1 dev br0',
  ]);
});

test('flat: further addresses and routes of the uplink move too, with all that they say', () => {
  const routes: RouteState[] = [
    { ...ROUTE, metric: 100, source: '10.9.0.11' },
    { destination: '10.50.0.0/16', device: 'eth0', gateway: '10.9.0.254', onlink: true },
    { destination: '10.60.0.0/16', device: 'eth0', scope: 'link', onlink: false },
    { destination: '10.70.0.0/16', device: 'eth1', gateway: '10.1.0.1', onlink: false },
  ];
  const addresses = [{ address: '10.9.0.11', prefix: 16 }, { address: '10.9.0.12', prefix: 16 }];
  expect(linesFor({ ...raw, links: [uplink({ addresses })], routes }).slice(2)).toEqual([
    'address add 10.9.0.11/16 broadcast + dev br0',
    'address add 10.9.0.12/16 broadcast + dev br0',
    'link set dev eth0 master br0',
    'address delete 10.9.0.12/16 dev eth0',
    'address delete 10.9.0.11/16 dev eth0',
    'route replace default via 10.9.0.1 dev br0 src 10.9.0.11 metric 100',
    'route replace 10.50.0.0/16 via 10.9.0.254 dev br0 onlink',
    'route replace 10.60.0.0/16 dev br0 scope link',
  ]);
});

test('routed: only forwarding is set, and only when it is off', () => {
  expect(commandsFor(planNetwork(ROUTED, raw).steps)).toEqual([{ args: ['tee', '/proc/sys/net/ipv4/ip_forward'], stdin: '1\n' }]);
  expect(planNetwork(ROUTED, { ...raw, forwarding: true })).toEqual({ steps: [], problems: [] });
});

test('looking and announcing are exactly these commands', () => {
  expect([readAddresses(), readRoutes(), readForwarding()].map((command) => command.args.join(' '))).toEqual([
    'ip -json -details address show', 'ip -json -4 route show table main', 'cat /proc/sys/net/ipv4/ip_forward',
  ]);
  expect(announceNeighbours(42, '02:42:0a:09:01:01').args).toEqual(['nsenter', '--net=/proc/42/ns/net', '--', 'ip', 'link', 'set', 'dev', 'eth0', 'address', '02:42:0a:09:01:01']);
});

test('what a person must change is said, and nothing is done', () => {
  const problemIn = (present: Partial<PresentNetworkState>): string => {
    const plan = planNetwork(FLAT, { ...raw, ...present });
    expect(plan.steps).toEqual([]);
    return plan.problems.join();
  };
  expect(problemIn({ links: [uplink({ name: 'ens3' })] })).toBe('uplink: there is no interface eth0 on this host; there are ens3');
  expect(problemIn({ links: [uplink(), bridge({ kind: 'veth' })] })).toMatch(/interface br0 already, and it is no bridge/);
  expect(problemIn({ links: [uplink({ master: 'bond0' })] })).toMatch(/eth0 belongs to bond0 already/);
  expect(problemIn({ links: [uplink({ addresses: [] }), uplink({ name: 'eth1' })] })).toMatch(/10\.9\.0\.11 is on eth1, not on the uplink eth0/);
  expect(problemIn({ links: [uplink({ addresses: [{ address: '10.9.0.11', prefix: 24 }] })] })).toMatch(/give it the prefix \/16/);
});

/** What the kernel makes of one step; throws where `ip` would fail. */
function apply(present: PresentNetworkState, step: NetworkStep): PresentNetworkState {
  const change = (name: string, more: (link: LinkState) => Partial<LinkState>): PresentNetworkState => {
    if (!present.links.some((link) => link.name === name)) throw new Error(`no link ${name}`);
    return { ...present, links: present.links.map((link) => (link.name === name ? { ...link, ...more(link) } : link)) };
  };
  switch (step.kind) {
    case 'add-bridge':
      if (present.links.some((link) => link.name === step.bridge)) throw new Error('the bridge exists');
      return { ...present, links: [...present.links, bridge({ name: step.bridge, mac: step.mac, up: false })] };
    case 'set-mac':
      return change(step.link, () => ({ mac: step.mac }));
    case 'set-up':
      return change(step.link, () => ({ up: true }));
    case 'add-address':
      return change(step.link, (link) => ({ addresses: [...link.addresses, { address: step.address, prefix: step.prefix }] }));
    case 'drop-address':
      return change(step.link, (link) => ({ addresses: link.addresses.filter((one) => one.address !== step.address) }));
    case 'enslave':
      return change(step.link, () => ({ master: step.bridge }));
    case 'put-route':
      return { ...present, routes: [...present.routes.filter((route) => route.destination !== step.route.destination), { ...step.route, device: step.link }] };
    case 'forward':
      return { ...present, forwarding: true };
    case 'add-vlan':
      return { ...present, links: [...present.links, { name: step.link, kind: 'vlan', mac: MAC, up: false, addresses: [], vlan: { id: step.id, parent: step.parent } }] };
    default:
      throw new Error(`a flat network has no step ${step.kind}`);
  }
}

test('stopped after any step and begun again, the end is the same and the address was never away', () => {
  const holds = (present: PresentNetworkState): boolean => present.links.some((link) => link.addresses.some((one) => one.address === FLAT.hostAddress));
  fc.assert(
    fc.property(fc.array(fc.nat(7), { maxLength: 6 }), fc.boolean(), fc.boolean(), (stops, isDockers, isDown) => {
      let present: PresentNetworkState = isDockers ? { ...raw, links: [uplink(), bridge({ mac: '02:42:00:00:00:01', addresses: [{ address: '10.9.0.11', prefix: 16 }] })] } : raw;
      if (isDown) present = { ...present, links: present.links.map((link) => ({ ...link, up: false })) };
      for (const stop of [...stops, 99]) {
        for (const step of planNetwork(FLAT, present).steps.slice(0, stop)) {
          present = apply(present, step);
          expect(holds(present)).toBe(true);
        }
      }
      expect(planNetwork(FLAT, present)).toEqual({ steps: [], problems: [] });
      expect(present.links).toEqual([uplink({ master: 'br0', addresses: [] }), bridge({ addresses: [{ address: '10.9.0.11', prefix: 16 }] })]);
      expect(present.routes).toEqual([{ ...ROUTE, device: 'br0' }]);
    }),
  );
});

test("iproute2's JSON is read: kinds, masters, IPv4 addresses; the kernel's own routes are left out", () => {
  const addresses = JSON.stringify([
    { ifname: 'eth0', address: MAC, flags: ['BROADCAST', 'UP'], master: 'br0', addr_info: [{ family: 'inet6', local: 'fe80::1', prefixlen: 64 }] },
    { ifname: 'br0', address: MAC, flags: [], linkinfo: { info_kind: 'bridge' }, addr_info: [{ family: 'inet', local: '10.9.0.11', prefixlen: 16 }] },
    {},
  ]);
  const routes = JSON.stringify([
    { dst: 'default', gateway: '10.9.0.1', dev: 'br0', flags: ['onlink'], metric: 5, prefsrc: '10.9.0.11', protocol: 'dhcp' },
    { dst: '10.9.0.0/16', dev: 'br0', protocol: 'kernel', scope: 'link' },
  ]);
  expect(parsePresent(addresses, routes, '1\n')).toEqual({
    links: [
      { name: 'eth0', mac: MAC, up: true, master: 'br0', addresses: [] },
      { name: 'br0', kind: 'bridge', mac: MAC, up: false, addresses: [{ address: '10.9.0.11', prefix: 16 }] },
    ],
    routes: [{ destination: 'default', device: 'br0', gateway: '10.9.0.1', metric: 5, source: '10.9.0.11', onlink: true }],
    forwarding: true,
  });
});
