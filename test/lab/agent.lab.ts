// The agent on real Docker Engines: what it promises about containers, networks, restarts, dead engines, hands that meddle, and strangers.
// The server's side is a stand-in that speaks the protocol; agents run in this process, each with the network namespace of its host.
import { mkdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { macOf } from '#agents/accept.ts';
import { runAgent, type AgentHandle } from '#agents/agent.ts';
import type { AgentConfig } from '#agents/config.ts';
import type { Check } from '#agents/check.ts';
import { doctor } from '#agents/doctor.ts';
import { joinServer } from '#agents/join.ts';
import { openHostNetworking, openRunner } from '#agents/network/run.ts';
import type { HostNetwork, ReplicaSpec, Report } from '#agents/protocol.ts';
import { StandInServer } from '#agents/stand-in.ts';
import { busyboxImage, demoImage } from './images.ts';
import { Lab, type LabHost } from './lab.ts';
import { run } from './run.ts';

const DIRECTORY = join(tmpdir(), 'firn-agentlab');
const PORT = 7071;

let lab: Lab;
let server: StandInServer;
const agents = new Map<string, AgentHandle>();
/** What each host was told last. */
const told = new Map<string, { generation: number; replicas: ReplicaSpec[] }>();

beforeAll(async () => {
  lab = await Lab.up({ name: 'agent', base: '10.221', physical: 2, cloud: 1, directory: DIRECTORY, images: await Promise.all([demoImage(), busyboxImage()]) });
  await startServer();
  for (const host of lab.hosts) {
    await joinServer(configOf(host), 'token-0123456789abcdef');
    await startAgent(host);
  }
});

afterAll(async () => {
  for (const agent of agents.values()) await agent.stop();
  await server?.[Symbol.asyncDispose]();
  await lab?.down();
});

test('containers run with exactly what was assigned, on flat and on routed hosts', async () => {
  assign('phy1', [spec('10.221.16.1', { env: { PORT: '8080', GREETING: 'a=b c' }, dns: ['10.221.0.1'], hosts: [{ name: 'db.internal', address: '10.221.0.9' }], healthPath: '/up' })]);
  assign('phy2', [spec('10.221.16.2')]);
  assign('cloud1', [spec('10.223.1.2')]);
  const reports = await Promise.all(['phy1', 'phy2', 'cloud1'].map((name) => untilRunning(name)));
  expect(reports[0]?.replicas[0]).toMatchObject({ address: '10.221.16.1', mac: '02:42:0a:dd:10:01', cpuMilli: 500, memoryMib: 96, restarts: 0 });
  expect(reports[0]?.problems).toEqual([]);

  const info = await inspect('phy1', 'demo-16-1');
  expect(info.HostConfig).toMatchObject({
    CpuPeriod: 100_000, CpuQuota: 50_000, Memory: 96 * 2 ** 20, MemorySwap: 96 * 2 ** 20, NetworkMode: 'firn', RestartPolicy: { Name: 'no' },
    CgroupParent: lab.host('phy1').cgroupParent, Dns: ['10.221.0.1'], ExtraHosts: ['db.internal:10.221.0.9'], SecurityOpt: ['no-new-privileges'],
  });
  expect(info.Config).toMatchObject({ Hostname: 'demo-16-1', StopTimeout: 1 });
  expect(info.Config.Env).toEqual(expect.arrayContaining(['PORT=8080', 'GREETING=a=b c']));
  expect(await readFile(info.HostsPath, 'utf8')).toMatch(/^10\.221\.0\.9\s+db\.internal$/m);
  expect(await inside('phy1', 'demo-16-1', "process.stdout.write(fs.readFileSync('/etc/resolv.conf'))")).toMatchObject({ said: expect.stringContaining('nameserver 10.221.0.1\n') });
  expect(info.Mounts).toContainEqual(expect.objectContaining({ Source: join(configOf(lab.host('phy1')).persistDir, '10.221.16.1'), Destination: '/persist' }));
  expect((await stat(join(configOf(lab.host('phy1')).persistDir, '10.221.16.1/logs'))).isDirectory()).toBe(true);

  for (const address of ['10.221.16.1', '10.221.16.2', '10.223.1.2']) expect(await ask(address)).toMatchObject({ ip: address, mac: macOf(address) });
});

test('replicas of flat and routed hosts reach each other without translation of addresses', async () => {
  const pairs = [['phy1', '10.221.16.2'], ['phy1', '10.223.1.2'], ['cloud1', '10.221.16.1']] as const;
  for (const [from, to] of pairs) {
    const name = told.get(from)?.replicas[0]?.name ?? '';
    const answer = await inside(from, name, `fetch('http://${to}:8080/up').then((answer) => process.exit(answer.ok ? 0 : 1))`);
    expect([from, to, answer.code]).toEqual([from, to, 0]);
  }
});

test('limits and name servers of a running replica change in place; the service does not notice', async () => {
  const before = await inspect('phy1', 'demo-16-1');
  await change('phy1', 'demo-16-1', { cpuMilli: 1500, memoryMib: 200 });
  await server.until('phy1', (report) => report.converged && report.replicas[0]?.cpuMilli === 1500 && report.replicas[0].memoryMib === 200);
  await change('phy1', 'demo-16-1', { cpuMilli: 250, memoryMib: 80 });
  await server.until('phy1', (report) => report.converged && report.replicas[0]?.cpuMilli === 250 && report.replicas[0].memoryMib === 80);
  await change('phy1', 'demo-16-1', { dns: ['10.221.0.7', '10.221.0.8'] });
  await eventually(async () => expect(await inside('phy1', 'demo-16-1', "process.stdout.write(fs.readFileSync('/etc/resolv.conf'))")).toMatchObject({ said: 'nameserver 10.221.0.7\nnameserver 10.221.0.8\n' }));
  const after = await inspect('phy1', 'demo-16-1');
  expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt]);
  expect(after.HostConfig.MemorySwap).toBe(80 * 2 ** 20);
});

