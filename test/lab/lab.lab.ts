// The lab itself, on this machine: engines answer, hosts reach each other, accidents do what their names say, and nothing is left.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drive } from '../load/drive.ts';
import { processesIn } from './cgroups.ts';
import { busyboxImage, demoImage } from './images.ts';
import { Lab, type LabHost } from './lab.ts';
import { run } from './run.ts';
import { until } from './until.ts';

const SHAPE = { name: 'labtest', base: '10.241', physical: 2, cloud: 1, directory: join(tmpdir(), 'firn-labtest') } as const;
const CPU_MS_PER_REQUEST = 4;

let lab: Lab;
let before: Traces;

beforeAll(async () => {
  before = await traces();
  lab = await Lab.up({ ...SHAPE, images: await Promise.all([demoImage(), busyboxImage()]) });
});

afterAll(async () => {
  await lab?.down();
});

test('every host has an engine of its own and the images, byte for byte the same', async () => {
  const engines = await Promise.all(lab.hosts.map((host) => engineOf(host).info()));
  expect(lab.hosts.map((host) => [host.name, host.address])).toEqual([['cloud1', '10.242.0.11'], ['phy1', '10.241.0.11'], ['phy2', '10.241.0.12']]);
  expect(new Set(engines.map((engine) => engine.ID)).size).toBe(3);
  const ids = await Promise.all(lab.hosts.map(async (host) => (await engineOf(host).getImage('firn/demo:1').inspect()).Id));
  expect(ids).toEqual(Array(3).fill((await demoImage()).id));
});

test('hosts are raw: an address on eth0 and forwarding only where the cloud routes, nothing of ours', async () => {
  for (const host of lab.hosts) {
    const links = JSON.parse(await onHost(host, 'ip', '-4', '-json', 'addr')) as { ifname: string; addr_info: { local: string }[] }[];
    expect(links.map((link) => [link.ifname, link.addr_info[0]?.local])).toEqual([['lo', '127.0.0.1'], ['eth0', host.address]]);
    expect((await onHost(host, 'cat', '/proc/sys/net/ipv4/ip_forward')).trim()).toBe(host.mode === 'routed' ? '1' : '0');
    expect(new Set((await engineOf(host).listNetworks()).map((network) => network.Name))).toEqual(new Set(['host', 'none']));
  }
});

test('containers on flat and routed bridges answer the operator and each other, at the declared cost of CPU', async () => {
  for (const host of lab.hosts) await makeBridge(host);
  const addresses = { phy1: '10.241.16.1', phy2: '10.241.17.1', cloud1: '10.243.1.2' };
  for (const [name, address] of Object.entries(addresses)) await startDemo(lab.host(name), address);
  const targets = Object.values(addresses).map((address) => `http://${address}:8080/`);
  await Promise.all(targets.map((target) => untilAnswers(target)));
  expect(await (await fetch(targets[0] as string)).json()).toMatchObject({ hostname: 'demo', ip: '10.241.16.1', mac: '02:42:0a:f1:10:01' });
  for (const other of [addresses.phy2, addresses.cloud1]) await reaches(lab.host('phy1'), other);
  await reaches(lab.host('cloud1'), addresses.phy1);

  const cpuBefore = await cpuSeconds(targets);
  const load = await drive({ targets, qps: 90, seconds: 2 });
  const cpuMs = ((await cpuSeconds(targets)) - cpuBefore) * 1000;
  expect(load).toMatchObject({ sent: 180, ok: 180, failed: 0 });
  expect(cpuMs / load.ok / CPU_MS_PER_REQUEST).toBeCloseTo(1, 0);
  expect(Math.abs(cpuMs / load.ok / CPU_MS_PER_REQUEST - 1)).toBeLessThan(0.15);
});

test('a dead engine leaves its containers running, and takes them over when it lives again', async () => {
  await lab.kill('phy1');
  await expect(engineOf(lab.host('phy1')).ping()).rejects.toThrow();
  expect((await fetch('http://10.241.16.1:8080/up')).status).toBe(200);
  await lab.revive('phy1');
  expect((await containerStates(lab.host('phy1'))).demo).toBe('running');
});

test('without its cable a host is silent but alive', async () => {
  await lab.cut('phy2');
  await expect(fetch('http://10.241.17.1:8080/up', { signal: AbortSignal.timeout(500) })).rejects.toThrow();
  await lab.mend('phy2');
  await untilAnswers('http://10.241.17.1:8080/');
});

