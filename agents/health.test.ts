// Verdicts about services: real probes against a real port, and the board's patience on a clock that a test moves.
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { expect, test } from 'vitest';
import { HealthBoard, networkProbe, type HealthTarget, type Probe } from './health.ts';
import { ManualClock } from './manual-clock.ts';

const TARGET: HealthTarget = { replicaId: 'r1', run: 'c1 t1', address: '10.9.1.1', port: 8080 };

/** A board whose probes fail or not as `isWell` says, at the moment of asking. */
function board(): { board: HealthBoard; clock: ManualClock; state: { isWell: boolean; asked: number; changes: number } } {
  const clock = new ManualClock();
  const state = { isWell: true, asked: 0, changes: 0 };
  const probe: Probe = async () => {
    state.asked += 1;
    if (!state.isWell) throw new Error('refused');
  };
  return { board: new HealthBoard({ clock, probe, onChange: () => (state.changes += 1) }), clock, state };
}

test('a service counts within moments of answering', async () => {
  const { board: one, clock, state } = board();
  state.isWell = false;
  one.watch([TARGET]);
  await clock.pass(1_000);
  expect(one.verdict('r1')).toEqual({ state: 'starting', reason: 'waits for the service: refused' });
  state.isWell = true;
  await clock.pass(1_000);
  expect(one.verdict('r1')).toEqual({ state: 'well' });
  one.close();
});

test('one failure is nothing, three in a row are, and one success makes it well again', async () => {
  const { board: one, clock, state } = board();
  one.watch([TARGET]);
  await clock.pass(10);
  state.isWell = false;
  await clock.pass(5_000);
  expect(one.verdict('r1').state).toBe('well');
  state.isWell = true;
  await clock.pass(1_000);
  state.isWell = false;
  await clock.pass(7_500);
  expect(one.verdict('r1')).toEqual({ state: 'unhealthy', reason: 'refused' });
  state.isWell = true;
  await clock.pass(1_000);
  expect(one.verdict('r1').state).toBe('well');
  one.close();
});

test('a service that never answers is unhealthy after a minute; well ones are asked seldom', async () => {
  const { board: one, clock, state } = board();
  state.isWell = false;
  one.watch([TARGET]);
  await clock.pass(62_000);
  expect(one.verdict('r1').state).toBe('unhealthy');
  state.isWell = true;
  await clock.pass(2_000);
  state.asked = 0;
  await clock.pass(60_000);
  expect(state.asked).toBeLessThanOrEqual(12);
  one.close();
});

test('another run begins from nothing, the same run keeps its verdict, and what is not watched is forgotten', async () => {
  const { board: one, clock } = board();
  one.watch([TARGET]);
  await clock.pass(10);
  one.watch([{ ...TARGET }]);
  expect(one.verdict('r1').state).toBe('well');
  one.watch([{ ...TARGET, run: 'c1 t2' }]);
  expect(one.verdict('r1').state).toBe('unknown');
  expect(one.settled).toBe(false);
  await clock.pass(10);
  expect(one.settled).toBe(true);
  one.watch([]);
  expect(one.verdict('r1').state).toBe('unknown');
});

test('a probe that never ends is a failure at its deadline, and at most sixteen are asked at once', async () => {
  const clock = new ManualClock();
  let open = 0;
  const one = new HealthBoard({ clock, onChange: () => undefined, probe: () => new Promise(() => (open += 1)) });
  one.watch(Array.from({ length: 40 }, (_, index) => ({ ...TARGET, replicaId: `r${index}` })));
  await clock.pass(1);
  expect(open).toBe(16);
  await clock.pass(2_100);
  expect(one.verdict('r0')).toMatchObject({ state: 'starting', reason: expect.stringContaining('no answer within 2000 ms') });
  one.close();
});

test('TCP: an open port is enough. HTTP: the status decides, even if the body never ends', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/endless') response.writeHead(200).write('and so on');
    else response.writeHead(request.url === '/up' ? 204 : 503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const target = { ...TARGET, address: '127.0.0.1', port };
  const { signal } = new AbortController();
  await networkProbe(target, signal);
  await networkProbe({ ...target, path: '/up' }, signal);
  await networkProbe({ ...target, path: '/endless' }, signal);
  await expect(networkProbe({ ...target, path: '/down' }, signal)).rejects.toThrow(`127.0.0.1:${port}/down: HTTP 503`);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await expect(networkProbe(target, signal)).rejects.toThrow(/ECONNREFUSED/);
});

test.each([
  ['HTTP/1.1 200 OK\r\n', undefined],
  ['HTTP/1.0 204\n', undefined],
  ['HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 503 No\r\n', 'HTTP 503'],
  ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n', undefined],
  ['HTTP/1.1 302 Found\r\n', 'HTTP 302'],
  ['SSH-2.0-x\r\n', 'the answer is not HTTP'],
  ['x'.repeat(2_000), 'the answer is not HTTP'],
  ['', 'the connection was closed without an answer'],
])('an answer that begins with %j, in pieces, is judged: %s', async (answer, failure) => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(answer.slice(0, 9));
      setImmediate(() => socket.end(answer.slice(9)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const asked = networkProbe({ ...TARGET, address: '127.0.0.1', port, path: '/up' }, new AbortController().signal);
  if (failure === undefined) await asked;
  else await expect(asked).rejects.toThrow(`127.0.0.1:${port}/up: ${failure}`);
  await new Promise((resolve) => server.close(resolve));
});