test('usage comes from control groups: a busy service shows, with throttling and network', async () => {
  await change('phy2', 'demo-16-2', { env: { CPU_MS_PER_REQUEST: '20' }, cpuMilli: 100 });
  await server.until('phy2', (report) => report.converged && report.replicas[0]?.state === 'running' && report.replicas[0].cpuMilli === 100);
  const end = Date.now() + 2_500;
  while (Date.now() < end) await ask('10.221.16.2');
  const report = await server.until('phy2', (one) => (one.replicas[0]?.usage?.cpuMilli ?? 0) > 60);
  const usage = report.replicas[0]?.usage;
  expect(usage?.cpuMilli).toBeLessThan(130);
  expect(usage?.throttledPeriods).toBeGreaterThan(3);
  expect(usage?.memoryBytes).toBeGreaterThan(5 * 2 ** 20);
  expect(usage?.networkSentBytes).toBeGreaterThan(1_000);
});

test('hands that meddle are corrected: stopped, renamed, paused, other limits, killed', async () => {
  const name = 'demo-16-1';
  const engine = docker('phy1');
  const repaired = (): Promise<void> => eventually(async () => {
    const info = await inspect('phy1', name);
    expect(info.State).toMatchObject({ Running: true, Paused: false });
    expect(info.HostConfig.CpuQuota).toBe(25_000);
    await ask('10.221.16.1');
  });
  await engine.getContainer(name).stop({ t: 0 });
  await repaired();
  await engine.getContainer(name).rename({ name: 'mine-now' });
  await repaired();
  await engine.getContainer(name).pause();
  await repaired();
  await engine.getContainer(name).update({ CpuQuota: 90_000 });
  await repaired();
  await engine.getContainer(name).remove({ force: true });
  await repaired();
  const report = await untilRunning('phy1');
  expect(report.replicas).toHaveLength(1);
});

