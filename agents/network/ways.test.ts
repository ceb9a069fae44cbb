// The ways beside the plain bridge: a VLAN of the uplink, a tunnel, the host's own network; what collides; and how a change is taken back.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FLAT, ROUTED } from '../fixtures.ts';
import type { HostNetwork } from '../protocol.ts';
import { asService, askNeighbour, commandsFor, forgetNeighbour, readNeighbour, readTunnelEntries, readTunnelNeighbours, undoAfter } from './commands.ts';
import { answerIn, askNeighbours, heardNeighbours, lastAnswer, seenOutside } from './duplicate.ts';
import { isDisruptive, openNetworkGuard, type GuardParts } from './guard.ts';
import { parsePresent, planNetwork, type PresentNetworkState } from './plan.ts';
import { parseTunnel, tunnelMacOf } from './tunnel.ts';
import { undoLines } from './undo.ts';

const MAC = '52:54:00:00:00:11';
const eth0 = { name: 'eth0', mac: MAC, up: true, addresses: [{ address: '10.9.0.11', prefix: 16 }] };
const raw: PresentNetworkState = { links: [eth0], routes: [{ destination: 'default', device: 'eth0', gateway: '10.9.0.1', onlink: false }], forwarding: true };
const linesFor = (network: HostNetwork, present: PresentNetworkState): string[] => commandsFor(planNetwork(network, present).steps).flatMap(({ args, stdin }) => [args.join(' '), ...(stdin ?? '').trim().split('\n')]);

test('a VLAN: the bridge stands on a sub-interface, and the uplink keeps its own address and routes', () => {
  const network: HostNetwork = { ...FLAT, vlan: 120, cidr: '10.20.0.0/16', gateway: '10.20.0.1', hostAddress: '10.20.0.11' };
  expect(linesFor(network, raw)).toEqual([
    'ip -batch -',
    'link add link eth0 name eth0.120 type vlan id 120',
    `link add name br0 address ${MAC} type bridge stp_state 0 forward_delay 0`,
    'link set dev br0 up',
    'address add 10.20.0.11/16 broadcast + dev br0',
    'link set dev eth0.120 master br0',
    'link set dev eth0.120 up',
  ]);
  // A sub-interface that somebody made already is taken, whatever its name, and its address moves.
  const made = { name: 'office', kind: 'vlan', mac: MAC, up: true, addresses: [{ address: '10.20.0.11', prefix: 16 }], vlan: { id: 120, parent: 'eth0' } };
  expect(linesFor(network, { ...raw, links: [eth0, made] }).slice(3)).toEqual(['address add 10.20.0.11/16 broadcast + dev br0', 'link set dev office master br0', 'address delete 10.20.0.11/16 dev office']);
  expect(planNetwork({ ...FLAT, vlan: 120 }, raw).problems).toEqual([expect.stringMatching(/10\.9\.0\.11 is on eth0 itself, and network 10\.9\.0\.0\/16 is VLAN 120/)]);
  expect(parsePresent(JSON.stringify([{ ifname: 'eth0.120', link: 'eth0', address: MAC, linkinfo: { info_kind: 'vlan', info_data: { id: 120 } } }]), '', '0').links[0]?.vlan).toEqual({ id: 120, parent: 'eth0' });
});

