// A calendar as text -> a year, or what is wrong with it, with the line and column of each mistake. YAML; JSON is YAML.
import { calendarFaults, completed } from '#scheduler/calendar/faults.ts';
import { type CalendarYear, MARKETS } from '#scheduler/calendar/model.ts';
import { newestYear } from '#scheduler/calendar/sessions.ts';
import { CALENDAR_YEARS } from '#scheduler/calendar/years.ts';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { CalendarProblem } from '../http/contract/market.ts';

/** Larger than any calendar, small enough to be harmless. */
export const MOST_CALENDAR_BYTES = 200_000;

export function readCalendar(file: string, text: string): { readonly year: CalendarYear | null; readonly problems: readonly CalendarProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const [broken] = document.errors;
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0]);
    return { year: null, problems: [{ file, line, column: col, message: `it is no YAML: ${broken.message.split('\n')[0] ?? ''}` }] };
  }
  const content: unknown = document.toJS({ maxAliasCount: 0 });
  const faults = calendarFaults(content);
  if (faults.length > 0) return { year: null, problems: faults.slice(0, 20).map(({ path, message }) => ({ file, ...position(path), message })) };
  const market = MARKETS.find((name) => name === (content as { readonly market: string }).market)!;
  return { year: completed(content, newestYear(market, CALENDAR_YEARS)!), problems: [] };

  function position(path: readonly (string | number)[]): { readonly line: number | null; readonly column: number | null } {
    // Where the field itself is missing, the nearest one around it.
    for (let length = path.length; length >= 0; length -= 1) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      if (!isNode(node) || node.range === undefined || node.range === null) continue;
      const { line, col } = lines.linePos(node.range[0]);
      return { line, column: col };
    }
    return { line: 1, column: 1 };
  }
}
