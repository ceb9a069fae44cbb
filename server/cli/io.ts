// What a command may touch of the world around it: two streams, the terminal's abilities, time, a way to ask, and to be
// stopped. main.ts gives the process's own; tests give theirs. Data goes to `out`, talk to `err`.

export interface Io {
  /** Data: what was asked for. */
  out(text: string): void;
  /** Talk: progress, hints, errors. */
  err(text: string): void;
  /** Whether colours are wanted on each stream. */
  readonly color: { readonly out: boolean; readonly err: boolean };
  /** Whether a person sits there, who can be asked. */
  readonly interactive: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after this long, or rejects when the person stops the command. */
  wait(ms: number): Promise<void>;
  /** A line from the person; `hidden` is not shown while typed. */
  ask(question: string, hidden: boolean): Promise<string>;
  /** Everything that is piped in. */
  stdin(): Promise<string>;
  /** Ends when the person stops the command. */
  readonly signal: AbortSignal;
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Colour = keyof typeof CODES;

/** Wraps text in a colour, or leaves it where colours are not wanted. */
export const paint = (wanted: boolean, colour: Colour, text: string): string => (wanted ? `\u001B[${CODES[colour]}m${text}\u001B[0m` : text);
