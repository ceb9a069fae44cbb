// What a command prints: a table for people, or the API's own body as JSON or YAML, or names alone, as `-o` says.
// Tables are made of columns that say how a row reads; widths count what a terminal shows, so that Chinese lines up too.
import type { Io } from './io.ts';

export const FORMATS = ['table', 'json', 'yaml', 'name'] as const;
export type Format = (typeof FORMATS)[number];

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string | number | null;
  readonly align?: 'right';
}

export interface Shown<T> {
  /** The API's body, for json and yaml. */
  readonly body: unknown;
  /** Rows of the table, and what `-o name` prints for each. */
  readonly rows: readonly T[];
  readonly name: (row: T) => string;
  readonly columns: readonly Column<T>[];
  /** Said on stderr instead of an empty table: what to do next. */
  readonly empty: string;
}

export interface Printing {
  readonly output: Format;
  /** False: `--no-headers`. */
  readonly headers: boolean;
}

/** Prints a list. */
export async function printList<T>(io: Io, printing: Printing, shown: Shown<T>): Promise<void> {
  if (printing.output === 'json' || printing.output === 'yaml') return printBody(io, printing, shown.body);
  if (printing.output === 'name') return shown.rows.forEach((row) => io.out(`${shown.name(row)}\n`));
  if (shown.rows.length === 0) return io.err(`${shown.empty}\n`);
  io.out(table(shown.rows, shown.columns, printing.headers));
}

/** Prints one thing: `text` is what the table format shows. */
export async function printOne(io: Io, printing: Printing, body: unknown, name: string, text: () => string): Promise<void> {
  if (printing.output === 'json' || printing.output === 'yaml') return printBody(io, printing, body);
  io.out(printing.output === 'name' ? `${name}\n` : text());
}

async function printBody(io: Io, { output }: Printing, body: unknown): Promise<void> {
  if (output === 'json') return io.out(`${JSON.stringify(body, null, 2)}\n`);
  const { stringify } = await import('yaml');
  io.out(stringify(body));
}

/** Columns padded with two spaces between; the last is not padded. Absent values read `-`. */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[], headers = true): string {
  const body = rows.map((row) => columns.map(({ value }) => clean(value(row))));
  const all = headers ? [columns.map(({ title }) => title), ...body] : body;
  const widths = columns.map((_, index) => Math.max(0, ...all.map((cells) => width(cells[index] ?? ''))));
  return all.map((cells) => `${cells.map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align === 'right', index === cells.length - 1)).join('  ').trimEnd()}\n`).join('');
}

/** `name  value` lines, for one thing. */
export function fields(pairs: readonly (readonly [string, string | number | null])[]): string {
  const widest = Math.max(...pairs.map(([name]) => width(name)));
  return pairs.map(([name, value]) => `${name}${' '.repeat(widest - width(name) + 2)}${clean(value)}`.trimEnd() + '\n').join('');
}

/** No control characters, and none that turn the direction of writing, reach the terminal, whoever wrote the text. */
export const clean = (value: string | number | null): string => (value === null || value === '' ? '-' : String(value).replace(/[\p{Cc}\p{Bidi_Control}]/gu, ' '));

function pad(cell: string, wanted: number, right: boolean, last: boolean): string {
  const space = ' '.repeat(Math.max(0, wanted - width(cell)));
  if (right) return space + cell;
  return last ? cell : cell + space;
}

/** East Asian letters take two cells. */
export function width(text: string): number {
  let cells = 0;
  for (const letter of text) cells += /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|[\u3000-\u303F\uFF01-\uFF60\uFFE0-\uFFE6]/u.test(letter) ? 2 : 1;
  return cells;
}
