// The responders over real sockets on loopback: what is answered, what is refused, what is dropped, and the client library against them.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Resolver } from 'node:dns/promises';
import { connect } from 'node:net';
import packet from 'dns-packet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '#test/contract/start.ts';
import { NAME, PATIENT_MS, startTwoSites, type TwoSites, ZONE } from '#test/contract/two-sites.ts';
import { FirnDns, FirnDnsError } from './client/firn-dns.ts';

let sites: TwoSites;
beforeAll(async () => {
  sites = await startTwoSites();
  await sites.healthy(NAME, { dc1: 3, dc2: 3 });
  await sites.server.call('PUT', '/sites/dc1', { clients: ['10.1.0.0/16', '127.0.0.0/8'] });
  await sites.server.call('PUT', '/sites/dc2', { clients: ['10.2.0.0/16', '2001:db8::/32'] });
}, 120_000);
afterAll(async () => await sites[Symbol.asyncDispose]());

const dns = () => sites.server.handle.context.dns;
const port = () => Number(dns().listening.dns!.split(':').at(-1));
const httpUrl = () => `http://${dns().listening.http!}`;

/** Sends bytes by UDP; null where nothing comes back before an answer to a later query does. */
async function udp(bytes: Buffer): Promise<packet.DecodedPacket | null> {
  const socket = createSocket('udp4');
  try {
    const probe = packet.encode({ type: 'query', id: 999, questions: [{ type: 'SOA', name: ZONE }] });
    const answer = (async () => {
      for (;;) {
        const [message] = (await once(socket, 'message')) as [Buffer];
        const decoded = packet.decode(message);
        return decoded.id === 999 ? null : decoded;
      }
    })();
    socket.send(bytes, port(), '127.0.0.1');
    socket.send(probe, port(), '127.0.0.1');
    return await answer;
  } finally {
    socket.close();
  }
}
const query = (parts: Partial<packet.Packet> & { readonly name?: string; readonly ask?: packet.RecordType } = {}): Buffer =>
  packet.encode({ type: 'query', id: 7, flags: packet.RECURSION_DESIRED, questions: [{ type: parts.ask ?? 'A', name: parts.name ?? NAME }], ...parts });
const subnet = (ip: string, bits: number): packet.Answer => ({ type: 'OPT', name: '.', udpPayloadSize: 1232, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [{ code: 8, ip, sourcePrefixLength: bits, scopePrefixLength: 0 }] }) as unknown as packet.Answer;
const addresses = (answer: packet.DecodedPacket | null) => (answer?.answers ?? []).flatMap((each) => (each.type === 'A' ? [each.data] : []));

test('an ordinary resolver gets the addresses with their TTL, by UDP and without recursion', async () => {
  const resolver = new Resolver({ timeout: 2_000 });
  resolver.setServers([`127.0.0.1:${port()}`]);
  const found = await resolver.resolve4(NAME, { ttl: true });
  expect(found.map(({ address }) => address).every((address) => address.startsWith('10.8.'))).toBe(true);
  expect(found.map(({ ttl }) => ttl)).toEqual([60, 60, 60]);
  expect((await resolver.resolveSoa(ZONE)).nsname).toBe(`ns1.${ZONE}`);
  expect(await resolver.resolveNs(ZONE)).toEqual([`ns1.${ZONE}`]);
  expect(await resolver.resolve4(`ns1.${ZONE}`)).toEqual(['127.0.0.1']);
  const answer = await udp(query({ name: NAME.toUpperCase() }));
  expect(answer).toMatchObject({ rcode: 'NOERROR', flag_aa: true, flag_ra: false, questions: [{ name: NAME.toUpperCase() }] });
});

