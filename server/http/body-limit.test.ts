// Over a real socket, because that is where lengths are stated, left out or lied about.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULTS } from '../config.ts';
import { startServer, type ServerHandle } from '../start.ts';

const stack = new AsyncDisposableStack();
let server: ServerHandle;
let cookie: string;
const LOGIN = { name: 'admin', password: 'a password for tests' };

beforeAll(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'firn-body-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const anyPort = { host: '127.0.0.1', port: 0 };
  server = stack.use(await startServer({ ...DEFAULTS, dataDir, listen: anyPort, agentListen: anyPort, logLevel: 'silent' }, { adminPassword: LOGIN.password }));
  const answer = await fetch(`${server.url}/api/v1/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(LOGIN) });
  cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
});
afterAll(() => stack.disposeAsync());

/** Without a stated length, in the given parts. */
function sendChunks(method: string, path: string, chunks: readonly string[]): Promise<{ status: number | undefined; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; text: string }>();
  const call = request(`${server.url}/api/v1${path}`, { method, headers: { cookie, 'content-type': 'application/json', ...(chunks.length > 0 ? { 'transfer-encoding': 'chunked' } : {}) } }, (answer) => {
    let text = '';
    answer.setEncoding('utf8').on('data', (part: string) => (text += part)).on('end', () => resolve({ status: answer.statusCode, text }));
  });
  call.on('error', reject);
  for (const chunk of chunks) call.write(chunk);
  call.end();
  return promise;
}

test('a body in chunks is read like any other', async () => {
  expect(await sendChunks('POST', '/teams', ['{"name":', '"chunked"}'])).toMatchObject({ status: 201 });
});

test('a body in chunks is refused when it gets too large', async () => {
  const { status, text } = await sendChunks('POST', '/teams', ['{"title":"', ...Array.from({ length: 20 }, () => 'x'.repeat(64 * 1024)), '"}']).catch((error: NodeJS.ErrnoException) => ({ status: error.code, text: '' }));
  // The server answers before everything was sent and closes: a client sees either.
  expect([413, 'EPIPE', 'ECONNRESET']).toContain(status);
  if (status === 413) expect(text).toContain('body-too-large');
});

test('a call without a body, as DELETE has none, is answered', async () => {
  expect(await sendChunks('DELETE', '/tokens/nope', [])).toMatchObject({ status: 404 });
});

test('a body that is cut off leaves nothing behind, and the server answers the next call', async () => {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(`POST /api/v1/teams HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncookie: ${cookie}\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"name":"half"`);
  socket.end();
  await once(socket.resume(), 'close');
  const answer = await fetch(`${server.url}/api/v1/teams`, { headers: { cookie } });
  expect(((await answer.json()) as { items: { name: string }[] }).items.map(({ name }) => name)).toEqual(['chunked']);
});
