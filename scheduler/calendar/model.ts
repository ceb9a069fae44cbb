// What is known of a market's days: one file a market and year, and what follows from it for one day. Plain data; days are those of the market's
// own place, written `2026-11-23`, instants are milliseconds since 1970.

export const MARKETS = ['a-share', 'hong-kong', 'us'] as const;
export type Market = (typeof MARKETS)[number];

/** A session as a clock on the wall there shows it. */
export interface SessionTimes {
  readonly name: string;
  /** `09:30`. */
  readonly open: string;
  readonly close: string;
}

/**
 * Instants of a market's day by name, in the order of a usual day. `preOpen`: the first orders are taken. `open`, `lunchStart`, `lunchEnd` and
 * `close` follow from the sessions; the others are said by the file, where the market has them.
 */
export const ANCHORS = ['preOpen', 'auctionStart', 'auctionEnd', 'open', 'lunchStart', 'lunchEnd', 'closeAuction', 'close', 'afterClose'] as const;
export type Anchor = (typeof ANCHORS)[number];
/** The anchors that no session gives. */
export const EXTRA_ANCHORS = ['preOpen', 'auctionStart', 'auctionEnd', 'closeAuction', 'afterClose'] as const;
export type ExtraAnchor = (typeof EXTRA_ANCHORS)[number];
export type AnchorClocks = Readonly<Partial<Record<ExtraAnchor, string>>>;

/** A market's year, as its exchange announces it. Days that are neither holidays nor weekends are full or half days. */
export interface CalendarYear {
  readonly market: Market;
  readonly year: number;
  /** What is added to UTC there, from each day on, in order of days; the first one from the first of January. */
  readonly utcOffsets: readonly { readonly from: string; readonly minutes: number }[];
  readonly sessions: { readonly full: readonly SessionTimes[]; readonly half: readonly SessionTimes[] };
  /** Clocks of the anchors that are no session's; absent: the market has none. */
  readonly anchors?: { readonly full: AnchorClocks; readonly half: AnchorClocks } | undefined;
  /** Weekdays without a session. */
  readonly holidays: readonly string[];
  readonly halfDays: readonly string[];
  /** Where it comes from, for whoever doubts it. */
  readonly source: string;
}

export interface Session {
  readonly name: string;
  readonly open: number;
  readonly close: number;
}

export interface MarketDay {
  readonly date: string;
  /** `unknown`: no file says anything of its year; its sessions are those of a full day, as wide as the clock of the place allows. */
  readonly kind: 'full' | 'half' | 'closed' | 'unknown';
  readonly sessions: readonly Session[];
}
