// Logs as people get them: the real server, real agents on engines in memory.
import { expect, test } from 'vitest';
import { draft, startTestServer, type TestServer, until } from '#test/contract/start.ts';
import type { LogEntry } from '../http/contract/logs.ts';

interface Seen {
  readonly id: string;
  readonly name: string;
  readonly host: string;
}

async function running(server: TestServer): Promise<Seen[]> {
  await server.addTeam();
  await server.call('POST', '/requests', draft({ peakQps: 20 }));
  return await until(async () => {
    const { body } = await server.call('GET', '/services/quote');
    const workload = body.workloads?.[0];
    return workload?.running === workload?.wanted && workload?.running >= 2 ? body.replicas : undefined;
  }, 'replicas running');
}

async function read(server: TestServer, path: string, enough: (entries: readonly LogEntry[]) => boolean, headers: Record<string, string>): Promise<LogEntry[]> {
  const closing = new AbortController();
  const answer = await fetch(`${server.handle.url}/api/v1${path}`, { headers, signal: closing.signal });
  const entries: LogEntry[] = [];
  let rest = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    rest += chunk;
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    entries.push(...lines.map((line) => JSON.parse(line) as LogEntry));
    if (enough(entries)) break;
  }
  closing.abort();
  return entries;
}

const texts = (entries: readonly LogEntry[]) => entries.flatMap((entry) => (entry.kind === 'line' ? [entry.text] : []));
const ended = (entries: readonly LogEntry[]) => entries.at(-1)?.kind === 'end';

test('logs of a replica and of a service: who may read them, merged and followed, secrets masked, a host that is away is a gap', async () => {
  await using server = await startTestServer();
  await using one = await server.addHost('one');
  await using two = await server.addHost('two');
  const replicas = await running(server);
  const engines = new Map([['one', one.engine], ['two', two.engine]]);
  const write = ({ host, name }: Seen, text: string) => engines.get(host)!.write(name, text);
  const dev = await server.person('dev', [{ team: 'quotes', role: 'developer' }]);
  await server.call('POST', '/teams', { name: 'orders' });
  const other = await server.person('other', [{ team: 'orders', role: 'developer' }]);
  const viewer = await server.person('viewer', [{ team: 'quotes', role: 'viewer' }]);
  const [first, second] = [replicas.find(({ host }) => host === 'one')!, replicas.find(({ host }) => host === 'two')!];

  expect((await server.call('POST', '/secrets', { team: 'quotes', service: 'quote', environment: 'production', name: 'token', value: 'hush-hush-7' })).status).toBe(201);
  write(first, 'signs in with hush-hush-7');
  const entries = await read(server, `/replicas/${first.id}/logs?tail=5`, ended, dev);
  expect(texts(entries)).toEqual(['signs in with ••••••']);
  expect(entries.at(-1)).toMatchObject({ kind: 'end', code: 'complete' });
  expect((await server.call('GET', `/replicas/${first.id}/logs`, undefined, other)).status).toBe(404);
  expect((await server.call('GET', `/replicas/${first.id}/logs`, undefined, viewer)).body.code).toBe('permission-missing');
  expect((await server.call('GET', `/replicas/${first.id}/logs?previous=true&follow=true`, undefined, dev)).body.errors[0].field).toBe('previous');
  expect((await server.call('GET', `/replicas/${first.id}/logs?tail=-1`, undefined, dev)).body.errors[0].field).toBe('tail');

  const following = read(server, '/services/quote/logs?follow=true&tail=50', (all) => texts(all).length >= 3, dev);
  await until(async () => (server.handle.context.streams.count === replicas.length ? true : undefined), 'a stream a replica');
  write(second, 'from the second');
  write(first, 'and from the first');
  expect(texts(await following).toSorted()).toEqual(['and from the first', 'from the second', 'signs in with ••••••']);
  // Nobody reads any more, so nothing is left open on any agent.
  await until(async () => (server.handle.context.streams.count === 0 ? true : undefined), 'no stream left');

  // Two who watch the same share one stream of the host; the second sees what was there, and each what comes.
  const watch = () => read(server, `/replicas/${first.id}/logs?follow=true&tail=50`, (all) => texts(all).includes('for both'), dev);
  const watched = watch();
  await until(async () => (server.handle.context.streams.count === 1 ? true : undefined), 'a stream');
  let seen: Promise<LogEntry[]> | undefined;
  await until(async () => {
    seen ??= watch();
    write(first, 'more');
    return texts(await read(server, `/replicas/${first.id}/logs?follow=true&tail=50`, (all) => texts(all).includes('more'), dev)).includes('and from the first') ? true : undefined;
  }, 'a third who came later sees what was there');
  expect(server.handle.context.streams.count).toBe(1);
  write(first, 'for both');
  for (const entries of await Promise.all([watched, seen!])) expect(texts(entries).filter((text) => text !== 'more')).toEqual(['signs in with ••••••', 'and from the first', 'for both']);
  await until(async () => (server.handle.context.streams.count === 0 ? true : undefined), 'no stream left again');

  const sources = await server.call('GET', `/replicas/${first.id}/logs/sources`, undefined, dev);
  expect(sources.body).toMatchObject({ problem: null, host: 'one', isGone: false, instances: [{ state: 'present' }], files: [] });
  await two.stop();
  await until(async () => (server.handle.context.connections.count === 1 ? true : undefined), 'host two away');
  const after = await read(server, '/services/quote/logs?tail=1', ended, dev);
  const gaps = after.flatMap((entry) => (entry.kind === 'gap' ? [`${entry.code} ${entry.host}`] : []));
  expect([new Set(gaps), texts(after)]).toEqual([new Set(['host-away two']), ['for both']]);
}, 60_000);
