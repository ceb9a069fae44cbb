// A terminal as people get it: over a WebSocket, on record, and ended by whatever should end it.
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { draft, startTestServer, type TestServer, until } from '#test/contract/start.ts';
import type { ShellServerMessage } from '../http/contract/shell.ts';

interface Opened {
  readonly socket: WebSocket;
  readonly messages: ShellServerMessage[];
  readonly screen: () => string;
  readonly end: () => Promise<Extract<ShellServerMessage, { type: 'end' }>>;
}

async function replicaIn(server: TestServer, environment: string): Promise<string> {
  await server.addTeam();
  await server.call('PUT', `/quotas/quotes/${environment}`, { cpuMilli: 100_000, memoryMib: 200_000, reason: 'test' });
  await server.call('POST', '/requests', draft({ peakQps: 10, environment, survive: 'none' }));
  return await until(async () => {
    const { body } = await server.call('GET', '/services/quote');
    return body.replicas?.find((one: { workload: string; state: string }) => one.workload === `quote.${environment}` && one.state === 'running')?.id;
  }, `a replica in ${environment}`);
}

/** Status of the answer where there is no WebSocket. */
async function open(server: TestServer, id: string, headers: Record<string, string>, query = ''): Promise<Opened | number> {
  const { promise, resolve } = Promise.withResolvers<Opened | number>();
  const socket = new WebSocket(`${server.handle.url.replace('http', 'ws')}/api/v1/replicas/${id}/shell${query}`, { headers: { origin: server.handle.url, ...headers } });
  const messages: ShellServerMessage[] = [];
  let shown = '';
  socket.on('unexpected-response', (request, answer) => {
    resolve(answer.statusCode ?? 0);
    request.destroy();
  });
  socket.on('error', () => undefined);
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) shown += data.toString();
    else messages.push(JSON.parse(data.toString()) as ShellServerMessage);
  });
  const end = () => until(async () => messages.find((message) => message.type === 'end'), 'the end of the shell');
  socket.on('open', () => resolve({ socket, messages, screen: () => shown, end }));
  return await promise;
}

const opened = async (...args: Parameters<typeof open>): Promise<Opened> => {
  const shell = await open(...args);
  if (typeof shell === 'number') throw new Error(`answered ${shell}`);
  await until(async () => shell.messages.find(({ type }) => type === 'open'), 'the shell is open');
  return shell;
};

test('who may, what passes, what stays on record, and what ends it', async () => {
  await using server = await startTestServer();
  await using host = await server.addHost('one');
  expect(host.connected).toBe(true);
  const [staging, production] = [await replicaIn(server, 'staging'), await replicaIn(server, 'production')];
  const dev = await server.person('dev', [{ team: 'quotes', role: 'developer' }]);
  const sre = await server.person('sre', [{ team: null, role: 'sre' }]);

  // Production is for SREs, other pages may not use anybody's cookie, and everything else of it is an ordinary call.
  expect(await open(server, production, dev)).toBe(403);
  expect((await server.call('GET', `/replicas/${production}/shell/may`, undefined, dev)).body).toMatchObject({ may: false, code: 'environment-closed' });
  expect(await open(server, staging, { ...dev, origin: 'https://evil.example' })).toBe(403);
  expect((await server.call('GET', `/replicas/${staging}/shell`, undefined, dev)).status).toBe(426);

  const shell = await opened(server, staging, dev, '?columns=100&rows=30&reason=why%20not');
  shell.socket.send(Buffer.from('echo hello\r'));
  await until(async () => (shell.screen().includes('hello\r\n') ? true : undefined), 'an answer');
  shell.socket.send(JSON.stringify({ type: 'resize', columns: 120, rows: 40 }));
  shell.socket.send(Buffer.from('size\r'));
  await until(async () => (shell.screen().includes('120x40') ? true : undefined), 'the new size');
  shell.socket.send(Buffer.from('exit 7\r'));
  expect(await shell.end()).toMatchObject({ code: 'exited', exitCode: 7 });

  const record = await until(async () => (await server.call('GET', '/shells', undefined, sre)).body.items.find((one: { endedAt: string | null }) => one.endedAt !== null), 'its record');
  expect(record).toMatchObject({ by: 'dev', environment: 'staging', host: 'one', end: 'exited', exitCode: 7, reason: 'why not', mayWatch: false });
  expect(record.inputBytes).toBe('echo hello\rsize\rexit 7\r'.length);
  expect((await server.call('GET', `/shells/${record.id}/recording`, undefined, sre)).status).toBe(403);
  const login = await fetch(`${server.handle.url}/api/v1/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'admin', password: 'admin-of-this-test' }) });
  const cast = await (await fetch(`${server.handle.url}/api/v1/shells/${record.id}/recording`, { headers: { cookie: login.headers.getSetCookie()[0]!.split(';')[0]! } })).text();
  const [head, ...events] = cast.trim().split('\n').map((line) => JSON.parse(line));
  expect(head).toMatchObject({ version: 2, width: 100, height: 30 });
  expect(events.some(([, kind, text]) => kind === 'r' && text === '120x40')).toBe(true);
  expect(events.map(([, , text]) => text).join('')).toContain('hello');
  const kinds = (await server.call('GET', '/events?kind=shell')).body.items.map((one: { kind: string }) => one.kind);
  expect(kinds).toEqual(['shell.watched', 'shell.closed', 'shell.opened']);

  // Signing out takes it along; so do another person with the right to, and rules that close the environment.
  const second = await opened(server, staging, dev);
  await server.call('POST', '/auth/logout', {}, dev);
  expect(await second.end()).toMatchObject({ code: 'session-ended' });
  const third = await opened(server, production, sre);
  const [{ id }] = (await server.call('GET', '/shells?open=true', undefined, sre)).body.items;
  expect((await server.call('POST', `/shells/${id}/end`)).status).toBe(204);
  expect(await third.end()).toMatchObject({ code: 'ended-by', message: 'ended by admin' });
  const fourth = await opened(server, staging, sre);
  expect((await server.call('PUT', '/shell/rules', { environments: { staging: 'nobody' }, idleSeconds: 60, mostSeconds: 600, perHost: 2, keepDays: 30 })).status).toBe(200);
  expect(await fourth.end()).toMatchObject({ code: 'session-ended' });
}, 60_000);
