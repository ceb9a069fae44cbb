// Which agents are connected now: one session a host, the newest one wins. Whoever has something to tell a host tells it here; a host that
// is away hears it when it comes back, because each connection starts with the stored assignment.
import type { ServerMessage } from '#agents/protocol.ts';

export interface Connection {
  /** What its agent understands beside what every version does. */
  readonly speaks: ReadonlySet<string>;
  /** Must not throw. */
  send(message: ServerMessage): void;
  /** Ends the session with a reason that the agent logs. `final`: it does not come back by itself. */
  end(reason: string, options: { readonly retryAfterMs: number; readonly final: boolean }): void;
}

export interface Connections {
  readonly count: number;
  has(hostId: string): boolean;
  /** Whether the host is connected and understands messages of this kind: others must not be sent to it. */
  speaks(hostId: string, word: string): boolean;
  /** Registers a session; an older one of the same host is ended. */
  open(hostId: string, connection: Connection): void;
  /** Forgets a session, unless a newer one took its place. */
  close(hostId: string, connection: Connection): void;
  /** @returns false when the host is not connected */
  send(hostId: string, message: ServerMessage): boolean;
  end(hostId: string, reason: string, options: { readonly retryAfterMs: number; readonly final: boolean }): void;
  endAll(reason: string, retryAfterMs: number): void;
}

export function openConnections(): Connections {
  const open = new Map<string, Connection>();
  return {
    get count() {
      return open.size;
    },
    has: (hostId) => open.has(hostId),
    speaks: (hostId, word) => open.get(hostId)?.speaks.has(word) === true,
    open(hostId, connection) {
      const older = open.get(hostId);
      open.set(hostId, connection);
      older?.end('this host opened a newer connection', { retryAfterMs: 5_000, final: false });
    },
    close(hostId, connection) {
      if (open.get(hostId) === connection) open.delete(hostId);
    },
    send(hostId, message) {
      const connection = open.get(hostId);
      connection?.send(message);
      return connection !== undefined;
    },
    end(hostId, reason, options) {
      open.get(hostId)?.end(reason, options);
      open.delete(hostId);
    },
    endAll(reason, retryAfterMs) {
      for (const connection of open.values()) connection.end(reason, { retryAfterMs, final: false });
      open.clear();
    },
  };
}
