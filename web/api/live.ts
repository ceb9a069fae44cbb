// The one live stream of a tab: the server says which resources changed, and what is shown of them is asked anew. Takes a query client;
// gives the state of the connection as a signal. Never carries data itself: a lost message costs a refetch, nothing more.
import type { QueryClient } from '@tanstack/solid-query';
import { createSignal } from 'solid-js';
import type { LiveChange } from '#server/http/contract/index.ts';

export type LiveState = 'connecting' | 'live' | 'reconnecting';

/** Which cached answers a topic touches besides its own: numbers that are computed from it. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  requests: ['status', 'quotas', 'services', 'quote'],
  services: ['status', 'quotas', 'hosts'],
  hosts: ['status', 'services', 'quote', 'simulation'],
  plans: ['status', 'services', 'hosts', 'quote', 'simulation', 'proposals', 'preflight'],
  quotas: ['quote'],
  policy: ['status', 'quote', 'simulation'],
  pools: ['simulation', 'burst'],
  builds: ['layers'],
  registry: ['layers'],
  releases: ['services', 'rollouts', 'preflight'],
  rollouts: ['services', 'releases', 'hosts'],
  freezes: ['preflight'],
  accounts: ['me'],
  sites: ['names'],
  names: ['sites'],
  shifts: ['names', 'sites'],
  usage: ['services', 'hosts', 'metrics', 'autoscale'],
  autoscale: ['services'],
  decisions: ['autoscale'],
  governor: ['timeline'],
  maintenance: ['hosts'],
};
/** Changes come in bursts (a plan of 30 steps): answers are asked anew once per this time, and the first at once. */
const BURST_MS = 400;
/** Usage changes all the time; a fleet of thousands need not be listed anew every second. */
const USAGE_MS = 4000;
const RETRY_MS = [500, 1000, 2000, 5000, 10_000];

const [liveState, setLiveState] = createSignal<LiveState>('connecting');
export { liveState };

/** Query keys (first parts) that a change of `topic` makes stale. */
export function staleKeys(topic: string): readonly string[] {
  return [topic, ...(ALSO[topic] ?? [])];
}

/** Opens the stream and keeps it open. @returns closes it */
export function openLive(client: QueryClient): () => void {
  const waiting = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let usageAt = 0;
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let closed = false;

  const refresh = (): void => {
    const keys = [...waiting];
    waiting.clear();
    for (const key of keys) void client.invalidateQueries({ queryKey: [key] });
  };
  const mark = (topic: string): void => {
    if (topic === 'usage') {
      if (Date.now() - usageAt < USAGE_MS) return;
      usageAt = Date.now();
    }
    for (const key of staleKeys(topic)) waiting.add(key);
    timer ??= setTimeout(() => {
      timer = undefined;
      refresh();
    }, BURST_MS);
  };
  const connect = (): void => {
    if (closed) return;
    source = new EventSource('/api/v1/live');
    source.addEventListener('open', () => {
      // What changed while the stream was away is unknown: everything shown is asked anew.
      if (failures > 0) void client.invalidateQueries();
      failures = 0;
      setLiveState('live');
    });
    for (const name of ['message', 'change']) {
      source.addEventListener(name, (message) => {
        const change = readChange((message as MessageEvent<string>).data);
        if (change !== null) mark(change.topic);
      });
    }
    source.addEventListener('error', () => {
      // The browser's own retry gives up after some answers (401, 502); this one does not.
      source?.close();
      if (closed) return;
      setLiveState('reconnecting');
      retry = setTimeout(connect, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
      failures += 1;
    });
  };
  connect();
  return () => {
    closed = true;
    source?.close();
    clearTimeout(timer);
    clearTimeout(retry);
    setLiveState('connecting');
  };
}

function readChange(data: string): LiveChange | null {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null && 'topic' in value && typeof value.topic === 'string' ? (value as LiveChange) : null;
  } catch {
    return null;
  }
}
