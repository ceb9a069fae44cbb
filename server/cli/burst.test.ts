// What an SRE does about cloud VMs on the command line, against the real server: rules, provisioners, dry runs, the ledger, warm room.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSimulatedSite, type SimulatedSite } from '#test/lab/simulated-site.ts';
import { aPerson, type Person, type Said } from './fixtures/person.ts';

const stack = new AsyncDisposableStack();
let site: SimulatedSite;
let sre: Person;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'firn-cli-burst-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const hooks = join(folder, 'hooks');
  await mkdir(hooks);
  // A cloud that has nothing and makes nothing.
  await writeFile(join(hooks, 'cloud'), `#!/bin/sh\ncat >/dev/null\necho '{"version":1,"ok":true,"machine":null,"machines":[]}'\n`);
  await chmod(join(hooks, 'cloud'), 0o755);
  const anyPort = { host: '127.0.0.1', port: 0 };
  site = await startSimulatedSite({ dataDirectory: folder, note: 'a test', fleet: { physical: 1, 'private-vm': 0, 'cloud-vm': 0 }, server: { listen: anyPort, agentListen: anyPort, logLevel: 'silent', provisioners: hooks } });
  stack.defer(() => site.stop());
  sre = stack.use(aPerson({ FIRN_ADDR: site.server.url }));
  ok({ ...(await sre.firn('login --name sre --password-stdin', { stdin: `${site.logins.sre}\n` })), err: '' });
}, 60_000);
afterAll(() => stack.disposeAsync());

const ok = ({ exitCode, out, err }: Said): string => {
  expect(`${exitCode} ${exitCode === 0 ? '' : err}`).toBe('0 ');
  return out;
};

test('rules change what is named and keep the rest; mistakes name what is wrong', async () => {
  expect(ok(await sre.firn('burst rules show'))).toMatch(/mode +off\ncap an hour +0 cents/);
  expect(ok(await sre.firn('burst rules set --mode propose --cap-hour 400 --cap-day 4000 --market a-share --warm-room production=20%'))).toMatch(/mode +propose\n[^]*warm room +production 20 %\nretreat +15 min after the close of a-share, when spared for 10 min/);
  expect(ok(await sre.firn('burst rules set --hold 5m --market none'))).toMatch(/mode +propose\n[^]*retreat +when spared for 5 min/);
  expect((await sre.firn('burst rules set --market moon')).err).toContain('retreat.market is "moon": is no market');
  expect((await sre.firn('burst rules set --mode always')).exitCode).toBe(64);
});

test('a pool is sold from by a hook; a dry run says what it would be; keep and abandon want a VM', async () => {
  ok({ ...(await sre.firn('pool set large --site cloud --cpu 16 --memory 32Gi --cost 90 --limit 3')), err: '' });
  expect((await sre.firn('burst provisioner set large --hook other --range 10.60.0.0/16')).err).toContain('allowed: cloud');
  expect(ok(await sre.firn('burst provisioner set large --hook cloud --range 10.60.0.0/16 --billing 30m --option zone=b'))).toBe('VMs of large are made by hook cloud.\n');
  expect(ok(await sre.firn('burst provisioner list'))).toMatch(/large +cloud +0 +3 +256 +30 min/);
  expect(ok(await sre.firn(['burst', 'buy', 'large=2', '--dry-run', '--reason', 'a look']))).toMatch(/^Would buy 2 VMs for 180 cents an hour\.\n {2}2 of large \(16 cores, 32 GiB\) at 90 cents an hour\n {2}predicted: 90 cents/);
  expect((await sre.firn(['burst', 'buy', 'large=2=3', '--reason', 'a look'])).exitCode).toBe(64);
  expect((await sre.firn(['burst', 'buy', 'large=5', '--reason', 'a look'])).err).toContain('mix is 5: is more than the pool sells');
  expect((await sre.firn('burst keep nothing --for 1h')).err).toContain('There is no VM nothing.');
  expect((await sre.firn('burst keep nothing')).exitCode).toBe(64);
});

test('status, ledger and warm room can be read, also by programs', async () => {
  expect(ok(await sre.firn('burst status'))).toMatch(/now +Everything has its room on our own hosts; no VM is out\nmode +propose\nan hour +0 cents, cap 400/);
  expect(JSON.parse(ok(await sre.firn('burst status -o json')))).toMatchObject({ mode: 'propose', out: [], alerts: [] });
  expect((await sre.firn('burst ledger')).err).toBe('Nothing was bought in this span.\n');
  expect(ok({ ...(await sre.firn('burst warm-room')), err: '' })).toMatch(/production +20 % +0 +0/);
  expect((await sre.firn(['burst', 'retreat', '--dry-run', '--reason', 'a look'])).err).toBe('No VM serves.\n');
});