test('a service that outgrows its memory is told as such, with its exit code, and an image that cannot be had as that', async () => {
  const greedy = spec('10.223.1.3', { image: 'firn/busybox:1', command: ['sh', '-c', 'sleep 0.5; x=$(yes | head -c 40000000); sleep 600'], memoryMib: 16, cpuMilli: 2000 });
  const missing = spec('10.223.1.4', { image: '127.0.0.1:5999/none:1' });
  assign('cloud1', [...(told.get('cloud1')?.replicas ?? []), greedy, missing]);
  const stateOf = (report: Report, one: ReplicaSpec): Report['replicas'][number] | undefined => report.replicas.find((replica) => replica.id === one.id);
  const report = await server.until('cloud1', (one) => stateOf(one, greedy)?.outOfMemory === true && (stateOf(one, greedy)?.restarts ?? 0) >= 1 && stateOf(one, missing)?.reason?.includes('attempt') === true, 60_000);
  expect(stateOf(report, greedy)).toMatchObject({ exitCode: 137, memoryMib: 16, lastEnd: { exitCode: 137, outOfMemory: true } });
  expect(stateOf(report, missing)).toMatchObject({ state: 'pulling', reason: expect.stringMatching(/^the registry 127\.0\.0\.1:5999 does not answer, .*connection refused/) });
  expect(report.replicas.find((one) => one.address === '10.223.1.2')?.state).toBe('running');
  assign('cloud1', (told.get('cloud1')?.replicas ?? []).slice(0, 1));
  await untilRunning('cloud1');
});

test('the doctor finds nothing wrong on a host of the lab, and says what is wrong with bad settings', async () => {
  const host = lab.host('phy1');
  const examine = (config: AgentConfig): Promise<Check[]> => doctor(config, { run: openRunner(`/run/netns/${host.namespace}`) });
  const well = await examine(configOf(host));
  expect(well.filter((check) => check.state === 'wrong')).toEqual([]);
  expect(well.map((check) => check.name)).toEqual(expect.arrayContaining(['docker', 'live restore', 'server', 'clock', 'uplink', 'bridge', 'forwarding', 'firewall', 'disk']));
  const bad = await examine({ ...configOf(host), uplink: 'eth9', dockerSocket: '/nowhere.sock', serverUrl: `http://${lab.topology.seat.address}:9`, containerCidr: '10.221.64.0/24' });
  expect(bad.filter((check) => check.state === 'wrong').map((check) => check.name).sort()).toEqual(['container range', 'docker', 'server', 'uplink']);
  expect(bad.every((check) => check.state === 'well' || check.remedy !== undefined)).toBe(true);
});

test('a stranger is counted and never touched, not even with a label of another cluster', async () => {
  const engine = docker('phy1');
  const stranger = await engine.createContainer({ name: 'somebody', Image: 'firn/busybox:1', Cmd: ['sleep', '600'], HostConfig: { NetworkMode: 'none' } });
  const neighbour = await engine.createContainer({
    name: 'other-cluster', Image: 'firn/busybox:1', Cmd: ['sleep', '600'], HostConfig: { NetworkMode: 'none' }, Labels: { 'io.firn.cluster': 'another', 'io.firn.replica': 'r1' },
  });
  await Promise.all([stranger.start(), neighbour.start()]);
  await server.until('phy1', (report) => report.strangers === 2);
  await change('phy1', 'demo-16-1', { env: { ROUND: '2' } });
  await untilRunning('phy1');
  expect((await stranger.inspect()).State.Running).toBe(true);
  expect((await neighbour.inspect()).State.Running).toBe(true);
  await Promise.all([stranger.remove({ force: true }), neighbour.remove({ force: true })]);
});

