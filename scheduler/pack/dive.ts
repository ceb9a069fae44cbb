// Rounding by diving: whole hosts of the fractional mix are fixed, the rest is priced again, until nothing is left.
// Takes an instance and its generated columns; gives a layout whose hosts follow the prices, so that scarce hosts go to the items
// that need them. What the last columns cannot hold stays homeless for later stages. It ends early when it is told to.
// Source: Sadykov, Vanderbeck, Pessoa, Tahiri & Uchoa 2019, "Primal heuristics for branch and price: the assets of diving methods".
import { mostHosts, take, wholeOf, type Column, type Rest } from './column.ts';
import { generate, type Generated, type GenerateOptions } from './generate.ts';
import type { Instance } from './instance.ts';
import { Layout } from './layout.ts';
import type { Pricing } from './pricing.ts';

/** A share this near below a whole host is a whole host. */
const NEARLY = 1e-6;
/** Shares above this are rounded up together when no whole host is left to fix: fewer master programmes for the same quality. */
const SURE = 0.6;

/** The mix of the rest may cost this much more than its bound, in parts of the whole cost: many fixings share the error. */
const CLOSE = 0.001;

export function dive(instance: Instance, pricing: Pricing, start: Generated, options: GenerateOptions): Layout {
  const layout = new Layout(instance);
  const rest = wholeOf(instance);
  let { columns, shares } = start;
  const closeEnough = (CLOSE * start.best.bound) / instance.scale;
  while (layout.homelessItems > 0) {
    const fixed = fix(layout, rest, columns, shares, SURE);
    if (fixed === 0 || layout.homelessItems === 0) break;
    if (!options.goOn()) {
      fix(layout, rest, columns, shares, 0);
      break;
    }
    const usable = columns.filter((column) => mostHosts(rest, column) > 0);
    const next = generate(instance, pricing, rest, usable, { ...options, closeEnough, isGuessing: true });
    columns = next.columns;
    shares = next.shares;
  }
  return layout;
}

/** Opens the whole hosts of each share; where there are none, one of each share that is `sure` enough or the largest. Gives how many. */
function fix(layout: Layout, rest: Rest, columns: readonly Column[], shares: readonly number[], sure: number): number {
  const order = columns.map((_, index) => index).filter((index) => (shares[index] ?? 0) > NEARLY).sort((one, other) => fraction(shares[other] ?? 0) - fraction(shares[one] ?? 0) || one - other);
  let opened = 0;
  const open = (index: number, times: number) => {
    const column = columns[index] as Column;
    const hosts = Math.min(times, mostHosts(rest, column));
    if (hosts <= 0) return;
    layout.openColumn(column, hosts);
    take(rest, column, hosts);
    opened += hosts;
  };
  if (sure > 0) for (const index of order) open(index, Math.floor((shares[index] ?? 0) + NEARLY));
  if (opened > 0) return opened;
  for (const index of order) if (fraction(shares[index] ?? 0) >= sure || opened === 0) open(index, 1);
  return opened;
}

const fraction = (share: number): number => share - Math.floor(share + NEARLY);
