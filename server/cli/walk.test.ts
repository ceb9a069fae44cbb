// The command line against the real server with a few simulated hosts: the walk of a team and of an SRE, what they read on
// the way, and how their scripts learn what happened.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSimulatedSite, type SimulatedSite } from '#test/lab/simulated-site.ts';
import { aPerson, type Person, type Said } from './fixtures/person.ts';

const stack = new AsyncDisposableStack();
let site: SimulatedSite;
let folder: string;
let admin: Person;
let dev: Person;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firn-walk-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const anyPort = { host: '127.0.0.1', port: 0 };
  site = await startSimulatedSite({ dataDirectory: folder, note: 'a test', fleet: { physical: 3, 'private-vm': 0, 'cloud-vm': 0 }, server: { listen: anyPort, agentListen: anyPort, logLevel: 'silent' } });
  stack.defer(() => site.stop());
  admin = stack.use(aPerson({ FIRN_ADDR: site.server.url }));
  dev = stack.use(aPerson({ FIRN_ADDR: site.server.url }));
  file = join(folder, 'quote.yaml');
  await writeFile(
    file,
    'team: quotes\nservice: quote\nenvironment: production\npeakQps: 100\nprofile:\n  cpuMsPerRequest: 20\n  memoryBaseMib: 300\n  memoryKibPerQps: 512\nrun:\n  image: firn/demo:1\nwhy: the walk\n',
  );
}, 60_000);
afterAll(() => stack.disposeAsync());

const ok = ({ exitCode, out, err }: Said): string => {
  expect(`${exitCode} ${exitCode === 0 ? '' : err}`).toBe('0 ');
  return out;
};
const json = (said: Said): Record<string, unknown> => JSON.parse(ok(said)) as Record<string, unknown>;

test('signing in leaves a context that works, and signing out ends its token', async () => {
  const said = await admin.firn('login --name admin', { answers: [site.logins.admin] });
  expect(said.exitCode).toBe(0);
  expect(said.err).toMatch(/^Password: Signed in to http:\/\/127\.0\.0\.1:\d+ as admin; context "127\.0\.0\.1"/);
  expect((await dev.firn('login --name dev --password-stdin', { stdin: `${site.logins.dev}\n` })).exitCode).toBe(0);
  expect((await admin.firn('login --name admin --as second', { answers: ['not it'] })).err).toContain('The name or the password is wrong.');

  using guest = aPerson({ FIRN_ADDR: site.server.url });
  expect((await guest.firn('login --name dev --password-stdin', { stdin: site.logins.dev })).exitCode).toBe(0);
  const [name] = ok(await guest.firn('token list -o name')).trim().split('\n');
  expect(name).toMatch(/^cli-/);
  expect((await guest.firn('logout')).exitCode).toBe(0);
  const refused = await guest.firn('status');
  expect([refused.exitCode, refused.err]).toEqual([1, expect.stringContaining('firn login')]);
  expect(ok(await dev.firn('token list -o name'))).not.toMatch(new RegExp(`^${name}$`, 'm'));
});

test('a quote reads like a bill, has no side effect, and follows a changed number', async () => {
  const text = ok(await dev.firn(`request quote -f ${file}`));
  expect(text).toMatchInlineSnapshot(`
    "quote.production: 100 QPS for team quotes
      busy cores at the peak: 100 QPS x 20 ms / 1000 = 2
      utilisation ceiling: min(0.85, R / (R + 1.9 x sqrt(R))) with R = 2 = 0.427
      by CPU one replica carries 4000 x 0.427 / 20 = 85.342 QPS
      by memory (8192 x 0.9 - 300) x 1024 / 512 = 14145.6 QPS
      so one replica carries q = 85.342 QPS, decided by cpu
      for the peak with 25 % headroom: ceil(125 / 85.342) = 2
      at least 1, as asked
      after the loss of a host, 2 must remain; of 3 hosts each may hold at most 1
      replicas: 3, decided by survival

    3 replicas of 4 cores and 8 GiB: what it must survive decided

    HOST  KIND      SITE/RACK  REPLICAS  CHANGE
    phy1  physical  dc1/r01           1      +1
    phy2  physical  dc1/r01           1      +1
    phy3  physical  dc1/r01           1      +1

    quota     quotes/production
      CPU     0 -> 12 of 12 cores
      memory  0 MiB -> 24 GiB of 24 GiB
    cost      CNY 1.20 an hour, CNY 876.60 a month

    warning: 1 replicas are there only to survive the loss of a host: the peak alone needs 2.

    Within quota: submitting approves it at once.
    "
  `);
  const more = json(await dev.firn(`request quote -f ${file} --qps 300 -o json`)) as { sizing: { replicas: number } };
  expect(more.sizing.replicas).toBeGreaterThan(3);
  expect(ok(await dev.firn(`request quote -f ${file} -o name`))).toBe('3\n');
  expect((await dev.firn('request list')).err).toContain('Nothing was asked for yet');
});