test('a client network in the query chooses the site, and is told back', async () => {
  const near = await udp(query({ additionals: [subnet('10.2.3.0', 24)] }));
  expect(addresses(near).every((address) => address.startsWith('10.9.'))).toBe(true);
  expect(near!.additionals).toMatchObject([{ type: 'OPT', options: [{ code: 8, ip: '10.2.3.0', sourcePrefixLength: 24, scopePrefixLength: 24 }] }]);
  expect(addresses(await udp(query({ additionals: [subnet('2001:db8:1::', 48)] }))).every((address) => address.startsWith('10.9.'))).toBe(true);
  expect(addresses(await udp(query({ additionals: [subnet('0.0.0.0', 0)] }))).every((address) => address.startsWith('10.8.'))).toBe(true);
});

test('what is not there is denied with an SOA, and other zones and transfers are refused', async () => {
  expect(await udp(query({ name: `nobody.${ZONE}` }))).toMatchObject({ rcode: 'NXDOMAIN', answers: [], authorities: [{ type: 'SOA', ttl: 10 }] });
  expect(await udp(query({ ask: 'AAAA' }))).toMatchObject({ rcode: 'NOERROR', answers: [], authorities: [{ type: 'SOA' }] });
  expect(await udp(query({ name: 'www.elsewhere.test' }))).toMatchObject({ rcode: 'REFUSED', answers: [], authorities: [] });
  expect(await udp(query({ name: ZONE, ask: 'AXFR' }))).toMatchObject({ rcode: 'REFUSED' });
  expect(await udp(query({ questions: [{ type: 'A', name: NAME, class: 'CH' }] }))).toMatchObject({ rcode: 'REFUSED' });
  expect(await udp(query({ flags: 0x2000 }))).toMatchObject({ rcode: 'NOTIMP' });
  const future = { ...subnet('10.2.0.0', 16), ednsVersion: 1, options: [] } as unknown as packet.Answer;
  expect((await udp(query({ additionals: [future] })))!.additionals).toMatchObject([{ type: 'OPT', extendedRcode: 1 }]);
});

test('what cannot be read is dropped and counted, and answers are never answered', async () => {
  const before = dns().counters.dns.malformed;
  const loop = Buffer.concat([query().subarray(0, 12), Buffer.from([0xc0, 0x0c, 0, 1, 0, 1])]);
  const bad = [Buffer.alloc(0), Buffer.from('GET / HTTP/1.1\r\n'), query().subarray(0, 20), packet.encode({ type: 'response', id: 7, questions: [{ type: 'A', name: NAME }] }), query({ questions: [] }), query({ questions: [{ type: 'A', name: NAME }, { type: 'A', name: NAME }] }), loop, query({ additionals: [subnet('10.2.0.0', 16), subnet('10.2.0.0', 16)] })];
  for (const bytes of bad) expect(await udp(bytes)).toBeNull();
  expect(dns().counters.dns.malformed - before).toBe(bad.length);
  expect(addresses(await udp(query())).length).toBe(3);
});

test('several queries by TCP in pieces are answered in order; a message that is too long ends the connection', async () => {
  const socket = connect(port(), '127.0.0.1');
  const bytes = packet.streamEncode({ type: 'query', id: 1, questions: [{ type: 'A', name: NAME }] });
  const second = packet.streamEncode({ type: 'query', id: 2, questions: [{ type: 'SOA', name: ZONE }] });
  const ids: number[] = [];
  let buffer = Buffer.alloc(0);
  const done = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk]);
      while (buffer.length >= 2 && buffer.length >= buffer.readUInt16BE(0) + 2) {
        ids.push(packet.decode(buffer.subarray(2, buffer.readUInt16BE(0) + 2)).id!);
        buffer = buffer.subarray(buffer.readUInt16BE(0) + 2);
      }
      if (ids.length === 2) resolve();
    });
  });
  socket.write(bytes.subarray(0, 5));
  socket.write(Buffer.concat([bytes.subarray(5), second]));
  await done;
  expect(ids).toEqual([1, 2]);
  const ended = once(socket, 'close');
  socket.write(Buffer.from([0xff, 0xff, 0, 0]));
  await ended;
});