test('an agent that starts again without a server keeps its containers and its word', async () => {
  const host = lab.host('phy1');
  const before = await inspect('phy1', 'demo-16-1');
  await agents.get('phy1')?.stop();
  await server[Symbol.asyncDispose]();
  const agent = await startAgent(host);
  expect(agent.connected).toBe(false);
  expect(agent.describe()).toMatchObject({ generation: told.get('phy1')?.generation, replicas: [{ state: 'running' }] });
  await docker('phy1').getContainer('demo-16-1').kill();
  await eventually(async () => expect((await inspect('phy1', 'demo-16-1')).State.StartedAt).not.toBe(before.State.StartedAt));
  await startServer();
  const report = await untilRunning('phy1', 15_000);
  expect(report.replicas[0]?.containerId).toBe(before.Id);
});

test('a dead engine is not a dead service: it is still called running, with the reason', async () => {
  await lab.kill('phy1');
  const report = await server.until('phy1', (one) => one.problems.some((problem) => problem.startsWith('Docker Engine does not answer')));
  expect(report.replicas[0]).toMatchObject({ state: 'running', reason: expect.stringContaining('does not answer') });
  expect(await ask('10.221.16.1')).toMatchObject({ ip: '10.221.16.1' });
  await lab.revive('phy1');
  const back = await server.until('phy1', (one) => one.problems.length === 0 && one.converged);
  expect(back.replicas[0]?.containerId).toBe(report.replicas[0]?.containerId);
});

test('an address that moves to another host is found there at once', async () => {
  const moving = told.get('phy1')?.replicas[0] as ReplicaSpec;
  await ask(moving.address);
  expect(await cableOf(moving.mac)).toBe('v-phy1');
  assign('phy1', []);
  await server.until('phy1', (report) => report.converged && report.replicas.length === 0);
  assign('phy2', [...(told.get('phy2')?.replicas ?? []), moving]);
  await server.until('phy2', (report) => report.converged && report.replicas.filter((one) => one.state === 'running').length === 2);
  // A switch that still sends the MAC's packets to the old host would make the address unreachable for minutes.
  expect(await cableOf(moving.mac)).toBe('v-phy2');
  expect(await ask(moving.address, 1_000)).toMatchObject({ ip: moving.address });
});

test('after a power cut a host stays off the network until the server has spoken: what moved away meanwhile never reappears', async () => {
  const [kept, moved] = ['10.221.16.2', '10.221.16.1'].map((address) => told.get('phy2')?.replicas.find((one) => one.address === address)) as [ReplicaSpec, ReplicaSpec];
  await agents.get('phy2')?.stop();
  await lab.crash('phy2');
  assign('phy1', [moved]);
  await untilRunning('phy1');
  await server[Symbol.asyncDispose]();

  await lab.revive('phy2');
  const agent = await startAgent(lab.host('phy2'));
  await eventually(async () => expect((await inspect('phy2', moved.name)).State.Running).toBe(true));
  expect(agent.describe()).toMatchObject({ converged: false, problems: [expect.stringContaining('waits for the server')] });
  expect(await run(['ip', '-n', lab.host('phy2').namespace, 'link', 'show', 'dev', 'eth0'])).not.toContain('master');

  await startServer();
  assign('phy2', [kept]);
  send('phy1');
  await untilRunning('phy2');
  expect(agent.describe().replicas.map((one) => one.address)).toEqual([kept.address]);
  expect(await cableOf(moved.mac)).toBe('v-phy1');
  for (const { address } of [kept, moved]) expect(await ask(address)).toMatchObject({ ip: address });
});

// -- how the tests speak of the lab

function configOf(host: LabHost): AgentConfig {
  return {
    serverUrl: `http://${lab.topology.seat.address}:${PORT}`, stateDir: join(host.home, 'agent'), persistDir: join(host.home, 'persist'), dockerSocket: host.socketPath,
    cgroupParent: host.cgroupParent, name: host.name, address: host.address, uplink: 'eth0', declared: { cpuMilli: 4000, memoryMib: 8192 }, log: 'warn',
    ...(host.mode === 'routed' ? { containerCidr: host.containers.cidr } : {}),
  };
}

