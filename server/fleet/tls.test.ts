// A host's identity from end to end: the real listener, the real agent with an engine in memory. Joining by fingerprint, what is refused and why,
// renewal, revocation, and the way back.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request as requestSecure } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callServer, textOf, type Tls } from '#agents/call-server.ts';
import type { AgentConfig } from '#agents/config.ts';
import { makeRequest } from '#agents/csr.ts';
import { openIdentityFiles, type HostIdentity } from '#agents/identity-files.ts';
import { joinServer, readCredential } from '#agents/join.ts';
import { startSimulatedHost, type SimulatedHost } from '#agents/simulated.ts';
import { NETWORK, startTestServer, type TestServer, until } from '#test/contract/start.ts';
import { certificatesOfHost } from '../db/certificates.ts';
import { makeAuthority, issueHost } from './ca.ts';
import { revokeHost, makeRejoinToken } from './revoke.ts';

const SOMEBODY = { id: 'u', name: 'ann', kind: 'user', can: () => true, teams: () => null } as const;
const stack = new AsyncDisposableStack();
let server: TestServer;
let folder: string;
let url: string;
let caSha256: string;

beforeAll(async () => {
  server = stack.use(await startTestServer({ config: { registryListen: { host: '127.0.0.1', port: 0 } } }));
  folder = await mkdtemp(join(tmpdir(), 'firn-tls-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  url = server.handle.agentUrl.replace('http:', 'https:');
  caSha256 = (await server.handle.context.authority.own()).sha256;
  await server.call('POST', '/networks', NETWORK);
}, 30_000);
afterAll(() => stack.disposeAsync());

const newToken = async (): Promise<string> => (await server.call('POST', '/join-tokens', { kind: 'physical', site: 'dc1', rack: 'r1', mode: 'flat', network: 'dc' })).body.token;
const config = (name: string, last: number, more: Partial<AgentConfig> = {}): AgentConfig => ({
  serverUrl: url, stateDir: join(folder, name), persistDir: folder, dockerSocket: join(folder, 'none.sock'), name, address: `10.9.0.${last}`, uplink: 'eth0', log: 'silent', declared: { cpuMilli: 4000, memoryMib: 8192 }, caSha256, ...more,
});

async function start(name: string, last: number): Promise<SimulatedHost> {
  const stateDir = join(folder, name);
  const host = await startSimulatedHost({ serverUrl: url, token: 'none', name, address: `10.9.0.${last}`, declared: { cpuMilli: 4000, memoryMib: 8192 }, stateDir, deps: { identities: openIdentityFiles(stateDir) } });
  stack.use(host);
  return host;
}

/** A call to what only hosts may have: 401 with its code, or 404 for a host that came in and asks for nothing that exists. */
async function knock(name: string, tls: Partial<Tls> & { readonly credential?: string }): Promise<{ status: number; code: string; detail: string }> {
  const credential = await readCredential(join(folder, name));
  const own = (await openIdentityFiles(join(folder, name)).read())!;
  const answer = await callServer({ method: 'GET', url: `${url}/agents/layers/${'0'.repeat(64)}`, headers: { authorization: `Bearer ${credential!.hostId}.${tls.credential ?? credential!.credential}` }, tls: { authority: own.authority, ...tls }, signal: AbortSignal.timeout(5_000) });
  const { code, detail } = JSON.parse(await textOf(answer, 10_000)) as { code: string; detail: string };
  return { status: answer.statusCode!, code, detail };
}
const identityOf = async (name: string): Promise<HostIdentity> => (await openIdentityFiles(join(folder, name)).read())!;

test('a host joins by fingerprint, keeps its key where only root reads it, and speaks with its certificate', async () => {
  await joinServer(config('h1', 21), await newToken());
  expect((await stat(join(folder, 'h1/identity.json'))).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await readFile(join(folder, 'h1/credential.json'), 'utf8'))).not.toHaveProperty('identity');
  const host = await start('h1', 21);
  await until(async () => host.connected || undefined, 'the connection');
  expect(await knock('h1', { identity: await identityOf('h1') })).toMatchObject({ status: 404 });
});

test("the registry's door knows a host by credential and certificate, and says what is missing", async () => {
  const [{ hostId, credential }, own] = [(await readCredential(join(folder, 'h1')))!, await identityOf('h1')];
  const atDoor = async (tls: Tls, user = hostId) => {
    const authorization = `Basic ${Buffer.from(`${user}:${credential}`).toString('base64')}`;
    const answer = await callServer({ method: 'GET', url: `https://${server.handle.context.registry.address}/v2/`, headers: { authorization }, tls, signal: AbortSignal.timeout(5_000) });
    return [answer.statusCode, await textOf(answer, 10_000)];
  };
  const { authority } = own;
  await until(async () => server.handle.context.registry.now.state === 'up' || undefined, 'the registry');
  expect((await atDoor({ authority, identity: own }))[0]).toBe(200);
  expect(await atDoor({ authority })).toEqual([401, expect.stringContaining('h1 has a certificate and did not show it: the credential alone is not enough')]);
  const stranger = makeRequest('x');
  const theirs = await issueHost(await makeAuthority('other', Date.now()), { csr: stranger.csr, hostId, clusterId: 'other', now: Date.now(), days: 1 });
  expect(await atDoor({ authority, identity: { key: stranger.key, certificate: theirs.certificate, authority } })).toEqual([401, expect.stringContaining("was not signed by this cluster's authority")]);
  // Nor does a host give its credential to a door that another authority answers for.
  await expect(atDoor({ authority: (await makeAuthority('other', Date.now())).certificate })).rejects.toThrow(/certificate/);
});

test('another fingerprint, and none at all, keep the token from being used', async () => {
  const token = await newToken();
  await expect(joinServer(config('h2', 22, { caSha256: 'ab'.repeat(32) }), token)).rejects.toThrow(/the server's authority has the fingerprint [0-9a-f]{64}, and --ca-sha256 says abab/);
  const { caSha256: _, ...without } = config('h2', 22);
  await expect(joinServer(without, token)).rejects.toThrow(/caSha256: is missing; give --ca-sha256/);
  await joinServer({ ...without, insecureFirstJoin: true }, token);
  expect(await identityOf('h2')).toBeDefined();
});

test('neither the credential without the certificate comes in, nor the certificate with the credential of another host', async () => {
  expect(await knock('h1', {})).toMatchObject({ status: 401, code: 'certificate-missing', detail: expect.stringMatching(/h1 has a certificate and did not show it/) });
  expect(await knock('h1', { identity: await identityOf('h2') })).toMatchObject({ status: 401, code: 'certificate-foreign', detail: expect.stringMatching(/a host can act only for itself/) });
  expect(await knock('h1', { identity: await identityOf('h1'), credential: 'x'.repeat(43) })).toMatchObject({ status: 401, code: 'credential-unknown' });
});

test('certificates of another authority, expired ones and those of a wrong clock are refused with what is wrong', async () => {
  const { context } = server.handle;
  const hostId = (await readCredential(join(folder, 'h1')))!.hostId;
  const by = async (authority: { key: string; certificate: string }, now: number): Promise<HostIdentity> => {
    const { key, csr } = makeRequest('h1');
    return { key, certificate: (await issueHost(authority, { csr, hostId, clusterId: 'c', now, days: 1 })).certificate, authority: authority.certificate };
  };
  const stranger = await by(await makeAuthority('elsewhere', Date.now()), Date.now());
  expect(await knock('h1', { identity: stranger })).toMatchObject({ status: 401, code: 'certificate-foreign', detail: expect.stringMatching(/not signed by this cluster's authority/) });
  const text = await readFile(join(context.config.dataDir, 'fleet-authority.pem'), 'utf8');
  const own = { key: text.slice(0, text.indexOf('-----BEGIN CERTIFICATE')), certificate: text.slice(text.indexOf('-----BEGIN CERTIFICATE')) };
  expect(await knock('h1', { identity: await by(own, Date.now() - 3 * 86_400_000) })).toMatchObject({ code: 'certificate-expired', detail: expect.stringMatching(/expired at .*this server's clock says/) });
  expect(await knock('h1', { identity: await by(own, Date.now() + 5 * 3_600_000) })).toMatchObject({ code: 'certificate-early', detail: expect.stringMatching(/set the clock of the server/) });
  expect(await knock('h1', { identity: await by(own, Date.now()) })).toMatchObject({ code: 'certificate-unknown' });
});

test('a plain call to a TLS listener and a TLS call to a plain host are both told apart from noise', async () => {
  const answer = await fetch(`${server.handle.agentUrl}/agents/ws`);
  expect(answer.status).toBe(401);
  const status = await new Promise((resolve, reject) => requestSecure(`${url}/agents/ws`, { rejectUnauthorized: false, agent: false }, (response) => resolve(response.statusCode)).once('error', reject).end());
  expect(status).toBe(401);
});

test('the certificate is renewed over the session, with a new key, and both are in use afterwards', async () => {
  const before = await identityOf('h1');
  const { connections } = server.handle.context;
  const { hostId } = (await readCredential(join(folder, 'h1')))!;
  connections.send(hostId, { type: 'certificate' });
  await until(async () => (await identityOf('h1')).certificate !== before.certificate || undefined, 'another certificate');
  const after = await identityOf('h1');
  expect(after.key).not.toBe(before.key);
  expect(after.authority).toBe(before.authority);
  expect((await knock('h1', { identity: after })).status).toBe(404);
  const rows = await server.handle.context.store.read((reader) => certificatesOfHost(reader, hostId));
  expect(rows).toHaveLength(2);
});

test('a revoked host is put out at once and stays out, until it joins again as the same host', async () => {
  const { context } = server.handle;
  const { hostId } = (await readCredential(join(folder, 'h1')))!;
  const old = await identityOf('h1');
  expect(context.connections.has(hostId)).toBe(true);
  await revokeHost(context, SOMEBODY, 'h1', 'the disk was stolen');
  expect(context.connections.has(hostId)).toBe(false);
  expect(await knock('h1', { identity: old })).toMatchObject({ status: 401, code: 'certificate-revoked', detail: expect.stringMatching(/was revoked by ann: the disk was stolen/) });
  const { token } = await makeRejoinToken(context, SOMEBODY, 'h1', 600);
  await expect(joinServer(config('h1', 21), token)).rejects.toThrow(/firn host rejoin/);
  await expect(joinServer(config('h3', 23), token)).rejects.toThrow(/name h3 is not that of the host/);
  await joinServer(config('h1', 21, { again: true }), token);
  expect((await readCredential(join(folder, 'h1')))!.hostId).toBe(hostId);
  expect(await knock('h1', { identity: await identityOf('h1') })).toMatchObject({ status: 404 });
  expect(await knock('h1', { identity: old })).toMatchObject({ status: 401, code: 'certificate-revoked' });
});

test('an identity whose parts do not belong together is not used', async () => {
  await writeFile(join(folder, 'h2/identity.json'), JSON.stringify({ ...(await identityOf('h2')), key: makeRequest('x').key }));
  await expect(openIdentityFiles(join(folder, 'h2')).read()).rejects.toThrow(/is not a certificate with its key/);
});
