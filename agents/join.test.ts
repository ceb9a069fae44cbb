// Joining: what is sent, what is kept, and that a refused or impossible join leaves nothing behind and uses no token up.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AgentConfig } from './config.ts';
import { httpBase, joinServer, readCredential, webSocketUrl } from './join.ts';
import { StandInServer } from './stand-in.ts';

const TOKEN = 'token-0123456789abcdef';
let folder: string;
let server: StandInServer;
let refusal: { status: number; code: string; detail: string } | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firn-join-'));
  refusal = undefined;
  server = await StandInServer.start({ refuseJoin: () => refusal });
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const config = (): AgentConfig => ({
  serverUrl: server.url, stateDir: join(folder, 'state'), persistDir: folder, dockerSocket: join(folder, 'no-engine.sock'), name: 'h1', address: '10.9.0.11', uplink: 'eth0', log: 'silent',
  declared: { cpuMilli: 4000, memoryMib: 8192 }, containerCidr: '10.9.1.0/24',
});

test('a join keeps its credential where only root can read it, even when the engine is not up yet', async () => {
  await joinServer(config(), TOKEN);
  expect(server.joins).toEqual([
    expect.objectContaining({ protocol: 1, token: TOKEN, name: 'h1', address: '10.9.0.11', uplink: 'eth0', declared: { cpuMilli: 4000, memoryMib: 8192 }, containerCidr: '10.9.1.0/24' }),
  ]);
  expect(server.joins[0]?.facts.engineVersion).toBe('unknown');
  expect(await readCredential(join(folder, 'state'))).toEqual({ clusterId: 'cluster-1', hostId: 'h1', credential: 'credential-of-h1' });
  expect((await stat(join(folder, 'state/credential.json'))).mode & 0o777).toBe(0o600);
  await expect(joinServer(config(), TOKEN)).rejects.toThrow('this host has joined already, as h1 of cluster cluster-1');
  expect(server.joins).toHaveLength(1);
});

test("a refused join throws the server's sentence and leaves nothing", async () => {
  refusal = { status: 409, code: 'name-taken', detail: 'name: "h1" is in use; choose another' };
  await expect(joinServer(config(), TOKEN)).rejects.toMatchObject({ message: 'name: "h1" is in use; choose another', code: 'name-taken' });
  expect(await readdir(join(folder, 'state'))).toEqual([]);
});

test('a folder that cannot be written is found out before the token is used', async () => {
  await writeFile(join(folder, 'state'), 'a file');
  await expect(joinServer(config(), TOKEN)).rejects.toThrow(/state/);
  expect(server.joins).toEqual([]);
  expect(await readFile(join(folder, 'state'), 'utf8')).toBe('a file');
});

test('http and ws addresses mean the same server', () => {
  expect([webSocketUrl('http://a:1'), webSocketUrl('wss://a:1/'), httpBase('ws://a:1'), httpBase('https://a:1/')]).toEqual(['ws://a:1/agents/ws', 'wss://a:1/agents/ws', 'http://a:1', 'https://a:1']);
});
