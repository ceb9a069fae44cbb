// What an SRE asks and proposes on the command line, against the real server with a few simulated hosts: policy, what-if, proposals, survival,
// proof, the frontier, pools, and stored plans on trial.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSimulatedSite, type SimulatedSite } from '#test/lab/simulated-site.ts';
import { until } from '#test/contract/start.ts';
import { aPerson, type Person, type Said } from './fixtures/person.ts';

const stack = new AsyncDisposableStack();
let site: SimulatedSite;
let folder: string;
let admin: Person;
let sre: Person;
let dev: Person;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firn-questions-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const anyPort = { host: '127.0.0.1', port: 0 };
  site = await startSimulatedSite({ dataDirectory: folder, note: 'a test', fleet: { physical: 3, 'private-vm': 0, 'cloud-vm': 0 }, server: { listen: anyPort, agentListen: anyPort, logLevel: 'silent' } });
  stack.defer(() => site.stop());
  const person = async (name: 'admin' | 'sre' | 'dev') => {
    const made = stack.use(aPerson({ FIRN_ADDR: site.server.url }));
    ok({ ...(await made.firn(`login --name ${name} --password-stdin`, { stdin: `${site.logins[name]}\n` })), err: '' });
    return made;
  };
  admin = await person('admin');
  sre = await person('sre');
  dev = await person('dev');
  const file = join(folder, 'quote.yaml');
  await writeFile(file, 'team: quotes\nservice: quote\nenvironment: production\npeakQps: 100\nprofile:\n  cpuMsPerRequest: 20\n  memoryBaseMib: 300\n  memoryKibPerQps: 512\nrun:\n  image: firn/demo:1\nwhy: the walk\n');
  ok({ ...(await dev.firn(`request submit -f ${file} --timeout 20s`)), err: '' });
}, 60_000);
afterAll(() => stack.disposeAsync());

const ok = ({ exitCode, out, err }: Said): string => {
  expect(`${exitCode} ${exitCode === 0 ? '' : err}`).toBe('0 ');
  return out;
};