test('a tunnel: every other host is one route, one neighbour and one entry; who is gone is forgotten', () => {
  const network: HostNetwork = { ...ROUTED, tunnel: { vni: 4177, peers: [{ address: '10.8.0.12', cidr: '10.9.2.0/24' }, { address: '10.8.0.11', cidr: '10.9.1.0/24' }] } };
  const present = { ...raw, links: [{ ...eth0, addresses: [{ address: '10.8.0.11', prefix: 24 }] }] };
  expect(linesFor(network, present)).toEqual([
    'ip -batch -',
    'link add name firnx0 address 02:46:0a:08:00:0b type vxlan id 4177 local 10.8.0.11 dev eth0 dstport 4789 nolearning',
    'address add 10.9.1.0/32 broadcast + dev firnx0',
    'link set dev firnx0 up',
    'neighbour replace 10.9.2.0 lladdr 02:46:0a:08:00:0c dev firnx0 nud permanent',
    'route replace 10.9.2.0/24 via 10.9.2.0 dev firnx0 onlink',
    'bridge -batch -',
    'fdb replace 02:46:0a:08:00:0c dev firnx0 dst 10.8.0.12 self permanent',
  ]);
  const link = { name: 'firnx0', kind: 'vxlan', mac: tunnelMacOf('10.8.0.11'), up: true, addresses: [{ address: '10.9.1.0', prefix: 32 }] };
  const known = (last: number): PresentNetworkState => ({
    ...present, links: [...present.links, link],
    routes: [...present.routes, { destination: `10.9.${last}.0/24`, device: 'firnx0', gateway: `10.9.${last}.0`, onlink: true }],
    tunnel: parseTunnel(JSON.stringify([{ dst: `10.9.${last}.0`, lladdr: tunnelMacOf(`10.8.0.1${last}`), state: ['PERMANENT'] }]), JSON.stringify([{ mac: tunnelMacOf(`10.8.0.1${last}`), dst: `10.8.0.1${last}` }])),
  });
  expect(planNetwork(network, known(2)).steps).toEqual([]);
  expect(linesFor(network, known(3))).toEqual([
    'ip -batch -',
    'route delete 10.9.3.0/24 dev firnx0',
    'neighbour delete 10.9.3.0 dev firnx0',
    'neighbour replace 10.9.2.0 lladdr 02:46:0a:08:00:0c dev firnx0 nud permanent',
    'route replace 10.9.2.0/24 via 10.9.2.0 dev firnx0 onlink',
    'bridge -batch -',
    'fdb delete 02:46:0a:08:00:0d dev firnx0 dst 10.8.0.13 self permanent',
    'fdb replace 02:46:0a:08:00:0c dev firnx0 dst 10.8.0.12 self permanent',
  ]);
  expect(linesFor(ROUTED, known(2))).toEqual(['ip -batch -', 'link delete dev firnx0']);
  expect([readTunnelNeighbours(), readTunnelEntries()].map(({ args }) => args.join(' '))).toEqual(['ip -json neighbour show dev firnx0', 'bridge -json fdb show dev firnx0']);
});

test("the host's own network needs nothing of the host", () => {
  expect(planNetwork({ ...FLAT, mode: 'host', cidr: '10.9.0.11/32', gateway: '10.9.0.11' }, { ...raw, forwarding: false })).toEqual({ steps: [], problems: [] });
});

test('a range that the host reaches another way, and a bridge of somebody else, are refused before anything is changed', () => {
  const problemOf = (network: HostNetwork, more: Partial<PresentNetworkState>): string => {
    const plan = planNetwork(network, { ...raw, ...more });
    expect(plan.steps).toEqual([]);
    return plan.problems.join();
  };
  const vpn = { destination: '10.9.128.0/17', device: 'tun0', onlink: false };
  expect(problemOf(FLAT, { routes: [...raw.routes, vpn] })).toBe('range: 10.9.0.0/16 overlaps the route to 10.9.128.0/17 on tun0; choose another range, or remove the route');
  expect(problemOf(ROUTED, { links: [{ ...eth0, addresses: [] }, { name: 'docker0', kind: 'bridge', mac: MAC, up: true, addresses: [{ address: '10.9.1.1', prefix: 24 }] }] })).toMatch(/10\.9\.1\.0\/24 overlaps 10\.9\.1\.1\/24 on docker0/);
  const theirs = { name: 'br0', kind: 'bridge', mac: MAC, up: true, addresses: [{ address: '192.168.122.1', prefix: 24 }] };
  for (const network of [FLAT, ROUTED]) expect(problemOf(network, { links: [eth0, theirs] })).toMatch(/there is a bridge br0 already, with 192\.168\.122\.1\/24, which is not of/);
  // A bridge that stands is not taken down by a route that somebody adds later.
  const standing = { ...raw, links: [{ ...eth0, addresses: [], master: 'br0' }, { ...theirs, addresses: eth0.addresses }], routes: [{ ...raw.routes[0]!, device: 'br0' }, vpn] };
  expect(planNetwork(FLAT, standing)).toEqual({ steps: [], problems: [] });
});

