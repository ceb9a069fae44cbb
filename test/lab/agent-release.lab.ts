// What a host does for releases, on a real Docker Engine: files, a new container for a new release, images through a registry that wants to
// know who asks, cleaning, counters, last words, and start commands that are none. The server's side is a stand-in that speaks the protocol.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { macOf } from '#agents/accept.ts';
import { runAgent, type AgentHandle } from '#agents/agent.ts';
import type { AgentConfig } from '#agents/config.ts';
import type { DiskUse } from '#agents/images/disk.ts';
import { joinServer } from '#agents/join.ts';
import { openHostNetworking, openRunner } from '#agents/network/run.ts';
import type { ImagePolicy, ReplicaSpec, Report } from '#agents/protocol.ts';
import { StandInServer } from '#agents/stand-in.ts';
import { registryConfig } from './build-seat.ts';
import { busyboxImage, demoImage } from './images.ts';
import { Lab, type LabHost } from './lab.ts';
import { LAB_ENVIRONMENT } from './run.ts';
import { until } from './until.ts';

const DIRECTORY = join(tmpdir(), 'firn-agent-release');
const SCRATCH = join(tmpdir(), 'firn-agent-release-seat');
const BEHIND = '127.0.0.1:17073';
const ADDRESS = '10.219.16.1';

let lab: Lab;
let host: LabHost;
let server: StandInServer;
let agent: AgentHandle;
let registry: ChildProcess;
let door: Server;
let docker: Docker;
let registryAddress: string;
/** By digest, as builds push them. */
let shipped: string;
let generation = 0;
let disk: DiskUse = { usedBytes: 1, totalBytes: 10 };
let present: { replicas: ReplicaSpec[]; images?: ImagePolicy } = { replicas: [] };

beforeAll(async () => {
  lab = await Lab.up({ name: 'rels', base: '10.219', physical: 1, cloud: 0, directory: DIRECTORY, plainRegistries: true, images: await Promise.all([demoImage(), busyboxImage()]) });
  host = lab.host('phy1');
  docker = new Docker({ socketPath: host.socketPath });
  await startRegistry();
  server = await StandInServer.start({ host: lab.topology.seat.address, port: 7071, heartbeatMs: 300, reportMs: 500 });
  await joinServer(config(), 'token-0123456789abcdef');
  agent = await runAgent(config(), { networking: openHostNetworking(openRunner(`/run/netns/${host.namespace}`)), readDisk: async () => disk });
});

afterAll(async () => {
  await agent?.stop();
  await server?.[Symbol.asyncDispose]();
  registry?.kill('SIGKILL');
  door?.closeAllConnections();
  door?.close();
  await lab?.down();
  rmSync(SCRATCH, { recursive: true, force: true });
});

test('files are there before the service starts, owned by root, with their mode and content; what the image has stays as it was', async () => {
  const content = Buffer.from([0, 255, 10, 65]).toString('base64');
  await assign([spec({ release: 'r-1', metricsPath: '/metrics', files: [{ path: '/etc/quotes/deep/app.conf', content, mode: 0o640 }, { path: '/app/extra', content: '', mode: 0o755 }] })]);
  const report = await running('r-1');
  expect(report.replicas[0]?.imageId).toBe((await inspect()).Image);
  const look = "const s=(p)=>{const t=fs.statSync(p);return [t.uid,t.gid,(t.mode&0o7777).toString(8)]};process.stdout.write(JSON.stringify([s('/etc/quotes/deep/app.conf'),s('/app/extra'),s('/etc/quotes'),fs.readFileSync('/etc/quotes/deep/app.conf').toString('hex'),s('/app'),s('/etc')]))";
  const [file, extra, folder, hex, app, etc] = JSON.parse(await inside(look)) as unknown[];
  expect([file, extra, hex]).toEqual([[0, 0, '640'], [0, 0, '755'], '00ff0a41']);
  expect([folder, app, etc]).toEqual([[0, 0, '755'], [0, 0, '755'], [0, 0, '755']]);
});

test('what the service counts arrives in the report', async () => {
  for (let count = 0; count < 5; count += 1) await fetch(`http://${ADDRESS}:8080/`);
  const report = await server.until('phy1', ({ replicas }) => (replicas[0]?.usage?.requests?.total ?? 0) >= 5);
  expect(report.replicas[0]?.usage?.requests).toMatchObject({ errors: 0, durations: expect.arrayContaining([{ leSeconds: 10, count: 5 }]) });
});

