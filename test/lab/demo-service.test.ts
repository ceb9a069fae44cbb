// The demo service as its users see it: the declared cost, what it tells about itself, and an end that loses nothing.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { countersIn } from '#agents/metrics/counters.ts';
import type { RequestCounters } from '#agents/protocol.ts';
import { drive } from '../load/drive.ts';
import { until } from './until.ts';

const SERVICE = fileURLToPath(new URL('demo-service.mjs', import.meta.url));

async function serve(env: Record<string, string>): Promise<AsyncDisposable & { url: string; child: ChildProcess; ended: Promise<unknown[]> }> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  const child = spawn(process.execPath, [SERVICE], { env: { PORT: String(port), ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  return {
    url: `http://127.0.0.1:${port}/`,
    child,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

test('a request costs the CPU that was declared', async () => {
  await using service = await serve({ CPU_MS_PER_REQUEST: '5' });
  const cpuMs = async (): Promise<number> => {
    const text = await (await fetch(`${service.url}metrics`)).text();
    return Number(/^process_cpu_seconds_total (\S+)/m.exec(text)?.[1]) * 1000;
  };
  const before = await cpuMs();
  const load = await drive({ targets: [service.url], qps: 60, seconds: 2 });
  expect(load.ok).toBe(120);
  const cost = ((await cpuMs()) - before) / load.ok;
  expect(cost).toBeGreaterThan(4.5);
  expect(cost).toBeLessThan(6.5);
});

test('says where it runs, that it is up, and how much it has answered', async () => {
  await using service = await serve({});
  expect(await (await fetch(service.url)).json()).toMatchObject({ hostname: hostname(), cpuMsPerRequest: 0 });
  expect(await (await fetch(`${service.url}up`)).text()).toBe('up\n');
  expect(await countersOf(service.url)).toMatchObject({ total: 1, errors: 0 });
  expect((await fetch(`${service.url}elsewhere`)).status).toBe(404);
});

test('told to be a bad release, it is one: fails evenly, is slow, says its version, and ends by itself', async () => {
  await using service = await serve({ FAIL_PERMILLE: '500', SLOW_MS: '30', VERSION: '7', CRASH_AFTER_MS: '2000' });
  const answers = [];
  for (let count = 0; count < 4; count += 1) answers.push(await fetch(service.url));
  expect(answers.map(({ status }) => status)).toEqual([200, 500, 200, 500]);
  expect(await answers[0]?.json()).toMatchObject({ version: '7' });
  const { total, errors, durations } = await countersOf(service.url);
  expect([total, errors]).toEqual([4, 2]);
  expect(durations?.filter(({ count }) => count === 0).map(({ leSeconds }) => leSeconds)).toEqual(expect.arrayContaining([0.001, 0.01, 0.025]));
  expect(durations?.at(-1)).toEqual({ leSeconds: 10, count: 4 });
  expect(await service.ended).toEqual([1, null]);
});

/** What an agent reads of it. */
const countersOf = async (url: string): Promise<RequestCounters> => countersIn(await (await fetch(`${url}metrics`)).text());

test('told to stop, it finishes what it accepted, says that connections close, and ends with 0', async () => {
  await using service = await serve({ CPU_MS_PER_REQUEST: '5', DRAIN_MS: '500' });
  const running = drive({ targets: [service.url], qps: 100, seconds: 3 });
  let said = '';
  service.child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  // In the midst of it, however busy the machine is.
  await until('it has answered some', async () => (await countersOf(service.url)).total > 30);
  service.child.kill('SIGTERM');
  const load = await running;
  expect(await service.ended).toEqual([0, null]);
  // Nothing that came in was lost or had to be sent twice. After the end nobody listens: those are refused at the door, and the kernel
  // resets what it had let in and the service had not taken.
  expect(said).toContain(`ended after ${load.ok} requests`);
  expect(Object.keys(load.failures).filter((code) => code !== 'ECONNREFUSED' && code !== 'ECONNRESET')).toEqual([]);
  expect(load.retried).toBe(0);
  expect(load.ok).toBeGreaterThan(30);
});

test('refuses figures that make no sense', async () => {
  const child = spawn(process.execPath, [SERVICE], { env: { CPU_MS_PER_REQUEST: '-1' } });
  const [said] = await once(child.stderr, 'data');
  expect(String(said)).toBe('CPU_MS_PER_REQUEST: "-1" is not allowed; give a number from 0 to 10000\n');
  expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(64);
});