test('a host without power loses everything at once, and boots raw with its disk', async () => {
  const host = lab.host('phy2');
  const agent = await lab.spawnOn('phy2', ['sleep', '1000'], { logFile: join(host.home, 'agent.log') });
  await lab.crash('phy2');
  expect(await agent.ended).toEqual({ code: null, signal: 'SIGKILL' });
  expect(await processesIn(host.cgroupParent)).toEqual(new Set());
  await expect(fetch('http://10.241.17.1:8080/up', { signal: AbortSignal.timeout(500) })).rejects.toThrow();
  await expect(lab.kill('phy2')).rejects.toThrow('powered off');
  await lab.revive('phy2');
  expect((await containerStates(host)).demo).toBe('exited');
});

test('a process on a host sees the host\'s network, and stops when asked', async () => {
  const host = lab.host('cloud1');
  const child = await lab.spawnOn('cloud1', ['sh', '-c', 'ip -4 -br addr; echo "$GREETING"; exec sleep 1000'], {
    logFile: join(host.home, 'child.log'),
    env: { GREETING: 'hello' },
  });
  await until('the process has said hello', async () => (await child.tail()).includes('hello'));
  expect(await child.tail()).toContain(host.address);
  expect(await child.stop()).toMatchObject({ signal: 'SIGTERM' });
});

test('refuses a lab that runs already, its folder, and ranges that this machine has routes to', async () => {
  await expect(Lab.up(SHAPE)).rejects.toThrow(`lab "labtest" is in use by process ${process.pid}`);
  await expect(Lab.up({ ...SHAPE, name: 'other', base: '10.244' })).rejects.toThrow("not this lab's own");
  await expect(Lab.up({ ...SHAPE, name: 'other' })).rejects.toThrow("10.241.0.0/16 collides with this machine's route to 10.241.0.0/16 on firn-labtest");
});

test('refuses a folder that somebody else uses', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'firn-labtest-foreign-'));
  await mkdir(join(directory, 'phy1'));
  await expect(Lab.up({ ...SHAPE, name: 'other', base: '10.244', directory })).rejects.toThrow('is not empty and not this lab');
  expect(await readdir(directory)).toEqual(['phy1']);
  await rm(directory, { recursive: true });
});

test('down leaves nothing on the machine', async () => {
  const sockets = await shimSockets();
  expect(sockets.filter((socket) => existsSync(socket))).not.toEqual([]);
  await lab.down();
  expect(await traces()).toEqual(before);
  expect(sockets.filter((socket) => existsSync(socket))).toEqual([]);
  await expect(readdir(SHAPE.directory)).rejects.toThrow('ENOENT');
});

test('what a killed run leaves behind is removed by the next', async () => {
  const script = `import { Lab } from ${JSON.stringify(new URL('lab.ts', import.meta.url).href)};
    await Lab.up(${JSON.stringify({ ...SHAPE, physical: 1, cloud: 0 })}); process.kill(process.pid, 'SIGKILL');`;
  await run([process.execPath, '--input-type=module', '--eval', script]).catch(() => undefined);
  expect(await processesIn('/firn-labtest')).not.toEqual(new Set());
  await using next = await Lab.up({ ...SHAPE, physical: 1, cloud: 0 });
  expect(next.hosts).toHaveLength(1);
  await next.down();
  expect(await traces()).toEqual(before);
});

/** Everything of a lab that a machine could keep. */
interface Traces {
  namespaces: string[];
  links: string[];
  routes: string;
  mounts: string[];
  groups: string[];
  processes: string[];
}

