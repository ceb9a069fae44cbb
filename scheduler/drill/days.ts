// Days that come with the product: the shape of a usual trading day, of a hot one, and of an evening with news. Shares of the peak by minute of
// the day on the clock of the markets at home, made by a formula and no recording; whoever has a recording uses that.

export const SHIPPED_DAYS = ['usual-day', 'hot-day', 'news-burst'] as const;
export type ShippedDay = (typeof SHIPPED_DAYS)[number];

/** Corners of a usual trading day: minute and share of its peak. Steep at 09:30 and 13:00, as measured volume is. */
const USUAL: readonly (readonly [minute: number, share: number])[] = [
  [0, 0.1], [360, 0.08], [480, 0.15], [555, 0.3], [569, 0.45], [570, 0.95], [575, 1], [600, 0.75], [660, 0.55], [690, 0.5],
  [695, 0.35], [750, 0.28], [779, 0.35], [780, 0.6], [785, 0.65], [840, 0.55], [885, 0.65], [897, 0.8], [900, 0.75], [915, 0.4], [1_080, 0.25], [1_260, 0.35], [1_380, 0.2], [1_440, 0.1],
];
/** How much hotter a hot day is, by corner: it is like any other before the auction, and jumps at both openings. */
const HOT: readonly (readonly [minute: number, times: number])[] = [[0, 1], [480, 1.1], [555, 1.6], [569, 2], [570, 3], [600, 2.6], [690, 2.4], [779, 2.6], [780, 4.2], [800, 3.4], [900, 3.2], [930, 2], [1_440, 1.5]];
/** News at 20:30. */
const NEWS: readonly (readonly [minute: number, times: number])[] = [[0, 1], [1_230, 1], [1_232, 6], [1_240, 5], [1_290, 2], [1_350, 1], [1_440, 1]];

/** 1,440 shares of the peak of a usual day, which is 1. A hot day goes to about 3 at 09:30. */
export function shippedDay(name: ShippedDay): number[] {
  const times = name === 'hot-day' ? HOT : name === 'news-burst' ? NEWS : [[0, 1], [1_440, 1]] as const;
  return Array.from({ length: 1_440 }, (_, minute) => between(USUAL, minute) * between(times, minute));
}

function between(corners: readonly (readonly [number, number])[], minute: number): number {
  const next = corners.findIndex(([at]) => at > minute);
  const [[from, before], [to, after]] = [corners[next - 1]!, corners[next]!];
  return before + ((after - before) * (minute - from)) / (to - from);
}
