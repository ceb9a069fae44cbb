// The DNS responder's sockets: UDP and TCP on one port. What a network asks beyond its share is dropped, and every other time sent to TCP; what
// cannot be read is dropped and counted. TCP is bounded in connections, in time and in what one message may be.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket as TcpSocket } from 'node:net';
import type { Listen } from '../config.ts';
import { addressBytes } from '../sites/client-range.ts';
import type { Counters } from './counters.ts';
import { comeByTcp, reply, type Replied, type Zone } from './message.ts';
import { networkOf, openRate, type Rate } from './rate.ts';

const IDLE_MS = 5_000;
const MOST_CONNECTIONS = 256;
/** Longer than any query that is answered here. */
const MOST_QUERY_BYTES = 4_096;
/** What cannot be sent at once is dropped: a client that does not read waits for nothing. */
const MOST_UNSENT_BYTES = 256 * 1024;
/** Of what is limited, one in so many is sent to TCP. */
const SLIP = 2;
const ATTEMPTS = 5;

export interface Responder extends AsyncDisposable {
  /** `host:port` as bound. */
  readonly address: string;
}

export interface ResponderOptions {
  readonly zone: Zone;
  readonly counters: Counters['dns'];
  /** Answers a second by UDP to one network. */
  readonly perSecond: number;
  readonly now: () => number;
}

/** @throws what binding throws: the port is taken, the address is not of this machine */
export async function openResponder(listen: Listen, options: ResponderOptions): Promise<Responder> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openBoth(listen, options);
    } catch (error) {
      // Any port: one that is free for TCP may be taken for UDP.
      if (listen.port !== 0 || attempt >= ATTEMPTS) throw error;
    }
  }
}

async function openBoth({ host, port }: Listen, options: ResponderOptions): Promise<Responder> {
  await using opened = new AsyncDisposableStack();
  const tcp = createServer({ allowHalfOpen: false });
  tcp.maxConnections = MOST_CONNECTIONS;
  const open = new Set<TcpSocket>();
  tcp.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    serveTcp(socket, options);
  });
  opened.defer(async () => await closeTcp(tcp, open));
  tcp.listen(port, host);
  await once(tcp, 'listening');
  const bound = tcp.address() as AddressInfo;
  const udp = createSocket({ type: bound.family === 'IPv6' ? 'udp6' : 'udp4', recvBufferSize: 1024 * 1024 });
  const rate = openRate(options.perSecond, options.now);
  let limited = 0;
  udp.on('message', (bytes, from) => {
    limited = serveUdp(udp, { bytes, from, limited }, options, rate);
  });
  opened.defer(async () => {
    udp.close();
    await once(udp, 'close');
  });
  udp.bind(bound.port, host);
  await once(udp, 'listening');
  // After it is bound nothing that a packet does may end the server.
  udp.on('error', () => undefined);
  const all = opened.move();
  return { address: bound.family === 'IPv6' ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

function serveUdp(udp: Socket, { bytes, from, limited }: { readonly bytes: Buffer; readonly from: RemoteInfo; readonly limited: number }, { zone, counters, ...options }: ResponderOptions, rate: Rate): number {
  const peer = addressBytes(from.address);
  counters.queries += 1;
  if (peer === undefined || from.port === 0) {
    counters.malformed += 1;
    return limited;
  }
  const send = (answer: Buffer) => udp.send(answer, from.port, from.address, () => undefined);
  if (!rate.take(networkOf(peer))) {
    counters.limited += 1;
    if (limited % SLIP === 0) {
      const answer = bytes.length > 12 && (bytes[2]! & 0x80) === 0 ? comeByTcp(bytes) : null;
      if (answer !== null) send(answer);
    }
    return limited + 1;
  }
  const replied = replyTo(bytes, peer, { zone, counters, ...options }, false);
  if (replied.bytes !== null) send(replied.bytes);
  return limited;
}

function replyTo(bytes: Buffer, peer: readonly number[], { zone, counters }: ResponderOptions, isTcp: boolean): Replied {
  const replied = reply(bytes, peer, { zone, isTcp });
  if (replied.outcome === 'malformed') counters.malformed += 1;
  else if (replied.outcome === 'refused') counters.refused += 1;
  else counters.answered += 1;
  if (replied.outcome === 'unknown') counters.unknownNames += 1;
  if (replied.isTruncated) counters.truncated += 1;
  return replied;
}

function serveTcp(socket: TcpSocket, options: ResponderOptions): void {
  const peer = addressBytes(socket.remoteAddress ?? '');
  options.counters.tcpConnections += 1;
  let waiting: Buffer = Buffer.alloc(0);
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    while (waiting.length >= 2) {
      const length = waiting.readUInt16BE(0);
      if (peer === undefined || length > MOST_QUERY_BYTES) return void socket.destroy();
      if (waiting.length < length + 2) return;
      options.counters.queries += 1;
      const { bytes } = replyTo(waiting.subarray(2, length + 2), peer, options, true);
      waiting = waiting.subarray(length + 2);
      if (bytes === null || socket.writableLength > MOST_UNSENT_BYTES) return void socket.destroy();
      const size = Buffer.alloc(2);
      size.writeUInt16BE(bytes.length);
      socket.write(Buffer.concat([size, bytes]));
    }
  });
}

async function closeTcp(tcp: Server, open: ReadonlySet<TcpSocket>): Promise<void> {
  if (!tcp.listening) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  tcp.close(() => resolve());
  for (const socket of open) socket.destroy();
  await promise;
}
