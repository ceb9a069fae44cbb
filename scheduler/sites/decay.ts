// How long clients go on where they went before, after answers have changed: they keep what they were told for its TTL, and some keep it longer.
// Takes the steps of a shift; gives the share that still goes the old way, by time, and when it is over. Times are in seconds from the first step.

/** Of a hundred clients so many keep an answer beyond its TTL: resolvers with a floor, run-times that resolve once. */
export const LATE_PERMILLE = 50;
/** How much longer they keep it. What never asks again is not counted: it has to be restarted. */
const LATE_TTLS = 10;
/** Points of a curve: enough to draw, few enough to send. */
const POINTS = 60;
/** A shift is done when no more than this is on the old side. */
export const DONE_PERMILLE = 10;

export interface Moved {
  /** Of all clients, in this step. */
  readonly permille: number;
  readonly atSeconds: number;
  readonly ttlSeconds: number;
}

export interface DecayPoint {
  readonly seconds: number;
  /** Of the clients that are to be moved by now or later, in thousandths of all clients. */
  readonly oldPermille: number;
  /** What new answers still send to the old side, of what is to be moved. */
  readonly weightPermille: number;
}

/** Share of the clients that still use an answer so long after it changed, 0..1000. */
export function stillOldPermille(seconds: number, ttlSeconds: number): number {
  if (seconds < 0) return 1000;
  const left = (ttl: number) => Math.max(0, 1 - seconds / ttl);
  return (1000 - LATE_PERMILLE) * left(ttlSeconds) + LATE_PERMILLE * left(ttlSeconds * LATE_TTLS);
}

/** @returns points from the first step to the last late client, falling throughout; and the first second at which no more than 1 % are left */
export function decay(moved: readonly Moved[]): { readonly points: readonly DecayPoint[]; readonly doneAfterSeconds: number } {
  const all = moved.filter(({ permille }) => permille > 0);
  if (all.length === 0) return { points: [{ seconds: 0, oldPermille: 0, weightPermille: 0 }], doneAfterSeconds: 0 };
  const end = Math.max(...all.map(({ atSeconds, ttlSeconds }) => atSeconds + ttlSeconds * LATE_TTLS));
  const oldAt = (seconds: number) => all.reduce((sum, { permille, atSeconds, ttlSeconds }) => sum + (permille * stillOldPermille(seconds - atSeconds, ttlSeconds)) / 1000, 0);
  const weightAt = (seconds: number) => all.reduce((sum, { permille, atSeconds }) => sum + (seconds < atSeconds ? permille : 0), 0);
  let done = end;
  for (let low = 0, high = end; low <= high; ) {
    const middle = (low + high) >> 1;
    if (oldAt(middle) <= DONE_PERMILLE) [done, high] = [middle, middle - 1];
    else low = middle + 1;
  }
  // Most happens until it is done: half of the points are there, the others on the long tail.
  const early = Array.from({ length: POINTS }, (_, index) => Math.round((index * done) / POINTS));
  const late = Array.from({ length: POINTS / 4 + 1 }, (_, index) => Math.round(done + (index * (end - done)) / (POINTS / 4)));
  const seconds = [...new Set([...early, ...all.map(({ atSeconds }) => atSeconds), ...late])].toSorted((one, other) => one - other);
  return { points: seconds.map((at) => ({ seconds: at, oldPermille: Math.round(oldAt(at)), weightPermille: Math.round(weightAt(at)) })), doneAfterSeconds: done };
}
