// Days and months of a time zone as instants. Takes an instant and a zone's name; gives where its day or month begins and ends.
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' });
  formats.set(timeZone, format);
  return format;
}

export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

const wall = (instant: number, timeZone: string): Record<string, number> => Object.fromEntries(formatOf(timeZone).formatToParts(instant).map(({ type, value }) => [type, Number(value)]));

/** When the clocks there show midnight of this day; days and months beyond their end are those of the next. */
function midnight(year: number, month: number, day: number, timeZone: string): number {
  const wanted = Date.UTC(year, month - 1, day);
  let instant = wanted;
  // Twice, since the offset may be another one where the first guess lies.
  for (let round = 0; round < 2; round += 1) {
    const { year: y = 0, month: m = 1, day: d = 1, hour = 0, minute = 0, second = 0 } = wall(instant, timeZone);
    instant += wanted - Date.UTC(y, m - 1, d, hour, minute, second);
  }
  return instant;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

export function dayOf(instant: number, timeZone: string): Span {
  const { year = 1970, month = 1, day = 1 } = wall(instant, timeZone);
  return { from: midnight(year, month, day, timeZone), to: midnight(year, month, day + 1, timeZone) };
}

export function monthOf(instant: number, timeZone: string): Span {
  const { year = 1970, month = 1 } = wall(instant, timeZone);
  return { from: midnight(year, month, 1, timeZone), to: midnight(year, month + 1, 1, timeZone) };
}

/** `2026-11-23`. */
export function dateText(instant: number, timeZone: string): string {
  const { year = 1970, month = 1, day = 1 } = wall(instant, timeZone);
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}
