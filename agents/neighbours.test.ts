// What neighbours find of a host: an answer, an open port behind which nothing works, a refusal, silence; all within their limit.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { lookAround, reachByNetwork } from './neighbours.ts';

const server = createServer((request, response) => {
  if (request.url === '/hangs') return;
  response.statusCode = request.url === '/well' ? 204 : 500;
  response.end();
});
let port = 0;
let closedPort = 0;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  closedPort = (other.address() as AddressInfo).port;
  await new Promise((resolve) => other.close(resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('each target is found as it is, whatever becomes of the others', async () => {
  const address = '127.0.0.1';
  const targets = [
    { id: 'port', address, port },
    { id: 'well', address, port, path: '/well' },
    { id: 'ill', address, port, path: '/ill' },
    { id: 'hangs', address, port, path: '/hangs' },
    { id: 'closed', address, port: closedPort },
    // No connection leads to the broadcast address, whatever the machine.
    { id: 'nowhere', address: '255.255.255.255', port: 9 },
  ];
  const begunMs = performance.now();
  const found = await lookAround(targets, 300, { clock: systemClock, reach: reachByNetwork(systemClock) });
  expect(Object.fromEntries(found.map(({ id, finding }) => [id, finding]))).toEqual({ port: 'answers', well: 'answers', ill: 'opens', hangs: 'opens', closed: 'refuses', nowhere: 'silent' });
  expect(performance.now() - begunMs).toBeLessThan(1_500);
});

test('a look that fails is silence, and hinders no other', async () => {
  const found = await lookAround([{ id: 'a', address: '10.0.0.1', port: 1 }, { id: 'b', address: '10.0.0.2', port: 1 }], 100, {
    clock: systemClock,
    reach: async ({ address }) => {
      if (address === '10.0.0.1') throw new Error('no socket left');
      return 'refuses';
    },
  });
  expect(found.map(({ id, finding }) => `${id} ${finding}`)).toEqual(['a silent', 'b refuses']);
});