test('another release is another container; an image that cannot be had leaves the old one serving', async () => {
  const before = await inspect();
  await assign([spec({ release: 'r-2', metricsPath: '/metrics' })]);
  await running('r-2');
  const second = await inspect();
  expect(second.Id).not.toBe(before.Id);
  await assign([spec({ release: 'r-3', image: shipped.replace(/sha256:.*/, `sha256:${'0'.repeat(64)}`) })]);
  const waits = await server.until('phy1', ({ replicas }) => replicas[0]?.reason?.includes('attempt 2') === true);
  expect(waits.replicas[0]).toMatchObject({ state: 'running', release: 'r-2', containerId: second.Id, reason: expect.stringContaining('is not in the registry') });
  expect((await fetch(`http://${ADDRESS}:8080/`)).status).toBe(200);
  registry.kill('SIGSTOP');
  door.closeAllConnections();
  door.close();
  const away = await server.until('phy1', ({ replicas }) => replicas[0]?.reason?.includes('does not answer') === true, 60_000);
  expect(away.replicas[0]).toMatchObject({ state: 'running', release: 'r-2' });
  registry.kill('SIGCONT');
  await openDoor();
});

test('images are had ahead through a registry that wants to know who asks, and a replacement then misses no image', async () => {
  await assign([spec({ release: 'r-2', metricsPath: '/metrics' })], { prefetch: [shipped] });
  const report = await server.until('phy1', ({ images }) => images?.[0]?.state === 'present', 60_000);
  expect(report.images?.[0]).toMatchObject({ reference: shipped, imageId: (await docker.getImage(shipped).inspect()).Id });
  expect(report.imageDisk).toEqual(disk);
  await assign([spec({ release: 'r-3', image: shipped })], { prefetch: [shipped] });
  await running('r-3');
});

test('a full disk is cleaned of what nothing needs, and of nothing else', async () => {
  await assign([spec({ release: 'r-4' })], { keep: [shipped], mayClean: true });
  await running('r-4');
  disk = { usedBytes: 9, totalBytes: 10 };
  expect(await agent.cleanImages()).toBe(0);
  await assign([spec({ release: 'r-4' })], { mayClean: true });
  await running('r-4');
  expect(await agent.cleanImages()).toBe(1);
  await expect(docker.getImage(shipped).inspect()).rejects.toThrow(/no such image/i);
  expect((await docker.listImages()).flatMap(({ RepoTags: tags }) => tags ?? [])).toEqual(expect.arrayContaining(['firn/demo:1', 'firn/busybox:1']));
  disk = { usedBytes: 1, totalBytes: 10 };
});

test('a service that ends by itself is told with its last words, and a start command that is none with what is wrong', async () => {
  await assign([spec({ release: 'r-5', env: { CRASH_AFTER_MS: '50' } })]);
  const crashed = await server.until('phy1', ({ replicas }) => replicas[0]?.release === 'r-5' && replicas[0].restarts >= 1 && replicas[0].lastWords !== undefined);
  expect(crashed.replicas[0]).toMatchObject({ exitCode: 1, lastWords: expect.stringContaining('told to crash after 50 ms') });
  await assign([spec({ release: 'r-6', image: 'firn/busybox:1', command: ['no-such-program'] })]);
  const wrong = await server.until('phy1', ({ replicas }) => replicas[0]?.state === 'exited' && replicas[0].containerId === undefined);
  expect(wrong.replicas[0]?.reason).toMatch(/^the start command is not in the image/);
  await assign([spec({ release: 'r-7', image: 'firn/busybox:1', command: ['/etc/script'], files: [{ path: '/etc/script', content: Buffer.from('echo no head').toString('base64'), mode: 0o755 }] })]);
  const headless = await server.until('phy1', ({ replicas }) => replicas[0]?.reason?.includes('architecture') === true || (replicas[0]?.release === 'r-7' && replicas[0].lastWords !== undefined));
  expect(`${headless.replicas[0]?.reason} ${headless.replicas[0]?.lastWords}`).toMatch(/exec format error/);
});

// -- how the tests speak of the lab

function config(): AgentConfig {
  return {
    serverUrl: `http://${lab.topology.seat.address}:7071`, stateDir: join(host.home, 'agent'), persistDir: join(host.home, 'persist'), dockerSocket: host.socketPath, cgroupParent: host.cgroupParent,
    name: host.name, address: host.address, uplink: 'eth0', declared: { cpuMilli: 4000, memoryMib: 8192 }, log: 'warn',
  };
}

