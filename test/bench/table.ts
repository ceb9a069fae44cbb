/** A benchmark's result as a table, how it is printed, and the one statistic that everybody needs. */

export interface BenchTable {
  readonly name: string;
  readonly rows: readonly Readonly<Record<string, string | number>>[];
}

/** Columns in the order of the first row, numbers to the right. */
export function printTable({ name, rows }: BenchTable): string {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))];
  const widths = columns.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const isNumber = columns.map((column) => rows.some((row) => typeof row[column] === 'number'));
  const lines = cells.map((line) => line.map((cell, column) => (isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join('  ').trimEnd());
  return [name, ...lines.map((line) => `  ${line}`)].join('\n');
}

/** The middle value, the lower of two. */
export function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
