// When VMs may go back: not while the market that they were bought for is open or is about to open again the same day. Takes a market, the rules
// and now; gives the instant, or null where nothing keeps them. A year that no calendar knows counts as open, and is said.
import type { CalendarYear } from '../calendar/model.ts';
import { marketDays } from '../calendar/sessions.ts';
import { MARKETS } from '../calendar/model.ts';

const DAY_MS = 86_400_000;
/** A VM is needed from so long before an open on: what goes then would have to be bought again. */
const BEFORE_OPEN_MS = 2 * 3_600_000;

export interface RetreatWindow {
  /** Not before; null: at any time. */
  readonly from: number | null;
  readonly isUnknownYear: boolean;
}

/** The next close after now that has no session soon after it, if now lies in a day of sessions. @param market null: no market counts */
export function retreatWindow(market: string | null, afterCloseMs: number, now: number, years?: readonly CalendarYear[]): RetreatWindow {
  const named = MARKETS.find((each) => each === market);
  if (named === undefined) return { from: null, isUnknownYear: false };
  for (const { sessions, kind } of marketDays(named, now - DAY_MS, now + DAY_MS, years)) {
    const [first, last] = [sessions[0], sessions.at(-1)];
    if (first === undefined || last === undefined) continue;
    const from = last.close + afterCloseMs;
    if (now >= first.open - BEFORE_OPEN_MS && now < from) return { from, isUnknownYear: kind === 'unknown' };
  }
  return { from: null, isUnknownYear: false };
}

