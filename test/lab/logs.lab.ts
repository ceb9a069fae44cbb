// Logs and shells on a real engine: what a container writes to its output and below /persist/logs, what was rotated away, what containers wrote that are
// gone, and a real terminal that leaves nothing behind. The server's side is a stand-in that asks as the server does.
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { macOf } from '#agents/accept.ts';
import { runAgent, type AgentHandle } from '#agents/agent.ts';
import type { AgentConfig } from '#agents/config.ts';
import { joinServer } from '#agents/join.ts';
import { openHostNetworking, openRunner } from '#agents/network/run.ts';
import type { AgentMessage, LogsItem, LogsQuery, ReplicaSpec, ShellOrder } from '#agents/protocol.ts';
import { StandInServer } from '#agents/stand-in.ts';
import { busyboxImage } from './images.ts';
import { Lab, type LabHost } from './lab.ts';
import { until } from './until.ts';

const PORT = 7071;
const ADDRESS = '10.243.16.1';
const REPLICA = 'replica-1';

let lab: Lab;
let host: LabHost;
let server: StandInServer;
let agent: AgentHandle;
let config: AgentConfig;
let generation = 0;
let streams = 0;

beforeAll(async () => {
  lab = await Lab.up({ name: 'logs', base: '10.243', physical: 1, cloud: 0, directory: join(tmpdir(), 'firn-logslab'), images: [await busyboxImage()] });
  host = lab.host('phy1');
  config = {
    serverUrl: `http://${lab.topology.seat.address}:${PORT}`, stateDir: join(host.home, 'agent'), persistDir: join(host.home, 'persist'), dockerSocket: host.socketPath,
    cgroupParent: host.cgroupParent, name: host.name, address: host.address, uplink: 'eth0', declared: { cpuMilli: 4000, memoryMib: 8192 }, log: 'warn',
  };
  server = await StandInServer.start({ host: lab.topology.seat.address, port: PORT, heartbeatMs: 300, reportMs: 1_000 });
  await mkdir(config.stateDir, { recursive: true });
  await joinServer(config, 'token-0123456789abcdef');
  agent = await runAgent(config, { networking: openHostNetworking(openRunner(`/run/netns/${host.namespace}`)) });
});

afterAll(async () => {
  await agent?.stop();
  await server?.[Symbol.asyncDispose]();
  await lab?.down();
});

function assign(script: string | undefined, more: Partial<ReplicaSpec> = {}): void {
  generation += 1;
  const spec: ReplicaSpec = {
    id: REPLICA, name: 'talker-1', workload: 'talker@production', image: 'firn/busybox:1', command: ['/bin/sh', '-c', script ?? ''], env: {}, address: ADDRESS, mac: macOf(ADDRESS),
    cpuMilli: 2_000, memoryMib: 128, port: 8080, dns: [], hosts: [], stopSeconds: 1, ...more,
  };
  const network = { name: 'firn', mode: host.mode, bridge: 'br0', uplink: 'eth0', cidr: host.containers.cidr, gateway: host.containers.gateway, hostAddress: host.address };
  server.assign({ clusterId: server.clusterId, hostId: host.name, generation, network, replicas: script === undefined ? [] : [spec] });
}

const heard = (): AgentMessage[] => server.conversations.flatMap((one) => one.heard);
const itemsOf = (id: string): LogsItem[] => heard().flatMap((message) => (message.type === 'logs-data' && message.id === id ? message.items : []));
const said = (item: LogsItem): string => (item.kind === 'line' ? `${item.stream} ${item.text}` : item.kind === 'gap' ? `gap ${item.code}` : item.kind);

function open(query: Partial<LogsQuery>): string {
  const id = `stream-${(streams += 1)}`;
  server.tell(host.name, { type: 'logs-open', id, query: { replicaId: REPLICA, source: 'stdout', previous: false, follow: false, ...query }, creditBytes: 100_000_000 });
  return id;
}

async function read(query: Partial<LogsQuery>): Promise<string[]> {
  const id = open(query);
  await server.untilTrue(() => heard().some((message) => message.type === 'logs-end' && message.id === id), 30_000);
  return itemsOf(id).map(said);
}

const FIRST = 'echo one; echo two >&2; echo file one > /persist/logs/app.log; ln -s /etc/passwd /persist/logs/trap.log; while [ ! -e /persist/go ]; do sleep 0.1; done; echo three; echo file two >> /persist/logs/app.log; exec sleep 1000';

