// A host's identity and its agent as a process of its own: joins by fingerprint, is upgraded, goes back from an agent that does not work, is revoked.
// The built agent runs without an engine, because nothing here is about containers; they would not notice.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NETWORK, startTestServer, type TestServer } from '../contract/start.ts';
import type { AgentVersions, Certificates, HostView, UpgradeDetail } from '#server/http/contract/index.ts';
import { until } from './until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NODE = join(ROOT, 'node_modules/.bin/node');
/** Fetching, a trial of ten seconds at most, and looks of the campaign, on a machine that is busy. */
const UPGRADE_MS = 60_000;
let folder: string;
let server: TestServer;
let agent: ChildProcess;
let env: Record<string, string>;
let output = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firn-identity-'));
  await promisify(execFile)(NODE, [join(ROOT, 'node_modules/.bin/vite'), 'build', '--config', 'agents/vite.config.ts', '--outDir', join(folder, 'built')], { cwd: ROOT, timeout: 60_000 });
  server = await startTestServer({ dataDir: join(folder, 'data'), config: { agentTls: 'required' } });
  await server.call('POST', '/networks', NETWORK);
  const { token } = (await server.call('POST', '/join-tokens', { kind: 'physical', site: 'dc1', rack: 'r1', mode: 'flat', network: 'dc' })).body;
  const { caSha256 } = (await server.call('GET', '/agents/identity')).body;
  env = {
    PATH: process.env['PATH'] ?? '', FIRN_AGENT_SERVER: server.handle.agentUrl.replace('http:', 'https:'), FIRN_AGENT_STATE_DIR: join(folder, 'state'), FIRN_AGENT_PERSIST_DIR: join(folder, 'persist'),
    FIRN_AGENT_DOCKER_SOCKET: join(folder, 'none.sock'), FIRN_AGENT_NAME: 'h1', FIRN_AGENT_ADDRESS: '10.9.0.21', FIRN_AGENT_UPLINK: 'none0', FIRN_AGENT_CPU_MILLI: '4000', FIRN_AGENT_MEMORY_MIB: '8192', FIRN_AGENT_CA_SHA256: caSha256,
  };
  await promisify(execFile)(NODE, [join(folder, 'built/main.js'), 'join'], { env: { ...env, FIRN_JOIN_TOKEN: token }, timeout: 30_000 });
  agent = spawn(NODE, [join(folder, 'built/main.js'), 'run'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [agent.stdout, agent.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await until('the agent is connected', connected);
}, 120_000);

afterAll(async () => {
  agent.kill('SIGKILL');
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const connected = async (): Promise<boolean> => {
  const { running } = (await server.call('GET', '/agents/versions')).body as AgentVersions;
  if (running[0]?.upgrades !== true) throw new Error(output.slice(-1_500));
  return true;
};

/** Offers the built agent as another version, changed. */
async function offer(version: string, change: (text: string) => string): Promise<string> {
  const text = await readFile(join(folder, 'built/main.js'), 'utf8');
  await mkdir(join(folder, 'data/agents'), { recursive: true });
  await writeFile(join(folder, `data/agents/agent-${version}.js`), change(text.replaceAll('0.1.0', version)));
  const { bundles } = (await server.call('GET', '/agents/versions')).body as AgentVersions;
  return bundles.find((bundle) => bundle.version === version)!.sha256;
}

async function upgradeTo(bundle: string): Promise<UpgradeDetail> {
  const made = (await server.call('POST', '/agents/upgrades', { bundle, watchSeconds: 0, trialSeconds: 10 })).body as UpgradeDetail;
  let seen = made;
  await until('the upgrade is over', async () => {
    seen = (await server.call('GET', `/agents/upgrades/${made.id}`)).body as UpgradeDetail;
    if (seen.state === 'running') throw new Error(`${JSON.stringify(seen.hosts)} ${output.slice(-1_500)}`);
    return true;
  }, UPGRADE_MS);
  return seen;
}

test('an agent is replaced by one that works, in the same process', async () => {
  const bundle = await offer('0.1.7', (text) => text);
  const { pid } = agent;
  const over = await upgradeTo(bundle);
  expect(over).toMatchObject({ state: 'done', counts: { done: 1, failed: 0 } });
  const host = (await server.call('GET', '/hosts/h1')).body as HostView;
  expect(host.agentVersion).toBe('0.1.7');
  expect([agent.pid, agent.exitCode]).toEqual([pid, null]);
}, 2 * UPGRADE_MS);

test('an agent that ends before it is welcomed is given up, the campaign stands still, and the host goes on with the one that it had', async () => {
  const bundle = await offer('0.1.8', (text) => `if (process.argv.includes('run')) { console.error('the disk of this build is broken'); process.exit(3); }\n${text}`);
  const over = await upgradeTo(bundle);
  expect(over.state).toBe('paused');
  expect(over.hosts[0]).toMatchObject({ state: 'rolled-back', reason: expect.stringMatching(/ended by itself \(3\).*the disk of this build is broken/) });
  await server.call('POST', `/agents/upgrades/${over.id}`, { verb: 'abort' });
  await until('the agent is back', connected);
  expect(((await server.call('GET', '/hosts/h1')).body as HostView).agentVersion).toBe('0.1.7');
}, 2 * UPGRADE_MS);

test('a certificate is renewed when the server asks for it, and a revoked host is out at once', async () => {
  expect((await server.call('POST', '/hosts/h1/renew')).status).toBe(202);
  await until('there are two certificates', async () => {
    const { items } = (await server.call('GET', '/hosts/h1/certificates')).body as Certificates;
    if (items.length < 2) throw new Error(`${items.length} certificates`);
    return true;
  });
  const revoked = (await server.call('POST', '/hosts/h1/revoke', { reason: 'the disk was stolen' })).body as Certificates;
  expect(revoked.items.map(({ state }) => state)).toEqual(['revoked', 'revoked']);
  expect(server.handle.context.connections.count).toBe(0);
});
