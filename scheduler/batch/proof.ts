// How cheap the same replicas could be at best: prices that prove it, found once by column generation and good for every later state.
// Takes a snapshot or base; gives a proof of which check-proof.ts computes the bound again. Without a solver, or when it gives up, the
// prices follow one resource: a weaker proof, never none. Knows nothing of moves: it says what any arrangement costs, not how to get there.

import type { Proof, Shape, Snapshot } from '../model.ts';
import { wholeOf } from '../pack/column.ts';
import { generate, priceAll } from '../pack/generate.ts';
import { flatten, type Instance } from '../pack/instance.ts';
import { pricingOf } from '../pack/pricing.ts';
import type { Solve } from '../pack/problem.ts';
import { asBase, type Base } from '../prepare.ts';
import { type Fleet, fleetOf, type Part, problemOf } from './fleet.ts';

export interface ProveOptions {
  /** Answers the master programmes; absent: a weaker proof. */
  readonly solve?: Solve | undefined;
  /** Most rounds of column generation. Each costs some milliseconds; forty are enough for dozens of shapes. */
  readonly steps?: number | undefined;
}

const STEPS = 80;
/** With more types than this, workloads that differ only in how many may lie on a host are taken together: a little weaker, much faster. */
const MOST_TYPES = 100;
/** Rates of each resource that are tried where no solver helps. */
const LINEAR_TRIES = 6;
/** Nodes of branch and bound for the dearest content of one host: beyond it the value is over-estimated and the proof is weaker. */
const NODES = 200_000;

/** @returns the proof for what is placed now; the bound is never above the cost. */
export function prove(from: Snapshot | Base, { solve, steps = STEPS }: ProveOptions = {}): Proof {
  const fleet = fleetOf(asBase(from));
  const fine = problemOf(fleet, ({ most, count }) => (most < count ? `${most} of ${count}` : ''));
  const { problem, typeOf } = fine.problem.types.length <= MOST_TYPES ? fine : problemOf(fleet, () => '');
  const instance = flatten(problem);
  const generated = solve === undefined || problem.types.length === 0 ? undefined : pricesBy(instance, solve, steps);
  const candidates = generated === undefined ? linear(instance) : [generated];
  return candidates.map((prices) => stated(fleet, typeOf.map((type) => prices[type]!), instance.scale)).reduce((best, proof) => (proof.bound > best.bound ? proof : best));
}

/** Prices of column generation; undefined where the solver gave up before it had any. */
function pricesBy(instance: Instance, solve: Solve, steps: number): Float64Array | undefined {
  let rounds = 0;
  const { best } = generate(instance, pricingOf(instance, NODES), wholeOf(instance), [], { solve, goOn: () => (rounds += 1) <= steps, mostRounds: steps });
  return best.bound > 0 ? best.prices : undefined;
}

/** Every item costs what it takes of one resource, at what that costs on one class of hosts; for each resource the classes of middling price. */
function linear({ types, dims, classes, sizes, capacities, costs, scale }: Instance): Float64Array[] {
  const candidates = [new Float64Array(types)];
  for (let d = 0; d < dims; d += 1) {
    const rates = Array.from({ length: classes }, (_, k) => (capacities[k * dims + d]! > 0 ? costs[k]! / capacities[k * dims + d]! : 0)).sort((one, other) => one - other);
    const tried = new Set(Array.from({ length: LINEAR_TRIES }, (_, index) => rates[Math.round((index * (classes - 1)) / (LINEAR_TRIES - 1))] ?? 0));
    for (const rate of tried) candidates.push(Float64Array.from({ length: types }, (_, t) => Math.floor(sizes[t * dims + d]! * rate * scale)));
  }
  return candidates;
}

/**
 * The proof for what is placed now at the prices of an earlier one: no solver, about as long as reading the fleet. What has no price yet
 * gets that of as many smaller ones as it could be exchanged for.
 */
export function reprove(from: Snapshot | Base, proof: Proof): Proof {
  const fleet = fleetOf(asBase(from));
  const known = new Map(proof.prices.map(({ workloadId, shape, price }) => [keyOf(workloadId, shape), price]));
  const scale = Math.min(proof.scale, flatten(problemOf(fleet, () => '').problem).scale);
  const rescaled = (price: number) => (scale === proof.scale ? price : Math.floor((price * scale) / proof.scale));
  const prices = fleet.parts.map(({ workloadId, shape }) => rescaled(known.get(keyOf(workloadId, shape)) ?? -1));
  const priced = fleet.parts.flatMap((part, index) => (prices[index]! >= 0 ? [{ part, price: prices[index]! }] : []));
  return stated(fleet, prices.map((price, index) => (price >= 0 ? price : fairPrice(fleet, fleet.parts[index]!, priced))), scale);
}

const keyOf = (workloadId: string, { cpuMilli, memoryMib }: Shape): string => `${cpuMilli} ${memoryMib} ${workloadId}`;

/** The bound that these prices give, one for each part, in 1/scale of a cent. */
function stated(fleet: Fleet, prices: readonly number[], scale: number): Proof {
  const { parts, costCentsPerHour } = fleet;
  return {
    scale,
    prices: parts.map(({ workloadId, shape }, index) => ({ workloadId, shape, price: prices[index]! })),
    bound: boundAt(fleet, prices, scale),
    costCentsPerHour,
  };
}

/**
 * Parts of one price are one type, as whoever checks the proof will group them. Hosts cost whole steps, so what the prices prove is
 * rounded up to one.
 */
function boundAt(fleet: Fleet, prices: readonly number[], scale: number): number {
  const { problem, typeOf } = problemOf(fleet, (_, index) => prices[index]!);
  const instance: Instance = { ...flatten(problem), scale };
  const ofType = new Float64Array(problem.types.length);
  for (const [index, type] of typeOf.entries()) ofType[type] = prices[index]!;
  const { bound } = priceAll(instance, pricingOf(instance, NODES), wholeOf(instance), ofType);
  const step = fleet.costStepCents * scale;
  return step === 0 ? 0 : Math.ceil(bound / step) * step;
}

/** So dear that a host would not be worth more if it held those instead which the new part could be exchanged for. */
function fairPrice({ classes }: Fleet, { charge, suit }: Part, priced: readonly { readonly part: Part; readonly price: number }[]): number {
  let fair = 0;
  for (const { part, price } of priced) {
    const isWider = classes.every(({ accepts }) => accepts[suit] !== true || accepts[part.suit] === true);
    const { cpuMilli, memoryMib } = part.charge;
    const times = Math.min(cpuMilli > 0 ? Math.floor(charge.cpuMilli / cpuMilli) : Number.POSITIVE_INFINITY, memoryMib > 0 ? Math.floor(charge.memoryMib / memoryMib) : Number.POSITIVE_INFINITY);
    if (isWider && Number.isFinite(times)) fair = Math.max(fair, times * price);
  }
  return fair;
}
