// Packing as a whole: construction, column generation, diving, search, certificate. Takes a problem, a solver, a seed and a say in
// when to stop; gives a packing with proof. Pure: no clock, no chance but the seed's. The same problem, seed and number of steps
// give the same packing, bit for bit. It degrades and never fails: without a working solver there is construction and search.
import { bestFitDecreasing, FITS } from './best-fit.ts';
import { certify } from './certificate.ts';
import { keyOf, wholeOf, type Column, type Rest } from './column.ts';
import { dive } from './dive.ts';
import { Filler, RULES, scarcity } from './fill.ts';
import { fluid } from './fluid.ts';
import { generate, priceAll, type Priced } from './generate.ts';
import { fillGaps, followMix, greedy } from './greedy.ts';
import { Homes, keptHosts, recognised, stayed } from './homes.ts';
import { flatten, type Instance } from './instance.ts';
import { binsOf, Layout } from './layout.ts';
import { blendedWorth, linearPrices } from './prices.ts';
import { pricingOf, type Pricing } from './pricing.ts';
import type { Packing, PackProblem, PresentHost, Solve } from './problem.ts';
import { seeded } from './random.ts';
import { search } from './search.ts';

export interface PackOptions {
  /** Answers the master programmes. Absent: construction and search alone. */
  readonly solve?: Solve | undefined;
  readonly seed: number;
  /** Asked at each step of the search, a round of column generation being one: go on? */
  readonly more: (stepsDone: number) => boolean;
  /** Which part of the time or of the steps is used up, 0 to 1, so that no stage takes it all. Absent: each runs to its own end. */
  readonly spent?: ((stepsDone: number) => number) | undefined;
  /** Hosts with identity and what they hold now. Absent: all are empty and alike. */
  readonly present?: readonly PresentHost[] | undefined;
  /** In units of cost, for each item that leaves the host it is on. */
  readonly movePrice?: number | undefined;
}

/** Most nodes of branch and bound in one round, for one class and for all: some tens of milliseconds. */
const NODES_OF_CLASS = 60_000;
const NODES_PER_ROUND = 1_000_000;
/** A master programme of more rows takes the solver seconds. */
const MOST_ROWS = 700;
const MOST_ROUNDS = 1000;
/** Column generation ends when its mix costs no more than this above the bound, in parts of the bound: the dive prices on. */
const CLOSE = 0.0005;
/** How hosts are filled from the fluid mix for first columns. */
const MIX_RULES = ['dot', 'norm', 'density'] as const;
/** Column generation and dive leave this part of the time to the search. */
const LEFT_TO_SEARCH = 0.3;
/** Rounds after each fixing of a dive: prices shift little. */
const ROUNDS_PER_FIXING = 30;
/** Column generation ends after this part of the time; a coarse dive that ends is then better than a fine one that is cut off. */
const LATE = 0.45;
const ROUNDS_WHEN_LATE = 5;

/** Stands in where no solver is given. */
const noSolver: Solve = () => ({ status: 'gave-up', objective: Number.NaN, values: [], duals: [] });

