// A builder on a real Docker Engine: layers and services from a git server of the lab to a registry of the lab, and everything that may go wrong.
// The server's side is a stand-in that speaks the protocol; the agent is a process on its host. Prints the times that it measured.
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBuildEngine } from '#agents/build/engine.ts';
import { imageConfiguration, thinArchive, wholeArchive } from '#agents/build/image.ts';
import { writeLayerTar } from '#agents/build/layer-tar.ts';
import { joinServer } from '#agents/join.ts';
import type { BuildOrder, BuildReport, BuildResult, LayerRef } from '#agents/protocol.ts';
import { StandInServer } from '#agents/stand-in.ts';
import { BuildSeat, layerArchive, layerOrder, registryConfig, Repository } from './build-seat.ts';
import { Lab, type LabHost } from './lab.ts';
import type { HostProcess } from './processes.ts';
import { LAB_ENVIRONMENT } from './run.ts';
import { until } from './until.ts';

const DIRECTORY = join(tmpdir(), 'firn-buildlab');
const SCRATCH = join(tmpdir(), 'firn-buildlab-seat');
const NODE = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
const AGENT = fileURLToPath(new URL('../../agents/main.ts', import.meta.url));

let lab: Lab;
let host: LabHost;
let server: StandInServer;
let seat: BuildSeat;
let agent: HostProcess;
let registry: string;
let git: string;
let repository: Repository;
const onSeat: ChildProcess[] = [];
const layers: LayerRef[] = [];
const figures: string[] = [];

const GOOD = 'runtime: minimal\nbuild: |\n  mkdir out\n  cp hello.sh out/\n  date +%N > /tmp/never-the-same\n  echo built\ntest: test -x out/hello.sh\noutput: out\nstart: ./hello.sh now\nport: 8080\nenv:\n  GREETING: hello\n';
const HELLO = '#!/bin/sh\necho "$GREETING $1 at $PORT from $PWD"\n';

beforeAll(async () => {
  rmSync(SCRATCH, { recursive: true, force: true });
  mkdirSync(SCRATCH, { recursive: true });
  lab = await Lab.up({ name: 'build', base: '10.214', physical: 1, cloud: 0, directory: DIRECTORY, plainRegistries: true });
  host = lab.host('phy1');
  const { address } = lab.topology.seat;
  registry = `${address}:7072`;
  git = `git://${address}:7073`;
  await startRegistry();
  start('git', ['daemon', `--base-path=${join(SCRATCH, 'git')}`, '--export-all', `--listen=${address}`, '--port=7073', '--reuseaddr']);
  repository = new Repository(join(SCRATCH, 'git/hello'));
  repository.commit({ 'firn.yaml': GOOD, 'hello.sh': HELLO, 'README': 'says hello\n' }, 'hello');
  server = await StandInServer.start({ host: address, port: 7071, heartbeatMs: 300, reportMs: 500 });
  await joinServer({ ...common(), cgroupParent: host.cgroupParent, log: 'warn' }, 'token-0123456789abcdef');
  seat = new BuildSeat(server, host.name);
  await startAgent();
  await server.until(host.name, (report) => report.builds === true);
});

afterAll(async () => {
  await agent?.stop();
  await server?.[Symbol.asyncDispose]();
  for (const { pid, exitCode } of onSeat) if (pid !== undefined && exitCode === null) process.kill(-pid, 'SIGKILL');
  await lab?.down();
  rmSync(SCRATCH, { recursive: true, force: true });
  if (figures.length > 0) console.log(figures.join('\n'));
});

test('layers: busybox with an init, and one on top of it', async () => {
  const minimal = await buildLayer('minimal', layerArchive('minimal', SCRATCH));
  expect(minimal.layers).toHaveLength(await layersOf(minimal.imageId));
  const extended = layerArchive('extended', SCRATCH, { 'layer.yaml': 'name: extended\nfrom: minimal\n', 'files/etc/motd': 'hi\n', 'static.sh': 'wc -c /etc/motd > /etc/motd.size\n', 'runtime.sh': 'echo dynamic part >&2\n' });
  await buildLayer('extended', extended, layers[0]);
  const { code, said } = await inside('extended', ['cat', '/etc/motd.size']);
  // Output and errors come by two ways: which is first is the engine's business.
  expect([code, ...said.trim().split('\n').sort()]).toEqual([0, '3 /etc/motd', 'dynamic part']);
});

