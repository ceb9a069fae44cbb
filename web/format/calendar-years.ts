// Which years of each market are known, for a table of years. Takes the calendars and the present year; gives rows. Pure.
import type { CalendarView } from '#server/http/contract/index.ts';

export type YearState = 'shipped' | 'file' | 'missing-now' | 'missing-next' | 'missing-past';

export interface MarketYears {
  readonly market: CalendarView['market'];
  readonly years: readonly { readonly year: number; readonly state: YearState; readonly calendar: CalendarView | null }[];
}

const MARKETS: readonly CalendarView['market'][] = ['a-share', 'hong-kong', 'us'];

/** The years that any market knows, with this one and the next in any case: what is missing there is what people must see. */
export function yearsOf(calendars: readonly CalendarView[], present: number): MarketYears[] {
  const years = [...new Set([...calendars.map(({ year }) => year), present, present + 1])].toSorted((one, other) => one - other);
  return MARKETS.map((market) => ({
    market,
    years: years.map((year) => {
      const calendar = calendars.find((each) => each.market === market && each.year === year) ?? null;
      return { year, calendar, state: calendar?.origin ?? (year === present ? 'missing-now' : year > present ? 'missing-next' : 'missing-past') };
    }),
  }));
}