export function pack(problem: PackProblem, options: PackOptions): Packing {
  const { solve = noSolver } = options;
  const instance = flatten(problem);
  let steps = 0;
  const goOn = () => options.more(steps++);
  const whole = wholeOf(instance);
  const weights = scarcity(instance);
  const pricing = pricingOf(instance, Math.min(NODES_OF_CLASS, Math.ceil(NODES_PER_ROUND / Math.max(1, instance.classes))));
  const proofs = [linearPrices(instance, whole)];
  let worth = blendedWorth(instance, weights);
  const isGenerating = isWorthGenerating(instance);
  let best = constructed(instance, worth, weights, isGenerating);
  if (isGenerating) {
    const until = (part: number) => () => goOn() && (options.spent?.(steps) ?? 0) < part;
    const generating = { solve, mostRounds: MOST_ROUNDS };
    const start = fluid(instance, whole, solve);
    const proven = start === undefined ? undefined : priceAll(instance, pricing, whole, start.prices);
    const first = [best, ...(start === undefined ? [] : MIX_RULES.map((rule) => followMix(new Layout(instance), new Filler(instance, worth, weights), rule, start.mix)))];
    const closeEnough = (CLOSE * (proven?.bound ?? 0)) / instance.scale;
    const generated = generate(instance, pricing, whole, columnsOf(first), { ...generating, goOn: until(LATE), proven, closeEnough, isGuessing: pricing.isSlow });
    if (generated.best.bound > 0) proofs.push(generated.best);
    if (generated.best.bound > 0) worth = generated.best.prices.map((price, t) => price / instance.scale + 0.001 * (worth[t] as number));
    const dived = dive(instance, pricing, generated, { ...generating, goOn: until(1 - LEFT_TO_SEARCH), mostRounds: (options.spent?.(steps) ?? 0) >= LATE ? ROUNDS_WHEN_LATE : ROUNDS_PER_FIXING });
    best = better(best, complete(dived, new Filler(instance, worth, weights)));
  }
  const costStep = stepOf(instance);
  const leastCost = Math.ceil(Math.max(...proofs.map(({ bound }) => bound)) / instance.scale / costStep - ROUNDING) * costStep;
  const homes = options.present === undefined ? undefined : new Homes(instance, options.present, options.movePrice ?? 0);
  const filler = new Filler(instance, worth, weights);
  if (homes !== undefined) best = better(stayed(instance, homes, filler), recognised(best, homes));
  // Where moves cost too, the cheapest hosts alone are no reason to end.
  best = search(best, { goOn, random: seeded(options.seed), filler, costStep, leastCost: homes === undefined ? leastCost : Number.NEGATIVE_INFINITY });
  return { ...packingOf(best, pricing, proofs), ...(homes === undefined ? {} : { kept: keptHosts(best, homes) }) };
}

/** Every cost is a multiple of this. */
const stepOf = ({ costs }: Instance): number => costs.reduce((found, cost) => gcd(found, cost), 0) || 1;
const gcd = (one: number, other: number): number => (other === 0 ? one : gcd(other, one % other));
/** Of a step of cost: bounds are exact to far more than that. */
const ROUNDING = 1e-6;

const better = (one: Layout, other: Layout): Layout => (other.score < one.score ? other : one);

/** One quick packing where columns follow, else the best of all families. */
function constructed(instance: Instance, worth: Float64Array, weights: Float64Array, isQuick: boolean): Layout {
  const filler = (sharpness: number) => new Filler(instance, worth, weights.map((weight) => weight ** sharpness));
  const byHost = (isQuick ? (['dot'] as const) : RULES).map((rule) => greedy(new Layout(instance), filler(1), rule));
  const byItem = (isQuick ? [] : FITS).map((fit) => bestFitDecreasing(new Layout(instance), filler(fit.sharpness), fit));
  return [...byHost, ...byItem].reduce(better);
}

/** Finds room for what a dive left over. */
function complete(layout: Layout, filler: Filler): Layout {
  if (layout.homelessItems > 0) fillGaps(layout, filler);
  return greedy(layout, filler, 'density');
}

/** Prices from columns pay where items repeat or resources are few; a thousand sizes of one item each are better searched. */
const isWorthGenerating = ({ types, classes, dims, counts }: Instance): boolean =>
  types > 0 && types + classes <= MOST_ROWS && (dims <= 2 || counts.reduce((sum, count) => sum + count, 0) > 3 * types);

function columnsOf(layouts: readonly Layout[]): Column[] {
  const columns = layouts.flatMap(binsOf).map(({ classIndex, contents }) => ({ classIndex, entries: contents }));
  return [...new Map(columns.map((column) => [keyOf(column), column])).values()];
}

function packingOf(layout: Layout, pricing: Pricing, proofs: readonly Priced[]): Packing {
  const { instance } = layout;
  const placed: Rest = { counts: instance.counts.map((count, t) => count - (layout.homeless[t] as number)), hosts: instance.hosts };
  // Prices of items that found no room prove little for the others, and must be counted without them in any case.
  const candidates = layout.homelessItems === 0 ? proofs : proofs.map(({ prices }) => priceAll(instance, pricing, placed, prices));
  return { bins: binsOf(layout), unplaced: [...layout.homeless], cost: layout.cost, certificate: certify(instance, placed, candidates) };
}