test('who has an address is asked of the kernel, and only an answer counts', async () => {
  expect([forgetNeighbour, askNeighbour, readNeighbour].map((make) => make('10.9.1.7', 'br0').args.join(' '))).toEqual(['ip neighbour flush to 10.9.1.7 dev br0', 'ip neighbour replace 10.9.1.7 dev br0 use', 'ip -json neighbour show to 10.9.1.7 dev br0']);
  const seen = JSON.stringify([{ mac: '02:42:0A:09:01:07', ifname: 'eth0' }, { mac: '02:42:0a:09:01:08', ifname: 'veth12ab' }, { mac: '02:42:0a:09:01:09', ifname: 'eth0', state: 'permanent' }]);
  expect(seenOutside(seen, ['02:42:0a:09:01:07', '02:42:0a:09:01:08', '02:42:0a:09:01:09'])).toEqual(['02:42:0a:09:01:07']);
  expect(answerIn('')).toBeUndefined();
  expect(answerIn('[{"dst":"10.9.1.7","state":["INCOMPLETE"]}]')).toBeUndefined();
  expect(answerIn('[{"dst":"10.9.1.7","lladdr":"52:54:00:AA:00:01","state":["FAILED"]}]')).toBeUndefined();
  const said: string[] = [];
  const run = async ({ args }: { args: readonly string[] }) => {
    said.push(args.join(' '));
    return args[1] === '-json' && said.length > 4 ? '[{"dst":"10.9.1.7","lladdr":"52:54:00:AA:00:01","state":["REACHABLE"]}]' : '[]';
  };
  expect(await askNeighbours(run, 'br0', '10.9.1.7')).toBe('52:54:00:aa:00:01');
  expect(said.slice(0, 2)).toEqual(['ip neighbour flush to 10.9.1.7 dev br0', 'ip neighbour replace 10.9.1.7 dev br0 use']);
});

test('for a container that runs the last answer counts, and the kernel is left as it was', async () => {
  const said: string[] = [];
  const run = async ({ args, stdin }: { args: readonly string[]; stdin?: string }) => {
    said.push([...args, ...(stdin === undefined ? [] : ['<', stdin])].join(' '));
    return args[0] === 'cat' ? '100\n' : args.includes('to') && args.includes('show') ? '[{"dst":"10.9.1.7","lladdr":"52:54:00:AA:00:01","state":["REACHABLE"]}]' : '[]';
  };
  expect(await lastAnswer(run, 'br0', '10.9.1.7')).toBe('52:54:00:aa:00:01');
  const lock = '/proc/sys/net/ipv4/neigh/br0/locktime';
  expect(said).toEqual([`cat ${lock}`, `tee ${lock} < -1`, 'ip neighbour flush to 10.9.1.7 dev br0', 'ip neighbour replace 10.9.1.7 dev br0 use', 'ip -json neighbour show to 10.9.1.7 dev br0', `tee ${lock} < 100`, 'ip neighbour flush to 10.9.1.7 dev br0']);
  const table = JSON.stringify([{ dst: '10.9.1.7', lladdr: '52:54:00:AA:00:01', state: ['STALE'] }, { dst: '10.9.1.8', lladdr: '02:42:0a:09:01:08', state: ['FAILED'] }, { dst: '10.9.1.9', state: ['INCOMPLETE'] }]);
  expect([...(await heardNeighbours(async () => table, 'br0'))]).toEqual([['10.9.1.7', '52:54:00:aa:00:01']]);
});

