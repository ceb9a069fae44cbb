// What people and machines keep secret is in no line of a log: not of the server, not of an agent, not with errors, at the chattiest level.
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { startSimulatedHost } from '#agents/simulated.ts';
import { draft, NETWORK, startTestServer, until } from '#test/contract/start.ts';
import { insertJoinToken } from './db/join-tokens.ts';
import { openLog } from './log.ts';

const fresh = (): string => randomBytes(18).toString('base64url');

test('a day with passwords, tokens, secrets and failures leaves none of them in a log', async () => {
  const lines: string[] = [];
  const sink = { write: (line: string) => void lines.push(line) };
  const secrets = { adminPassword: fresh(), userPassword: fresh(), inWrongField: fresh(), environment: fresh(), secret: fresh(), webhook: fresh(), inQuery: fresh(), printed: fresh() };
  const log = openLog({ logLevel: 'trace' }, sink);
  await using server = await startTestServer({ overrides: { log } });
  const call = async (method: string, path: string, body?: unknown) => (await server.call(method, path, body)).body;
  await server.addTeam();
  await call('POST', '/networks', NETWORK);
  const login = (name: string, password: string) => fetch(`${server.handle.url}/api/v1/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name, password }) });
  await call('POST', '/users', { name: 'ann', password: secrets.userPassword, grants: [{ team: 'quotes', role: 'developer' }] });
  const cookie = (await login('ann', secrets.userPassword)).headers.getSetCookie()[0]!.split(';')[0]!.split('=')[1]!;
  expect((await login(secrets.inWrongField, 'x')).status).toBe(401);
  expect((await login('ann', secrets.adminPassword)).status).toBe(401);
  const { secret: apiToken } = await call('POST', '/tokens', { name: 'ci', scopes: ['read'], expiresInSeconds: 86_400 });
  await fetch(`${server.handle.url}/api/v1/teams`, { headers: { authorization: `Bearer ${apiToken.slice(0, -1)}x` } });
  await call('POST', '/webhooks', { name: 'chat', url: 'http://127.0.0.1:1/hook', events: ['rollout.started'], secret: secrets.webhook });
  const { token } = await call('POST', '/join-tokens', { kind: 'physical', site: 'dc1', rack: 'r1', mode: 'flat', network: 'dc' });
  log.error({ err: Object.assign(new Error('a program failed'), { stdout: secrets.printed }) }, 'a hook failed');
  await using host = await startSimulatedHost({
    serverUrl: server.handle.agentUrl, token, name: 'h1', address: '10.9.0.50', declared: { cpuMilli: 16_000, memoryMib: 32_768 }, engine: { createMs: 5, startMs: 5, serviceMs: 10 },
    deps: { log: pino({ level: 'trace' }, sink) },
  });
  await until(async () => ((await call('GET', '/hosts/h1'))?.state === 'ready' ? true : undefined), 'the host');
  await call('POST', '/requests', draft({ peakQps: 1, survive: 'none', run: { image: 'x', env: { PASSWORD: secrets.environment } } }));
  await until(async () => host.describe().replicas.find(({ state }) => state === 'running'), 'a replica');
  await call('POST', '/secrets', { team: 'quotes', service: 'quote', environment: 'production', name: 'db-password', value: secrets.secret });
  const row = { id: 'twice', tokenHash: secrets.inQuery, terms: { kind: 'physical', site: 'x', rack: 'x', mode: 'routed', dns: [], costCentsPerHour: 0, performance: 1, stability: 1, labels: {}, taints: [], environments: [] }, createdBy: 'x', createdAt: 0, expiresAt: 0, usedBy: null } as unknown as Parameters<typeof insertJoinToken>[1];
  const { store } = server.handle.context;
  await store.tx((tx) => insertJoinToken(tx, row));
  await store.tx((tx) => insertJoinToken(tx, row)).catch((error: unknown) => log.error({ err: error }, 'a query failed'));
  const all = lines.join('');
  expect(all).toContain('login.refused');
  expect(all).toContain('Failed query');
  expect(all).toContain('assignment accepted');
  for (const [what, value] of Object.entries({ ...secrets, cookie, apiToken, token })) expect([what, all.includes(value)]).toEqual([what, false]);
});
