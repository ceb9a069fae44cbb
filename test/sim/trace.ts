// The readable story of one simulation: a line an event, with virtual time, who, what and the fields that the program logged.
export interface Trace {
  readonly lines: readonly string[];
  say(who: string, what: string, fields?: object): void;
}

/** @param write hears each line at once; absent: lines are kept only. Without a trace nothing is made into text. */
export function openTrace(nowMs: () => number, isKept: boolean, write?: (line: string) => void): Trace {
  const lines: string[] = [];
  return {
    lines,
    say(who, what, fields) {
      if (!isKept && write === undefined) return;
      const line = `${moment(nowMs())} ${who.padEnd(8)} ${what}${fields === undefined ? '' : ` ${inLine(fields)}`}`.trimEnd();
      if (isKept) lines.push(line);
      write?.(line);
    },
  };
}

/** Such as `3d 04:05:06.789`. */
export function moment(ms: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const days = Math.floor(ms / 86_400_000);
  return `${days > 0 ? `${days}d ` : ''}${two((ms / 3_600_000) % 24)}:${two((ms / 60_000) % 60)}:${two((ms / 1_000) % 60)}.${String(Math.floor(ms % 1_000)).padStart(3, '0')}`;
}

function inLine(fields: object): string {
  return Object.entries(fields).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${typeof value === 'object' ? (value instanceof Error ? JSON.stringify(value.message) : JSON.stringify(value)) : String(value)}`).join(' ');
}
