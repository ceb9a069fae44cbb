// The person's own terminal, handed to a shell elsewhere: raw while it is open, and as it was before whatever ends it.
import type { Writable } from 'node:stream';

export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  /** Calls with what is typed, its end, and each new size, until `restore`. */
  attach(on: { readonly bytes: (bytes: Buffer) => void; readonly end: () => void; readonly size: (columns: number, rows: number) => void }): void;
  write(bytes: Buffer): void;
  restore(): void;
}

/** Of this process. @param raw whether keys go through one by one, Ctrl-C too */
export function processTerminal(raw: boolean): Terminal {
  const { stdin, stdout } = process;
  const output: Writable = stdout;
  const isRaw = raw && stdin.isTTY;
  const detach: (() => void)[] = [];
  return {
    get columns() {
      return stdout.columns ?? 80;
    },
    get rows() {
      return stdout.rows ?? 24;
    },
    attach({ bytes, end, size }) {
      const resized = (): void => size(stdout.columns ?? 80, stdout.rows ?? 24);
      if (isRaw) stdin.setRawMode(true);
      stdin.on('data', bytes).on('end', end);
      stdin.resume();
      stdout.on('resize', resized);
      detach.push(() => stdin.off('data', bytes).off('end', end).pause(), () => stdout.off('resize', resized));
    },
    write: (bytes) => void output.write(bytes),
    restore() {
      for (const undo of detach.splice(0)) undo();
      if (isRaw) stdin.setRawMode(false);
    },
  };
}
