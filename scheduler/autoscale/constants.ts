// The few figures that pace decisions, each with its reason. What is learnt (headroom, openings, cost of a request) is not here.

export const PACE = {
  /** A prediction covers the time from when a start asked for now serves until the one asked for at the next decisions does. */
  leadMs: 10_000,
  /** Predictions are held for so long: the largest of them counts, so that a lull does not lower what was just expected. */
  holdMs: 120_000,
  /** Demand now, with a little more: never less than this is kept, whatever a forecast says. */
  reactive: 1.06,
  /** In panic and surge, on top of the steepest trend. */
  panic: 1.3,
  surge: 1.15,
  /** A jump is rarely a line that goes on: its trend is followed no further than this before anything is full. */
  surgeAheadMs: 30_000,
  leastPanicMs: 120_000,
  /** Scale-in waits until less was needed for the whole window. Every reversal of the last hour makes it longer, so that restless demand calms it by itself. */
  fastWindowMs: 120_000,
  slowWindowMs: 180_000,
  calmWindowMs: 720_000,
  perReversal: 0.25,
  longestWindowMs: 1_200_000,
  /** After an opening the window stays as short as this: its height is known to pass, and forecasts remember it for two minutes more. */
  openingWindowMs: 90_000,
  /** Starts up to this delay are fast. */
  fastStartMs: 30_000,
  /** After a change outwards nothing is taken in for so long: what rises once rises again. */
  afterOutMs: 120_000,
  /** What is taken back within ten minutes is what people call flapping; a calm scaler does not. */
  calmAfterOutMs: 600_000,
  /** At most once in so long, and so much of all. */
  inEveryMs: 60_000,
  inMost: 0.3,
  /** Smaller steps in are left until they have waited so long. */
  smallAfterMs: 600_000,
  /** A rise that days before had within this time is not given away for. */
  riseMs: 600_000,
  /** It scales out when the forecast's bound for so many times the budget is more than what is there carries, and then to the bound of the budget itself: fewer, larger steps. */
  triggerBudget: 2,
  /** Where starts are slow, what was put off comes late. */
  slowTriggerBudget: 1.5,
  /** A calm one waits for more than that, and still stays within its budget: what it has kept from before is room as well. */
  calmTriggerBudget: 6,
  /** The same for usual demand: a replica more or less at the edge of rounding is no news. */
  triggerUsual: 0.95,
  /** The last half minute so much above the last five minutes is a rise: its errors are learnt apart, so that quiet minutes do not pay for them. */
  rising: 1.05,
};
