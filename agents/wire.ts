// The one connection to the server as the session sees it: text both ways, signs of life, and an end. The real one is a WebSocket; simulations hand in
// one of their own, so that everything above runs as it is.
import { WebSocket } from 'ws';
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

/** Over a WebSocket. */
export const dialWebSocket: Dial = ({ url, authorization, limitMs }, events) => {
  const socket = new WebSocket(url, { headers: { authorization }, handshakeTimeout: limitMs, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  socket.on('open', events.onOpen);
  socket.on('message', (data: Buffer) => events.onMessage(data.toString()));
  socket.on('pong', events.onSign);
  socket.on('ping', events.onSign);
  socket.on('error', (error) => events.onEnd(sentenceOf(error) || 'connection refused'));
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
};
