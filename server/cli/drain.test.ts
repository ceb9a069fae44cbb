// Emptying a host from the command line, against the real server with a few simulated hosts: what a person reads before, meanwhile and after.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSimulatedSite, type SimulatedSite } from '#test/lab/simulated-site.ts';
import { aPerson, type Person } from './fixtures/person.ts';

const stack = new AsyncDisposableStack();
let site: SimulatedSite;
let sre: Person;
let file: string;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'firn-drain-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const anyPort = { host: '127.0.0.1', port: 0 };
  site = await startSimulatedSite({ dataDirectory: folder, note: 'a test', fleet: { physical: 3, 'private-vm': 0, 'cloud-vm': 0 }, server: { listen: anyPort, agentListen: anyPort, logLevel: 'silent' } });
  stack.defer(() => site.stop());
  sre = stack.use(aPerson({ FIRN_ADDR: site.server.url }));
  file = join(folder, 'quote.yaml');
  await writeFile(file, 'team: quotes\nservice: quote\nenvironment: production\npeakQps: 100\nsurvive: none\ncaps: { perHost: 2 }\nprofile:\n  cpuMsPerRequest: 20\n  memoryBaseMib: 300\n  memoryKibPerQps: 512\nrun:\n  image: firn/demo:1\nwhy: a drain\n');
  expect((await sre.firn('login --name sre --password-stdin', { stdin: `${site.logins.sre}\n` })).exitCode).toBe(0);
}, 60_000);
afterAll(() => stack.disposeAsync());

const runs = async (): Promise<string[]> => (JSON.parse((await sre.firn('service show quote -o json')).out) as { replicas: { host: string }[] }).replicas.map(({ host }) => host);

test('a drain is shown before it is done, is done start-first, and says when nothing runs there any more', async () => {
  expect(await sre.firn(`request submit -f ${file}`)).toMatchObject({ exitCode: 0 });
  const [victim = ''] = await runs();
  const dry = await sre.firn(`host drain ${victim} --dry-run`);
  expect([dry.exitCode, dry.out]).toEqual([0, expect.stringContaining(victim)]);
  expect((await sre.firn(`host show ${victim}`)).out).not.toContain('draining');

  const said = await sre.firn(['host', 'drain', victim, '--why', 'new disk', '--wait']);
  expect([said.exitCode, said.out]).toEqual([0, `${victim} is drained: nothing runs there.\n`]);
  expect(said.err).toMatch(/is being drained: \d replicas? left, 1 of them with a successor that starts/);
  expect(await runs()).not.toContain(victim);
  expect((await sre.firn('host list')).out).toMatch(new RegExp(`${victim} .*ready, draining`));
  expect((await sre.firn(['host', 'drain', victim, '--why', 'again'])).err).toContain('is being drained already: new disk');
  const kinds = (JSON.parse((await sre.firn('event list --kind host -o json')).out) as { items: { kind: string; subject: string }[] }).items.filter(({ subject }) => subject === victim).map(({ kind }) => kind);
  expect(kinds.slice(-2)).toEqual(['host.draining', 'host.drained']);

  expect(await sre.firn(`host undrain ${victim}`)).toMatchObject({ exitCode: 0, out: `${victim} takes new replicas again.\n` });
  expect((await sre.firn(`host undrain ${victim}`)).err).toContain('is not being drained');
}, 60_000);

test('what cannot leave is named, and stays', async () => {
  const before = await runs();
  const [last = ''] = before;
  for (const host of ['phy1', 'phy2', 'phy3'].filter((each) => each !== last)) expect((await sre.firn(['host', 'cordon', host, '--why', 'a test'])).exitCode).toBe(0);
  const said = await sre.firn(['host', 'drain', last, '--why', 'a test']);
  expect([said.exitCode, said.out]).toEqual([2, expect.stringMatching(/is being drained: \d replicas? left, 0 of them with a successor that starts\.\n +quote\.production: \d replicas? cannot leave: .*cordoned/)]);
  expect(await runs()).toEqual(before);
}, 60_000);
