// The independent checker of a packing and of its bound: from the problem alone it computes again what the bins cost, whether they hold,
// and what the certificate's prices prove. It imports types only and shares no code with the packer; whoever trusts these lines
// needs to trust no solver. Integers throughout; where doubles carry them they stay exact (below 2^53).
import type { Certificate, Packing, PackProblem } from './pack/problem.ts';

/** `bound` in units of cost; `gapPercent`: how far the cost may be above the least possible, Infinity when nothing is proven. */
export interface Verdict {
  readonly ok: boolean;
  /** Each a sentence that names what is wrong; empty when everything holds. */
  readonly problems: readonly string[];
  readonly cost: number;
  readonly bound: number;
  readonly gapPercent: number;
}

/** Of the table and of the search: about a second of work. A class beyond them has to come with weights (`RelaxedClass`). */
const MOST_UPDATES = 200_000_000;
const MOST_NODES = 5_000_000;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export function checkBound(problem: PackProblem, packing: Pick<Packing, 'bins' | 'unplaced' | 'cost' | 'certificate'>): Verdict {
  const problems: string[] = [];
  const { placed, cost } = checkBins(problem, packing, problems);
  const proven = problems.length === 0 ? proves(problem, packing.certificate, placed, problems) : 0n;
  if (problems.length === 0 && (!isCount(packing.certificate.bound) || BigInt(packing.certificate.bound) !== proven)) problems.push(`the certificate says ${packing.certificate.bound}, its prices prove ${proven}`);
  const bound = problems.length === 0 ? Number(proven) / packing.certificate.scale : 0;
  return { ok: problems.length === 0, problems, cost, bound, gapPercent: cost === bound ? 0 : bound === 0 ? Number.POSITIVE_INFINITY : (100 * (cost - bound)) / bound };
}

/** Capacity, acceptance, limits on one host, hosts of each class, and that every item is placed or said to be unplaced. */
function checkBins({ classes, types, resources }: PackProblem, { bins, unplaced, cost: said }: Pick<Packing, 'bins' | 'unplaced' | 'cost'>, problems: string[]): { placed: number[]; cost: number } {
  const placed = types.map(() => 0);
  const used = classes.map(() => 0);
  for (const [index, { classIndex, hosts, contents }] of bins.entries()) {
    const kind = classes[classIndex];
    if (kind === undefined || !isCount(hosts) || hosts === 0 || contents.length === 0) problems.push(`bin ${index}: class ${classIndex}, ${hosts} hosts, ${contents.length} types: not a bin`);
    if (kind === undefined) continue;
    used[classIndex] = (used[classIndex] ?? 0) + hosts;
    const load = resources.map(() => 0);
    for (const [position, [t, count]] of contents.entries()) {
      const type = types[t];
      if (type === undefined || !isCount(count) || count === 0 || t <= (contents[position - 1]?.[0] ?? -1)) problems.push(`bin ${index}: type ${t} with count ${count}: unknown, not above 0, or not in order`);
      else if (kind.accepts[t] !== true) problems.push(`bin ${index}: ${kind.name} does not accept ${type.name}`);
      else if (count > (type.mostPerHost ?? count)) problems.push(`bin ${index}: ${count} of ${type.name} on one host, ${type.mostPerHost} allowed`);
      for (const d of resources.keys()) load[d] = (load[d] ?? 0) + count * (type?.size[d] ?? 0);
      placed[t] = (placed[t] ?? 0) + count * hosts;
    }
    for (const [d, sum] of load.entries()) if (sum > (kind.capacity[d] ?? 0)) problems.push(`bin ${index}: ${sum} of ${resources[d]} on ${kind.name}, which has ${kind.capacity[d]}`);
  }
  for (const [k, { name, hosts }] of classes.entries()) if ((used[k] ?? 0) > hosts) problems.push(`${used[k]} hosts of ${name} in use, there are ${hosts}`);
  if (unplaced.length !== types.length) problems.push(`unplaced: ${unplaced.length} figures for ${types.length} types`);
  for (const [t, { name, count }] of types.entries()) if (!isCount(unplaced[t]) || (placed[t] ?? 0) + unplaced[t] !== count) problems.push(`${name}: ${placed[t]} placed and ${unplaced[t]} unplaced of ${count}`);
  const cost = classes.reduce((sum, kind, k) => sum + kind.cost * (used[k] ?? 0), 0);
  if (cost !== said) problems.push(`the packing says that it costs ${said}, its hosts cost ${cost}`);
  return { placed, cost };
}

/** The formula of `Certificate` for the `placed` items, in 1/scale of a unit of cost. `problems` takes what makes it worthless. */
export function proves({ classes, types, resources }: PackProblem, { scale, prices, relaxed = [] }: Certificate, placed: readonly number[], problems: string[]): bigint {
  if (!/^10*$/.test(String(scale)) || prices.length !== types.length || !prices.every(isCount)) problems.push(`the certificate's scale (${scale}) and prices must be whole numbers, scale a power of ten up to 10^20, one price for each of ${types.length} types`);
  if (new Set(relaxed.map(({ classIndex }) => classes[classIndex])).size !== relaxed.length) problems.push('the certificate gives weights twice for a class');
  for (const { classIndex, parts, weights } of relaxed) if (classes[classIndex] === undefined || !isCount(parts) || parts === 0 || weights.length !== resources.length || !weights.every(isCount)) problems.push(`class ${classIndex}: its weights must be whole numbers, one for each resource, parts above 0`);
  if (problems.length > 0) return 0n;
  let sum = prices.reduce((total, price, t) => total + BigInt(price) * BigInt(placed[t] ?? 0), 0n);
  for (const [k, { hosts, cost, capacity, accepts, name }] of classes.entries()) {
    const choices = types.map(({ size, mostPerHost }, t) => ({ price: prices[t] ?? 0, size, weight: 0, most: accepts[t] === true ? alone(size, capacity, Math.min(placed[t] ?? 0, mostPerHost ?? Number.MAX_SAFE_INTEGER)) : 0 })).filter(({ most, price }) => most > 0 && price > 0);
    const proof = relaxed.find(({ classIndex }) => classIndex === k);
    const value = proof === undefined ? dearest(choices, capacity) : overEstimate(choices, capacity, proof.weights, BigInt(proof.parts));
    if (value === undefined) problems.push(`${name}: too hard to check without weights`);
    const excess = (value ?? 0n) - BigInt(cost) * BigInt(scale);
    if (excess > 0n) sum -= BigInt(hosts) * excess;
  }
  return sum > 0n ? sum : 0n;
}