test('the init: children are reaped, signals and exit codes pass, what runs beside the service comes back, logs outlive it', async () => {
  expect(await inside('minimal', ['sh', '-c', 'echo 1 is $(cat /proc/1/comm); exit 42'])).toEqual({ code: 42, said: '1 is tini\n' });
  expect(await inside('minimal', ['nothing-like-that'])).toEqual({ code: 127, said: 'firn: nothing-like-that: there is no such program in this image\n' });
  // An orphan becomes a child of PID 1; once it has ended nobody must be left of it.
  const orphans = await inside('minimal', ['sh', '-c', '(sleep 0.2 &) ; (sleep 0.2 &) ; sleep 1; grep -l "^State:.Z" /proc/[0-9]*/status 2>/dev/null; echo none left']);
  expect(orphans).toEqual({ code: 0, said: 'none left\n' });

  const service = await docker().createContainer({ Image: imageOf('minimal'), Cmd: ['sh', '-c', "trap 'echo told to stop; exit 7' TERM; echo ready; while :; do sleep 0.05; done"], HostConfig: { NetworkMode: 'none' } });
  await service.start();
  await until('the service is ready', async () => (await logOf(service)).includes('ready'));
  const stopMs = await took(() => service.stop({ t: 10 }));
  expect([(await service.inspect()).State.ExitCode, await logOf(service), stopMs < 5_000]).toEqual([7, 'ready\ntold to stop\n', true]);
  await service.remove();

  const beside = layerArchive('beside', SCRATCH, { 'layer.yaml': 'name: beside\nfrom: minimal\n', 'files/firn/background.d/pulse': '#!/bin/sh\necho pulse\nexit 3\n' });
  await buildLayer('beside', beside, layers[0]);
  const kept = await inside('beside', ['sleep', '2.5']);
  expect(kept.code).toBe(0);
  expect(kept.said.match(/^pulse$/gm)?.length).toBeGreaterThanOrEqual(2);
  expect(kept.said).toContain('firn: the background process pulse ended with code 3; starting it again');

  const broken = layerArchive('broken', SCRATCH, { 'layer.yaml': 'name: broken\nfrom: minimal\n', 'runtime.sh': 'echo no licence >&2\nexit 5\n' });
  await buildLayer('broken', broken, layers[0]);
  expect(await inside('broken', ['echo', 'never'])).toEqual({ code: 78, said: 'no licence\nfirn: /firn/runtime.d/010-broken.sh ended with code 5; the service is not started\n' });

  const persist = join(SCRATCH, 'persist');
  expect(await inside('minimal', ['sh', '-c', 'echo line > logs/app.log'], { WorkingDir: '/srv', HostConfig: { NetworkMode: 'none', Binds: [`${persist}:/persist`] } })).toEqual({ code: 0, said: '' });
  expect(await readdir(join(persist, 'logs'))).toEqual(['app.log']);
  expect((await inside('minimal', ['cat', '/etc/hosts'], { Env: ['FIRN_HOSTS=10.0.0.9 db.internal;10.0.0.8 cache'] })).said).toMatch(/^10\.0\.0\.9 db\.internal\n10\.0\.0\.8 cache$/m);
  expect(await inside('minimal', ['true'], { Env: ['FIRN_SSHD=1'] })).toMatchObject({ code: 78, said: expect.stringContaining('FIRN_SSHD=1 needs public keys in FIRN_SSH_KEYS') });
});

test('a service is built, tested, packed, pushed, and starts', async () => {
  const { report, result, ms } = await build('hello-1', {});
  figures.push(`build of a small service: ${ms} ms, ${JSON.stringify(report.seconds)}, ${result.pushedBytes} bytes pushed`);
  expect(result).toMatchObject({ author: 'Ann', subject: 'hello', layer: 'minimal', testsPassed: true, architecture: expect.stringMatching(/^(amd64|arm64)$/), committedAt: '2026-09-21T14:13:20.000Z' });
  expect(result.spec).toMatchObject({ runtime: 'minimal', start: ['./hello.sh', 'now'], port: 8080 });
  expect(seat.log('hello-1')).toMatch(/commit [0-9a-f]{40} by Ann: hello\n[^]*\nbuilt\n/);
  const info = await docker().getImage(result.imageId).inspect();
  expect(info.Config).toMatchObject({ WorkingDir: '/app', Entrypoint: ['/firn/tini', '--', '/firn/start'], Cmd: ['./hello.sh', 'now'], ExposedPorts: { '8080/tcp': {} } });
  expect(await run(result.imageId)).toEqual({ code: 0, said: 'hello now at 8080 from /app\n' });
  expect(await run(result.imageId, ['ls', '/app'])).toEqual({ code: 0, said: 'hello.sh\nlogs\n' });
  expect(await leftovers()).toEqual([]);
});

