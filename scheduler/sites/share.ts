// How many of a name's clients go where, by its weights: what a shift must provide for. Takes the name, the sites that may serve it, and where
// clients are; gives shares in thousandths that add up to 1000. The same rules as answer.ts, for all clients at once.
import { byText } from '../resources.ts';
import type { NameSpec, Weights } from './model.ts';
import { weightOf } from './stages.ts';

/** Share of the clients by their nearest site; under the empty text those that are near none. In any unit. */
export type Nearby = Readonly<Record<string, number>>;

/** @param serving sites that may serve it, whatever their weight */
export function shares({ preference, order }: Pick<NameSpec, 'preference' | 'order'>, weights: Weights, serving: readonly string[], nearby: Nearby): Record<string, number> {
  const rank = (site: string) => (order.includes(site) ? order.indexOf(site) : order.length);
  const sites = serving.toSorted((one, other) => rank(one) - rank(other) || byText(one, other)).filter((site) => weightOf(weights, site) > 0);
  const part = new Map(sites.map((site) => [site, 0]));
  const add = (site: string, amount: number) => part.set(site, (part.get(site) ?? 0) + amount);
  const total = Object.values(nearby).reduce((sum, amount) => sum + amount, 0);
  const clients: readonly (readonly [string, number])[] = total > 0 ? Object.entries(nearby).map(([site, amount]) => [site, amount / total]) : [['', 1]];
  for (const [near, amount] of clients) spread({ sites, weights, add, byOrder: order.length > 0 }, preference, near, amount);
  return whole(part);
}

interface Spread {
  readonly sites: readonly string[];
  readonly weights: Weights;
  readonly byOrder: boolean;
  add(site: string, amount: number): void;
}

function spread(to: Spread, preference: NameSpec['preference'], near: string, amount: number): void {
  const { sites, weights, add } = to;
  if (preference === 'weights') return inProportion(to, sites, amount);
  if (preference === 'order') return inTurn(to, sites, amount);
  const others = sites.filter((site) => site !== near);
  const own = sites.includes(near) ? (others.length === 0 ? amount : (amount * weightOf(weights, near)) / 1000) : 0;
  if (own > 0) add(near, own);
  if (own >= amount) return;
  if (to.byOrder) inTurn(to, others, amount - own);
  else inProportion(to, others, amount - own);
}

function inProportion({ weights, add }: Spread, sites: readonly string[], amount: number): void {
  const sum = sites.reduce((total, site) => total + weightOf(weights, site), 0);
  for (const site of sites) add(site, (amount * weightOf(weights, site)) / sum);
}

/** Each takes its share of what those before it left; what all leave goes to the first. */
function inTurn({ weights, add }: Spread, sites: readonly string[], amount: number): void {
  let left = amount;
  for (const site of sites) {
    const taken = (left * weightOf(weights, site)) / 1000;
    add(site, taken);
    left -= taken;
  }
  if (sites[0] !== undefined) add(sites[0], left);
}

/** Thousandths that add up to 1000 where there is any site: the largest rests are rounded up. */
function whole(part: ReadonlyMap<string, number>): Record<string, number> {
  const exact = [...part].map(([site, amount]) => ({ site, floor: Math.floor(amount * 1000 + 1e-9), rest: amount * 1000 - Math.floor(amount * 1000 + 1e-9) }));
  let left = exact.length === 0 ? 0 : 1000 - exact.reduce((sum, { floor }) => sum + floor, 0);
  const result: Record<string, number> = {};
  for (const { site, floor } of exact.toSorted((one, other) => other.rest - one.rest || byText(one.site, other.site))) {
    const extra = left > 0 ? 1 : 0;
    left -= extra;
    if (floor + extra > 0) result[site] = floor + extra;
  }
  return result;
}
