// Streams that are open between this server and agents: who hears what comes on which, and what becomes of them when a host goes away. Logs and shells
// are made of these; the session knows only that there are some.
import type { AgentMessage } from '#agents/protocol.ts';

export type StreamMessage = Extract<AgentMessage, { type: `logs-${string}` | `shell-${string}` }>;

export interface StreamHearer {
  readonly hostId: string;
  hear(message: StreamMessage): void;
  /** The host is not connected any more: nothing more comes. */
  away(): void;
}

export interface AgentStreams {
  readonly count: number;
  open(id: string, hearer: StreamHearer): void;
  close(id: string): void;
  /** @returns false for a stream that this host does not have: it was closed meanwhile, or never was */
  received(hostId: string, message: StreamMessage): boolean;
  hostAway(hostId: string): void;
}

export const isStreamMessage = (message: AgentMessage): message is StreamMessage => message.type.startsWith('logs-') || message.type.startsWith('shell-');

export function openAgentStreams(): AgentStreams {
  const open = new Map<string, StreamHearer>();
  return {
    get count() {
      return open.size;
    },
    open: (id, hearer) => void open.set(id, hearer),
    close: (id) => void open.delete(id),
    received(hostId, message) {
      const hearer = open.get(message.id);
      if (hearer === undefined || hearer.hostId !== hostId) return false;
      hearer.hear(message);
      return true;
    },
    hostAway(hostId) {
      for (const hearer of open.values()) if (hearer.hostId === hostId) hearer.away();
    },
  };
}