test('the same commit gives the same image and digest, also when the engine forgot the first one; one changed file pushes one layer', async () => {
  const [first, second] = [(await build('same-1', {})).result, await build('same-2', {})];
  expect([second.result.imageId, second.result.digest]).toEqual([first.imageId, first.digest]);
  const known = (await docker().getImage(first.imageId).inspect()).RepoTags;
  for (const tag of known) await docker().getImage(tag).remove();
  const third = await build('same-3', {});
  expect([third.result.imageId, third.result.digest]).toEqual([first.imageId, first.digest]);
  figures.push(`build of an unchanged commit: ${second.ms} ms, ${second.result.pushedBytes} bytes pushed; after the engine forgot it ${third.ms} ms`);

  repository.commit({ 'hello.sh': `${HELLO}# changed\n` }, 'one file');
  const changed = await build('changed', {});
  expect(changed.result.digest).not.toBe(first.digest);
  expect(changed.result.layers.slice(0, -1)).toEqual(first.layers.slice(0, -1));
  const own = changed.result.layers.at(-1)?.bytes ?? 0;
  const all = changed.result.layers.reduce((sum, layer) => sum + layer.bytes, 0);
  expect(changed.result.pushedBytes).toBeLessThan(own + 10_000);
  figures.push(`push of one changed file: ${changed.result.pushedBytes} bytes of ${all} (layer ${own}, the rest is manifest and configuration)`);
});

test.each<[string, Record<string, string | null>, Partial<BuildOrder>, string, RegExp]>([
  ['fails', { 'firn.yaml': GOOD.replace('echo built', 'echo cannot; false; echo never') }, {}, 'build: the command ended with code 1; see the log', /cannot\n/],
  ['fails at its first command', { 'firn.yaml': GOOD.replace('mkdir out', 'nothing-like-that') }, {}, 'build: the command ended with code 127 (a program was not found); see the log', /nothing-like-that/],
  ['fails its tests', { 'firn.yaml': GOOD.replace('test -x', 'test -d') }, {}, 'test: the command ended with code 1; see the log', /built/],
  ['hangs', { 'firn.yaml': GOOD.replace('echo built', 'echo begun; sleep 600') }, { limits: limits({ seconds: 4 }) }, 'time: the build did not end within 4 s; it was running its commands', /begun/],
  ['fills the disk', { 'firn.yaml': GOOD.replace('echo built', 'dd if=/dev/zero of=big bs=1M count=400; sleep 600') }, { limits: limits({ diskMib: 100 }) }, 'disk: the build uses', /./],
  ['uses too much memory', { 'firn.yaml': GOOD.replace('echo built', "x=$(yes | head -c 200000000); echo $x | wc -c") }, { limits: limits({ memoryMib: 64 }) }, 'build: the command ran out of memory; its limit is 64 MiB', /./],
  ['talks too much', { 'firn.yaml': GOOD.replace('echo built', 'yes | head -c 3000000; false') }, { limits: limits({ logBytes: 20_000 }) }, 'build: the command ended with code 1', /the log has reached its limit of 20000 bytes/],
  ['has no start command', { 'firn.yaml': GOOD.replace(/^start:.*\n/m, '') }, {}, 'firn.yaml:1:1: start: is missing', /./],
  ['has a wrong field', { 'firn.yaml': GOOD.replace('port: 8080', 'prot: 8080') }, {}, 'firn.yaml:10:1: prot: there is no such field; did you mean port?', /./],
  ['has no firn.yaml', { 'firn.yaml': null }, {}, 'firn.yaml: is not in the source', /./],
  ['wants another runtime', { 'firn.yaml': GOOD.replace('runtime: minimal', 'runtime: cobol') }, {}, 'firn.yaml: runtime: there is no layer "cobol"; ready are', /./],
  ['makes no output', { 'firn.yaml': GOOD.replace('output: out', 'output: dist') }, {}, 'output: the build made no folder "dist"', /./],
  ['leads its output away', { 'firn.yaml': GOOD.replace('echo built', 'ln -s /etc dist').replace('output: out', 'output: dist') }, {}, 'output: "dist" leads out of the source', /./],
  ['packs a secret', { 'firn.yaml': GOOD.replace('echo built', 'cp /run/secrets/TOKEN out/config') }, { secrets: { TOKEN: 'correct-horse-battery' } }, 'output: config holds the value of the secret TOKEN', /./],
])('a build that %s says so', async (name, files, more, sentence, log) => {
  const branch = new Repository(join(SCRATCH, `git/${name.replaceAll(' ', '-')}`));
  branch.commit({ 'firn.yaml': GOOD, 'hello.sh': HELLO }, 'before');
  branch.commit(files, name);
  const id = `bad-${name.replaceAll(' ', '-')}`;
  const { ms } = await order(id, { url: `${git}/${name.replaceAll(' ', '-')}` }, more);
  const report = await seat.ended(id);
  expect([report.phase, report.reason, report.isPlatform]).toEqual(['failed', expect.stringContaining(sentence), undefined]);
  expect(seat.log(id)).toMatch(log);
  expect(await leftovers()).toEqual([]);
  if (/hangs|fills/.test(name)) figures.push(`a build that ${name} ended after ${Math.round(performance.now() - ms)} ms`);
});

