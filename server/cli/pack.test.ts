// `firn pack` as a person types it: what it prints, and what it says about files that cannot be.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Io } from './io.ts';
import { run } from './program.ts';
import type { PackBody } from './run-instance.ts';

const folder = mkdtempSync(join(tmpdir(), 'firn-pack-'));
afterAll(() => rmSync(folder, { recursive: true }));

const host = (name: string, change: object = {}) => ({ name, kind: 'physical', site: 'dc-a', rack: 'r1', cpuMilli: 8000, memoryMib: 16384, costPerHour: 2.5, ...change });
const workload = (name: string, change: object = {}) => ({ name, cpuMilli: 2000, memoryMib: 4096, replicas: 3, cloud: 'never', ...change });
const SITE = { hosts: [host('a'), host('b'), host('c', { kind: 'cloud-vm', costPerHour: 0.125 })], workloads: [workload('api'), workload('web', { cloud: 'allowed', replicas: 4 })] };

async function firn(content: unknown, ...more: string[]): Promise<{ code: number; out: string; err: string }> {
  const file = join(folder, 'site.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return firnOn(file, ...more);
}

async function firnOn(file: string, ...more: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const never = () => Promise.reject(new Error('not here'));
  const io: Io = { out: (text) => (out += text), err: (text) => (err += text), color: { out: false, err: false }, interactive: false, env: {}, now: () => 0, wait: never, ask: never, stdin: never, signal: new AbortController().signal };
  const code = await run(['pack', file, '--seconds', '0.2', ...more], io);
  return { code, out, err };
}

test('prints cost, bound and where everything goes, in the units of the file', async () => {
  const { code, out, err } = await firn(SITE, '-o', 'json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const body = JSON.parse(out) as PackBody;
  expect(Object.keys(body)).toEqual(['cost', 'bound', 'gapPercent', 'hostsUsed', 'unplaced', 'seconds', 'prices', 'placements']);
  // Three of `api` need one host of the site, four of `web` one cloud host.
  expect(body).toMatchObject({ cost: 2.625, hostsUsed: 2, unplaced: [] });
  expect(body.bound).toBeGreaterThan(0);
  expect(body.bound).toBeLessThanOrEqual(2.625);
  expect(body.placements.filter((one) => one.host === 'c')).toEqual([{ workload: 'web', host: 'c', count: 4 }]);
  expect(body.prices.map((one) => one.workload)).toEqual(['api', 'web']);
});

test('a table for people', async () => {
  const { code, out } = await firn(SITE);
  expect(code).toBe(0);
  expect(out).toMatch(/Cost an hour +2\.625\nAt least/);
});

test('a workload larger than any host is unplaced, and told with the largest host', async () => {
  const { code, out, err } = await firn({ ...SITE, workloads: [...SITE.workloads, workload('giant', { cpuMilli: 9000, replicas: 2 })] }, '-o', 'json');
  expect(code).toBe(2);
  expect(err).toContain('giant needs 9000m and 4096Mi: no host that it may run on is large enough (the largest, a, has 8000m and 16384Mi). Its 2 replicas are unplaced.');
  expect((JSON.parse(out) as PackBody).unplaced).toEqual([{ workload: 'giant', count: 2 }]);
});

test.each<[string, unknown, string]>([
  ['a negative capacity', { ...SITE, hosts: [host('a', { cpuMilli: -1 })] }, 'hosts[0].cpuMilli is -1: must be at least 0'],
  ['an absurd capacity', { ...SITE, hosts: [host('a', { memoryMib: 1e15 })] }, 'hosts[0].memoryMib is 1000000000000000: must be at most 1000000000'],
  ['a fraction of a core in millicores', { ...SITE, hosts: [host('a', { cpuMilli: 0.5 })] }, 'hosts[0].cpuMilli is 0.5'],
  ['an unknown field', { ...SITE, workloads: [workload('api', { memory: 4 })] }, 'workloads[0].memory is 4: is not a field that is known here'],
  ['an unknown field at the top', { ...SITE, pods: 1 }, 'pods is 1: is not a field that is known here'],
  ['a missing field', { ...SITE, workloads: [{ name: 'api' }] }, 'workloads[0].cpuMilli: is needed'],
  ['a name twice', { ...SITE, hosts: [host('a'), host('a')] }, 'hosts[1].name is "a": hosts[0] has that name already'],
  ['an unknown kind', { ...SITE, hosts: [host('a', { kind: 'mainframe' })] }, 'hosts[0].kind is "mainframe"'],
  ['too fine a price', { ...SITE, hosts: [host('a', { costPerHour: 1e-9 })] }, 'hosts[0].costPerHour is 1e-9: at most 6 decimals are allowed.'],
  ['too many replicas', { ...SITE, workloads: [workload('api', { replicas: 600_000 }), workload('web', { replicas: 600_000 })] }, 'workloads ask for 1200000 replicas together: at most 1000000 are packed.'],
  ['no JSON', '{"hosts":', 'is not JSON'],
])('%s is refused by name', async (_, content, sentence) => {
  const { code, out, err } = await firn(content, '-o', 'json');
  expect({ code, out }).toEqual({ code: 64, out: '' });
  expect(err).toContain(sentence);
});

test('a file that is not there, a time and a seed that cannot be', async () => {
  expect(await firnOn('/nowhere.json')).toMatchObject({ code: 64, err: expect.stringContaining('The file /nowhere.json cannot be read') as string });
  expect(await firn(SITE, '--seconds', '0')).toMatchObject({ code: 64, err: expect.stringContaining('from 0.1 to 3600 seconds') as string });
  expect(await firn(SITE, '--seed', '1.5')).toMatchObject({ code: 64, err: expect.stringContaining('whole numbers from 0') as string });
});

test('nothing to place is placed', async () => {
  const { code, out } = await firn({ hosts: [], workloads: [] }, '-o', 'json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ cost: 0, bound: 0, gapPercent: 0, hostsUsed: 0, unplaced: [], placements: [] });
});