test('standard output, standard error and files are read and followed, and a link out of the folder is not', async () => {
  assign(FIRST);
  await until('the container talks', async () => (await read({ tail: 10 })).includes('stderr two'), 20_000);
  expect((await read({ tail: 10 })).toSorted()).toEqual(['instance', 'stderr two', 'stdout one']);
  const following = open({ source: 'all', tail: 1, follow: true });
  await server.untilTrue(() => itemsOf(following).some(({ kind }) => kind === 'live'));
  await writeFile(join(config.persistDir, ADDRESS, 'go'), '');
  await server.untilTrue(() => ['stdout three', 'file file two'].every((text) => itemsOf(following).map(said).includes(text)));
  server.tell(host.name, { type: 'logs-cancel', id: following });
  expect(await read({ source: 'files', file: 'trap.log' })).toEqual(['gap unreadable']);
  expect(await read({ source: 'files' })).toEqual(['file file one', 'file file two']);
  // The whole folder replaced by a link: the container may do that.
  await symlink('/etc', join(config.persistDir, ADDRESS, 'logs', 'etc'));
  expect(await read({ source: 'files', file: 'etc/hostname' })).toEqual(['gap unreadable']);
});

test('a real terminal: its size, what is typed, its exit code; and nothing goes on when it is closed', async () => {
  const order = (id: string, more: Partial<ShellOrder> = {}): ShellOrder => ({ id, replicaId: REPLICA, command: [], tty: true, columns: 91, rows: 33, mostSeconds: 60, atOnce: 4, ...more });
  const screen = (id: string): string => heard().map((message) => (message.type === 'shell-data' && message.id === id ? Buffer.from(message.data, 'base64').toString() : '')).join('');
  const type = (id: string, text: string): void => server.tell(host.name, { type: 'shell-data', id, data: Buffer.from(text).toString('base64') });
  const end = (id: string) => heard().find((message) => message.type === 'shell-end' && message.id === id);
  server.tell(host.name, { type: 'shell-open', order: order('a'), creditBytes: 1_000_000 });
  type('a', 'stty size; hostname\r');
  await server.untilTrue(() => screen('a').includes('33 91') && screen('a').includes('talker-1'));
  server.tell(host.name, { type: 'shell-resize', id: 'a', columns: 120, rows: 40 });
  type('a', 'sleep 0.3; stty size; exit 5\r');
  await server.untilTrue(() => end('a') !== undefined);
  expect(screen('a')).toContain('40 120');
  expect(end('a')).toMatchObject({ code: 'exited', exitCode: 5 });

  server.tell(host.name, { type: 'shell-open', order: order('b', { command: ['/bin/sh', '-c', 'echo begun; exec sleep 4321'] }), creditBytes: 1_000_000 });
  await server.untilTrue(() => screen('b').includes('begun'));
  expect(await processesWith('4321')).toBe(1);
  server.tell(host.name, { type: 'shell-close', id: 'b' });
  await server.untilTrue(() => end('b') !== undefined);
  await until('the process of the shell is gone', async () => (await processesWith('4321')) === 0, 5_000);

  server.tell(host.name, { type: 'shell-open', order: order('c', { command: ['/no/such/thing'], tty: false }), creditBytes: 1_000_000 });
  await server.untilTrue(() => end('c') !== undefined);
  // Which of the two depends on the engine's version.
  const refused = end('c');
  expect([126, 127]).toContain(refused?.type === 'shell-end' ? refused.exitCode : undefined);
});

test('what the engine rotated away is marked, and what a container wrote stays when it is replaced and when the replica is gone', async () => {
  // 45 MB: the engine keeps three files of 10 MB.
  assign('i=0; line=$(printf "%0900d" 0); while [ $i -lt 45000 ]; do echo "$i $line"; i=$((i+1)); done; echo last words; exec sleep 1000', { cpuMilli: 4_000 });
  await until('everything is written', async () => (await read({ tail: 1 })).includes('stdout last words'), 60_000);
  const whole = await read({});
  expect(whole).toContain('gap rotated');
  expect(whole.length).toBeLessThan(45_000);
  expect(await read({ search: '44999 0', tail: 5 })).toHaveLength(2);
  expect((await read({ previous: true })).slice(0, 4).toSorted()).toEqual(['instance', 'stderr two', 'stdout one', 'stdout three']);
  assign(undefined);
  await server.until(host.name, (report) => report.converged && report.replicas.length === 0, 30_000);
  const gone = await read({ previous: true, tail: 2 });
  expect(gone.at(-1)).toBe('stdout last words');
  expect(gone.filter((text) => text === 'instance')).toHaveLength(2);
});

/** How many processes of this machine have this among their arguments, without the container's own service. */
async function processesWith(argument: string): Promise<number> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.split('\0').includes(argument)).length;
}