test('a secret is a file that only the command can read; the log shows stars', async () => {
  const secret = new Repository(join(SCRATCH, 'git/secret'));
  secret.commit({ 'firn.yaml': GOOD.replace('echo built', 'stat -c %a /run/secrets/TOKEN; echo it is $(cat /run/secrets/TOKEN); ls /run/secrets; touch /etc/x /run/secrets/y 2>&1 || true'), 'hello.sh': HELLO });
  await order('secret', { url: `${git}/secret` }, { secrets: { TOKEN: 'correct-horse-battery' } });
  expect((await seat.ended('secret')).phase).toBe('succeeded');
  expect(seat.log('secret')).toContain('400\nit is ***\nTOKEN\n');
  expect(seat.log('secret')).not.toContain('correct-horse');
  expect(seat.log('secret')).toMatch(/Read-only file system/);
});

test('sources that cannot be had: a sentence each', async () => {
  const cases: [string, Partial<ServiceSource>, string][] = [
    ['no-repository', { url: `${git}/none` }, 'url: there is no repository at'],
    ['no-commit', { ref: '0123456789012345678901234567890123456789' }, 'has no commit 0123456789'],
    ['no-branch', { ref: 'nope' }, 'has no branch, tag or commit "nope"'],
    ['nobody', { url: `git://${lab.topology.seat.address}:7099/hello` }, 'cannot be reached from this builder'],
    ['protocol', { url: 'http://10.0.0.1/x.git' }, 'speaks http; this builder allows git, file'],
  ];
  for (const [id, source, sentence] of cases) {
    await order(id, source);
    expect([id, (await seat.ended(id)).reason]).toEqual([id, expect.stringContaining(sentence)]);
  }
});

test('a build that is taken back ends within a second and leaves nothing', async () => {
  const slow = new Repository(join(SCRATCH, 'git/slow'));
  slow.commit({ 'firn.yaml': GOOD.replace('echo built', 'echo begun; sleep 600'), 'hello.sh': HELLO });
  await order('slow', { url: `${git}/slow` });
  await seat.untilLog('slow', /^begun$/m);
  expect(await leftovers()).toHaveLength(1);
  const ms = await took(async () => {
    seat.cancel('slow');
    await until('its container is gone', async () => (await leftovers()).length === 0, 10_000);
  });
  figures.push(`cancel of a running build: its container was gone after ${ms} ms`);
  expect(ms).toBeLessThan(1_500);
  await until('its folder is gone', async () => (await readdir(join(host.home, 'agent/builds'))).length === 0);
});

test('a lost connection loses nothing: neither a line nor the end', async () => {
  const chatty = new Repository(join(SCRATCH, 'git/chatty'));
  chatty.commit({ 'firn.yaml': GOOD.replace('echo built', 'i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo "line $i äö"; sleep 0.05; done'), 'hello.sh': HELLO });
  await order('chatty', { url: `${git}/chatty` });
  await seat.untilLog('chatty', /^line 5 /m);
  server.conversations.at(-1)?.cut();
  await seat.untilLog('chatty', /^line 20 /m);
  seat.acks = false;
  const report = await seat.ended('chatty');
  server.conversations.at(-1)?.cut();
  seat.acks = true;
  await until('the end is said until it is acknowledged', async () => (await readdir(join(host.home, 'agent/builds'))).length === 0, 20_000);
  expect(report.phase).toBe('succeeded');
  const lines = seat.log('chatty').split('\n').filter((line) => line.startsWith('line '));
  expect(lines).toEqual(Array.from({ length: 40 }, (_, index) => `line ${index + 1} äö`));
});

