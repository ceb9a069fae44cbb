/**
 * The demo's market day: made up, seeded, and half an hour long, so that a visitor need not wait for a bell. Takes an instant and a service's
 * curve; gives requests a second. Pure: days begin at :00 and :30 of every hour, and the same instant always has the same demand, so that
 * what the autoscaler learnt of a minute of yesterday is true of that minute today.
 */

/** A whole market day; it divides an hour, so the clock on the wall says where in it we are. */
export const DAY_MINUTES = 30;
const DAY_MS = DAY_MINUTES * 60_000;
/** Demand wavers by steps of so long: shorter than what the autoscaler decides by. */
const STEP_MS = 5_000;
const WAVER = 0.05;

type Corners = readonly (readonly [minute: number, share: number])[];

/** Corners of each curve: minute of the day and share of the peak. */
const CURVES = {
  // Night, call auction, the open at minute 6, lunch from 12, the second open at 16, the close at 22, and an evening.
  trading: [[0, 0.16], [4, 0.2], [5.2, 0.36], [5.95, 0.42], [6.1, 0.95], [7.5, 1], [10, 0.66], [12, 0.56], [12.6, 0.34], [15.6, 0.36], [15.8, 0.72], [17.5, 0.78], [19.5, 0.58], [21.5, 0.82], [22.2, 0.76], [23, 0.34], [26, 0.24], [28, 0.28], [30, 0.16]],
  // News come before the open and after the close.
  news: [[0, 0.3], [3, 0.5], [5, 0.8], [7.5, 0.6], [13, 0.45], [22, 0.5], [23, 0.95], [25, 1], [27, 0.6], [30, 0.3]],
  even: [[0, 0.8], [15, 0.95], [30, 0.8]],
} as const satisfies Readonly<Record<string, Corners>>;
export type Curve = keyof typeof CURVES;

/** @returns requests a second of a service whose usual day peaks at `peakQps` */
export function demandAt(atMs: number, { peakQps, curve }: { readonly peakQps: number; readonly curve: Curve }): number {
  const day = Math.floor(atMs / DAY_MS);
  const heat = 0.85 + 0.3 * chance(day);
  const waver = 1 + WAVER * (2 * chance(Math.floor(atMs / STEP_MS) + 0.5) - 1);
  return peakQps * shareOf(CURVES[curve], minuteOf(atMs)) * heat * waver;
}

/**
 * Turnover in thousand million yuan as an exchange would tell it: rises a minute and a half before requests do, which is what makes it worth listening to.
 */
export function turnoverAt(atMs: number): number {
  return Math.round(demandAt(atMs + 90_000, { peakQps: 90, curve: 'trading' }) * 10) / 10;
}

const minuteOf = (atMs: number): number => (atMs % DAY_MS) / 60_000;

function shareOf(corners: Corners, minute: number): number {
  const next = corners.findIndex(([at]) => at > minute);
  const [[from, before], [to, after]] = [corners[next - 1]!, corners[next]!];
  return before + ((after - before) * (minute - from)) / (to - from);
}

/** A number from 0 to 1 that belongs to another number. */
function chance(of: number): number {
  let hash = Math.imul(Math.floor(of * 2) ^ 0x9e37_79b9, 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
