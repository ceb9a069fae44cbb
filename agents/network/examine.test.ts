// What the doctor says of a host's network: each finding with its remedy, from what the tools of the host print.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkConfig } from '../config.ts';
import { assignment, FLAT, ROUTED } from '../fixtures.ts';
import { openLedger } from '../ledger.ts';
import type { HostNetwork } from '../protocol.ts';
import { droppingChains } from './examine-kernel.ts';
import { examineNetwork } from './examine.ts';

const ETH0 = { ifname: 'eth0', address: '52:54:00:00:00:11', mtu: 1500, flags: ['UP'], addr_info: [{ family: 'inet', local: '10.8.0.11', prefixlen: 24 }] };
const DOCKER0 = (address: string) => ({ ifname: 'docker0', address: '02:42:00:00:00:01', mtu: 1500, flags: ['UP'], linkinfo: { info_kind: 'bridge' }, addr_info: [{ family: 'inet', local: address, prefixlen: 16 }] });

/** Checks by name, of a host whose tools print this. */
async function examined({ links = [ETH0], routes = [], network, says = {}, cidr }: { links?: object[]; routes?: object[]; network?: HostNetwork; says?: Record<string, string>; cidr?: string }) {
  const stateDir = await mkdtemp(join(tmpdir(), 'firn-doctor-'));
  onTestFinished(() => rm(stateDir, { recursive: true, force: true }));
  if (network !== undefined) await openLedger(stateDir).write(assignment(1, [], { network }));
  const config = checkConfig({ serverUrl: 'ws://10.8.0.5:7071', stateDir, persistDir: '/p', dockerSocket: '/d.sock', name: 'h1', address: '10.8.0.11', uplink: 'eth0', log: 'silent', ...(cidr === undefined ? {} : { containerCidr: cidr }) });
  const run = async ({ args }: { readonly args: readonly string[] }) => {
    const line = args.join(' ');
    if (line.startsWith('ip -json -details')) return JSON.stringify(links);
    if (line.startsWith('ip -json -4 route')) return JSON.stringify(routes);
    const found = Object.entries({ ...says, ...(says['ip_forward'] === undefined ? { ip_forward: '0' } : {}) }).find(([part]) => line.includes(part));
    if (found === undefined) throw new Error(`${args[0]}: not found`);
    return found[1];
  };
  return new Map((await examineNetwork(config, run)).map((check) => [check.name, check]));
}

test('a host that is as it should be is well throughout', async () => {
  const checks = await examined({ says: { ip_forward: '1', FORWARD: '-P FORWARD ACCEPT' }, cidr: '10.77.1.0/24', links: [ETH0, DOCKER0('172.17.0.1')] });
  expect([...checks.values()].filter(({ state }) => state !== 'well')).toEqual([]);
  expect([...checks.keys()]).toEqual(['uplink', 'container range', 'bridge name', "engine's bridge", 'forwarding', 'firewall', 'nftables', 'path filter', 'packet size']);
});

test('ranges that the host reaches another way, and the engine that has them itself', async () => {
  const taken = await examined({ cidr: '10.77.1.0/24', routes: [{ dst: '10.77.0.0/16', dev: 'tun0' }], says: { ip_forward: '1' } });
  expect(taken.get('container range')).toMatchObject({ state: 'wrong', finding: '10.77.1.0/24 overlaps the route to 10.77.0.0/16 on tun0' });
  expect((await examined({ cidr: '10.8.0.128/25' })).get('container range')).toMatchObject({ state: 'wrong', finding: '10.8.0.128/25 overlaps 10.8.0.11/24 on eth0' });
  const engine = await examined({ cidr: '172.17.4.0/24', links: [ETH0, DOCKER0('172.17.0.1')] });
  expect(engine.get("engine's bridge")).toMatchObject({ state: 'wrong', remedy: expect.stringContaining('"default-address-pools"') });
});

