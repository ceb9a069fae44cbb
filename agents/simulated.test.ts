// The real agent on an engine in memory, against a stand-in server: what a server and its users rely on.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { assignment, spec } from './fixtures.ts';
import { startSimulatedHost, type SimulatedHost, type SimulatedHostOptions } from './simulated.ts';
import { StandInServer, type StandInOptions } from './stand-in.ts';

const QUICK = { createMs: 1, startMs: 1, serviceMs: 1 };
const cleanups: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of cleanups.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function server(options: StandInOptions = {}): Promise<StandInServer> {
  const started = await StandInServer.start({ heartbeatMs: 200, reportMs: 500, ...options });
  cleanups.push(started);
  return started;
}

async function host(at: StandInServer, more: Partial<SimulatedHostOptions> = {}): Promise<SimulatedHost> {
  const started = await startSimulatedHost({
    serverUrl: at.url, token: 'token-0123456789abcdef', name: 'h1', address: '10.9.0.11', declared: { cpuMilli: 16_000, memoryMib: 32_768 }, engine: QUICK, ...more,
  });
  cleanups.push(started);
  return started;
}

test('an assignment becomes running replicas with the promised address, MAC and limits', async () => {
  const at = await server();
  await host(at);
  at.assign(assignment(3, [spec(1), spec(2)]));
  const report = await at.until('h1', (one) => one.converged && one.replicas.filter((replica) => replica.state === 'running').length === 2);
  expect(report.generation).toBe(3);
  expect(report.replicas[0]).toMatchObject({ id: 'r1', address: '10.9.1.1', mac: '02:42:0a:09:01:01', cpuMilli: 1000, memoryMib: 128, restarts: 0 });
  expect(report.facts).toMatchObject({ hostname: 'h1', cpuMilli: 16_000, memoryMib: 32_768 });
});

test('what is absent from a newer assignment is stopped, and an older one changes nothing', async () => {
  const at = await server();
  const one = await host(at);
  at.assign(assignment(2, [spec(1), spec(2)]));
  await at.until('h1', (report) => report.converged && report.generation === 2);
  at.assign(assignment(3, [spec(2)]));
  await at.until('h1', (report) => report.converged && report.generation === 3 && report.replicas.length === 1);
  const [before, seq] = [one.engine.journal.length, at.lastReport('h1')?.seq ?? 0];
  at.assign(assignment(1, [spec(1)]));
  const answer = await at.until('h1', (report) => report.seq > seq);
  expect(answer).toMatchObject({ generation: 3, converged: true, problems: [] });
  expect(one.engine.journal.slice(before)).toEqual([]);
  expect(one.engine.journal).toContain('stop web-1 1');
});

test('other limits change the running container; another image makes a new one', async () => {
  const at = await server();
  const one = await host(at);
  at.assign(assignment(1, [spec(1)]));
  const first = await at.until('h1', (report) => report.replicas[0]?.state === 'running');
  at.assign(assignment(2, [spec(1, { cpuMilli: 2000, memoryMib: 256 })]));
  const second = await at.until('h1', (report) => report.generation === 2 && report.converged && report.replicas[0]?.cpuMilli === 2000);
  expect(second.replicas[0]?.containerId).toBe(first.replicas[0]?.containerId);
  at.assign(assignment(3, [spec(1, { image: 'firn/demo:2', cpuMilli: 2000, memoryMib: 256 })]));
  const third = await at.until('h1', (report) => report.generation === 3 && report.converged && report.replicas[0]?.state === 'running');
  expect(third.replicas[0]?.containerId).not.toBe(first.replicas[0]?.containerId);
  expect(one.engine.journal).toEqual(['create web-1', 'start web-1', 'update web-1 2000 256', 'stop web-1 1', 'remove web-1', 'create web-1', 'start web-1']);
});

test('one replica that cannot be made holds up no other, says why, and is tried again', async () => {
  const at = await server();
  const one = await host(at, { engine: { ...QUICK, images: ['firn/demo:1'] } });
  one.engine.failNext('pull', 'pull of nowhere/x:1: no such host');
  at.assign(assignment(1, [spec(1, { image: 'nowhere/x:1' }), spec(2)]));
  const failed = await at.until('h1', (report) => report.replicas[0]?.state === 'pulling' && report.replicas[0].reason?.includes('attempt 1') === true && report.replicas[1]?.state === 'running');
  expect(failed.replicas[0]?.reason).toBe('the registry does not answer, so nowhere/x:1 cannot be pulled yet (no such host) (attempt 1, tried again)');
  expect(failed.converged).toBe(false);
  await at.until('h1', (report) => report.converged && report.replicas.every((replica) => replica.state === 'running'));
});

test('a create that died half-way and a name that is taken by a stranger are both said and both overcome', async () => {
  const at = await server();
  const one = await host(at);
  one.engine.addStranger('web-2');
  one.engine.failNext('start', 'start: no space left on device');
  at.assign(assignment(1, [spec(1), spec(2)]));
  const waiting = await at.until('h1', (report) => report.replicas[1]?.reason?.includes("is not Firn's") ?? false);
  expect(waiting).toMatchObject({ converged: false, strangers: 1 });
  one.engine.tamper('web-2', (container) => (container.name = 'moved-away'));
  await at.until('h1', (report) => report.converged && report.replicas.every((replica) => replica.state === 'running'));
});