test('a registry that is away is waited for', async () => {
  onSeat[0]?.kill('SIGKILL');
  repository.commit({ 'hello.sh': `${HELLO}# again\n` }, 'again');
  await order('patient', {});
  await seat.untilLog('patient', /trying again in/);
  await startRegistry();
  expect((await seat.ended('patient')).phase).toBe('succeeded');
});

test('an agent that is killed while it builds: its next run says so, tidies up, and builds on', async () => {
  await order('killed', { url: `${git}/slow` });
  await seat.untilLog('killed', /^begun$/m);
  await agent.stop('SIGKILL');
  expect(await leftovers()).toHaveLength(1);
  await startAgent();
  const report = await seat.ended('killed');
  expect(report).toMatchObject({ phase: 'failed', isPlatform: true, reason: expect.stringContaining('the agent of the builder host was restarted') });
  expect(await leftovers()).toEqual([]);
  expect((await build('after', {})).report.phase).toBe('succeeded');
});

test('an engine that lost all its images pulls the layer and makes the same image; a whole archive makes it too', async () => {
  const first = (await build('whole-1', {})).result;
  const engine = openBuildEngine({ socketPath: host.socketPath });
  const saved = await bytesOf(await engine.save(imageOf('minimal')));
  const whole = await engine.image(first.imageId);
  for (const { Id: id } of await docker().listImages()) await docker().getImage(id).remove({ force: true }).catch(() => undefined);
  expect(await engine.image(first.imageId)).toBeUndefined();
  const second = await build('whole-2', {});
  expect([second.result.imageId, second.result.digest]).toEqual([first.imageId, first.digest]);
  expect(seat.log('whole-2')).toContain('pulling the layer minimal');

  for (const { Id: id } of await docker().listImages()) await docker().getImage(id).remove({ force: true }).catch(() => undefined);
  const file = join(SCRATCH, 'own.tar');
  mkdirSync(join(SCRATCH, 'persist'), { recursive: true });
  const layer = await writeLayerTar({ folder: join(SCRATCH, 'persist'), prefix: 'app', timeSeconds: 1 }, createWriteStream(file));
  const base = { id: imageOf('minimal'), architecture: first.architecture, os: 'linux', created: '2026-01-01T00:00:00Z', diffIds: whole?.diffIds.slice(0, -1) ?? [], env: [], entrypoint: [], labels: {}, user: '' };
  const image = imageConfiguration({ base, layerName: 'minimal', layer, spec: { runtime: 'minimal', start: ['true'], port: 1 }, service: 's', commit: '', committedSeconds: 1 });
  await expect(engine.load(thinArchive(image, file, 'own:1'), AbortSignal.timeout(20_000))).rejects.toThrow('load of an image');
  await engine.load(wholeArchive(image, file, 'own:1', Readable.from([saved])), AbortSignal.timeout(20_000));
  expect((await engine.image('own:1'))?.id).toBe(image.imageId);
});

// -- how the tests speak of the builder

type ServiceSource = Extract<BuildOrder['source'], { kind: 'service' }>;

function limits(more: Partial<BuildOrder['limits']> = {}): BuildOrder['limits'] {
  return { cpuMilli: 1_000, memoryMib: 256, seconds: 120, diskMib: 512, logBytes: 1 << 20, ...more };
}

/** Gives the moment at which it was ordered. */
async function order(id: string, source: Partial<ServiceSource>, more: Partial<BuildOrder> = {}): Promise<{ ms: number }> {
  const whole: ServiceSource = { kind: 'service', url: `${git}/hello`, ref: 'main', path: '', layers, ...source };
  seat.order({ id, attempt: 1, source: whole, repository: `${registry}/services/hello`, limits: limits(), secrets: {}, network: false, ...more });
  return { ms: performance.now() };
}

async function build(id: string, source: Partial<ServiceSource>): Promise<{ report: BuildReport; result: BuildResult; ms: number }> {
  const { ms } = await order(id, source);
  const report = await seat.ended(id);
  if (report.result === undefined) throw new Error(`${report.reason}\n${seat.log(id)}`);
  return { report, result: report.result, ms: Math.round(performance.now() - ms) };
}

