// Defragmentation as a price list: so many moves free so many hosts and save so much.
// Takes a snapshot or base, a seed and how much may be tried; gives points by rising moves, each with its wishes in an order in which each
// finds its room start-first. It changes nothing: a person picks a point, and the planner carries the wishes out at the policy's pace.

import { prove } from '../batch/proof.ts';
import type { Snapshot, Wish } from '../model.ts';
import type { Solve } from '../pack/problem.ts';
import { asBase, type Base } from '../prepare.ts';
import type { Frontier, FrontierPoint } from '../questions/model.ts';
import { arrangementOf } from './arrangement-of.ts';
import { type Beginning, explore } from './explore.ts';

export interface FrontierOptions {
  /** Of the orders that are tried; the same seed gives the same points. */
  readonly seed: number;
  /** How many thousand hosts may be looked at in all: 10,000 take about a second. */
  readonly steps: number;
  /** For the bound; absent: a weaker one. */
  readonly solve?: Solve | undefined;
  /** Most moves of the longest point; absent: any number. */
  readonly most?: number | undefined;
}

/** More points than a person can tell apart in a chart. */
const MOST_POINTS = 40;

export function frontier(from: Snapshot | Base, { seed, steps, solve, most = Number.POSITIVE_INFINITY }: FrontierOptions): Frontier {
  const base = asBase(from);
  const { replicas, ...terrain } = arrangementOf(base);
  const found = explore({ ...terrain, isUrgent: (host) => base.hosts[host]!.draining === true }, { seed, steps, most });
  const pointOf = ({ gains, moves, freed, saved }: Beginning): FrontierPoint => ({
    moves,
    hostsFreed: freed,
    savedCentsPerHour: saved,
    wishes: gains.flatMap((gain) => gain.moves).map(({ item, to }): Wish => ({ replicaId: replicas[item]!.id, hostId: base.hosts[to]!.id })),
    emptiedHostIds: gains.flatMap(({ emptied }) => emptied).map((host) => base.hosts[host]!.id),
  });
  const { bound, scale } = prove(base, { solve });
  return { parent: base.snapshot.revision, before: base.totals, points: thinned(found).map(pointOf), boundCentsPerHour: bound / scale };
}

/** The first, the last and others evenly between them. */
function thinned(points: readonly Beginning[]): readonly Beginning[] {
  if (points.length <= MOST_POINTS) return points;
  return Array.from({ length: MOST_POINTS }, (_, index) => points[Math.round((index * (points.length - 1)) / (MOST_POINTS - 1))]!);
}
