// A log as lines for people: pieces as they arrive become whole lines without the colours and cursor movements of a terminal, and only so
// many of the last ones are kept. Pure.

export interface LogLines {
  readonly lines: readonly string[];
  /** Lines at the beginning that were given up. */
  readonly cut: number;
  /** The last line while it has no end yet. */
  readonly rest: string;
}

export const NO_LOG: LogLines = { lines: [], cut: 0, rest: '' };
/** More than a person scrolls through; a browser draws only those in sight. */
export const MOST_LINES = 20_000;

/* oxlint-disable no-control-regex -- what terminals are told begins with control characters */
const TERMINAL = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\^_])/g;
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;
/* oxlint-enable no-control-regex */

export function appendLog(log: LogLines, piece: string, most = MOST_LINES): LogLines {
  const parts = (log.rest + piece).split('\n');
  const rest = parts.pop() ?? '';
  const lines = [...log.lines, ...parts.map(plain)];
  const over = Math.max(0, lines.length - most);
  return { lines: over === 0 ? lines : lines.slice(over), cut: log.cut + over, rest };
}

/** What a terminal would show of a line: progress bars overwrite themselves, so the last state counts. */
export function plain(line: string): string {
  const text = line.replace(/\r+$/, '');
  return text.slice(text.lastIndexOf('\r') + 1).replace(TERMINAL, '').replace(CONTROLS, '').replaceAll('\t', '  ');
}

/** Indices of the lines that have the text, whatever its case; empty where nothing is looked for. */
export function findLines(lines: readonly string[], text: string): number[] {
  const wanted = text.trim().toLowerCase();
  return wanted === '' ? [] : lines.flatMap((line, at) => (line.toLowerCase().includes(wanted) ? [at] : []));
}
