// One port that answers TLS and plain connections: the first byte tells which. So a fleet can move to TLS host by host, and a plain call gets a
// sentence instead of noise. Whoever may do what without TLS is decided by who serves; this file only passes connections on.
import { createServer as createPlain, type Server as HttpServer } from 'node:http';
import { createServer as createSecure, type Server as HttpsServer } from 'node:https';
import { createServer as createPort, type Server, type Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';

/** Makes a server that speaks HTTP, by the functions that node:http and node:https have for it. */
export type MakeServer = (parts: { readonly createServer: typeof createPlain; readonly serverOptions?: object }) => HttpServer;

export interface SecureListener {
  readonly server: Server;
  close(): Promise<void>;
}

export interface ListenerOptions {
  readonly make: MakeServer;
  /** Certificate, key and authority; asked at the first TLS connection and after each half of `renewMs`. */
  readonly secure: () => Promise<SecureContextOptions & { readonly notAfter: number }>;
  readonly now: () => number;
  /** A TLS connection could not be served. */
  readonly onProblem: (error: unknown) => void;
}

/** First byte of a TLS record that begins a handshake. */
const TLS_HANDSHAKE = 0x16;
/** Whoever connects says something soon. */
const FIRST_BYTE_MS = 10_000;
/** How often the server looks whether its certificate ends. */
const LOOK_MS = 6 * 3_600_000;
/** A third of the certificate's life is left when it is replaced. */
const RENEW_BEFORE_MS = 30 * 24 * 3_600_000;

/** A server that is not listening yet. */
export function createSecureListener({ make, secure, now, onProblem }: ListenerOptions): SecureListener {
  const plain = make({ createServer: createPlain });
  let secured: Promise<HttpsServer> | undefined;
  let notAfter = Infinity;
  const context = async () => {
    const made = await secure();
    notAfter = made.notAfter;
    return { key: made.key, cert: made.cert, ca: made.ca };
  };
  const openSecured = () =>
    (secured ??= context()
      .then((parts) => {
        // Who shows no certificate, or a bad one, gets an answer that says so instead of a broken handshake.
        const serverOptions = { ...parts, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2' };
        const server = make({ createServer: createSecure, serverOptions }) as HttpsServer;
        server.on('tlsClientError', (_error, socket) => socket.destroy());
        return server;
      })
      .catch((error: unknown) => {
        secured = undefined;
        throw error;
      }));
  const timer = setInterval(() => {
    if (secured === undefined || notAfter - now() > RENEW_BEFORE_MS) return;
    void Promise.all([secured, context()]).then(([server, parts]) => server.setSecureContext(parts)).catch(onProblem);
  }, LOOK_MS).unref();

  const open = new Set<Socket>();
  const server = createPort({ noDelay: true }, (socket) => {
    open.add(socket);
    const silent = setTimeout(() => socket.destroy(), FIRST_BYTE_MS).unref();
    socket.once('close', () => {
      clearTimeout(silent);
      open.delete(socket);
    });
    socket.on('error', ignore);
    socket.once('data', (bytes: Buffer) => {
      clearTimeout(silent);
      socket.pause();
      socket.unshift(bytes);
      if (bytes[0] !== TLS_HANDSHAKE) return pass(plain, socket);
      openSecured().then((target) => pass(target, socket), (error: unknown) => {
        onProblem(error);
        socket.destroy();
      });
    });
  });
  return {
    server,
    async close() {
      clearInterval(timer);
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      for (const each of [plain, await secured?.catch(() => undefined)]) each?.closeAllConnections();
      for (const socket of open) socket.destroy();
      await promise;
    },
  };
}

const ignore = (): void => undefined;

function pass(target: HttpServer | HttpsServer, socket: Socket): void {
  if (socket.destroyed) return;
  socket.removeListener('error', ignore);
  target.emit('connection', socket);
  process.nextTick(() => socket.resume());
}
