// The real agent on an engine in memory, against a stand-in server: what a server and its users rely on.
import { afterEach, expect, test } from 'vitest';
import { macOf } from './accept.ts';
import type { Assignment, ReplicaSpec } from './protocol.ts';
import { startSimulatedHost, type SimulatedHost, type SimulatedHostOptions } from './simulated.ts';
import { StandInServer } from './stand-in.ts';

const QUICK = { createMs: 1, startMs: 1, serviceMs: 1 };
const cleanups: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of cleanups.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

function spec(number: number, more: Partial<ReplicaSpec> = {}): ReplicaSpec {
  const address = `10.9.1.${number}`;
  return {
    id: `r${number}`, name: `web-${number}`, workload: 'web@production', image: 'firn/demo:1', command: [], env: {}, address, mac: macOf(address), cpuMilli: 1000, memoryMib: 128,
    port: 8080, dns: [], hosts: [], stopSeconds: 1, ...more,
  };
}

function assignment(generation: number, replicas: ReplicaSpec[], hostId = 'h1'): Assignment {
  return {
    clusterId: 'cluster-1', hostId, generation, replicas,
    network: { name: 'firn', mode: 'flat', bridge: 'br0', uplink: 'eth0', cidr: '10.9.0.0/16', gateway: '10.9.0.1', hostAddress: '10.9.0.11' },
  };
}

async function server(): Promise<StandInServer> {
  const started = await StandInServer.start({ heartbeatMs: 200, reportMs: 500 });
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
  const before = one.engine.journal.length;
  at.assign(assignment(1, [spec(1)]));
  await at.until('h1', (report) => report.seq > (at.lastReport('h1')?.seq ?? 0) - 1 && report.generation === 3);
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

test('forty hosts in one process all converge', async () => {
  const at = await server();
  const names = Array.from({ length: 40 }, (_, index) => `h${index + 1}`);
  await Promise.all(names.map((name, index) => host(at, { name, address: `10.9.0.${index + 11}` })));
  for (const name of names) at.assign(assignment(1, [spec(1), spec(2), spec(3)], name));
  for (const name of names) await at.until(name, (report) => report.converged && report.replicas.every((replica) => replica.state === 'running') && report.replicas.length === 3);
});