test('taking back: the address returns to the uplink before the bridge goes, and the routes as they were', () => {
  expect(undoLines(FLAT, raw)).toEqual([
    'link set dev eth0 nomaster',
    'address replace 10.9.0.11/16 broadcast + dev eth0',
    'link set dev br0 down',
    'link delete dev br0',
    'link delete dev firnx0',
    'route replace default via 10.9.0.1 dev eth0',
  ]);
  expect(undoLines({ ...FLAT, vlan: 7 }, raw).slice(0, 3)).toEqual(['link set dev eth0 nomaster', 'link set dev eth0.7 nomaster', 'link delete dev eth0.7']);
  expect(undoAfter('/s/u.batch', 25).args).toEqual(['sh', '-c', 'sleep "$1"; if mv "$0" "$0.now" 2>/dev/null; then ip -force -batch "$0.now"; rm -f "$0.now"; fi', '/s/u.batch', '25']);
  expect(asService({ args: ['sh', '-c', 'true'] }).args).toEqual(['systemd-run', '--quiet', '--collect', 'sh', '-c', 'true']);
  expect([isDisruptive(planNetwork(FLAT, raw).steps), isDisruptive(planNetwork(ROUTED, { ...raw, forwarding: false }).steps)]).toEqual([true, false]);
});

test('a change after which the server is away is taken back once, and not tried again for a while', async () => {
  const { guard, folder, world, files } = await openGuard();
  expect(await guard.arm(FLAT, raw)).toBe(true);
  expect(world.timers).toEqual([{ lines: undoLines(FLAT, raw), seconds: 15 }]);
  world.isReachable = false;
  expect(await guard.confirm(FLAT)).toMatch(/was taken back, because the server could not be reached within 10 s of it; check uplink eth0/);
  expect(world.undone).toEqual([undoLines(FLAT, raw)]);
  expect(await guard.whyHeld(FLAT)).toMatch(/it is tried again in 10 min, or after: rm /);
  expect(await guard.whyHeld({ ...FLAT, uplink: 'eth1' })).toBeUndefined();
  world.nowMs += 600_001;
  expect(await guard.whyHeld(FLAT)).toBeUndefined();
  expect((await files()).filter((name) => name.startsWith('network-undo'))).toEqual([]);
  expect(folder).toBeTruthy();
});

test('what worked once is not guarded again, and neither is what begins without a server', async () => {
  const { guard, world, files } = await openGuard();
  world.isReachable = false;
  expect(await guard.arm(FLAT, raw)).toBe(false);
  world.isReachable = true;
  expect(await guard.arm(FLAT, raw)).toBe(true);
  expect(await guard.confirm(FLAT)).toBeUndefined();
  expect([world.undone, await files()]).toEqual([[], ['network-confirmed']]);
  expect(await guard.arm(FLAT, raw)).toBe(false);
  expect(await guard.arm({ ...FLAT, gateway: '10.9.0.254' }, raw)).toBe(true);
});

async function openGuard() {
  const folder = await mkdtemp(join(tmpdir(), 'firn-guard-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const linesIn = async (file: string) => (await readFile(file, 'utf8')).trim().split('\n');
  const world = { isReachable: true, nowMs: 1_000_000, timers: [] as { lines: string[]; seconds: number }[], undone: [] as string[][] };
  const parts: GuardParts = {
    stateDir: folder, waitSeconds: 10,
    reach: async () => world.isReachable,
    pause: async (ms) => void (world.nowMs += ms),
    startTimer: async (file, seconds) => void world.timers.push({ lines: await linesIn(file), seconds }),
    undoNow: async (file) => {
      world.undone.push(await linesIn(file));
      await writeFile(file, '');
      await rm(file);
    },
    nowMs: () => world.nowMs,
  };
  return { guard: openNetworkGuard(parts), folder, world, files: async () => (await readdir(folder)).sort() };
}