function spec(more: Partial<ReplicaSpec>): ReplicaSpec {
  return {
    id: 'r1', name: 'quotes-1', workload: 'quotes@production', image: 'firn/demo:1', command: [], env: {}, address: ADDRESS, mac: macOf(ADDRESS), cpuMilli: 500, memoryMib: 96, port: 8080, dns: [], hosts: [],
    stopSeconds: 1, ...more,
  };
}

async function assign(replicas: ReplicaSpec[], images: Partial<ImagePolicy> = {}): Promise<void> {
  present = { replicas, images: { registry: registryAddress, prefetch: [], keep: [], watermarkPermille: { high: 800, low: 700 }, mayClean: false, ...images } };
  const network = { name: 'firn', mode: host.mode, bridge: 'br0', uplink: 'eth0', cidr: host.containers.cidr, gateway: host.containers.gateway, hostAddress: host.address };
  generation += 1;
  server.assign({ clusterId: server.clusterId, hostId: 'phy1', generation, network, ...present });
}

const running = (release: string): Promise<Report> =>
  server.until('phy1', ({ converged, generation: accepted, replicas }) => converged && accepted === generation && replicas[0]?.state === 'running' && replicas[0].release === release, 60_000);

const inspect = (): Promise<Docker.ContainerInspectInfo> => docker.getContainer('quotes-1').inspect();

async function inside(script: string): Promise<string> {
  const exec = await docker.getContainer('quotes-1').exec({ AttachStdout: true, Tty: true, Cmd: ['/usr/local/bin/node', '-e', script] });
  const chunks: Buffer[] = [];
  for await (const chunk of await exec.start({ Tty: true })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString().replaceAll('\r', '');
}

/** A registry with an image like the demo's but with another id, behind a door that lets only this host in. */
async function startRegistry(): Promise<void> {
  rmSync(SCRATCH, { recursive: true, force: true });
  mkdirSync(SCRATCH, { recursive: true });
  writeFileSync(join(SCRATCH, 'registry.yml'), registryConfig(BEHIND, join(SCRATCH, 'registry')));
  registry = spawn('docker-registry', ['serve', join(SCRATCH, 'registry.yml')], { stdio: 'ignore', env: LAB_ENVIRONMENT });
  if (registry.pid !== undefined) await lab.adopt(registry.pid);
  await until('the registry answers', async () => (await fetch(`http://${BEHIND}/v2/`)).ok);
  registryAddress = `${lab.topology.seat.address}:7073`;
  await openDoor();
  const made = await docker.createContainer({ name: 'made-once', Image: 'firn/demo:1', HostConfig: { NetworkMode: 'none' } });
  await made.commit({ repo: `${registryAddress}/demo`, tag: '1', comment: 'another image' });
  await made.remove();
  const pushing = await docker.getImage(`${registryAddress}/demo:1`).push({ authconfig: { username: 'phy1', password: 'credential-of-phy1', serveraddress: registryAddress } });
  await new Promise<void>((resolve, reject) => docker.modem.followProgress(pushing, (error) => (error ? reject(error) : resolve())));
  const { RepoDigests: digests } = await docker.getImage(`${registryAddress}/demo:1`).inspect();
  shipped = digests.find((digest) => digest.startsWith(registryAddress))!;
  await docker.getImage(`${registryAddress}/demo:1`).remove();
  await docker.getImage(shipped).remove().catch(() => undefined);
  await expect(docker.getImage(shipped).inspect()).rejects.toThrow(/no such image/i);
}

async function openDoor(): Promise<void> {
  const expected = `Basic ${Buffer.from('phy1:credential-of-phy1').toString('base64')}`;
  door = createServer((asked, answer) => {
    if (asked.headers.authorization !== expected) return void answer.writeHead(401, { 'www-authenticate': 'Basic realm="firn"' }).end();
    const { authorization: _, ...headers } = asked.headers;
    const passed = request(`http://${BEHIND}${asked.url}`, { method: asked.method ?? 'GET', headers }, (found) => found.pipe(answer.writeHead(found.statusCode ?? 502, found.headers)));
    passed.once('error', () => answer.writeHead(502).end());
    asked.pipe(passed);
  });
  const [address, port] = registryAddress.split(':') as [string, string];
  await new Promise<void>((resolve) => door.listen(Number(port), address, resolve));
}
