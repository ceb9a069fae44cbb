// Maintenance and stories from the command line, against the real server with simulated hosts: seen before, started, watched, given back, and told.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '#test/contract/start.ts';
import { startSimulatedSite, type SimulatedSite } from '#test/lab/simulated-site.ts';
import { aPerson, type Person } from './fixtures/person.ts';

const stack = new AsyncDisposableStack();
let site: SimulatedSite;
let sre: Person;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'firn-maintenance-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const anyPort = { host: '127.0.0.1', port: 0 };
  site = await startSimulatedSite({ dataDirectory: folder, note: 'a test', fleet: { physical: 3, 'private-vm': 0, 'cloud-vm': 0 }, server: { listen: anyPort, agentListen: anyPort, logLevel: 'silent' } });
  stack.defer(() => site.stop());
  sre = stack.use(aPerson({ FIRN_ADDR: site.server.url }));
  const file = join(folder, 'quote.yaml');
  await writeFile(file, 'team: quotes\nservice: quote\nenvironment: production\npeakQps: 100\nsurvive: none\ncaps: { perHost: 2 }\nprofile:\n  cpuMsPerRequest: 20\n  memoryBaseMib: 300\n  memoryKibPerQps: 512\nrun:\n  image: firn/demo:1\nwhy: a season\n');
  expect((await sre.firn('login --name sre --password-stdin', { stdin: `${site.logins.sre}\n` })).exitCode).toBe(0);
  expect((await sre.firn(`request submit -f ${file}`)).exitCode).toBe(0);
}, 60_000);
afterAll(() => stack.disposeAsync());

const replicas = async () => (JSON.parse((await sre.firn('service show quote -o json')).out) as { replicas: { id: string; name: string; host: string; state: string }[] }).replicas;

test('a host is emptied with everything told before, meanwhile and after, and a replica that left has its story', async () => {
  const running = await until(async () => {
    const all = await replicas();
    return all.length > 0 && all.every(({ state }) => state === 'running') ? all : undefined;
  }, 'everything runs');
  const { host: victim, name } = running[0]!;
  const seen = await sre.firn(`maintenance preview --host ${victim}`);
  expect([seen.exitCode, seen.out]).toEqual([0, expect.stringMatching(new RegExp(`replicas would leave host ${victim}\\.[\\s\\S]*${name}: ${victim} -> phy\\d[\\s\\S]*By force: `))]);
  expect((await sre.firn('maintenance preview')).err).toContain('Say what: --host');
  const started = await sre.firn(['maintenance', 'start', '--host', victim, '--why', 'new disk', '--at-once', '1', '-o', 'json']);
  expect(started.exitCode).toBe(0);
  const { id } = JSON.parse(started.out) as { id: string };
  await until(async () => ((JSON.parse((await sre.firn(`maintenance show ${id} -o json`)).out) as { state: string }).state === 'drained' ? true : undefined), 'it is empty', 30_000);
  expect((await sre.firn(`maintenance show ${id}`)).out).toMatch(/state +drained/);
  expect((await sre.firn('maintenance list')).out).toContain(`host ${victim}`);
  const refused = await sre.firn(['maintenance', 'force', id, '--why', 'now', '--lose', '0']);
  expect([refused.exitCode, refused.err]).toEqual([1, expect.stringContaining('nothing is left to force')]);

  const told = await sre.firn(`story ${name}`);
  expect([told.exitCode, told.out]).toEqual([0, expect.stringMatching(/asked for 100 QPS[\s\S]*placed on[\s\S]*served first on[\s\S]*so that[\s\S]*stopped on/)]);
  expect((await sre.firn(['maintenance', 'end', id, '--bring-back'])).out).toContain(`host ${victim} is given back; `);
  expect((await sre.firn(['maintenance', 'end', id])).err).toContain('It is ended since');
  expect((await sre.firn('story nobody-production-1')).err).toContain('There is no replica nobody-production-1');
}, 60_000);
