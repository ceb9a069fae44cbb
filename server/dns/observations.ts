// Who asks for names, counted by minute: near which site the client is, and where the answer led. In memory, bounded: half an hour, and so many
// kinds of answers a minute. Clients are counted as networks, and by a hash: no address is kept.
import { hashOf } from '#scheduler/sites/hash.ts';

export interface Observed {
  readonly at: number;
  readonly near: string | null;
  readonly site: string | null;
  http: number;
  dns: number;
}

const MINUTE_MS = 60_000;
const MINUTES = 30;
/** Names times pairs of sites: a server that has more shows the first. */
const MOST_KINDS = 20_000;
const MOST_CLIENTS = 4_096;
const CLIENT_MINUTES = 10;

interface NameCounts {
  readonly minutes: Map<number, Map<string, Observed>>;
  readonly clients: Map<number, number>;
}

export interface Observations {
  count(name: string, via: 'http' | 'dns', of: { readonly near: string | null; readonly site: string | null; readonly client: readonly number[] }): void;
  /** The newest minute last. */
  of(name: string): Observed[];
  /** Different networks of the last minutes, at most so many as are kept. */
  clients(name: string): number;
  /** Queries of the last minutes by the client's own site; under the empty text those near none. */
  nearby(name: string): Record<string, number>;
  /** Answers a second of the last whole minute, by the site that they led to. */
  rates(name: string): { readonly all: number; readonly bySite: ReadonlyMap<string, number> };
}

export function openObservations({ now }: { readonly now: () => number }): Observations {
  const names = new Map<string, NameCounts>();
  let kinds = 0;
  const minutesOf = (name: string): Observed[] => {
    const first = Math.floor(now() / MINUTE_MS) - MINUTES;
    const counts = names.get(name);
    if (counts === undefined) return [];
    for (const [minute, observed] of counts.minutes) {
      if (minute >= first) break;
      kinds -= observed.size;
      counts.minutes.delete(minute);
    }
    return [...counts.minutes.values()].flatMap((observed) => [...observed.values()]);
  };
  return {
    count(name, via, { near, site, client }) {
      const minute = Math.floor(now() / MINUTE_MS);
      let counts = names.get(name);
      if (counts === undefined) names.set(name, (counts = { minutes: new Map(), clients: new Map() }));
      let observed = counts.minutes.get(minute);
      if (observed === undefined) {
        counts.minutes.set(minute, (observed = new Map()));
        minutesOf(name);
      }
      const key = `${near ?? ''}>${site ?? ''}`;
      let one = observed.get(key);
      if (one === undefined) {
        if (kinds >= MOST_KINDS) return;
        kinds += 1;
        observed.set(key, (one = { at: minute * MINUTE_MS, near, site, http: 0, dns: 0 }));
      }
      one[via] += 1;
      const network = hashOf(client.length === 4 ? client.slice(0, 3) : client.slice(0, 7));
      if (counts.clients.has(network) || counts.clients.size < MOST_CLIENTS) counts.clients.set(network, minute);
    },
    of: minutesOf,
    clients(name) {
      const counts = names.get(name)?.clients;
      if (counts === undefined) return 0;
      const since = Math.floor(now() / MINUTE_MS) - CLIENT_MINUTES;
      for (const [network, minute] of counts) if (minute < since) counts.delete(network);
      return counts.size;
    },
    nearby(name) {
      const found: Record<string, number> = {};
      const since = now() - CLIENT_MINUTES * MINUTE_MS;
      for (const { at, near, http, dns } of minutesOf(name)) if (at >= since) found[near ?? ''] = (found[near ?? ''] ?? 0) + http + dns;
      return found;
    },
    rates(name) {
      const minute = (Math.floor(now() / MINUTE_MS) - 1) * MINUTE_MS;
      const bySite = new Map<string, number>();
      let all = 0;
      for (const { at, site, http, dns } of minutesOf(name)) {
        if (at !== minute) continue;
        all += (http + dns) / 60;
        if (site !== null) bySite.set(site, (bySite.get(site) ?? 0) + (http + dns) / 60);
      }
      return { all, bySite };
    },
  };
}
