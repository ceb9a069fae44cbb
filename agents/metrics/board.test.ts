// Services are asked for their counters over real HTTP: within limits, again and again, and told once when they cannot be read.
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { MetricsBoard, type MetricsTarget } from './board.ts';
import { scrapeOverHttp } from './scrape.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

async function serve(answer: RequestListener): Promise<MetricsTarget> {
  const server = createServer(answer);
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { replicaId: `r${cleanups.length}`, run: '1', address: '127.0.0.1', port: (server.address() as AddressInfo).port, path: '/metrics' };
}

function open(): { board: MetricsBoard; said: string[] } {
  const said: string[] = [];
  const note = (fields: object): void => void said.push((fields as { reason: string }).reason);
  const board = new MetricsBoard({ clock: systemClock, scrape: scrapeOverHttp, log: { debug: note, info: note, warn: note, error: note } });
  board.every(20);
  cleanups.push(() => board.close());
  return { board, said };
}

test('counters follow the service; a new run begins without any', async () => {
  let count = 0;
  const target = await serve((_, response) => response.end(`http_requests_total ${(count += 1)}\n`));
  const { board } = open();
  board.watch([target]);
  expect(board.counters(target.replicaId)).toBeNull();
  await expect.poll(() => board.counters(target.replicaId)?.total).toBeGreaterThan(2);
  board.watch([{ ...target, run: '2' }]);
  expect(board.counters(target.replicaId)).toBeNull();
  await expect.poll(() => board.counters(target.replicaId)?.total).toBeGreaterThan(3);
  board.watch([]);
  expect(board.counters(target.replicaId)).toBeUndefined();
});

test.each<[string, RequestListener, RegExp]>([
  ['silent', () => undefined, /no answer within 1000 ms/],
  ['endless', (_, response) => more(response), /more than 262144 bytes/],
  ['elsewhere', (_, response) => response.writeHead(302, { location: '/other' }).end(), /HTTP 302; redirects are not followed/],
  ['broken', (_, response) => response.writeHead(500).end(), /HTTP 500/],
  ['without counters', (_, response) => response.end('up 1\n'), /there is neither/],
])('a service that is %s counts nothing, and that is said once', async (_, answer, sentence) => {
  let asked = 0;
  const target = await serve((request, response) => {
    asked += 1;
    answer(request, response);
  });
  const { board, said } = open();
  board.watch([target]);
  await expect.poll(() => asked, { timeout: 4_800 }).toBeGreaterThan(3);
  expect(board.counters(target.replicaId)).toBeNull();
  expect(said).toEqual([expect.stringMatching(sentence)]);
});

function more(response: ServerResponse): void {
  if (!response.destroyed) response.write('x'.repeat(65_536), () => more(response));
}
