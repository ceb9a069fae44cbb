// Where a name's clients are, by their nearest site: as observed, else evenly over the sites that have clients of their own.
import type { Nearby } from '#scheduler/sites/share.ts';
import type { Context } from '../context.ts';

/** Fewer say nothing about the others. */
const LEAST_QUERIES = 200;

export function nearbyOf({ steering, observations }: Pick<Context, 'steering' | 'observations'>, name: string): Nearby {
  const seen = observations.nearby(name);
  if (Object.values(seen).reduce((sum, count) => sum + count, 0) >= LEAST_QUERIES) return seen;
  const sites = steering.directory.siteRows.filter(({ clients }) => clients.length > 0).map((row) => row.name);
  return sites.length === 0 ? { '': 1 } : Object.fromEntries(sites.map((site) => [site, 1]));
}