test('a bridge name that is taken, before the host is assigned one', async () => {
  const mine = { ifname: 'firn0', address: '02:42:00:00:00:02', mtu: 1500, flags: [], linkinfo: { info_kind: 'bridge' }, addr_info: [{ family: 'inet', local: '192.168.9.1', prefixlen: 24 }] };
  expect((await examined({ links: [ETH0, mine] })).get('bridge name')).toMatchObject({ state: 'wrong', finding: 'there is a bridge firn0 already, with 192.168.9.1' });
});

test('firewalls on the way of forwarded packets, each by its own name', async () => {
  const chains = JSON.stringify({ nftables: [{ metainfo: {} }, { chain: { family: 'inet', table: 'firewalld', name: 'filter_FORWARD', hook: 'forward', policy: 'drop' } }, { chain: { family: 'ip', table: 'filter', name: 'FORWARD', hook: 'forward', policy: 'drop' } }, { chain: { family: 'ip', table: 'nat', name: 'OUTPUT' } }] });
  expect(droppingChains(chains)).toEqual([{ family: 'inet', table: 'firewalld', chain: 'filter_FORWARD' }]);
  const checks = await examined({ cidr: '10.77.1.0/24', says: { 'iptables --wait': '-P FORWARD DROP\n', nft: chains, ip_forward: '0' } });
  expect(checks.get('firewall')).toMatchObject({ state: 'wrong', remedy: expect.stringContaining('iptables -P FORWARD ACCEPT') });
  expect(checks.get('nftables')).toMatchObject({ state: 'wrong', remedy: expect.stringContaining('nft add rule inet firewalld filter_FORWARD accept') });
  expect(checks.get('forwarding')).toMatchObject({ state: 'doubtful', finding: 'ip_forward is off; routed containers need it' });
  // On a flat network neighbours are asked, where this iproute2 can, and firewalls matter only where bridged frames pass through them.
  const flat = { ...FLAT, hostAddress: '10.8.0.11', cidr: '10.8.0.0/24', gateway: '10.8.0.1' };
  expect((await examined({ network: flat, says: { 'iptables --wait': '-P FORWARD DROP\n', ip_forward: '0' } })).get('firewall')?.state).toBe('well');
  expect((await examined({ network: flat, says: { 'neighbour help': 'Usage: ... [ router ] [ use ] [ managed ]' } })).get('duplicate addresses')?.state).toBe('well');
  expect((await examined({ network: flat })).get('duplicate addresses')?.state).toBe('doubtful');
  const filtered = await examined({ network: flat, says: { 'iptables --wait': '-P FORWARD DROP\n', 'bridge-nf': '1\n', ip_forward: '0' } });
  expect([filtered.get('firewall')?.state, filtered.get('bridge filter')?.state]).toEqual(['wrong', 'doubtful']);
});

test('path filters, packet sizes and modules are asked where they matter', async () => {
  const eth1 = { ifname: 'eth1', address: '52:54:00:00:00:12', mtu: 1500, flags: ['UP'], addr_info: [{ family: 'inet', local: '192.168.5.2', prefixlen: 24 }] };
  const network: HostNetwork = { ...ROUTED, tunnel: { vni: 1, peers: [] } };
  const tunnel = { ifname: 'firnx0', address: '02:46:0a:08:00:0b', mtu: 1500, flags: ['UP'], linkinfo: { info_kind: 'vxlan' }, addr_info: [] };
  const checks = await examined({ network, links: [ETH0, eth1, tunnel], says: { rp_filter: '1\n', ip_forward: '1', 'neighbour show': '[]', 'fdb show': '[]' } });
  expect(checks.get('path filter')).toMatchObject({ state: 'doubtful', finding: expect.stringContaining('eth1 is a way out beside eth0') });
  expect(checks.get('packet size')).toMatchObject({ state: 'wrong', finding: 'firnx0 sends packets of up to 1550 bytes over eth0, which takes 1500', remedy: 'ip link set dev firnx0 mtu 1450' });
  expect(checks.get('module vxlan')).toMatchObject({ state: 'doubtful', remedy: expect.stringContaining('modprobe vxlan') });
  expect((await examined({ network, says: { modprobe: '', ip_forward: '1' } })).get('module vxlan')?.state).toBe('well');
});
