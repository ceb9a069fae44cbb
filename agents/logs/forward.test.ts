// What a collector gets: messages that it can parse, all of them while it is there, and a mark where it was not.
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { FakeOutput } from '../docker/fake-streams.ts';
import type { Container } from '../docker/runtime.ts';
import { openLog } from '../log.ts';
import { openCheckpoint, type Checkpoint, type Noted } from './checkpoint.ts';
import { Forwarder, readTarget, syslogMessage } from './forward.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of cleanups.splice(0).reverse()) await one();
});

const from = { name: 'quote-1', workload: 'quote.production', containerId: 'abcdef0123456789', replicaId: 'r1', host: 'phy1' };
const container: Container = { id: 'c1', name: 'quote-1', status: 'running', stopSeconds: 1, restarts: 0, outOfMemory: false, owner: { clusterId: 'c', replicaId: 'r1', workload: 'quote.production', identity: '' } };

test('targets are read, and what is none of them is refused', () => {
  expect(readTarget('tcp://10.0.0.9:601')).toEqual({ kind: 'tcp', host: '10.0.0.9', port: 601 });
  expect(readTarget('udp://[::1]:514')).toEqual({ kind: 'udp', host: '::1', port: 514 });
  expect(readTarget('file:/var/log/firn.log')).toEqual({ kind: 'file', path: '/var/log/firn.log' });
  expect(['http://x:1', 'tcp://x', 'tcp://x:99999', 'file:relative', ''].map(readTarget)).toEqual([undefined, undefined, undefined, undefined, undefined]);
});

test('a line is a message of RFC 5424 with its own time and level', () => {
  const line = { at: '2026-11-23T09:30:00.123456789Z', stream: 'stderr' as const, text: 'ERROR it is "so"' };
  expect(syslogMessage(line, { ...from, replicaId: 'a"b]' }, 0)).toBe('<131>1 2026-11-23T09:30:00.123456Z quote-1 quote.production abcdef012345 stderr [firn@32473 host="phy1" replica="a\\"b\\]"] ERROR it is "so"');
});

async function collector(port = 0): Promise<{ readonly server: Server; readonly port: number; readonly got: string[]; readonly cut: () => void }> {
  const got: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let rest = Buffer.alloc(0);
    socket.on('error', () => undefined).on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (let blank = rest.indexOf(0x20); blank > 0; blank = rest.indexOf(0x20)) {
        const length = Number(rest.toString('latin1', 0, blank));
        if (rest.length < blank + 1 + length) break;
        got.push(rest.toString('utf8', blank + 1, blank + 1 + length).replace(/^.*\] /, ''));
        rest = rest.subarray(blank + 1 + length);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  cleanups.push(() => new Promise((resolve) => (cut(), server.close(resolve))));
  return { server, port: (server.address() as AddressInfo).port, got, cut };
}

const until = async (holds: () => boolean): Promise<void> => {
  for (const endMs = performance.now() + 10_000; !holds() && performance.now() < endMs; ) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(holds()).toBe(true);
};

test('lines reach the collector in their order, over a connection that broke, and the break is marked', async () => {
  const at = await collector();
  const output = new FakeOutput(systemClock);
  const forwarder = new Forwarder({ clock: systemClock, log: openLog('silent', 'phy1'), runtime: { output: (_, query, signal) => output.read(query, signal) }, target: { kind: 'tcp', host: '127.0.0.1', port: at.port }, host: 'phy1', containers: () => [container], checkpoint: inMemory() });
  forwarder.start();
  cleanups.push(() => forwarder.close());
  output.write('one');
  output.write('two');
  await until(() => at.got.length === 2);
  at.cut();
  await until(() => {
    // The first write after a break may still be taken by the kernel: the mark says so.
    output.write('again');
    return at.got.some((text) => text.includes('the connection broke')) && at.got.at(-1) === 'again';
  });
  expect(at.got.slice(0, 2)).toEqual(['one', 'two']);
});

function inMemory(): Checkpoint {
  let noted: Noted | undefined;
  return { read: async () => noted, write: async (next) => void (noted = next) };
}

test('an agent that starts again leaves nothing out and sends nothing twice that was noted; what ended meanwhile is told, too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'firn-forward-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const checkpoint = openCheckpoint(join(folder, 'forwarded.json'));
  const at = await collector();
  const outputs = new Map([['c1', new FakeOutput(systemClock)], ['c2', new FakeOutput(systemClock)]]);
  let containers: Container[] = [container];
  const run = (): Forwarder => {
    const forwarder = new Forwarder({ clock: systemClock, log: openLog('silent', 'phy1'), runtime: { output: (id, query, signal) => outputs.get(id)!.read(query, signal) }, target: { kind: 'tcp', host: '127.0.0.1', port: at.port }, host: 'phy1', containers: () => containers, checkpoint });
    forwarder.start();
    cleanups.push(() => forwarder.close());
    return forwarder;
  };
  const first = run();
  outputs.get('c1')!.write('before');
  await until(() => at.got.length === 1);
  await first.close();
  outputs.get('c1')!.write('while it was away');
  outputs.get('c1')!.runs(false);
  outputs.get('c2')!.write('of a new one');
  containers = [{ ...container, status: 'exited' }, { ...container, id: 'c2', name: 'quote-2' }];
  run();
  await until(() => at.got.length >= 3);
  expect(at.got.toSorted()).toEqual(['before', 'of a new one', 'while it was away']);
});

test('a note that is damaged is as none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'firn-forward-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'forwarded.json');
  const checkpoint = openCheckpoint(file);
  expect(await checkpoint.read()).toBeUndefined();
  const noted = { at: '2026-11-23T09:30:00.123Z', sent: { c1: '2026-11-23T09:30:00.123456789Z' } };
  await checkpoint.write(noted);
  expect(await checkpoint.read()).toEqual(noted);
  for (const text of ['{"at":', '[]', '{"at":"yesterday","sent":{}}']) {
    await writeFile(file, text);
    expect(await checkpoint.read()).toBeUndefined();
  }
});