test('what was submitted within quota runs when the command ends', async () => {
  const said = await dev.firn(`request submit -f ${file} --timeout 20s`);
  expect(ok(said)).toMatch(/^REPLICA +STATE +HOST .*\nquote-production-1 +running +phy\d .*\nquote-production-2 +running +phy\d /);
  expect(said.err).toMatch(/is approved: 3 replicas of 4 cores and 8 GiB\.\n(.*\n)*quote\.production runs: 3 of 3\.\n$/);
  expect(ok(await dev.firn('service list'))).toMatch(/^WORKLOAD +TEAM +QPS +RUNNING .*\nquote\.production +quotes +100 +3 of 3 /);
  expect(json(await dev.firn('service show quote -e production -o json'))['name']).toBe('quote');
  expect((await dev.firn('service show quote -e staging')).err).toContain('it runs in: production');
});

test('over quota it waits with exit code 2; the developer cannot approve it, the admin can; then it runs', async () => {
  const said = await dev.firn('request submit --service quote -e production --qps 400 --why more -o name');
  expect(said.exitCode).toBe(2);
  const id = said.out.trim();
  expect(said.err).toContain(`Request ${id} waits for an SRE`);
  const refused = await dev.firn(`request approve ${id}`);
  expect([refused.exitCode, refused.err]).toEqual([1, expect.stringContaining('lacks the permission requests.decide')]);
  expect(ok(await admin.firn('request list --state waiting -o name'))).toBe(`${id}\n`);
  expect(ok(await admin.firn(`request approve ${id} --why agreed`))).toMatch(/state +approved/);
  expect((await admin.firn(`request approve ${id}`)).exitCode).toBe(1);
  expect(ok(await dev.firn(`request show ${id}`))).toMatch(/decided +by admin\/cli-.*: agreed/);
});

test('what finds no room is pending with its reasons and exit code 2', async () => {
  ok(await admin.firn('quota set quotes staging --cpu 4000 --memory 8000Gi --why test'));
  const said = await dev.firn(`request submit -f ${file} -e staging --qps 20000 --shape double --timeout 3s`);
  expect(said.exitCode).toBe(2);
  expect(said.err).toMatch(/replicas wait for room|Not everything runs after 3 s/);
  expect(ok(await dev.firn('service show quote -e staging'))).toMatch(/have no place:\n +.*host/);
  expect((await dev.firn('service remove quote -e staging --why done')).exitCode).toBe(64);
  expect((await dev.firn('service remove quote -e staging --why done', { answers: ['quote.staging'] })).exitCode).toBe(0);
  expect((await dev.firn('service remove quote -e production --why done', { answers: ['something else'] })).err).toContain('Nothing was changed.');
});

test('a withdrawn request is withdrawn, a denied one says why', async () => {
  const ask = async () => (await dev.firn('request submit --service quote -e production --qps 900 -o name')).out.trim();
  expect(ok(await dev.firn(`request withdraw ${await ask()}`))).toMatch(/state +withdrawn/);
  const id = await ask();
  expect((await admin.firn(`request deny ${id}`)).exitCode).toBe(64);
  expect(ok(await admin.firn(`request deny ${id} --why too-much`))).toMatch(/state +denied[^]*too-much/);
});

test('plan propose: 0 nothing to do, 1 something would change, 255 when it cannot be found out', async () => {
  const still = await admin.firn('plan propose');
  expect([still.exitCode, still.out]).toEqual([0, expect.stringContaining('nothing to do')]);
  expect((await dev.firn('plan propose')).exitCode).toBe(255);
  expect((await admin.firn('plan propose --address http://127.0.0.1:2')).exitCode).toBe(255);
  expect((await admin.firn('plan propose --nonsense')).exitCode).toBe(64);
  const id = ok(await admin.firn('plan list -o name')).trim().split('\n').at(-1) ?? '';
  expect(ok(await admin.firn(`plan show ${id}`))).toContain(`plan ${id}: applied`);
  expect((await admin.firn(`plan apply ${id}`)).exitCode).toBe(1);
});

test('wrong fields are refused with the flag that says them', async () => {
  const said = await dev.firn(`request submit -f ${file} --qps -5 --memory-base 0`);
  expect(said.exitCode).toBe(1);
  expect(said.err).toBe('error: Invalid input\n  peakQps (--qps) is -5: must be at least 0.001\n  profile.memoryBaseMib (--memory-base) is 0: must be at least 1\n');
  const unknown = await dev.firn(`request quote -f ${file} --team nobody`);
  expect([unknown.exitCode, unknown.out]).toEqual([1, '']);
});