async function buildLayer(name: string, archive: Buffer, from?: LayerRef): Promise<BuildResult> {
  const id = `layer-${name}`;
  const begunMs = performance.now();
  seat.order(layerOrder(server, name, archive, { id, registry, ...(from === undefined ? {} : { from }) }));
  const { result, reason, seconds } = await seat.ended(id, 150_000);
  if (result === undefined) throw new Error(`${reason}\n${seat.log(id)}`);
  figures.push(`layer ${name}: ${Math.round(performance.now() - begunMs)} ms, ${JSON.stringify(seconds)}, ${result.pushedBytes} bytes pushed`);
  layers.push({ name, image: `${registry}/layers/${name}@${result.digest}`, imageId: result.imageId });
  return result;
}

const docker = (): Docker => new Docker({ socketPath: host.socketPath });
const imageOf = (name: string): string => layers.find((layer) => layer.name === name)?.imageId ?? '';
const layersOf = async (image: string): Promise<number> => (await docker().getImage(image).inspect()).RootFS.Layers?.length ?? 0;
const leftovers = async (): Promise<string[]> => (await docker().listContainers({ all: true, filters: JSON.stringify({ label: ['io.firn.build'] }) })).map(({ Id: id }) => id);
const inside = (layer: string, command: string[], more: Docker.ContainerCreateOptions = {}): Promise<{ code: number; said: string }> => run(imageOf(layer), command, more);

/** Runs a container to its end. */
async function run(image: string, command?: string[], more: Docker.ContainerCreateOptions = {}): Promise<{ code: number; said: string }> {
  const container = await docker().createContainer({ Image: image, ...(command === undefined ? {} : { Cmd: command }), HostConfig: { NetworkMode: 'none' }, ...more });
  try {
    await container.start();
    const { StatusCode: code } = (await container.wait()) as { StatusCode: number };
    return { code, said: await logOf(container) };
  } finally {
    await container.remove({ force: true });
  }
}

/** What a container wrote; each frame has a head of eight bytes. */
async function logOf(container: Docker.Container): Promise<string> {
  const bytes = await container.logs({ stdout: true, stderr: true });
  const texts: string[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += 8 + bytes.readUInt32BE(at + 4)) texts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at + 4)).toString());
  return texts.join('');
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const begunMs = performance.now();
  await work();
  return Math.round(performance.now() - begunMs);
}

function common(): { serverUrl: string; stateDir: string; persistDir: string; dockerSocket: string; name: string; address: string; uplink: string } {
  return {
    serverUrl: `http://${lab.topology.seat.address}:7071`, stateDir: join(host.home, 'agent'), persistDir: join(host.home, 'persist'), dockerSocket: host.socketPath,
    name: host.name, address: host.address, uplink: 'eth0',
  };
}

async function startAgent(): Promise<void> {
  const { serverUrl, stateDir, persistDir, dockerSocket, name, address } = common();
  agent = await lab.spawnOn(host.name, [NODE, AGENT, 'run'], {
    logFile: join(host.home, 'agent.log'),
    env: {
      FIRN_AGENT_SERVER: serverUrl, FIRN_AGENT_STATE_DIR: stateDir, FIRN_AGENT_PERSIST_DIR: persistDir, FIRN_AGENT_DOCKER_SOCKET: dockerSocket, FIRN_AGENT_NAME: name, FIRN_AGENT_ADDRESS: address,
      FIRN_AGENT_CGROUP_PARENT: host.cgroupParent, FIRN_AGENT_CPU_MILLI: '2000', FIRN_AGENT_MEMORY_MIB: '2048', FIRN_AGENT_BUILDS: '1', FIRN_AGENT_GIT_PROTOCOLS: 'git,file', FIRN_AGENT_LOG: 'info',
    },
  });
}

async function startRegistry(): Promise<void> {
  writeFileSync(join(SCRATCH, 'registry.yml'), registryConfig(registry, join(SCRATCH, 'registry')));
  onSeat[0] = start('docker-registry', ['serve', join(SCRATCH, 'registry.yml')], false);
  await until('the registry answers', async () => (await fetch(`http://${registry}/v2/`)).ok);
}

function start(program: string, args: string[], isKept = true): ChildProcess {
  // A group of its own: `git daemon` is a child of `git`.
  const child = spawn(program, args, { stdio: 'ignore', env: LAB_ENVIRONMENT, detached: true });
  // Adopted late is as good: it does nothing before it is asked.
  if (child.pid !== undefined) void lab.adopt(child.pid).catch(() => undefined);
  if (isKept) onSeat.push(child);
  return child;
}
