// Drives servers on loopback and checks what a user of the load generator relies on: counts, honest latency, reasons, the address rule.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { drive } from './drive.ts';
import { summarise, type Arrival } from './summary.ts';
import { checkTarget } from './targets.ts';

async function serve(listener: RequestListener): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('sends every arrival, spreads them over the targets and reports each second', async () => {
  await using one = await serve((_, response) => response.end('one'));
  await using two = await serve((_, response) => response.end('two'));
  const result = await drive({ targets: [one.url, two.url], qps: 200, seconds: 2 });
  expect(result).toMatchObject({ sent: 400, ok: 400, failed: 0, servedQps: 200, okByTarget: { [one.url]: 200, [two.url]: 200 } });
  expect(result.seconds.map((second) => second.sent)).toEqual([200, 200]);
});

test('a stall is felt by every request that was due meanwhile, not only by the one that waited', async () => {
  let stalledUntil = 0;
  await using server = await serve((_, response) => {
    const wait = stalledUntil - performance.now();
    if (wait > 0) setTimeout(() => response.end(), wait);
    else response.end();
  });
  stalledUntil = performance.now() + 500;
  const { latency } = await drive({ targets: [server.url], qps: 200, seconds: 1 });
  expect(latency.p50Ms).toBeLessThan(250);
  expect(latency.p90Ms).toBeGreaterThan(300);
});

test('failures carry their reason', async () => {
  await using broken = await serve((_, response) => response.writeHead(503).end());
  await using silent = await serve(() => undefined);
  const result = await drive({ targets: [broken.url, silent.url, 'http://127.0.0.1:9/'], qps: 30, seconds: 1, timeoutMs: 300 });
  expect(result.failures).toEqual({ 'status 503': 10, 'no answer within 300 ms': 10, ECONNREFUSED: 10 });
});

test('what cannot be sent is counted as failed, never dropped', async () => {
  await using silent = await serve(() => undefined);
  const result = await drive({ targets: [silent.url], qps: 50, seconds: 1, timeoutMs: 1_500, maxInFlight: 20 });
  expect(result).toMatchObject({ sent: 50, failures: { 'not sent: 20 requests were unanswered': 30, 'no answer within 1500 ms': 20 } });
});

test('targets may change while it drives', async () => {
  await using one = await serve((_, response) => response.end());
  await using two = await serve((_, response) => response.end());
  const start = performance.now();
  const result = await drive({ targets: () => [performance.now() - start < 500 ? one.url : two.url], qps: 100, seconds: 1 });
  expect(result.ok).toBe(100);
  expect(result.okByTarget[one.url]).toBeGreaterThan(30);
  expect(result.okByTarget[two.url]).toBeGreaterThan(30);
});

test('refuses addresses that are not this machine or its labs, and figures out of bounds', async () => {
  const networks = ['127.0.0.0/8', '10.241.0.0/16'];
  expect(checkTarget('http://10.241.3.4:8080/', networks).host).toBe('10.241.3.4:8080');
  expect(() => checkTarget('http://10.242.3.4/', networks)).toThrow('target "http://10.242.3.4/": not an address of this machine');
  expect(() => checkTarget('http://localhost/', networks)).toThrow('give an address, not a name');
  expect(() => checkTarget('https://127.0.0.1/', networks)).toThrow('only http://');
  await expect(drive({ targets: ['http://192.0.2.1/'], qps: 1, seconds: 1 })).rejects.toThrow('load is only sent to 127.0.0.0/8');
  await expect(drive({ targets: [], qps: 30_000, seconds: 1 })).rejects.toThrow('qps: 30000 is not allowed');
  await expect(drive({ targets: [], qps: 10_000, seconds: 600 })).rejects.toThrow('qps x seconds: 6000000 is not allowed');
});

test('percentiles are of the answered arrivals only, by the second in which they were due', () => {
  const arrival = (dueMs: number, tookMs: number, failure?: string): Arrival => ({ dueMs, sentMs: dueMs, endMs: dueMs + tookMs, target: 't', failure });
  const result = summarise([arrival(0, 10), arrival(10, 30), arrival(20, 9000, 'x'), arrival(1500, 50)], { askedQps: 2, seconds: 2, retried: 0 });
  expect(result.latency).toMatchObject({ p50Ms: 30, maxMs: 50 });
  expect(result.seconds.map((second) => [second.ok, second.failed, second.latency.maxMs])).toEqual([[2, 1, 30], [1, 0, 50]]);
});
