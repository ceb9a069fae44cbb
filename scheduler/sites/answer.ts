// What a client is told: the addresses that it should use, and why. Takes a name with the sites' standings, and a client; the same client is told
// the same while nothing changes, and where something changes only those clients move that have to. Where nothing looks well, the best there is
// is told, and said to be so; but what its data forbids is never told.
import { hashOf, together } from './hash.ts';
import type { Answer, AnswerCode, NameSpec, Site, SiteStanding, Target } from './model.ts';
import { standings } from './stages.ts';

interface Place {
  readonly site: string;
  readonly hash: number;
  readonly weight: number;
  /** With the hash of the replica. */
  readonly targets: readonly { readonly target: Target; readonly hash: number }[];
}

/** A name made ready: who may be told what does not depend on the client. */
export interface ReadyName {
  readonly spec: NameSpec;
  readonly standings: readonly SiteStanding[];
  /** Where clients go now, in the order of the name, and how bad that is. */
  readonly level: 'well' | 'against-weights' | 'unhealthy' | 'nothing';
  readonly places: readonly Place[];
  readonly hash: number;
}

export function readyName(sites: readonly Site[], spec: NameSpec): ReadyName {
  const all = standings(sites, spec);
  const allowed = all.filter(({ code }) => code !== 'stage' && code !== 'one-way-data');
  const open = allowed.filter(({ code }) => code === 'serves' || code === 'unhealthy');
  const levels: readonly (readonly [ReadyName['level'], readonly SiteStanding[], (standing: SiteStanding) => readonly Target[]])[] = [
    // A site whose replicas are all about to stop still serves its clients where successors come there.
    ['well', open, ({ healthy, leaving }) => (healthy.length > 0 ? healthy : leaving.filter(({ isLast }) => isLast !== true))],
    ['well', open, well],
    ['against-weights', allowed, well],
    ['unhealthy', open, ({ unhealthy }) => unhealthy],
    ['unhealthy', allowed, ({ unhealthy }) => unhealthy],
  ];
  for (const [level, some, targetsOf] of levels) {
    const places = inOrder(spec, some).flatMap((standing) => placeOf(standing, targetsOf(standing)));
    if (places.length > 0) return { spec, standings: all, level, places, hash: hashOf(spec.name) };
  }
  return { spec, standings: all, level: 'nothing', places: [], hash: hashOf(spec.name) };
}

const well = ({ healthy, leaving }: SiteStanding): readonly Target[] => (healthy.length > 0 ? healthy : leaving);

/** Sites as the name orders them; those that it does not name come after, by their own names. */
function inOrder({ order }: NameSpec, some: readonly SiteStanding[]): SiteStanding[] {
  const rank = (site: string) => (order.includes(site) ? order.indexOf(site) : order.length);
  return some.toSorted((one, other) => rank(one.site) - rank(other.site));
}

const placeOf = ({ site, weight }: SiteStanding, targets: readonly Target[]): Place[] =>
  targets.length === 0 ? [] : [{ site, hash: hashOf(site), weight, targets: targets.map((target) => ({ target, hash: hashOf(target.replicaId) })) }];

/**
 * @param client bytes of its address, or of the network that it is in
 * @param near its own site, from nearness.ts
 */
export function answer(ready: ReadyName, client: readonly number[], near: string | null): Answer {
  const who = hashOf(client, ready.hash);
  const { place, code } = choose(ready, who, near);
  if (place === undefined) return { targets: [], site: null, near, code: 'nothing', why: nothingText(ready) };
  const targets = pick(place, who, ready.spec.mostAddresses);
  const worst = ready.level === 'well' ? (targets[0]!.isLeaving ? 'leaving' : code) : (ready.level as AnswerCode);
  return { targets, site: place.site, near, code: worst, why: whyText(ready, { site: place.site, near, code: worst }) };
}

function choose({ spec, places, level }: ReadyName, who: number, near: string | null): { readonly place: Place | undefined; readonly code: AnswerCode } {
  // What is left after weights counted for nothing is shared evenly.
  const admits = (place: Place) => level === 'against-weights' || together(who, place.hash) % 1000 < place.weight;
  if (spec.preference === 'weights') return { place: byShare(places, who), code: 'share' };
  if (spec.preference === 'order') return { place: places.find(admits) ?? places[0], code: 'first' };
  const own = places.find(({ site }) => site === near);
  if (own !== undefined && admits(own)) return { place: own, code: 'nearest' };
  const others = places.filter((place) => place !== own);
  if (others.length === 0) return { place: own, code: 'nearest' };
  const code = near === null ? (spec.order.length > 0 ? 'first' : 'share') : 'elsewhere';
  return { place: spec.order.length > 0 ? (others.find(admits) ?? others[0]) : byShare(others, who), code };
}

/**
 * Weighted rendezvous: each site draws for the client, and the best draw wins. Whoever changes its weight moves only the clients that it gains
 * or loses.
 */
function byShare(places: readonly Place[], who: number): Place | undefined {
  let best: Place | undefined;
  let lead = Number.POSITIVE_INFINITY;
  for (const place of places) {
    const draw = -Math.log((together(who, place.hash) + 0.5) / 0x1_0000_0000) / Math.max(place.weight, 1);
    if (draw < lead) [best, lead] = [place, draw];
  }
  return best;
}

/** The client's replicas at the site, the best draws first: one that goes takes no other's client along. */
function pick({ targets }: Place, who: number, most: number): Target[] {
  const drawn = targets.map(({ target, hash }) => ({ target, draw: together(who, hash) }));
  drawn.sort((one, other) => one.draw - other.draw || (one.target.replicaId < other.target.replicaId ? -1 : 1));
  return drawn.slice(0, most).map(({ target }) => target);
}

function whyText({ standings: all }: ReadyName, { site, near, code }: { readonly site: string; readonly near: string | null; readonly code: AnswerCode }): string {
  switch (code) {
    case 'nearest':
      return `${site} is the nearest site`;
    case 'first':
      return `${site} is the first site in order that serves`;
    case 'share':
      return `${site} by its share of the clients`;
    case 'elsewhere': {
      const own = all.find((standing) => standing.site === near);
      return `${site}, since ${own === undefined ? `nothing of it is at ${near}` : own.code === 'serves' ? `${near} takes only ${own.weight / 10} % of its clients` : own.why}`;
    }
    case 'leaving':
      return `${site}, though every healthy replica there is about to stop: none has followed yet`;
    case 'against-weights':
      return `no site that should serve has a healthy replica: ${site} is told nevertheless`;
    default:
      return `no replica looks healthy: those at ${site} are told as the best there is`;
  }
}

function nothingText({ standings: all, spec }: ReadyName): string {
  if (spec.targets.length === 0) return 'it has no replica with an address';
  return all.map(({ why }) => why).join('; ');
}
