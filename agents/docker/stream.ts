// Docker's streams of JSON lines (events, progress of a pull): each line parsed, with a bound on silence.
import type { Clock } from '../clock.ts';
import { DeadlineError } from '../clock.ts';

export interface StreamLimits {
  readonly clock: Clock;
  /** Longest silence; absent: the stream may be silent for ever. */
  readonly stallMs?: number;
  readonly what?: string;
}

/** Longest line that is believed; a stream without line ends must not fill the memory. */
const LONGEST_LINE = 1 << 20;

/** Calls for each line until the stream ends. Rejects when it breaks, stalls, or when `onLine` throws. */
export async function readLines<T>(stream: NodeJS.ReadableStream, limits: StreamLimits, onLine: (line: T) => void): Promise<void> {
  let rest = '';
  let cancel: () => void = () => undefined;
  const watchSilence = (): void => {
    cancel();
    if (limits.stallMs === undefined) return;
    cancel = limits.clock.after(limits.stallMs, () => {
      (stream as NodeJS.ReadableStream & { destroy(error: Error): void }).destroy(new DeadlineError(`${limits.what ?? 'stream'}: nothing moved for ${limits.stallMs} ms`));
    });
  };
  stream.setEncoding('utf8');
  watchSilence();
  try {
    for await (const chunk of stream) {
      watchSilence();
      rest += String(chunk);
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LONGEST_LINE) throw new Error(`${limits.what ?? 'stream'}: a line without an end`);
      for (const line of lines) if (line.trim() !== '') onLine(JSON.parse(line) as T);
    }
    if (rest.trim() !== '') onLine(JSON.parse(rest) as T);
  } finally {
    cancel();
  }
}