test('an engine that is down: services are asked themselves, and nothing is done until it answers', async () => {
  const at = await server();
  const one = await host(at);
  at.assign(assignment(1, [spec(1)]));
  const before = await at.until('h1', (report) => report.replicas[0]?.state === 'running');
  one.engine.setDown('connect ENOENT');
  const down = await at.until('h1', (report) => report.problems.length > 0);
  expect(down.problems).toEqual(['Docker Engine does not answer on memory: connect ENOENT']);
  expect(down.replicas[0]).toMatchObject({ state: 'running', reason: 'Docker Engine does not answer; the service does', containerId: before.replicas[0]?.containerId });
  at.assign(assignment(2, [spec(1), spec(2)]));
  await at.until('h1', (report) => report.generation === 2 && report.replicas[1]?.state === 'creating');
  one.engine.setDown(undefined);
  await at.until('h1', (report) => report.converged && report.replicas.length === 2 && report.replicas.every((replica) => replica.state === 'running'));
});

test('a service that dies is told with its exit code and counted', async () => {
  const at = await server();
  const one = await host(at);
  at.assign(assignment(1, [spec(1)]));
  await at.until('h1', (report) => report.replicas[0]?.state === 'running');
  one.engine.crash('web-1', 137);
  await at.until('h1', (report) => report.replicas[0]?.restarts === 1 && report.replicas[0].exitCode === 137 && report.replicas[0].state === 'running');
  for (const restarts of [2, 3]) {
    one.engine.crash('web-1', 137, true);
    const report = await at.until('h1', (answer) => answer.replicas[0]?.restarts === restarts && answer.replicas[0].state === 'running');
    expect(report.replicas[0]).toMatchObject({ exitCode: 137, outOfMemory: true });
  }
});

test('an assignment that contradicts itself or is for somebody else is refused whole, with the reason in the report', async () => {
  const at = await server();
  const one = await host(at);
  at.assign(assignment(1, [spec(1)]));
  await at.until('h1', (report) => report.converged && report.generation === 1);
  at.tell('h1', { type: 'assignment', assignment: assignment(2, [spec(1), spec(2, { name: 'web-1' })]) });
  const refused = await at.until('h1', (report) => report.problems.length > 0);
  expect(refused).toMatchObject({ generation: 1, problems: ['assignment 2 is refused: replicas: two have the name web-1'] });
  at.tell('h1', { type: 'assignment', assignment: assignment(3, [], { hostId: 'h2' }) });
  await at.until('h1', (report) => report.problems.join() === 'assignment 3 is refused: it is for host h2, this is h1');
  at.assign(assignment(4, [spec(1)]));
  await at.until('h1', (report) => report.generation === 4 && report.problems.length === 0);
  expect(one.engine.journal).toEqual(['create web-1', 'start web-1']);
});

test('a second start of the same host keeps its credential and its assignment on disk', async () => {
  const at = await server();
  const stateDir = await mkdtemp(join(tmpdir(), 'firn-simulated-'));
  cleanups.push({ [Symbol.asyncDispose]: () => rm(stateDir, { recursive: true }) });
  const first = await host(at, { stateDir });
  at.assign(assignment(6, [spec(1)]));
  await at.until('h1', (report) => report.converged && report.generation === 6);
  await first.stop();
  await at[Symbol.asyncDispose]();
  const second = await host(at, { stateDir });
  expect(second.connected).toBe(false);
  await expect.poll(() => second.describe(), { timeout: 5_000 }).toMatchObject({ generation: 6, converged: true, replicas: [{ id: 'r1', state: 'running' }] });
  expect(at.joins).toHaveLength(1);
});

test('a refused join throws what the server said', async () => {
  const at = await server({ refuseJoin: () => ({ status: 409, code: 'name-taken', detail: 'name: "h1" is in use by another host' }) });
  await expect(host(at)).rejects.toThrow('name: "h1" is in use by another host');
  await expect(startSimulatedHost({ serverUrl: 'ws://127.0.0.1:9', token: 't'.repeat(16), name: 'h1', address: '10.9.0.11', declared: { cpuMilli: 1000, memoryMib: 1024 } })).rejects.toThrow(/the server cannot be reached/);
});

test('forty hosts in one process all converge', async () => {
  const at = await server();
  const names = Array.from({ length: 40 }, (_, index) => `h${index + 1}`);
  await Promise.all(names.map((name, index) => host(at, { name, address: `10.9.0.${index + 11}` })));
  for (const name of names) at.assign(assignment(1, [spec(1), spec(2), spec(3)], { hostId: name }));
  for (const name of names) await at.until(name, (report) => report.converged && report.replicas.every((replica) => replica.state === 'running') && report.replicas.length === 3);
});