interface Choice {
  readonly price: number;
  readonly size: readonly number[];
  readonly most: number;
  /** Of the one resource that stands for all in the search; the host has 1 of it. */
  readonly weight: number;
}

const alone = (size: readonly number[], capacity: readonly number[], limit: number): number => size.reduce((most, part, d) => (part > 0 ? Math.min(most, Math.floor((capacity[d] ?? 0) / part)) : most), limit);

function overEstimate(choices: readonly Choice[], capacity: readonly number[], weights: readonly number[], parts: bigint): bigint {
  const weigh = (figures: readonly number[]) => weights.reduce((total, weight, d) => total + BigInt(weight) * BigInt(figures[d] ?? 0), 0n);
  const excess = ({ price, size, most }: Choice) => BigInt(most) * (BigInt(price) * parts - weigh(size));
  return choices.map(excess).reduce((total, part) => (part > 0n ? total + part : total), weigh(capacity)) / parts;
}

/** The exact integer knapsack: a table over the loads where that is small, else a search; undefined when both would take too long. */
function dearest(choices: readonly Choice[], capacity: readonly number[]): bigint | undefined {
  if (choices.reduce((total, { price, most }) => total + BigInt(price) * BigInt(most), 0n) > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  const gcd = (one: number, other: number): number => (other === 0 ? one : gcd(other, one % other));
  const units = capacity.map((_, d) => choices.reduce((found, { size }) => gcd(found, size[d] ?? 0), 0));
  const lengths = capacity.map((room, d) => ((units[d] ?? 0) === 0 ? 1 : Math.floor(room / (units[d] ?? 1)) + 1));
  const cells = lengths.reduce((product, length) => product * length, 1);
  if (choices.reduce((updates, { most }) => updates + cells * Math.ceil(Math.log2(most + 1)), 0) > MOST_UPDATES) return searchDearest(choices, capacity);
  const best = new Float64Array(cells);
  const offer = (d: number, from: number, steps: readonly number[], back: number, worth: number): void => {
    for (let at = (lengths[d] ?? 1) - 1; at >= (steps[d] ?? 0); at -= 1) {
      const cell = from * (lengths[d] ?? 1) + at;
      if (d < lengths.length - 1) offer(d + 1, cell, steps, back, worth);
      else best[cell] = Math.max(best[cell] ?? 0, (best[cell - back] ?? 0) + worth);
    }
  };
  for (const { price, size, most } of choices) {
    for (let left = most, chunk = 1; left > 0; left -= chunk, chunk = Math.min(2 * chunk, left)) {
      const steps = size.map((part, d) => (chunk * part) / ((units[d] ?? 0) || 1));
      offer(0, 0, steps, steps.reduce((index, step, d) => index * (lengths[d] ?? 1) + step, 0), chunk * price);
    }
  }
  return BigInt(best.at(-1) ?? 0);
}

/** Depth first, dearest for their weight first; cut where even fractions of what is left could not be dearer than the best so far. */
function searchDearest(choices: readonly Choice[], capacity: readonly number[]): bigint | undefined {
  const mixes = capacity.flatMap((_, d) => [0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1].map((part) => capacity.map((room, other) => (other === d ? part : (1 - part) / (capacity.length - 1)) / Math.max(1, room))));
  const orders = mixes.map((mix) => choices.map((choice) => ({ ...choice, weight: choice.size.reduce((sum, part, d) => sum + part * (mix[d] ?? 0), 0) })).sort((one, other) => other.price * one.weight - one.price * other.weight));
  const order = orders.reduce((best, other) => (fractional(other, 0, 1) < fractional(best, 0, 1) ? other : best));
  const room = [...capacity];
  let best = 0;
  let nodes = 0;
  const visit = (index: number, spare: number, value: number): void => {
    best = Math.max(best, value);
    nodes += 1;
    const current = order[index];
    if (current === undefined || nodes > MOST_NODES || Math.floor((value + fractional(order, index, spare + 1e-9)) * (1 + 1e-11) + 1e-6) <= best) return;
    for (let count = alone(current.size, room, current.most); count >= 0; count -= 1) {
      for (const [d, part] of current.size.entries()) room[d] = (room[d] ?? 0) - count * part;
      visit(index + 1, spare - count * current.weight, value + count * current.price);
      for (const [d, part] of current.size.entries()) room[d] = (room[d] ?? 0) + count * part;
    }
  };
  visit(0, 1, 0);
  return nodes > MOST_NODES ? undefined : BigInt(best);
}

function fractional(order: readonly Choice[], from: number, room: number): number {
  let value = 0;
  for (let index = from, spare = room; index < order.length && spare > 0; index += 1) {
    const { price, most, weight } = order[index] as Choice;
    const count = weight * most > spare ? spare / weight : most;
    value += price * count;
    spare -= weight * count;
  }
  return value;
}