test('the policy goes out as YAML, comes back as a proposal, is applied, and taken back', async () => {
  const { out } = await admin.firn('policy show');
  const edited = await admin.firn('policy edit -f - --why tighter', { stdin: out.replace('pack: 30', 'pack: 60') });
  expect(ok({ ...edited, err: '' })).toMatch(/^1\. change the policy to version 2\n[^]*moves +\d+[^]*cost +CNY [\d.]+ -> CNY [\d.]+ an hour[^]*proven gap +[\d.]+ % -> [\d.]+ %[^]*any host may die +\w+ -> \w+/);
  const [, id] = /^Proposal (\S+): It waits/.exec(edited.err)!;
  expect((await dev.firn(`proposal approve ${id}`)).err).toContain('lacks the permission');
  const act = async (verb: string, who: Person) => {
    const said = await who.firn(`proposal ${verb} ${id}`);
    // What still starts changes the revision: the proposal is looked at again then.
    if (said.exitCode === 1 && said.err.includes('refresh it first')) {
      ok(await admin.firn(`proposal refresh ${id}`));
      await sre.firn(`proposal approve ${id} --why again`);
      return ok(await who.firn(`proposal ${verb} ${id}`));
    }
    return ok(said);
  };
  expect(await act('approve', sre)).toMatch(/^tighter is approved\./);
  await act('apply', admin);
  expect(ok(await admin.firn('policy versions -o name'))).toBe('2\n1\n');
  expect(ok(await admin.firn(`proposal show ${id}`))).toMatch(/^proposal +tighter \([^]*state +(applying|done): [^]*you may +undo/);
  expect(ok(await admin.firn('policy undo --why enough'))).toContain('"tighter" is taken back: version 3 is in force.');
  expect(ok(await admin.firn('policy show'))).toContain('pack: 30');
  expect((await admin.firn('policy edit -f - --why bad', { stdin: out.replace('pack: 30', 'pack: 300') })).err).toContain('record.weights.pack is 300: must be at most 100');
  expect((await admin.firn('policy edit -f - --why bad', { stdin: '- a list' })).exitCode).toBe(64);
  expect(ok(await admin.firn('proposal list --state undone'))).toMatch(/undone +tighter +policy/);
});

test('what-if in words: several changes, one after the other, kept when asked to', async () => {
  const said = await admin.firn(['simulate', 'drain', 'phy1', '--then', 'add 2 like phy2', '--then', 'grow quote.production 1.5x', '--save', 'spring', '--note', 'before the season']);
  expect(said.out).toMatch(/^1\. drain phy1\n[^]*\n2\. add 2 hosts[^]*\n3\. grow quote\.production to 150 % of its peak\n/);
  expect(said.out).toContain('It supposes hosts that are not there');
  expect(said.err).toMatch(/^Proposal \S+: It supposes hosts/);
  const lost = JSON.parse((await admin.firn('simulate lose site dc1 -o json --no-proof')).out || '{}') as { stages?: unknown[] };
  expect(lost.stages).toBeUndefined();
  expect((await admin.firn('simulate lose site dc1')).err).toContain('fewer than all hosts that live');
  expect((await admin.firn('simulate drain nobody')).err).toContain('changes.0.hosts.0 is "nobody": is not a host of the fleet (allowed: phy1, phy2, phy3)');
  for (const wrong of ['simulate explode phy1', 'simulate lose phy1', 'simulate add many like phy1', 'simulate grow quote.production fast']) {
    const { exitCode, err } = await admin.firn(wrong);
    expect([wrong, exitCode]).toEqual([wrong, 64]);
    expect(err).toMatch(/is no change|does not say how much/);
  }
  expect((await dev.firn('simulate drain phy1')).err).toContain('lacks the permission simulate');
});

test('survival, proof, frontier, why and pools read like answers', async () => {
  await until(async () => ((await admin.firn('survival -o json')).out.includes('"domain"') ? true : undefined), 'survival is known');
  expect((await admin.firn('survival')).out).toMatch(/^LOSS OF A +TRIED +FITS AGAIN +WORST\nhost +\d/);
  await until(async () => ((await admin.firn('proof')).out.startsWith('Proven') ? true : undefined), 'something is proven');
  expect(ok(await admin.firn('proof'))).toMatch(/^Proven [^]*WORKLOAD +SIZE +REPLICAS +WORTH EACH[^]*COULD HOLD/);
  const defrag = await admin.firn('defrag');
  expect(defrag.exitCode).toBe(0);
  expect((await admin.firn('defrag --propose')).exitCode).toBe(64);
  expect((await admin.firn('defrag --point 99')).err).toContain('There is no point 99');
  expect(ok(await dev.firn('why quote.production'))).toBe('Every replica of quote.production has its host.\n');
  expect((await dev.firn('why quote.moon')).err).toContain('it runs in: production');
  expect((await dev.firn('why quote')).exitCode).toBe(64);
  expect(ok(await admin.firn('pool set large --site dc1 --cpu 16 --memory 32Gi --cost 90 --limit 20'))).toBe('large: up to 20 of 16 cores and 32 GiB in dc1.\n');
  expect(ok(await admin.firn('pool list --no-headers'))).toMatch(/^large +dc1 +16 cores 32 GiB +90 +20 +all/);
  expect((await admin.firn('pool remove large')).exitCode).toBe(0);
});

test('a stored plan is verified here and, from a file, without a server; damage is named', async () => {
  const [id] = ok(await admin.firn('plan list -o name')).trim().split('\n');
  expect(ok(await admin.firn(`plan verify ${id}`))).toMatch(/breaks no invariant[^]*comes out again bit for bit\.\n$/);
  expect(ok(await admin.firn(`plan replay ${id}`))).toBe(`Plan ${id} comes out again, bit for bit.\n`);
  const record = ok(await admin.firn(`plan record ${id}`));
  const path = join(folder, 'plan.json');
  await writeFile(path, record);
  using nobody = aPerson({ FIRN_ADDR: 'http://127.0.0.1:2' });
  expect(ok(await nobody.firn(`plan verify ${path}`))).toContain('breaks no invariant');
  expect(ok(await nobody.firn(`plan replay ${path}`))).toContain('bit for bit');
  await writeFile(path, record.replace('"cpuMilli":4000', '"cpuMilli":4001'));
  const damaged = await nobody.firn(`plan verify ${path}`);
  expect([damaged.exitCode, damaged.err]).toEqual([1, expect.stringContaining(`The record of plan ${id} is damaged or was altered`)]);
  await writeFile(path, record.slice(0, 1_000));
  expect((await nobody.firn(`plan verify ${path}`)).err).toContain('is damaged: it is no JSON');
  expect((await nobody.firn('plan verify ./nothing.json')).exitCode).toBe(64);
});
