// Says which resources changed, after they did: the console's live stream and the loops listen here.
// It carries names only, never contents: whoever hears it reads the store. Nothing is kept for those who come later.

/** What may change: the topics of the contract's LiveChange, and sessions, which are nobody else's business. */
export type Topic = 'sessions' | 'autoscale' | 'decisions' | 'market' | 'signals' | 'drills' | 'sites' | 'names' | 'shifts' | 'requests' | 'services' | 'hosts' | 'plans' | 'quotas' | 'events' | 'usage' | 'networks' | 'accounts' | 'policy' | 'proposals' | 'pools' | 'insight' | 'builds' | 'layers' | 'registry' | 'releases' | 'rollouts' | 'secrets' | 'freezes' | 'webhooks' | 'burst' | 'shells' | 'metrics' | 'maintenance' | 'governor' | 'timeline' | 'orphans';

export interface Change {
  readonly topic: Topic;
  /** Ids, or sequence numbers of events; empty: any of them may have changed. */
  readonly ids: readonly string[];
}

export interface Bus {
  publish(change: Change): void;
  /** @returns how to stop listening. A listener must not throw and must not take long. */
  subscribe(listener: (change: Change) => void): () => void;
}

export function openBus(): Bus {
  const listeners = new Set<(change: Change) => void>();
  return {
    publish(change) {
      for (const listener of listeners) listener(change);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
