// The unrest of real arrivals from a seed: a slow wave (first-order autoregression, 4 %, forgotten within 10 s) and the chance of single arrivals.
// Gives a factor or a number for each step of 2 s; the same seed gives the same day.

/** Uniform numbers from 0 to 1 (mulberry32): small, quick, and the same on every machine. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Standard normal numbers (Box and Muller), two of each pair used. */
export function normal(seed: number): () => number {
  const next = uniform(seed);
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - next()));
    const angle = 2 * Math.PI * next();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

const WAVE_SHARE = 0.04;
const WAVE_SECONDS = 10;
const STEP_SECONDS = 2;

/** @returns a function from the smooth QPS of a step to what arrives in it */
export function arrivals(seed: number): (qps: number) => number {
  const draw = normal(seed);
  const keep = Math.exp(-STEP_SECONDS / WAVE_SECONDS);
  const fresh = WAVE_SHARE * Math.sqrt(1 - keep * keep);
  let wave = 0;
  return (qps) => {
    wave = wave * keep + draw() * fresh;
    const rate = Math.max(0, qps * (1 + wave));
    // Of a count so large the normal distribution is indistinguishable from Poisson's.
    return Math.max(0, rate + draw() * Math.sqrt(rate / STEP_SECONDS));
  };
}
