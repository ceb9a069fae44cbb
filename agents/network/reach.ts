// Whether the server's port for agents can be reached: a TCP connection, and nothing is said over it.
import { connect } from 'node:net';
import { httpBase } from '../join.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export function endpointOf(serverUrl: string): Endpoint {
  const url = new URL(httpBase(serverUrl));
  return { host: url.hostname, port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)) };
}

/** Resolves once connected; rejects with the reason. */
export function reach({ host, port }: Endpoint, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

/** Whether it can be reached within so many milliseconds. */
export async function isReachable(endpoint: Endpoint, limitMs: number): Promise<boolean> {
  return await reach(endpoint, AbortSignal.timeout(limitMs)).then(() => true, () => false);
}