test('hosts are cordoned with a reason, labelled, and listed; names and JSON are for scripts', async () => {
  expect(ok(await admin.firn('host list -o name'))).toBe('phy1\nphy2\nphy3\n');
  expect(ok(await admin.firn(['host', 'cordon', 'phy1', '--why', 'new disk']))).toBe('phy1 takes nothing new: new disk.\n');
  expect(ok(await admin.firn('host list'))).toMatch(/phy1 +physical +dc1\/r01 +ready, cordoned/);
  ok(await admin.firn('host uncordon phy1'));
  ok(await admin.firn('host edit phy1 --label disk=nvme'));
  expect((json(await admin.firn('host show phy1 -o json')) as { labels: object }).labels).toEqual({ disk: 'nvme' });
  expect((await dev.firn('host cordon phy1 --why no')).exitCode).toBe(1);
  expect((await admin.firn('host edit phy1')).exitCode).toBe(64);
  expect(ok(await admin.firn('network list --no-headers'))).toMatch(/^dc1 +flat +dc1 +10\.1\.0\.0\/16/);
  expect((await admin.firn('host token create --kind physical --site dc1 --rack r9 --mode flat --network dc1')).out).toContain('firn agent join');
});

test('the ledger is searched, ranges are read in with their errors by line, and what is kept back is listed and given free', async () => {
  const ranges = join(folder, 'ranges.csv');
  await writeFile(ranges, '# printers\nexclude dc1 10.1.127.250 printer on floor 2\nreserve,dc1,10.1.0.900,x\n');
  const refused = await admin.firn(`address import ${ranges} --dry-run`);
  expect([refused.exitCode, refused.out]).toEqual([1, 'line 3: range 10.1.0.900 is no address and no range (allowed: 10.30.0.7, 10.30.0.7-10.30.0.9 or 10.30.0.8/30)\n']);
  const network = (json(await admin.firn('network list -o json')) as { items: { last: string }[] }).items[0]!;
  const kept = json(await admin.firn(`address reserve dc1 ${network.last} --note gateway -o json`)) as { id: string };
  expect(ok(await admin.firn('address reservations --no-headers'))).toMatch(new RegExp(`^dc1 +reserved +${network.last} +${network.last} +1 +gateway`));
  expect(ok(await admin.firn(`address history ${network.last}`))).toMatch(/of network dc1 is reserved by .*: gateway\./);
  expect(ok(await admin.firn('network show dc1 --no-headers'))).toMatch(/reserved/);
  ok(await admin.firn(`address unreserve ${kept.id}`));
  expect((await admin.firn('address find --at 2020-01-01T00:00:00Z')).err).toContain('Nothing in the ledger fits.');
  expect((await admin.firn('address find --at yesterday')).err).toMatch(/"yesterday" is no instant/);
  expect(ok(await admin.firn('network forecast'))).toMatch(/dc1 +well/);
  expect((await dev.firn(`address reserve dc1 ${network.last} --note mine`)).exitCode).toBe(1);
});

test('users, teams, quotas and tokens; a new token works until it is deleted, and within its scope', async () => {
  ok(await admin.firn('team create orders --title Orders'));
  const created = await admin.firn('user create bo --role developer:orders --role viewer --password-stdin', { stdin: 'a password for bo\n' });
  expect(created.exitCode).toBe(0);
  expect(ok(await admin.firn('user list'))).toMatch(/bo +developer:orders viewer +active/);
  expect((await admin.firn('user edit bo --role king')).exitCode).toBe(64);
  expect((await admin.firn('user disable bo')).exitCode).toBe(0);
  const token = ok(await admin.firn('token create ci --scope read --ends-after 1h')).trim();
  using ci = aPerson({ FIRN_ADDR: site.server.url, FIRN_TOKEN: token });
  expect(ok(await ci.firn('quota list --team quotes'))).toContain('quotes');
  expect((await ci.firn('team create sneaky')).err).toContain('lacks the permission accounts.manage');
  expect((await admin.firn('token delete ci')).exitCode).toBe(0);
  const refused = await ci.firn('status');
  expect([refused.exitCode, refused.err]).toEqual([1, expect.stringContaining('This API token is not known')]);
});

test('events read like a log; following prints what happens and ends well when it is stopped', async () => {
  expect(ok(await admin.firn('event list --kind request'))).toMatch(/request\.\w+ /);
  const stop = new AbortController();
  const following = admin.firn('event list --follow --kind team -o json', { signal: stop.signal, onOut: (text) => text.includes('"subject":"later"') && stop.abort() });
  ok(await admin.firn('team create later'));
  const { exitCode, out } = await following;
  expect(exitCode).toBe(0);
  const lines = out.trim().split('\n').map((line) => JSON.parse(line) as { seq: number; subject: string });
  expect(lines.at(-1)?.subject).toBe('later');
  expect(new Set(lines.map(({ seq }) => seq)).size).toBe(lines.length);
});

test('status fits on a page', async () => {
  expect(ok(await admin.firn('status'))).toMatch(/^cluster +.*\nfleet +simulated: a test\nhosts +3 of 3 ready\n/);
});
