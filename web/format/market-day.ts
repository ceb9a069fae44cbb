// A day of a market as stretches on a line of time: auctions, sessions, lunch, what comes after the close. Takes a day with its anchors and a
// window of time; gives stretches and where they lie in the window. Pure: the present comes in.
import type { MarketDayView } from '#server/http/contract/index.ts';

export type StretchKind = 'before' | 'auction' | 'session' | 'lunch' | 'closing' | 'after';

export interface Stretch {
  readonly kind: StretchKind;
  readonly from: number;
  readonly to: number;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

const HOUR_MS = 3_600_000;
/** So much of the past is shown beside the present, and the whole is a little more than a day: every market trades once in it. */
const PAST_HOURS = 9;
const SPAN_HOURS = 26;

/** The stretches of a day in order of time; none on a day without a session. Instants in milliseconds. */
export function stretchesOf(day: MarketDayView): Stretch[] {
  const at = (name: MarketDayView['anchors'][number]['name']): number | undefined => {
    const found = day.anchors.find((anchor) => anchor.name === name);
    return found === undefined ? undefined : Date.parse(found.at);
  };
  const stretches: Stretch[] = [];
  const add = (kind: StretchKind, from: number | undefined, to: number | undefined): void => {
    if (from !== undefined && to !== undefined && to > from) stretches.push({ kind, from, to });
  };
  const auction = at('auctionStart');
  const open = at('open');
  const close = at('close');
  const auctionEnd = at('auctionEnd');
  const beforeAuction = at('preOpen');
  // Where a market has an opening auction, it is all that comes before the open; where it has none, it is traded before.
  if (auction === undefined) add('before', beforeAuction, open);
  else {
    add('before', beforeAuction, auction);
    add('auction', auction, auctionEnd ?? open);
  }
  for (const { open: from, close: to } of day.sessions) add('session', Date.parse(from), Date.parse(to));
  add('lunch', at('lunchStart'), at('lunchEnd'));
  const closing = at('closeAuction');
  const afterClose = at('afterClose');
  if (closing !== undefined && close !== undefined) {
    // In some markets the closing auction is the end of the session, in others it follows it.
    if (closing < close) add('closing', closing, close);
    else add('closing', closing, afterClose);
  }
  if (closing === undefined || close === undefined || closing < close) add('after', close, afterClose);
  return stretches.toSorted((one, other) => one.from - other.from || one.to - other.to);
}

/** The time that is shown around the present, on whole hours. */
export function windowAround(nowMs: number): Span {
  const from = Math.floor((nowMs - PAST_HOURS * HOUR_MS) / HOUR_MS) * HOUR_MS;
  return { from, to: from + SPAN_HOURS * HOUR_MS };
}

/** Where an instant lies in a window, in percent of its width. */
export function placeIn(span: Span, at: number): number {
  return ((at - span.from) / (span.to - span.from)) * 100;
}

/** What of a stretch lies in the window, in percent; null where none of it does. */
export function clipped(span: Span, stretch: Span): { readonly left: number; readonly width: number } | null {
  const from = Math.max(span.from, stretch.from);
  const to = Math.min(span.to, stretch.to);
  if (to <= from) return null;
  return { left: placeIn(span, from), width: placeIn(span, to) - placeIn(span, from) };
}

/** Whole hours of the window to be written below it, every `hours`. @param offsetMinutes of the reader's zone, so that they fall on its hours */
export function hourMarks(span: Span, hours: number, offsetMinutes: number): number[] {
  const step = hours * HOUR_MS;
  const shift = offsetMinutes * 60_000;
  const marks: number[] = [];
  for (let at = Math.ceil((span.from + shift) / step) * step - shift; at <= span.to; at += step) marks.push(at);
  return marks;
}
