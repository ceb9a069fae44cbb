// What a session with an agent must not depend on: the clock of the machine, which somebody may set.
import { expect, test } from 'vitest';
import { startTestServer, until } from '#test/contract/start.ts';
import { heartbeatMsFor, reportMsFor } from './session.ts';

const HOUR_MS = 3_600_000;

test('a large fleet is heard as seldom as its lease lets, and a small one as configured', () => {
  const usual = { heartbeatMs: 1_000, leaseMs: 5_000 };
  expect([30, 5_000, 7_500, 10_000, 50_000].map((hosts) => heartbeatMsFor(usual, hosts))).toEqual([1_000, 1_000, 1_500, 2_000, 2_000]);
  // Somebody who wants it slower has it slower.
  expect(heartbeatMsFor({ heartbeatMs: 10_000, leaseMs: 30_000 }, 20_000)).toBe(10_000);
  expect([reportMsFor(2_000, 30), reportMsFor(2_000, 10_000)]).toEqual([2_000, 10_000]);
});

test('a clock that is set forth and back neither loses a host nor refuses what agents say', async () => {
  let aheadMs = 0;
  await using server = await startTestServer({ overrides: { clock: { now: () => Date.now() + aheadMs } } });
  await server.addTeam();
  const host = await server.addHost('h1');
  const ask = (service: string) => server.call('POST', '/requests', { team: 'quotes', service, environment: 'production', peakQps: 1, profile: { cpuMsPerRequest: 20, memoryBaseMib: 64, memoryKibPerQps: 128 }, survive: 'none', run: { image: 'firn/demo:1' } });
  const runs = (service: string) => until(async () => ((await server.call('GET', `/services/${service}`)).body.replicas?.[0]?.state === 'running' ? true : undefined), `${service} runs`);
  for (const [service, ms] of [['forth', HOUR_MS], ['back', -HOUR_MS]] as const) {
    aheadMs = ms;
    expect((await ask(service)).status).toBe(201);
    await runs(service);
    expect((await server.call('GET', '/hosts/h1')).body).toMatchObject({ state: 'ready' });
  }
  await host.stop();
});
