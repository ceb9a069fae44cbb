// Webhooks against a receiver of this machine: what it hears, that it can check who says it, that nothing is lost when it is away, and which
// addresses are never called.
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { enqueue } from '../webhooks/webhooks.ts';
import { messageOf, waitMs, webhooksLoop } from '../webhooks/loop.ts';
import { callWebhook, whyRefused } from '../webhooks/send.ts';
import { openTestApp, type TestApp } from './fixtures/open-app.ts';

const stack = new AsyncDisposableStack();
let opened: TestApp;
let sre: { readonly cookie: string };
let url: string;
const heard: { readonly path: string; readonly headers: IncomingMessage['headers']; readonly body: string }[] = [];
/** How the receiver answers now. */
let answers: (path: string) => { readonly status: number; readonly headers?: Record<string, string> } | 'nothing' = () => ({ status: 204 });

beforeAll(async () => {
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      heard.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() });
      const answer = answers(request.url ?? '');
      if (answer !== 'nothing') response.writeHead(answer.status, answer.headers ?? {}).end('x'.repeat(10_000));
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  stack.defer(() => receiver.closeAllConnections());
  stack.defer(() => void receiver.close());
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  opened = stack.use(await openTestApp({}, { webhookAllow: ['127.0.0.1'], publicUrl: 'https://firn.test' }));
  sre = await opened.person('sre', [{ team: null, role: 'sre' }]);
  opened.context.loops.add(webhooksLoop(opened.context));
});
afterAll(() => stack.disposeAsync());

const api = (method: string, path: string, body?: unknown) => opened.call(method, path, { body, headers: sre });
const hook = async (more: object) => (await api('POST', '/webhooks', { url: `${url}/hook`, events: ['rollout.started', 'rollout.failed'], ...more })).body as { readonly id: string };
const tell = async (event: 'rollout.started' | 'build.failed', more: object = {}) => {
  await opened.context.store.tx((tx) => enqueue(opened.context, tx, event, { team: 'quotes', subject: 'quote.production', message: 'it began', path: '/rollouts/7', ...more }));
  await run();
};
const run = async () => {
  await opened.context.loops.runOnce('webhooks');
  await opened.context.loops.settled();
};
const deliveries = async (name: string) => ((await api('GET', '/webhooks')).body['items'] as { name: string; deliveries: { outcome: string | null; attempts: number; lastStatus: string }[] }[]).find((each) => each.name === name)!.deliveries;

test('a receiver hears what it asked for, signed, with a link, and nothing else', async () => {
  await hook({ name: 'chat', secret: 'the key of the chat' });
  await tell('rollout.started');
  await tell('build.failed');
  expect(heard.length).toBe(1);
  const [{ headers, body }] = heard as [(typeof heard)[number]];
  expect(JSON.parse(body)).toMatchObject({ event: 'rollout.started', link: 'https://firn.test/rollouts/7', subject: 'quote.production', message: 'it began' });
  const [, seconds, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['firn-signature']))!;
  expect(signature).toBe(createHmac('sha256', 'the key of the chat').update(`${seconds}.${body}`).digest('hex'));
  expect(headers['firn-event']).toBe('rollout.started');
  expect(await deliveries('chat')).toMatchObject([{ outcome: 'delivered', attempts: 1, lastStatus: '204' }]);
  const shown = JSON.stringify((await api('GET', '/webhooks')).body);
  expect(shown).toContain('"hasSecret":true');
  expect(shown).not.toContain('the key of the chat');
  await api('DELETE', '/webhooks/chat');
});

test('a receiver that is away hears it later, in order, and one that stays away is given up', async () => {
  heard.length = 0;
  await hook({ name: 'away' });
  answers = () => ({ status: 503 });
  await tell('rollout.started', { number: 1 });
  await tell('rollout.started', { number: 2 });
  opened.advance(waitMs(1) + 1);
  answers = () => ({ status: 200 });
  await run();
  expect(heard.map(({ body }) => JSON.parse(body).number)).toEqual([1, 2, 1, 2]);
  answers = () => ({ status: 500 });
  await tell('rollout.started', { number: 3 });
  for (let attempt = 1; attempt < 10; attempt += 1) {
    opened.advance(waitMs(attempt) + 1);
    await run();
  }
  // Two days later sessions have ended.
  sre = await opened.person('sre-later', [{ team: null, role: 'sre' }]);
  expect((await deliveries('away'))[0]).toMatchObject({ outcome: 'given-up', attempts: 10, lastStatus: '500' });
  await api('DELETE', '/webhooks/away');
});

test('redirects are not followed, an endless answer ends, and a disabled hook hears nothing', async () => {
  answers = () => ({ status: 302, headers: { location: `${url}/elsewhere` } });
  await hook({ name: 'turns' });
  heard.length = 0;
  expect((await api('POST', '/webhooks/turns/test')).body).toEqual({ isHeard: false, status: '302: redirects are not followed' });
  expect(heard.map(({ path }) => path)).toEqual(['/hook']);
  answers = () => ({ status: 204 });
  expect((await api('POST', '/webhooks/turns/test')).body).toEqual({ isHeard: true, status: '204' });
  expect((await api('PATCH', '/webhooks/turns', { isEnabled: false })).body).toMatchObject({ isEnabled: false });
  heard.length = 0;
  await tell('rollout.started');
  expect(heard).toEqual([]);
  expect((await api('POST', '/webhooks/turns/test')).body).toMatchObject({ code: 'webhook-disabled' });
  await api('DELETE', '/webhooks/turns');
});

