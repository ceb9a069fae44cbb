// A child process for `npm run bench -- dns`: answers from names made ready, as the server does, or just sends queries back, which is what the
// run-time costs without any of our work. Prints its ports as JSON, and ends with its parent.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readyName } from '#scheduler/sites/answer.ts';
import { openNearness } from '#scheduler/sites/nearness.ts';
import { DEFAULTS } from '#server/config.ts';
import { openCounters } from '#server/dns/counters.ts';
import { listenHttpDns, openHttpDns } from '#server/dns/http.ts';
import { openObservations } from '#server/dns/observations.ts';
import { openResponder } from '#server/dns/responder.ts';
import { tell } from '#server/dns/tell.ts';
import type { Directory, KnownName, Steering } from '#server/sites/steering.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };
const NAMES = 500;
const REPLICAS = 16;
const LIMIT = 10_000_000;

function directory(): Directory {
  const sites = ['dc1', 'dc2'].map((name) => ({ name, links: [], mark: null }));
  const names = Array.from({ length: NAMES }, (_, number): [string, KnownName] => {
    const name = `n${number}.bench.test`;
    const targets = Array.from({ length: REPLICAS }, (__, index) => ({ replicaId: `${number}-${index}`, address: `10.${index % 2}.${number % 250}.${index + 1}`, site: sites[index % 2]!.name, isHealthy: index % 8 !== 7, isLeaving: false }));
    const ready = readyName(sites, { name, preference: 'nearest', order: [], weights: {}, layer: 'service', isReadOnly: false, stages: {}, failedAt: [], mostAddresses: 4, targets });
    const row = { name, service: name, environment: 'production', port: null, preference: 'nearest' as const, order: [], weights: {}, ttlSeconds: 60, mostAddresses: 4, updatedBy: '', updatedAt: 0 };
    return [name, { row, port: 80, workload: null, weights: {}, shiftId: null, ready }];
  });
  const near = openNearness([{ bytes: [10, 0, 0, 0], bits: 9, site: 'dc1' }, { bytes: [127, 0, 0, 0], bits: 8, site: 'dc2' }]);
  return { names: new Map(names), sites, siteRows: [], marks: [], stages: [], steering: [], near, rules: { downAfterSeconds: 10, upAfterSeconds: 120, leastHostsUpPermille: 500, leastHealthyPermille: 500, mostNamesPermille: 300, isAutomatic: true } };
}

async function answering(): Promise<{ dns: number; http: number }> {
  const known = directory();
  const steering: Steering = { directory: known, refreshedAt: 0, refreshMs: 0, isTelling: false, seen: () => undefined, refresh: () => Promise.resolve(false) };
  const context = { steering, observations: openObservations({ now: Date.now }), clock: { now: Date.now }, config: { ...DEFAULTS, dnsLimit: LIMIT } };
  const zone = { name: 'bench.test', address: null, serial: () => 1, isBetween: () => false, tell: (name: string, client: readonly number[]) => tell(context, name, client, 'dns') };
  const responder = await openResponder(ANY_PORT, { zone, counters: openCounters().dns, perSecond: LIMIT, now: Date.now });
  const http = await listenHttpDns(ANY_PORT, openHttpDns(context, openCounters().http));
  return { dns: Number(responder.address.split(':')[1]), http: Number(http.address.split(':')[1]) };
}

async function echoing(): Promise<{ dns: number; http: number }> {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    bytes[2] = 0x84;
    socket.send(bytes, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const http = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
  await once(http, 'listening');
  return { dns: socket.address().port, http: (http.address() as AddressInfo).port };
}

process.stdout.write(`${JSON.stringify(await (process.argv[2] === 'echo' ? echoing() : answering()))}\n`);
process.stdin.resume().on('end', () => process.kill(process.pid));
