// Floods: one network that asks too much, with a clock that stands still, so that what is limited is exact.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import packet from 'dns-packet';
import { expect, test } from 'vitest';
import { openCounters } from './counters.ts';
import { listenHttpDns, openHttpDns } from './http.ts';
import type { Zone } from './message.ts';
import { openRate } from './rate.ts';
import { openResponder } from './responder.ts';

const zone = (count: number): Zone => ({
  name: 'z.test',
  address: null,
  serial: () => 1,
  isBetween: (name) => name === 'deep.z.test',
  tell: (name) => (name === 'a.z.test' ? { name, ttlSeconds: 60, port: 80, addresses: Array.from({ length: count }, (_, index) => `10.0.0.${index}`), isDegraded: false, code: 'share', why: '', site: 'a', near: null } : undefined),
});
const query = (id: number, more: Partial<packet.Packet> = {}) => packet.encode({ type: 'query', id, questions: [{ type: 'A', name: 'a.z.test' }], ...more });

test('a network that asks too much is answered its share; half of the rest is sent to TCP, and half is dropped', async () => {
  const counters = openCounters().dns;
  await using responder = await openResponder({ host: '127.0.0.1', port: 0 }, { zone: zone(1), counters, perSecond: 50, now: () => 0 });
  const port = Number(responder.address.split(':')[1]);
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1024 * 1024 });
  const got: packet.DecodedPacket[] = [];
  // 100 at once are its share of two seconds; of the other 100 every second one is sent to TCP.
  const enough = new Promise<void>((resolve) => socket.on('message', (bytes) => {
    got.push(packet.decode(bytes));
    if (got.length === 150) resolve();
  }));
  for (let id = 1; id <= 200; id += 1) socket.send(query(id), port, '127.0.0.1');
  await enough;
  socket.close();
  expect(got.filter(({ flag_tc }) => flag_tc).length).toBe(50);
  expect(got.filter(({ answers }) => (answers ?? []).length === 1).length).toBe(100);
  expect(counters).toMatchObject({ queries: 200, limited: 100, answered: 100 });
});

test('an answer that is too long for UDP says so; with EDNS it fits', async () => {
  const counters = openCounters().dns;
  await using responder = await openResponder({ host: '127.0.0.1', port: 0 }, { zone: zone(60), counters, perSecond: 1_000, now: () => 0 });
  const socket = createSocket('udp4');
  const ask = async (bytes: Buffer) => {
    const answer = once(socket, 'message') as Promise<[Buffer]>;
    socket.send(bytes, Number(responder.address.split(':')[1]), '127.0.0.1');
    const [message] = await answer;
    return { bytes: message.length, ...packet.decode(message) };
  };
  const opt = { type: 'OPT', name: '.', udpPayloadSize: 4096, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] } as unknown as packet.Answer;
  const short = await ask(query(1));
  expect([short.flag_tc, short.answers?.length]).toEqual([true, 0]);
  const long = await ask(query(2, { additionals: [opt] }));
  expect([long.flag_tc, long.bytes <= 1232]).toEqual([true, true]);
  expect(await ask(query(3, { questions: [{ type: 'A', name: 'deep.z.test' }] }))).toMatchObject({ rcode: 'NOERROR', answers: [] });
  socket.close();
});

test('a bucket fills again with time, and the number of networks is bounded', () => {
  let now = 0;
  const rate = openRate(10, () => now);
  const taken = () => Array.from({ length: 100 }, () => rate.take('n')).filter(Boolean).length;
  expect(taken()).toBe(20);
  expect(taken()).toBe(0);
  now = 500;
  expect(taken()).toBe(5);
  for (let network = 0; network < 60_000; network += 1) rate.take(String(network));
  expect(taken()).toBe(20);
});

test('HTTP DNS answers a network its share of two seconds, then 429 with when to come back; other networks are not held up', async () => {
  const counters = openCounters().http;
  const context = { config: { dnsLimit: 5, dnsProxies: ['127.0.0.0/8'] }, clock: { now: () => 0 } } as unknown as Parameters<typeof openHttpDns>[0];
  const dns = openHttpDns(context, counters);
  // A question that cannot be read counts too: it costs as much.
  const status = (client: string) => dns.answer(new URLSearchParams('name='), '127.0.0.1', client).status;
  expect(Array.from({ length: 12 }, () => status('10.1.0.1'))).toEqual([...Array.from({ length: 10 }, () => 422), 429, 429]);
  expect([status('10.1.0.77'), status('10.2.0.1')]).toEqual([429, 422]);
  expect(counters).toMatchObject({ queries: 14, limited: 3 });
  await using listener = await listenHttpDns({ host: '127.0.0.1', port: 0 }, dns);
  const answer = await fetch(`http://${listener.address}/dns?name=a.test`, { headers: { 'x-forwarded-for': '10.1.0.1' } });
  expect([answer.status, answer.headers.get('retry-after'), await answer.json()]).toMatchObject([429, '1', { code: 'too-many-queries', detail: 'At most 5 queries a second are answered to one network: keep an answer for its TTL.' }]);
});