async function startServer(): Promise<void> {
  server = await StandInServer.start({ host: lab.topology.seat.address, port: PORT, heartbeatMs: 300, reportMs: 1_000 });
}

async function startAgent(host: LabHost): Promise<AgentHandle> {
  await mkdir(join(host.home, 'agent'), { recursive: true });
  const agent = await runAgent(configOf(host), { networking: openHostNetworking(openRunner(`/run/netns/${host.namespace}`)) });
  agents.set(host.name, agent);
  return agent;
}

function networkOf(host: LabHost): HostNetwork {
  return { name: 'firn', mode: host.mode, bridge: 'br0', uplink: 'eth0', cidr: host.containers.cidr, gateway: host.containers.gateway, hostAddress: host.address };
}

/** A replica of the demo service; its name and id follow from its address. */
function spec(address: string, more: Partial<ReplicaSpec> = {}): ReplicaSpec {
  const name = `demo-${address.split('.').slice(2).join('-')}`;
  return {
    id: `replica-${address}`, name, workload: 'demo@production', image: 'firn/demo:1', command: [], env: {}, address, mac: macOf(address), cpuMilli: 500, memoryMib: 96, port: 8080,
    dns: [], hosts: [], stopSeconds: 1, ...more,
  };
}

function assign(name: string, replicas: ReplicaSpec[]): void {
  told.set(name, { generation: (told.get(name)?.generation ?? 0) + 1, replicas });
  send(name);
}

function send(name: string): void {
  const { generation, replicas } = told.get(name) ?? { generation: 0, replicas: [] };
  server.assign({ clusterId: server.clusterId, hostId: name, generation, network: networkOf(lab.host(name)), replicas });
}

async function change(name: string, replica: string, more: Partial<ReplicaSpec>): Promise<void> {
  assign(name, (told.get(name)?.replicas ?? []).map((one) => (one.name === replica ? { ...one, ...more } : one)));
}

/** The report in which everything that the host was told last runs. */
function untilRunning(name: string, deadlineMs?: number): Promise<Report> {
  const { generation, replicas } = told.get(name) ?? { generation: 0, replicas: [] };
  return server.until(name, (report) => report.converged && report.generation === generation && report.replicas.filter((one) => one.state === 'running').length === replicas.length, deadlineMs);
}

const docker = (name: string): Docker => new Docker({ socketPath: lab.host(name).socketPath });
const inspect = (name: string, container: string): Promise<Docker.ContainerInspectInfo> => docker(name).getContainer(container).inspect();

/** Runs a line of JavaScript in a container of the demo image. */
async function inside(host: string, container: string, script: string): Promise<{ code: number | null; said: string }> {
  const exec = await docker(host).getContainer(container).exec({ AttachStdout: true, Tty: true, Cmd: ['/usr/local/bin/node', '-e', script] });
  const stream = await exec.start({ Tty: true });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return { code: (await exec.inspect()).ExitCode, said: Buffer.concat(chunks).toString().replaceAll('\r', '') };
}

/** The cable behind which the site's switch believes a MAC to be. */
async function cableOf(mac: string): Promise<string | undefined> {
  const table = await run(['bridge', '-n', lab.topology.dataCentre, 'fdb', 'show', 'br', 'sw0']);
  return new RegExp(`^${mac} dev (\\S+)`, 'm').exec(table)?.[1];
}

async function ask(address: string, limitMs = 3_000): Promise<unknown> {
  const answer = await fetch(`http://${address}:8080/`, { signal: AbortSignal.timeout(limitMs), headers: { connection: 'close' } });
  return answer.json();
}

/** Tries until it holds; at the deadline the last failure is the answer. */
async function eventually(check: () => Promise<void>, deadlineMs = 10_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