test('HTTP DNS answers JSON and text, and names what is wrong', async () => {
  const get = async (path: string, headers = {}) => {
    const answer = await fetch(`${httpUrl()}${path}`, { headers });
    return [answer.status, await answer.text()] as const;
  };
  const [status, body] = await get(`/dns?name=${NAME}`);
  expect([status, JSON.parse(body)]).toMatchObject([200, { name: NAME, ttlSeconds: 60, port: 8080, site: 'dc1', code: 'nearest', isDegraded: false }]);
  expect((await get(`/dns?name=${NAME}.&format=text`))[1]).toMatch(/^ttl 60\n(10\.8\.1\.\d+:8080\n){3}$/);
  // Nobody trusts this client to say that it is another one.
  expect(JSON.parse((await get(`/dns?name=${NAME}`, { 'x-forwarded-for': '10.2.0.1' }))[1])).toMatchObject({ site: 'dc1' });
  expect(await get('/dns?name=nobody.test')).toMatchObject([404, expect.stringContaining('There is no name nobody.test here.')]);
  expect((await get('/dns'))[0]).toBe(422);
  expect((await get('/other'))[0]).toBe(404);
  expect((await fetch(`${httpUrl()}/dns`, { method: 'POST', body: 'x' })).status).toBe(405);
  const onApi = await fetch(`${sites.server.handle.url}/dns?name=${NAME}`);
  expect([onApi.status, await onApi.json()]).toMatchObject([200, { site: 'dc1' }]);
});

test('the client library keeps, refreshes, goes on without the server, and falls back to ordinary DNS', async () => {
  let now = 1_000_000;
  let asked = 0;
  const resolver = new Resolver({ timeout: 2_000 });
  resolver.setServers([`127.0.0.1:${port()}`]);
  const count = () => dns().counters.http.queries;
  const client = new FirnDns({ servers: ['http://127.0.0.1:1', httpUrl()], now: () => now });
  const first = await client.lookup(NAME);
  await expect(client.lookup('nobody.example')).rejects.toMatchObject({ code: 'unknown', message: expect.stringContaining('nobody.example') });
  expect(first).toMatchObject({ port: 8080, source: 'fresh' });
  asked = count();
  await Promise.all([client.lookup(NAME), client.lookup(NAME)]);
  expect(count()).toBe(asked);
  now += 50_000;
  expect(await client.lookup(NAME)).toBe(first);
  await until(async () => (count() > asked ? true : undefined), 'a refresh ahead of the end', PATIENT_MS);
  // Its servers go away: the last answer goes on.
  const lonely = new FirnDns({ servers: [httpUrl()], now: () => now });
  await lonely.lookup(NAME);
  const { fetch: real } = globalThis;
  globalThis.fetch = () => Promise.reject(new TypeError('unreachable'));
  try {
    now += 3_600_000;
    expect(await lonely.lookup(NAME)).toMatchObject({ source: 'kept' });
    const cold = new FirnDns({ servers: ['http://127.0.0.1:1'], fallback: (name) => resolver.resolve4(name), fallbackPort: 8080 });
    expect(await cold.lookup(NAME)).toMatchObject({ source: 'dns', port: 8080 });
    const lost = new FirnDns({ servers: ['http://127.0.0.1:1'], fallback: () => Promise.reject(new Error('no resolver')) }).lookup(NAME);
    await expect(lost).rejects.toBeInstanceOf(FirnDnsError);
    await expect(lost).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining('http://127.0.0.1:1 does not answer') });
  } finally {
    globalThis.fetch = real;
  }
});

test('who asked is counted by where they are and where they were sent', async () => {
  await udp(query({ additionals: [subnet('10.2.9.0', 24)] }));
  const { body } = await sites.server.call('GET', `/names/${NAME}/clients`);
  expect(body.minutes).toContainEqual(expect.objectContaining({ near: 'dc2', site: 'dc2', dns: expect.any(Number) }));
  expect(body.clients).toBeGreaterThan(1);
  expect((await sites.server.call('GET', '/dns/status')).body).toMatchObject({ zone: ZONE, names: 1 });
});
