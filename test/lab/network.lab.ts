// Networks on real hosts, each with its own agent process: an address that something else has, the host's own network, a tunnel where no router
// knows the way, and a change of the host's network that is taken back because the server was away after it.
import { mkdir, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { macOf } from '#agents/accept.ts';
import type { AgentConfig } from '#agents/config.ts';
import { joinServer } from '#agents/join.ts';
import type { HostNetwork, ReplicaSpec, Report } from '#agents/protocol.ts';
import { StandInServer } from '#agents/stand-in.ts';
import { busyboxImage, demoImage } from './images.ts';
import { Lab, type LabHost } from './lab.ts';
import type { HostProcess } from './processes.ts';
import { LAB_ENVIRONMENT, run } from './run.ts';
import { until } from './until.ts';

const DIRECTORY = join(tmpdir(), 'firn-netlab');
const PORT = 7071;
const NODE = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
const AGENT = fileURLToPath(new URL('../../agents/main.ts', import.meta.url));
/** How long the server may be away after a change of a host's network. */
const CONFIRM_SECONDS = 3;

let lab: Lab;
let server: StandInServer;
const agents = new Map<string, HostProcess>();
const generations = new Map<string, number>();

beforeAll(async () => {
  lab = await Lab.up({ name: 'net', base: '10.242', physical: 3, cloud: 2, directory: DIRECTORY, images: await Promise.all([demoImage(), busyboxImage()]) });
  server = await StandInServer.start({ host: lab.topology.seat.address, port: PORT, heartbeatMs: 300, reportMs: 500 });
  for (const host of lab.hosts) await joinServer(configOf(host), 'token-0123456789abcdef');
  for (const name of ['phy1', 'phy2', 'cloud1', 'cloud2']) await startAgent(lab.host(name));
}, 60_000);

afterAll(async () => {
  for (const agent of agents.values()) await agent.stop();
  await server?.[Symbol.asyncDispose]();
  await lab?.down();
});

test('an address that something else has is told with its MAC, and starts once nothing answers any more', async () => {
  const { link } = lab.topology.seat;
  const stranger = '10.242.16.7';
  await run(['ip', 'address', 'add', `${stranger}/32`, 'dev', link]);
  const [{ address: mac = '' } = {}] = JSON.parse(await run(['ip', '-json', 'link', 'show', 'dev', link])) as { address?: string }[];
  assign('phy1', networkOf('phy1'), [spec('10.242.16.1'), spec(stranger)]);
  const report = await server.until('phy1', (one) => (one.conflicts ?? []).length > 0 && one.replicas.some(({ address, state }) => address === '10.242.16.1' && state === 'running'), 20_000);
  expect(report.conflicts).toMatchObject([{ address: stranger, replicaId: `replica-${stranger}`, ownMac: macOf(stranger), otherMac: mac, running: false }]);
  const waiting = await server.until('phy1', (one) => one.replicas.some(({ id, reason }) => id === `replica-${stranger}` && (reason ?? '').includes('answers on the network already')));
  expect(waiting.replicas.find(({ id }) => id === `replica-${stranger}`)?.reason).toContain(mac);
  expect((await docker('phy1').listContainers()).map(({ Names }) => Names[0])).toEqual(['/demo-16-1']);
  await run(['ip', 'address', 'del', `${stranger}/32`, 'dev', link]);
  const after = await untilRunning('phy1', 2, 30_000);
  expect(after.conflicts).toBeUndefined();
}, 60_000);

test("a container on its host's own network has the host's address; a port that is in use keeps it from starting", async () => {
  const host = lab.host('phy2');
  const network: HostNetwork = { ...networkOf('phy2'), mode: 'host', cidr: `${host.address}/32`, gateway: host.address };
  const squatter = await lab.spawnOn('phy2', [NODE, '-e', `require('node:net').createServer().listen(8080, '${host.address}')`], { env: {}, logFile: join(host.home, 'squatter.log') });
  await until('the port is taken', async () => (await run(['nsenter', `--net=/run/netns/${host.namespace}`, '--', 'ss', '-ltn'])).includes(':8080 '));
  assign('phy2', network, [{ ...spec(host.address), name: 'demo-host' }]);
  await server.until('phy2', (one) => one.replicas.some(({ reason }) => (reason ?? '').includes(`port 8080 of this host (${host.address}) is in use already`)), 20_000);
  await squatter.stop();
  await untilRunning('phy2', 1, 20_000);
  const [container] = await docker('phy2').listContainers();
  expect(container?.HostConfig.NetworkMode).toBe('host');
  expect((await fetch(`http://${host.address}:8080/up`, { signal: AbortSignal.timeout(3_000) })).ok).toBe(true);
  // It is what was assigned: nothing is made anew when it is looked at again.
  expect((await server.until('phy2', (one) => one.converged)).problems).toEqual([]);
}, 60_000);

test('containers of routed hosts reach each other through the tunnel when no router knows their ranges', async () => {
  const [one, two] = [lab.host('cloud1'), lab.host('cloud2')];
  for (const host of [one, two]) await run(['ip', '-n', lab.topology.dataCentre, 'route', 'del', host.containers.cidr]);
  const peers = [one, two].map((host) => ({ address: host.address, cidr: host.containers.cidr }));
  for (const [name, address] of [['cloud1', '10.244.1.2'], ['cloud2', '10.244.2.2']] as const) assign(name, { ...networkOf(name), tunnel: { vni: 4177, peers } }, [spec(address)]);
  await Promise.all(['cloud1', 'cloud2'].map((name) => untilRunning(name, 1, 20_000)));
  const asks = (from: LabHost, to: string) => inside(from.name, `fetch('http://${to}:8080/up').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(2))`);
  expect(await asks(one, '10.244.2.2')).toBe(0);
  expect(await asks(two, '10.244.1.2')).toBe(0);
  // Packets of the greatest length of the uplink pass too: the kernel tells containers what the tunnel leaves of it.
  expect(await inside('cloud1', "fetch('http://10.244.2.2:8080/up', { method: 'POST', body: 'x'.repeat(60000) }).then(() => process.exit(0), () => process.exit(2))")).toBe(0);
  assign('cloud1', networkOf('cloud1'), [spec('10.244.1.2')]);
  await untilRunning('cloud1', 1, 20_000);
  await until('the tunnel is gone', async () => !(await run(['ip', '-n', one.namespace, 'link', 'show'])).includes('firnx0'));
}, 60_000);

test('a change after which the server is away is taken back, by the agent or, when that dies, without it', async () => {
  const host = lab.host('phy3');
  // A firewall that knows the uplink by its name, as many do: whatever comes by the bridge is dropped.
  const firewall = (...rule: string[]) => run(['nsenter', `--net=/run/netns/${host.namespace}`, '--', 'iptables', ...rule, 'br0', '-j', 'DROP']);
  await firewall('-A', 'INPUT', '-i');
  await firewall('-A', 'OUTPUT', '-o');
  const before = await linksOf(host);
  expect(before).toMatchObject({ eth0: [host.address] });
  const isBack = async () => JSON.stringify(await linksOf(host)) === JSON.stringify(before) && (await run(['ip', '-n', host.namespace, 'route', 'show', 'default'])).includes('dev eth0');
  for (const isKilled of [false, true]) {
    await startAgent(host);
    // Another gateway makes it another network, which is tried anew.
    assign('phy3', { ...networkOf('phy3'), ...(isKilled ? { gateway: '10.242.0.3' } : {}) }, []);
    await until('the bridge has the address', async () => (await linksOf(host))['br0']?.includes(host.address) === true, 10_000);
    if (isKilled) await agents.get('phy3')?.stop('SIGKILL');
    await until('everything is as before', isBack, 15_000);
    if (isKilled) continue;
    const report = await server.until('phy3', (one) => one.problems.some((problem) => problem.includes('taken back')), 20_000);
    expect(report.problems[0]).toMatch(/the change of the host's network was taken back, because the server could not be reached/);
    await agents.get('phy3')?.stop();
  }
  expect((await readdir(join(host.home, 'agent'))).filter((name) => name.startsWith('network-undo'))).toEqual([]);
}, 60_000);

function configOf(host: LabHost): AgentConfig {
  return {
    serverUrl: `http://${lab.topology.seat.address}:${PORT}`, stateDir: join(host.home, 'agent'), persistDir: join(host.home, 'persist'), dockerSocket: host.socketPath,
    cgroupParent: host.cgroupParent, name: host.name, address: host.address, uplink: 'eth0', declared: { cpuMilli: 4000, memoryMib: 8192 }, log: 'info',
    ...(host.mode === 'routed' ? { containerCidr: host.containers.cidr } : {}),
  };
}

async function startAgent(host: LabHost): Promise<void> {
  await mkdir(join(host.home, 'agent'), { recursive: true });
  const { serverUrl, stateDir, persistDir, dockerSocket, name, address } = configOf(host);
  const args = ['run', '--server', serverUrl, '--state-dir', stateDir, '--persist-dir', persistDir, '--docker-socket', dockerSocket, '--cgroup-parent', host.cgroupParent, '--name', name, '--address', address, '--uplink', 'eth0', '--network-confirm-seconds', String(CONFIRM_SECONDS)];
  agents.set(name, await lab.spawnOn(name, [NODE, AGENT, ...args], { env: LAB_ENVIRONMENT, logFile: join(host.home, 'agent.log') }));
}

function networkOf(name: string): HostNetwork {
  const host = lab.host(name);
  return { name: 'firn', mode: host.mode, bridge: 'br0', uplink: 'eth0', cidr: host.containers.cidr, gateway: host.containers.gateway, hostAddress: host.address };
}

function assign(name: string, network: HostNetwork, replicas: ReplicaSpec[]): void {
  const generation = (generations.get(name) ?? 0) + 1;
  generations.set(name, generation);
  server.assign({ clusterId: server.clusterId, hostId: name, generation, network, replicas });
}

/** A replica of the demo service; its name and id follow from its address. */
function spec(address: string): ReplicaSpec {
  const name = `demo-${address.split('.').slice(2).join('-')}`;
  return { id: `replica-${address}`, name, workload: 'demo@production', image: 'firn/demo:1', command: [], env: {}, address, mac: macOf(address), cpuMilli: 500, memoryMib: 96, port: 8080, dns: [], hosts: [], stopSeconds: 1 };
}

function untilRunning(name: string, count: number, deadlineMs: number): Promise<Report> {
  return server.until(name, (report) => report.converged && report.generation === generations.get(name) && report.replicas.filter(({ state }) => state === 'running').length === count, deadlineMs);
}

const docker = (name: string): Docker => new Docker({ socketPath: lab.host(name).socketPath });

/** Runs a line of JavaScript in the first container of a host; gives its exit code. */
async function inside(name: string, script: string): Promise<number | null> {
  const [container] = await docker(name).listContainers();
  const exec = await docker(name).getContainer(container?.Id ?? '').exec({ AttachStdout: true, Tty: true, Cmd: ['/usr/local/bin/node', '-e', script] });
  const stream = await exec.start({ Tty: true });
  for await (const _ of stream);
  return (await exec.inspect()).ExitCode;
}

/** IPv4 addresses of a host's own links that have any, but for the loopback's. */
async function linksOf(host: LabHost): Promise<Record<string, string[]>> {
  const links = JSON.parse(await run(['ip', '-n', host.namespace, '-json', '-4', 'address', 'show'])) as { ifname?: string; addr_info?: { local?: string }[] }[];
  return Object.fromEntries(links.flatMap(({ ifname, addr_info: info = [] }) => (ifname === undefined || ifname === 'lo' || info.length === 0 ? [] : [[ifname, info.map(({ local }) => local ?? '')]])));
}
