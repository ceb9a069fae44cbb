// What a request really costs, learnt from a release while it runs: CPU over requests by least squares, with what a container takes when idle as
// a second figure, so that a quiet hour does not make requests look dear. Shown beside the declared profile; nothing is changed by it.
import type { Interval } from './figures.ts';
import type { Learnt } from './model.ts';

const LEAST_INTERVALS = 3;
const LEAST_REQUESTS = 20;
/** Intervals further off than so many typical deviations are left out: a garbage collection, a neighbour, a start. */
const FAR_OFF = 4;

type Known = Interval & { readonly cpuMs: number };
interface Fit {
  /** CPU ms for each request, and for each second. */
  readonly perRequest: number;
  readonly perSecond: number;
}

/** @returns null where too little was seen to say anything */
export function learn(intervals: readonly Interval[]): Learnt | null {
  const known = intervals.filter((each): each is Known => each.cpuMs !== null && each.seconds > 0);
  const requests = known.reduce((sum, each) => sum + each.requests, 0);
  if (known.length < LEAST_INTERVALS || requests < LEAST_REQUESTS) return null;
  const { perRequest, perSecond } = robust(known);
  return { cpuMsPerRequest: Math.round(perRequest * 1000) / 1000, idleCpuMilli: Math.round(perSecond), requests: Math.round(requests) };
}

/** Once through everything, and once more without what lies far off. */
function robust(known: readonly Known[]): Fit {
  const first = fit(known);
  const off = (each: Known) => Math.abs(each.cpuMs - first.perRequest * each.requests - first.perSecond * each.seconds);
  const typical = known.map(off).sort((one, other) => one - other)[Math.floor(known.length / 2)]!;
  const near = known.filter((each) => off(each) <= FAR_OFF * typical + 1e-9);
  return near.length >= LEAST_INTERVALS && near.some(({ requests }) => requests > 0) ? fit(near) : first;
}

/** Least squares of CPU = perRequest x requests + perSecond x seconds; where that cannot be told apart, or would be negative, all CPU is the requests'. */
function fit(known: readonly Known[]): Fit {
  let [rr, rs, ss, rc, sc] = [0, 0, 0, 0, 0];
  for (const { requests, seconds, cpuMs } of known) {
    rr += requests * requests;
    rs += requests * seconds;
    ss += seconds * seconds;
    rc += requests * cpuMs;
    sc += seconds * cpuMs;
  }
  const determinant = rr * ss - rs * rs;
  if (determinant > 1e-6 * rr * ss) {
    const perRequest = (rc * ss - sc * rs) / determinant;
    const perSecond = (rr * sc - rs * rc) / determinant;
    if (perRequest > 0 && perSecond >= 0) return { perRequest, perSecond };
  }
  const requests = known.reduce((sum, each) => sum + each.requests, 0);
  return { perRequest: known.reduce((sum, each) => sum + each.cpuMs, 0) / requests, perSecond: 0 };
}
