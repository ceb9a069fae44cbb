// Improves a layout: a few hosts are emptied and their items packed again in another way; better and, for a while, slightly worse
// packings are kept. Takes a layout, what items are worth and a generator of chance; leaves the best layout it has seen. It runs
// in rounds of counted steps and asks before each step whether to go on.
// Source: Schrimpf, Schneider, Stamm-Wilbrandt & Dueck 2000, "Record breaking optimization results using the ruin and recreate
// principle"; every other round squeezes, see below.
import { Ejector } from './eject.ts';
import type { Filler } from './fill.ts';
import type { Layout } from './layout.ts';
import type { Random } from './random.ts';
import { Ruiner } from './ruin.ts';

export interface SearchOptions {
  readonly goOn: () => boolean;
  readonly random: Random;
  readonly filler: Filler;
  /** Costs of packings are multiples of this. */
  readonly costStep: number;
  /** A packing this cheap that leaves nothing out cannot be improved: the search ends. */
  readonly leastCost: number;
}

/** Steps of the first cooling; each later one is longer by half. */
const FIRST_ROUND = 3000;
const LONGER = 1.5;
/** Temperatures of a cooling, in parts of the mean cost of a host in use. */
const HOTTEST = 0.03;
const COLDEST = 0.001;
/** How often a step of squeezing is an ejection. */
const EJECTING = 0.6;

export function search(start: Layout, options: SearchOptions): Layout {
  let best = start.copy();
  if (best.cost <= options.leastCost && best.homelessItems === 0) return best;
  const worker = new Ruiner(start.copy(), options);
  const ejector = new Ejector(start.instance, options);
  for (let round = 0, length = FIRST_ROUND; ; round += 1, length = Math.round(length * (round % 2 === 0 ? LONGER : 1))) {
    const mean = best.hosts === 0 ? 1 : best.cost / best.hosts;
    // Every other round may leave items homeless but must stay cheaper than the best packing: when all find room, there is a better one.
    const isSqueezing = round % 2 === 1 && best.homelessItems === 0;
    ejector.forget();
    if (isSqueezing) worker.squeeze(best.cost - options.costStep);
    for (let step = 0; step < length; step += 1) {
      if (!options.goOn()) return best;
      if (isSqueezing && options.random() < EJECTING) ejector.eject(worker.layout, step);
      else worker.step(mean * HOTTEST * (COLDEST / HOTTEST) ** (step / length));
      if (worker.layout.score >= best.score) continue;
      best = worker.layout.copy();
      if (best.cost <= options.leastCost && best.homelessItems === 0) return best;
      if (isSqueezing) worker.squeeze(best.cost - options.costStep);
    }
    worker.relax();
    if (worker.layout.score > best.score) worker.layout = best.copy();
  }
}
