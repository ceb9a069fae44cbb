// Output and shells of containers that exist only in memory. Output is what tests and simulations write, with the times of their clock; a shell knows a
// few words, enough to see input, output, size and exit codes pass.
import type { Clock } from '../clock.ts';
import type { OutputFrame, OutputQuery, ShellCommand, ShellProcess } from './streams.ts';

interface FakeLine {
  readonly at: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** As the engine's own limits: what is older goes. */
const MOST_LINES = 20_000;

/** What one container wrote. */
export class FakeOutput {
  readonly #clock: Clock;
  readonly #lines: FakeLine[] = [];
  readonly #wakes = new Set<() => void>();
  #count = 0;
  #hasEnded = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  write(text: string, stream: FakeLine['stream'] = 'stdout'): void {
    // Several lines of one millisecond differ in what a millisecond has beyond it, as the engine's do.
    const nanos = String((this.#count += 1) % 1_000_000).padStart(6, '0');
    this.#lines.push({ at: new Date(this.#clock.nowMs()).toISOString().replace('Z', `${nanos}Z`), stream, text });
    if (this.#lines.length > MOST_LINES) this.#lines.shift();
    this.#wakeAll();
  }

  /** The container runs, or not: followers end with it. */
  runs(isRunning: boolean): void {
    this.#hasEnded = !isRunning;
    this.#wakeAll();
  }

  async *read({ tail, since, untilMs, follow }: OutputQuery, signal: AbortSignal): AsyncGenerator<OutputFrame> {
    // As many digits as lines have, so that moments compare as text.
    const from = since?.replace(/(?:\.(\d+))?Z$/, (_, digits: string | undefined) => `.${(digits ?? '').padEnd(9, '0')}Z`);
    const fits = ({ at }: FakeLine): boolean => (from === undefined || at >= from) && (untilMs === undefined || Date.parse(at) <= untilMs);
    const kept = this.#lines.filter(fits);
    let last = this.#lines.at(-1);
    yield* kept.slice(tail === undefined ? 0 : Math.max(0, kept.length - tail)).map(frameOf);
    while (follow && !signal.aborted) {
      const news = this.#lines.slice(last === undefined ? 0 : this.#lines.lastIndexOf(last) + 1);
      last = this.#lines.at(-1);
      yield* news.filter(fits).map(frameOf);
      if (news.length > 0) continue;
      if (this.#hasEnded) return;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#wakes.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#wakes.add(wake);
        signal.addEventListener('abort', wake);
      });
    }
  }

  #wakeAll(): void {
    for (const wake of this.#wakes) wake();
  }
}

const frameOf = ({ at, stream, text }: FakeLine): OutputFrame => ({ stream, bytes: Buffer.from(`${at} ${text}\n`) });

/** A shell that knows `echo`, `size`, `cat` and `exit N`; with a terminal it repeats what is typed. */
export function fakeShell({ command, tty, columns, rows }: ShellCommand): ShellProcess {
  const [program = ''] = command;
  if (!['sh', '/bin/sh', 'bash', '/bin/bash', 'echo'].includes(program)) throw new Error(`${program}: executable file not found`);
  let [width, height] = [columns, rows];
  const pieces: Buffer[] = [];
  let wake: () => void = () => undefined;
  let exitCode: number | undefined;
  let typed = '';
  const say = (text: string): void => {
    pieces.push(Buffer.from(text));
    wake();
  };
  const exit = (code: number): void => {
    exitCode ??= code;
    wake();
  };
  const obey = (line: string): void => {
    const [word = '', ...rest] = line.trim().split(' ');
    if (word === 'exit') exit(Number(rest[0] ?? 0));
    else if (word === 'echo') say(`${rest.join(' ')}\r\n`);
    else if (word === 'size') say(`${width}x${height}\r\n`);
    else if (word !== '') say(`sh: ${word}: not found\r\n`);
    if (tty && exitCode === undefined) say('$ ');
  };
  if (program === 'echo') {
    say(`${command.slice(1).join(' ')}\n`);
    exit(0);
  } else if (tty) say('$ ');
  return {
    output: (async function* () {
      for (;;) {
        const next = pieces.shift();
        if (next !== undefined) yield next;
        else if (exitCode !== undefined) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    })(),
    write: (bytes) => {
      if (tty) say(bytes.toString().replaceAll('\r', '\r\n'));
      const lines = `${typed}${bytes.toString()}`.split(/[\r\n]/);
      typed = lines.pop() ?? '';
      for (const line of lines) if (exitCode === undefined) obey(line);
    },
    endInput: () => exit(0),
    resize: async (toColumns, toRows) => {
      [width, height] = [toColumns, toRows];
    },
    exitCode: async () => exitCode,
    kill: async () => exit(129),
  };
}
