// How often one client network may be answered: a bucket for each, so many answers a second and twice as many at once. Bounded: where there are
// too many networks, those that were not heard for longest are forgotten, which forgives them.

/** Networks that are remembered. */
const MOST_NETWORKS = 50_000;
const BURST_SECONDS = 2;

export interface Rate {
  /** Whether one more may be answered now. */
  take(network: string): boolean;
}

/** @param now milliseconds */
export function openRate(perSecond: number, now: () => number): Rate {
  const buckets = new Map<string, { left: number; at: number }>();
  const most = perSecond * BURST_SECONDS;
  return {
    take(network) {
      const at = now();
      let bucket = buckets.get(network);
      if (bucket === undefined) {
        if (buckets.size >= MOST_NETWORKS) buckets.delete(buckets.keys().next().value!);
        buckets.set(network, (bucket = { left: most, at }));
      } else {
        bucket.left = Math.min(most, bucket.left + (Math.max(0, at - bucket.at) * perSecond) / 1000);
        bucket.at = at;
      }
      if (bucket.left < 1) return false;
      bucket.left -= 1;
      return true;
    },
  };
}

/** The network of a client: 24 bits of IPv4, 56 of IPv6, which is what one party usually holds. */
export const networkOf = (client: readonly number[]): string => client.slice(0, client.length === 4 ? 3 : 7).join('.');