test('a commit status says where it stands, at the commit, with the secret as authorization', async () => {
  heard.length = 0;
  await hook({ name: 'code', kind: 'commit-status', url: `${url}/repos/quote/statuses/{commit}`, secret: 'token abc' });
  await tell('rollout.started');
  await tell('rollout.started', { commit: 'a'.repeat(40), environment: 'production' });
  expect(heard.map(({ path, headers, body }) => [path, headers.authorization, JSON.parse(body)])).toEqual([[`/repos/quote/statuses/${'a'.repeat(40)}`, 'token abc', { state: 'pending', target_url: 'https://firn.test/rollouts/7', description: 'it began', context: 'firn/production' }]]);
  await api('DELETE', '/webhooks/code');
});

test('a name that leads to a private address is not called: it is judged where the connection is made', async () => {
  heard.length = 0;
  const { port } = new URL(url);
  const call = { url: new URL(`http://localhost:${port}/hook`), headers: {}, body: '{}' };
  expect(await callWebhook({ ...call, allow: [] })).toMatchObject({ isHeard: false, status: expect.stringMatching(/is an address of this machine or of a private network/) });
  expect(await callWebhook({ ...call, url: new URL(`http://0x7f.1:${port}/hook`), allow: [] })).toMatchObject({ isHeard: false, status: expect.stringMatching(/^127\.0\.0\.1 is an address/) });
  expect(heard).toEqual([]);
  expect(await callWebhook({ ...call, allow: ['127.0.0.0/8', '::1'] })).toEqual({ isHeard: true, status: '204' });
  expect(await callWebhook({ ...call, allow: ['localhost'] })).toEqual({ isHeard: true, status: '204' });
});

test.each([
  ['127.0.0.1', [], true],
  ['10.1.2.3', [], true],
  ['10.1.2.3', ['10.0.0.0/8'], false],
  ['192.168.0.1', ['10.0.0.0/8'], true],
  ['169.254.169.254', [], true],
  ['100.64.0.1', [], true],
  ['0.0.0.0', [], true],
  ['::1', [], true],
  ['::ffff:127.0.0.1', [], true],
  ['fe80::1', [], true],
  ['fd00::1', ['fd00::/8'], false],
  ['93.184.216.34', [], false],
  ['2606:2800:220:1::1', [], false],
])('%s with %j allowed: refused %s', (address, allow, isRefused) => {
  expect(whyRefused(address, allow) !== null).toBe(isRefused);
});

test('what cannot be a webhook is refused by field', async () => {
  const refusals = [
    [{ name: 'x', url: 'http://10.0.0.7/x', events: ['build.failed'] }, 422, /url cannot be called: 10\.0\.0\.7 is an address of this machine or of a private network/],
    [{ name: 'x', url: 'http://[::1]/x', events: ['build.failed'] }, 422, /::1 is an address/],
    [{ name: 'x', url: 'ftp://example.org', events: ['build.failed'] }, 422, /url/],
    [{ name: 'x', kind: 'commit-status', url: 'https://example.org/x', events: ['build.failed'] }, 422, /\{commit\}/],
    [{ name: 'x', url: 'https://me:pass@example.org/x', events: ['build.failed'] }, 422, /no user and password/],
    [{ name: 'x', url: 'https://example.org/x', events: ['build.exploded'] }, 422, /events\[0\]/],
    [{ name: 'x', url: 'https://example.org/x', events: [] }, 422, /events/],
    [{ name: 'x', url: 'https://example.org/x', events: ['build.failed'], team: 'nobody' }, 422, /team is "nobody"/],
    [{ name: 'x', kind: 'commit-status', url: 'https://example.org/{commit}', events: ['build.failed'], secret: 's3cret\r\nx: y' }, 422, /secret must be one line/],
    [{ name: 'x', url: 'https://example.org/x', events: ['build.failed'], secret: 's3cret'.repeat(1_000) }, 422, /secret: must have at most 4096/],
  ] as const;
  for (const [body, status, says] of refusals) {
    const answer = await api('POST', '/webhooks', body);
    expect([answer.status, answer.body['detail']]).toEqual([status, expect.stringMatching(says)]);
    expect(JSON.stringify(answer.body)).not.toContain('s3cret');
  }
  expect((await api('GET', '/webhooks')).body['items']).toEqual([]);
});

test('a message says no more than it should', () => {
  const { body } = messageOf({ kind: 'event', url: 'https://example.org' }, { id: 'd1', event: 'build.failed', body: { team: 'quotes', message: 'no', path: '/builds/1' } }, null, { at: 0, publicUrl: null });
  expect(JSON.parse(body)).toEqual({ id: 'd1', event: 'build.failed', at: '1970-01-01T00:00:00.000Z', team: 'quotes', message: 'no' });
});
