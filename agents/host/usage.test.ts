// The reader on copies of what cgroup v1 and v2 kernels show: figures, missing files, containers that begin again.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Clock } from '../clock.ts';
import { openUsageReader, type UsageReader } from './usage.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** Writes files below a fresh folder and opens a reader on it, with a clock that stands still until told. */
async function machine(files: Record<string, string>, hostGroup?: string): Promise<{ reader: UsageReader; write: (files: Record<string, string>) => Promise<void>; pass: (ms: number) => void }> {
  const folder = await mkdtemp(join(tmpdir(), 'firn-usage-'));
  folders.push(folder);
  let nowMs = 1_000;
  const clock: Clock = { nowMs: () => nowMs, elapsedMs: () => nowMs, after: () => () => undefined };
  const write = async (more: Record<string, string>): Promise<void> => {
    for (const [path, text] of Object.entries(more)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
  };
  await write(files);
  const reader = openUsageReader(clock, { cgroupRoot: join(folder, 'cgroup'), procRoot: join(folder, 'proc'), ...(hostGroup === undefined ? {} : { hostGroup }) });
  return { reader, write, pass: (ms) => (nowMs += ms) };
}

const NET_DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     999      10    0    0    0     0          0         0      999      10    0    0    0     0       0          0
  eth0:    5000      50    0    0    0     0          0         0     7000      70    0    0    0     0       0          0
`;
const SNMP = `Ip: Forwarding DefaultTTL
Ip: 2 64
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs
Tcp: 1 200 120000 -1 5 60 0 1 17 9000
`;
const TARGET = [{ containerId: 'c1', pid: 42 }];

test('cgroup v1: each controller has a tree and a path of its own', async () => {
  const { reader, write, pass } = await machine({
    'proc/42/cgroup': '6:pids:/lab/phy1/c1\n5:memory:/lab/phy1/c1\n4:cpu,cpuacct:/lab/phy1/c1\n3:blkio:/elsewhere/c1\n0::/unified\n',
    'proc/42/net/dev': NET_DEV,
    'proc/42/net/snmp': SNMP,
    'proc/42/stat': '42 (a (b) R c) S 1 42 42 0\n',
    'cgroup/pids/lab/phy1/c1/pids.current': '11\n',
    'cgroup/cpuacct/lab/phy1/c1/cpuacct.usage': '3000000000\n',
    'cgroup/cpu/lab/phy1/c1/cpu.stat': 'nr_periods 100\nnr_throttled 7\nthrottled_time 123\n',
    'cgroup/memory/lab/phy1/c1/memory.usage_in_bytes': '50000000\n',
    'cgroup/memory/lab/phy1/c1/memory.stat': 'cache 1\ntotal_inactive_file 20000000\n',
    'cgroup/blkio/elsewhere/c1/blkio.throttle.io_service_bytes': '8:0 Read 4096\n8:0 Write 100\n8:16 Read 1000\n8:16 Write 23\nTotal 5219\n',
  });
  expect(reader.read(TARGET).get('c1')).toEqual({
    atMs: 1_000, cpuMicros: 3_000_000, cpuMilli: null, throttledPeriods: 7, periods: 100, processes: 11, connections: 17, initState: 'S', memoryBytes: 30_000_000, networkReceivedBytes: 5000, networkSentBytes: 7000, blockReadBytes: 5096, blockWrittenBytes: 123,
  });
  pass(2_000);
  await write({ 'cgroup/cpuacct/lab/phy1/c1/cpuacct.usage': '4000000000\n' });
  expect(reader.read(TARGET).get('c1')).toMatchObject({ cpuMicros: 4_000_000, cpuMilli: 500 });
});

test('cgroup v2: one tree, other names, the same figures', async () => {
  const group = 'cgroup/system.slice/docker-c1.scope';
  const { reader, write, pass } = await machine({
    'cgroup/cgroup.controllers': 'cpu io memory pids\n',
    'proc/42/cgroup': '0::/system.slice/docker-c1.scope\n',
    'proc/42/net/dev': NET_DEV,
    'proc/42/net/snmp': SNMP,
    'proc/42/stat': '42 (node) R 1 42 42 0\n',
    [`${group}/pids.current`]: '11\n',
    [`${group}/cpu.stat`]: 'usage_usec 3000000\nuser_usec 1\nnr_periods 100\nnr_throttled 7\n',
    [`${group}/memory.current`]: '50000000\n',
    [`${group}/memory.stat`]: 'anon 5\ninactive_file 20000000\n',
    [`${group}/io.stat`]: '8:0 rbytes=4096 wbytes=100 rios=1 wios=1 dbytes=0 dios=0\n8:16 rbytes=1000 wbytes=23 rios=1 wios=1\n',
  });
  expect(reader.read(TARGET).get('c1')).toEqual({
    atMs: 1_000, cpuMicros: 3_000_000, cpuMilli: null, throttledPeriods: 7, periods: 100, processes: 11, connections: 17, initState: 'R', memoryBytes: 30_000_000, networkReceivedBytes: 5000, networkSentBytes: 7000, blockReadBytes: 5096, blockWrittenBytes: 123,
  });
  pass(1_000);
  await write({ [`${group}/cpu.stat`]: 'usage_usec 3250000\nnr_throttled 7\n' });
  expect(reader.read(TARGET).get('c1')?.cpuMilli).toBe(250);
  pass(1_000);
  // The counter is smaller than before: another run of the container, whose use cannot be told from one reading.
  await write({ [`${group}/cpu.stat`]: 'usage_usec 10\nnr_throttled 0\n' });
  expect(reader.read(TARGET).get('c1')).toMatchObject({ cpuMicros: 10, cpuMilli: null });
});

test('what cannot be read is null, and a process that is gone is left out', async () => {
  const { reader } = await machine({ 'proc/42/cgroup': '4:memory:/c1\n', 'cgroup/memory/c1/memory.usage_in_bytes': 'garbage\n' });
  const usage = reader.read([...TARGET, { containerId: 'gone', pid: 43 }]);
  expect([...usage.keys()]).toEqual(['c1']);
  expect(new Set(Object.entries(usage.get('c1') ?? {}).flatMap(([name, value]) => (name === 'atMs' ? [] : [value])))).toEqual(new Set([null]));
});

test('the host is the whole machine, or the group that stands for it', async () => {
  const files = {
    'proc/stat': 'cpu  100 0 50 9000 10 5 5 0 0 0\ncpu0 1 1 1\n',
    'proc/meminfo': 'MemTotal:       1024000 kB\nMemFree: 1 kB\nMemAvailable:    512000 kB\n',
    'cgroup/cpuacct/lab/phy1/cpuacct.usage': '0\n',
    'cgroup/memory/lab/phy1/memory.usage_in_bytes': '104857600\n',
  };
  const whole = await machine(files);
  expect(whole.reader.host()).toBeUndefined();
  whole.pass(1_000);
  await whole.write({ 'proc/stat': 'cpu  150 0 80 9900 10 10 20 0 0 0\n' });
  expect(whole.reader.host()).toEqual({ cpuMilli: 1000, memoryMib: 500 });
  const part = await machine(files, '/lab/phy1');
  part.reader.host();
  part.pass(1_000);
  await part.write({ 'cgroup/cpuacct/lab/phy1/cpuacct.usage': '300000000\n' });
  expect(part.reader.host()).toEqual({ cpuMilli: 300, memoryMib: 100 });
});