async function traces(): Promise<Traces> {
  const list = async (folder: string): Promise<string[]> => (await readdir(folder).catch((): string[] => [])).toSorted();
  const commands = await Promise.all(
    (await list('/proc')).filter((name) => /^\d+$/.test(name)).map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
  return {
    namespaces: (await list('/run/netns')).filter((name) => name.includes('labtest')),
    links: (await list('/sys/class/net')).filter((name) => name.includes('labtest')),
    routes: (await run(['ip', 'route'])).split('\n').filter((line) => /10\.24[1-3]\./.test(line)).join('\n'),
    mounts: mounts.filter((point) => point.includes('labtest')),
    groups: (await run(['find', '/sys/fs/cgroup', '-type', 'd', '-name', '*labtest*'])).split('\n').filter(Boolean),
    processes: commands.filter((command) => command.includes('firn-labtest')),
  };
}

/** Sockets of the shims of running containers: they are in a folder that the whole machine shares. */
async function shimSockets(): Promise<string[]> {
  const addresses = await Promise.all(
    lab.hosts.map((host) => run(['find', join(host.home, 'run'), '-name', 'address', '-exec', 'cat', '{}', ';', '-printf', '\\n'])),
  );
  return addresses.flatMap((text) => text.split('\n')).filter(Boolean).map((address) => address.replace('unix://', ''));
}

function engineOf(host: LabHost): Docker {
  return new Docker({ socketPath: host.socketPath, timeout: 10_000 });
}

async function onHost(host: LabHost, ...command: string[]): Promise<string> {
  return run(['nsenter', `--net=/run/netns/${host.namespace}`, '--', ...command]);
}

/** By hand what an agent does: a bridge with the host's address (flat) or with the VM's own /24 (routed), no NAT. */
async function makeBridge(host: LabHost): Promise<void> {
  const flat = host.mode === 'flat';
  if (flat) {
    await onHost(host, 'ip', 'link', 'add', 'br0', 'type', 'bridge');
    await onHost(host, 'ip', 'addr', 'flush', 'dev', 'eth0');
    await onHost(host, 'ip', 'link', 'set', 'eth0', 'master', 'br0');
    await onHost(host, 'ip', 'addr', 'add', `${host.address}/16`, 'dev', 'br0');
    await onHost(host, 'ip', 'link', 'set', 'br0', 'up');
    await onHost(host, 'ip', 'route', 'add', 'default', 'via', host.gateway);
  }
  await engineOf(host).createNetwork({
    Name: 'byhand',
    Driver: 'bridge',
    Options: { 'com.docker.network.bridge.name': 'br0', 'com.docker.network.bridge.enable_ip_masquerade': 'false' },
    IPAM: {
      Driver: 'default',
      Config: [
        flat
          ? { Subnet: host.containers.cidr, Gateway: host.address, AuxiliaryAddresses: { DefaultGatewayIPv4: host.gateway } }
          : { Subnet: host.containers.cidr, Gateway: host.containers.gateway },
      ] as never,
    },
  });
}

async function startDemo(host: LabHost, address: string): Promise<void> {
  const mac = `02:42:${address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0')).join(':')}`;
  const container = await engineOf(host).createContainer({
    name: 'demo',
    Image: 'firn/demo:1',
    Hostname: 'demo',
    Env: [`CPU_MS_PER_REQUEST=${CPU_MS_PER_REQUEST}`],
    MacAddress: mac,
    HostConfig: { NetworkMode: 'byhand', CpuPeriod: 100_000, CpuQuota: 100_000, Memory: 256 << 20, MemorySwap: 256 << 20 },
    NetworkingConfig: { EndpointsConfig: { byhand: { IPAMConfig: { IPv4Address: address } } } },
  });
  await container.start();
}

/** From a container on the host, a ping to another container. */
async function reaches(host: LabHost, address: string): Promise<void> {
  const container = await engineOf(host).createContainer({
    Image: 'firn/busybox:1',
    Cmd: ['ping', '-c', '1', '-W', '2', address],
    HostConfig: { NetworkMode: `container:${(await engineOf(host).getContainer('demo').inspect()).Id}` },
  });
  await container.start();
  expect(await container.wait()).toMatchObject({ StatusCode: 0 });
  await container.remove();
}

async function containerStates(host: LabHost): Promise<Record<string, string>> {
  const containers = await engineOf(host).listContainers({ all: true });
  return Object.fromEntries(containers.map((container) => [container.Names[0]?.slice(1), container.State]));
}

async function cpuSeconds(targets: readonly string[]): Promise<number> {
  const texts = await Promise.all(targets.map(async (target) => (await fetch(`${target}metrics`)).text()));
  return texts.reduce((sum, text) => sum + Number(/^process_cpu_seconds_total (\S+)/m.exec(text)?.[1]), 0);
}

async function untilAnswers(target: string): Promise<void> {
  await until(`${target} answers`, async () => (await fetch(`${target}up`, { signal: AbortSignal.timeout(500) }).catch(() => undefined))?.ok === true);
}
