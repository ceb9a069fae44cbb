// Names, addresses and commands of a lab, compared exactly: what a typo here does to a network is hard to see from outside.
import { expect, test } from 'vitest';
import { overlaps } from './claim.ts';
import { ensureHost, ensureSite, hostOf, setCable, topologyOf, type LabShape } from './topology.ts';

const SHAPE: LabShape = { name: 'demo', base: '10.231', physical: 2, cloud: 1 };
const topology = topologyOf(SHAPE);
const lines = (commands: readonly (readonly string[])[]): string[] => commands.map((command) => command.join(' '));

test('three networks from one base, and an interface name that the kernel accepts', () => {
  expect(topology.ranges).toEqual({ site: '10.231.0.0/16', vpc: '10.232.0.0/24', cloudContainers: '10.233.0.0/16' });
  expect(topologyOf({ ...SHAPE, name: 'longname' }).seat.link.length).toBeLessThanOrEqual(15);
});

test('the site: two switches, a router, the operator\'s seat with routes to the cloud', () => {
  expect(lines(ensureSite(topology))).toEqual([
    'ip netns add firn-demo-dc',
    'nsenter --net=/run/netns/firn-demo-dc -- sh -c echo 1 > /proc/sys/net/ipv4/ip_forward',
    'ip -n firn-demo-dc link set lo up',
    'ip -n firn-demo-dc link add sw0 type bridge',
    'ip -n firn-demo-dc link add vpc0 type bridge',
    'ip -n firn-demo-dc link set sw0 up',
    'ip -n firn-demo-dc link set vpc0 up',
    'ip -n firn-demo-dc addr add 10.231.0.1/16 dev sw0',
    'ip -n firn-demo-dc addr add 10.232.0.1/24 dev vpc0',
    'ip link add firn-demo type veth peer name v-seat netns firn-demo-dc',
    'ip -n firn-demo-dc link set v-seat master sw0 up',
    'ip addr add 10.231.0.2/16 dev firn-demo',
    'ip link set firn-demo up',
    'ip route add 10.232.0.0/24 via 10.231.0.1 dev firn-demo',
    'ip route add 10.233.0.0/16 via 10.231.0.1 dev firn-demo',
  ]);
});

test('a physical host is raw, on the flat site', () => {
  const host = hostOf(topology, 'physical', 2);
  expect(host).toMatchObject({ name: 'phy2', mode: 'flat', address: '10.231.0.12', cidr: '10.231.0.0/16', gateway: '10.231.0.1' });
  expect(host.containers).toEqual({ cidr: '10.231.0.0/16', first: '10.231.16.0', last: '10.231.255.254', gateway: '10.231.0.1' });
  expect(lines(ensureHost(topology, host))).toEqual([
    'ip netns add firn-demo-phy2',
    'nsenter --net=/run/netns/firn-demo-phy2 -- sh -c echo 0 > /proc/sys/net/ipv4/ip_forward',
    'ip -n firn-demo-dc link add v-phy2 type veth peer name eth0 netns firn-demo-phy2',
    'ip -n firn-demo-dc link set v-phy2 master sw0 up',
    'ip -n firn-demo-phy2 link set lo up',
    'ip -n firn-demo-phy2 addr add 10.231.0.12/16 dev eth0',
    'ip -n firn-demo-phy2 link set eth0 up',
    'ip -n firn-demo-phy2 route add default via 10.231.0.1',
  ]);
});

test('a cloud host forwards, and the VPC has a route to its containers', () => {
  const host = hostOf(topology, 'cloud-vm', 1);
  expect(host).toMatchObject({ name: 'cloud1', mode: 'routed', address: '10.232.0.11', cidr: '10.232.0.0/24', gateway: '10.232.0.1' });
  expect(host.containers).toEqual({ cidr: '10.233.1.0/24', first: '10.233.1.2', last: '10.233.1.254', gateway: '10.233.1.1' });
  expect(lines(ensureHost(topology, host)).slice(1, 4)).toEqual([
    'nsenter --net=/run/netns/firn-demo-cloud1 -- sh -c echo 1 > /proc/sys/net/ipv4/ip_forward',
    'ip -n firn-demo-dc link add v-cloud1 type veth peer name eth0 netns firn-demo-cloud1',
    'ip -n firn-demo-dc link set v-cloud1 master vpc0 up',
  ]);
  expect(lines(ensureHost(topology, host)).at(-1)).toBe('ip -n firn-demo-dc route replace 10.233.1.0/24 via 10.232.0.11');
  expect(lines([setCable(topology, host, 'down')])).toEqual(['ip -n firn-demo-dc link set v-cloud1 down']);
});

test.each([
  [{ name: 'much-too-long' }, 'name: "much-too-long" is not allowed; use 1-8 characters'],
  [{ base: '10.254' }, 'base: "10.254" is not allowed; give two octets such as "10.231", the second at most 253'],
  [{ base: '10.231.0' }, 'base: "10.231.0" is not allowed'],
  [{ physical: -1 }, 'physical: -1 is not allowed; give a whole number from 0 to 200'],
])('refuses %j', (change, message) => {
  expect(() => topologyOf({ ...SHAPE, ...change })).toThrow(message);
});

test.each([
  ['default', false],
  ['0.0.0.0/1', false],
  ['10.0.0.0/8', true],
  ['10.231.4.0/24', true],
  ['10.231.0.2', true],
  ['10.232.0.0/16', false],
  ['192.0.2.0/24', false],
])('a route to %s collides with 10.231.0.0/16: %s', (destination, expected) => {
  expect(overlaps('10.231.0.0/16', destination)).toBe(expected);
});
