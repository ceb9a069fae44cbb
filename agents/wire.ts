// The one connection to the server as the session sees it: text both ways, signs of life, and an end. The real one is a WebSocket; simulations hand in
// one of their own, so that everything above runs as it is.
import { WebSocket } from 'ws';
import type { IncomingMessage } from 'node:http';
import { textOf, tlsOptions, whyTls } from './call-server.ts';
import type { HostIdentity } from './identity-files.ts';
import { sentenceOf } from './log.ts';
import { MAX_MESSAGE_BYTES } from './protocol.ts';

export interface Wire {
  readonly state: 'opening' | 'open' | 'closing' | 'closed';
  send(text: string): void;
  /** Asks for a sign of life. */
  ping(): void;
  /** Says goodbye. */
  close(): void;
  /** Ends without a word. */
  terminate(): void;
}

/** What happens on a connection. Nothing is called before `dial` has given it. */
export interface WireEvents {
  readonly onOpen: () => void;
  readonly onMessage: (text: string) => void;
  /** The other side lives. */
  readonly onSign: () => void;
  /** It is over, or never came to be: why, for people. May be called more than once. */
  readonly onEnd: (reason: string) => void;
}

export type Dial = (address: { readonly url: string; readonly authorization: string; readonly limitMs: number }, events: WireEvents) => Wire;

const STATES = { [WebSocket.CONNECTING]: 'opening', [WebSocket.OPEN]: 'open', [WebSocket.CLOSING]: 'closing', [WebSocket.CLOSED]: 'closed' } as const;

/** Of a refusal's body: one sentence and its frame. */
const MOST_REFUSAL_BYTES = 16 * 1024;

/** Over a WebSocket; over TLS from the moment on at which this host has a certificate, whatever its settings say. */
export const dialWith = (identity: () => HostIdentity | undefined): Dial => (address, events) => {
  const own = identity();
  const url = own === undefined ? address.url : address.url.replace(/^ws:/, 'wss:');
  return dialSocket(url, address, own, events);
};

/** Over a WebSocket, with nothing but the credential. */
export const dialWebSocket: Dial = dialWith(() => undefined);

function dialSocket(url: string, { authorization, limitMs }: Pick<Parameters<Dial>[0], 'authorization' | 'limitMs'>, identity: HostIdentity | undefined, events: WireEvents): Wire {
  const tls = identity === undefined ? {} : tlsOptions({ authority: identity.authority, identity });
  const socket = new WebSocket(url, { ...tls, headers: { authorization }, handshakeTimeout: limitMs, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  // The server says why in the body, which nothing else would read.
  const refused = async (answer: IncomingMessage): Promise<void> => {
    const reason = await textOf(answer, MOST_REFUSAL_BYTES).then(refusalOf, () => undefined);
    events.onEnd(`the server refuses the connection (${answer.statusCode ?? 0})${reason === undefined ? '' : `: ${reason}`}`);
    socket.terminate();
  };
  socket.on('unexpected-response', (_request, answer: IncomingMessage) => void refused(answer));
  socket.on('open', events.onOpen);
  socket.on('message', (data: Buffer) => events.onMessage(data.toString()));
  socket.on('pong', events.onSign);
  socket.on('ping', events.onSign);
  socket.on('error', (error) => events.onEnd(whyTls(error) ?? (sentenceOf(error) || 'connection refused')));
  socket.on('close', (code, reason) => events.onEnd(`connection closed (${code}${reason.length > 0 ? ` ${String(reason)}` : ''})`));
  return {
    get state() {
      return STATES[socket.readyState];
    },
    send: (text) => socket.send(text),
    ping: () => socket.ping(),
    close: () => socket.close(1000),
    terminate: () => socket.terminate(),
  };
}

function refusalOf(text: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && 'detail' in body && typeof body.detail === 'string' ? body.detail.slice(0, 1_000) : undefined;
  } catch {
    return undefined;
  }
}
