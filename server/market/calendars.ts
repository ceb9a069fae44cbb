// The calendars in force: those that come with the product, and the files of a folder, read when the server starts and whenever they change. A file
// with a mistake counts for nothing new: what it said before stays in force, and everybody is told the line. Two files must not say the same year.
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type CalendarYear, MARKETS } from '#scheduler/calendar/model.ts';
import { CALENDAR_YEARS } from '#scheduler/calendar/years.ts';
import type { CalendarProblem, MarketWarning } from '../http/contract/market.ts';
import { MOST_CALENDAR_BYTES, readCalendar } from './calendar-text.ts';

const DAY_MS = 86_400_000;
/** Exchanges announce the next year late in the year: from then on it is asked for. */
const WARN_BEFORE_MS = 45 * DAY_MS;
const MOST_FILES = 200;

export interface KnownCalendar {
  readonly year: CalendarYear;
  /** Null: it comes with the product. */
  readonly file: string | null;
}

export interface Calendars {
  readonly folder: string;
  /** The same list as long as nothing changes. */
  years(): readonly CalendarYear[];
  list(): readonly KnownCalendar[];
  problems(): readonly CalendarProblem[];
  readonly readAt: number;
  /** Reads what changed in the folder. @returns whether anything did */
  reload(now: number): Promise<boolean>;
  /** Years that are not known or soon will not be, and files with mistakes. */
  warnings(now: number): MarketWarning[];
}

interface Seen {
  /** Size and time of change: another one is read. */
  readonly mark: string;
  /** The last version without a mistake; null: there was none. */
  readonly year: CalendarYear | null;
  readonly problems: readonly CalendarProblem[];
}

export function openCalendars(folder: string): Calendars {
  let files = new Map<string, Seen>();
  let folderProblem: CalendarProblem | null = null;
  let readAt = 0;
  let known = inForce(files);
  return {
    folder,
    years: () => known.years,
    list: () => known.list,
    problems: () => [...(folderProblem === null ? [] : [folderProblem]), ...[...files.values()].flatMap(({ problems }) => problems), ...known.problems],
    get readAt() {
      return readAt;
    },
    async reload(now) {
      const before = `${folderProblem?.message} ${[...files].map(([name, { mark }]) => `${name} ${mark}`).join(' ')}`;
      try {
        files = await readFolder(folder, files);
        folderProblem = null;
      } catch (error) {
        folderProblem = { file: folder, line: null, column: null, message: `the folder cannot be read: ${(error as Error).message}` };
      }
      const isChanged = before !== `${folderProblem?.message} ${[...files].map(([name, { mark }]) => `${name} ${mark}`).join(' ')}`;
      if (isChanged || readAt === 0) {
        readAt = now;
        known = inForce(files);
      }
      return isChanged;
    },
    warnings(now) {
      const problems = this.problems().map(({ file, line, column, message }): MarketWarning => ({ code: 'file-problem', message: `The calendar file ${file}${line === null ? '' : `, line ${line}`}${column === null ? '' : `, column ${column}`}: ${message}. It changes nothing until it is mended.`, data: { file, line, column } }));
      return [...problems, ...MARKETS.flatMap((market) => yearWarnings(market, known.years, now))];
    },
  };
}

/** Of one market: what year is not known, now or soon. */
export function yearWarnings(market: string, years: readonly CalendarYear[], now: number): MarketWarning[] {
  const present = new Date(now).getUTCFullYear();
  const isKnown = (year: number) => years.some((each) => each.market === market && each.year === year);
  const how = `add ${market}-${isKnown(present) ? present + 1 : present}.yaml to the folder of calendars`;
  if (!isKnown(present)) return [{ code: 'year-unknown', message: `No calendar knows ${present} of ${market}: every weekday is prepared for as if it could have sessions, at all hours that they could be; ${how}.`, data: { market, year: present } }];
  const ends = Date.UTC(present + 1, 0, 1);
  if (isKnown(present + 1) || ends - now > WARN_BEFORE_MS) return [];
  const days = Math.ceil((ends - now) / DAY_MS);
  return [{ code: 'year-ends', message: `The calendar of ${market} ends with ${present}, in ${days} ${days === 1 ? 'day' : 'days'}: ${how}.`, data: { market, year: present + 1, days } }];
}

async function readFolder(folder: string, before: ReadonlyMap<string, Seen>): Promise<Map<string, Seen>> {
  await mkdir(folder, { recursive: true });
  const names = (await readdir(folder)).filter((name) => /^[^.].*\.(ya?ml|json)$/.test(name)).sort().slice(0, MOST_FILES);
  const files = new Map<string, Seen>();
  for (const name of names) {
    const known = before.get(name);
    const path = join(folder, name);
    const { size, mtimeMs, ino } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0, ino: 0 }));
    const mark = `${size} ${mtimeMs} ${ino}`;
    if (known?.mark === mark) files.set(name, known);
    else files.set(name, { mark, ...(await readOne(name, path, size, known?.year ?? null)) });
  }
  return files;
}

async function readOne(name: string, path: string, size: number, before: CalendarYear | null): Promise<Omit<Seen, 'mark'>> {
  const wrong = (message: string) => ({ year: before, problems: [{ file: name, line: null, column: null, message }] });
  if (size > MOST_CALENDAR_BYTES) return wrong(`it has ${size} bytes: at most ${MOST_CALENDAR_BYTES} are read`);
  try {
    const { year, problems } = readCalendar(name, await readFile(path, 'utf8'));
    return { year: year ?? before, problems };
  } catch (error) {
    return wrong(`it cannot be read: ${(error as Error).message}`);
  }
}

function inForce(files: ReadonlyMap<string, Seen>): { readonly list: readonly KnownCalendar[]; readonly years: readonly CalendarYear[]; readonly problems: readonly CalendarProblem[] } {
  const list: KnownCalendar[] = [];
  const problems: CalendarProblem[] = [];
  for (const [file, { year }] of files) {
    if (year === null) continue;
    const other = list.find((each) => each.year.market === year.market && each.year.year === year.year);
    if (other === undefined) list.push({ year, file });
    else problems.push({ file, line: null, column: null, message: `${other.file} says ${year.year} of ${year.market} already: that one counts` });
  }
  for (const year of CALENDAR_YEARS) if (!list.some((each) => each.year.market === year.market && each.year.year === year.year)) list.push({ year, file: null });
  list.sort((one, other) => MARKETS.indexOf(one.year.market) - MARKETS.indexOf(other.year.market) || one.year.year - other.year.year);
  return { list, years: list.map(({ year }) => year), problems };
}
