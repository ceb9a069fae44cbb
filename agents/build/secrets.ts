// Secret values of a build: kept out of the log, looked for in what goes into an image. In memory only.

/** Shorter ones are not hidden in logs: they would turn ordinary words into stars. */
const LEAST_HIDDEN = 4;
/** Shorter ones are not looked for in files: by chance they are in many. */
const LEAST_SOUGHT = 8;
const HIDDEN = '***';
/** A line without an end is passed on in pieces of this size. */
const LONGEST_LINE = 16_384;

export class Secrets {
  readonly #hidden: readonly string[];
  readonly #sought: readonly { readonly name: string; readonly bytes: Buffer }[];

  /** Values by name. */
  constructor(values: Readonly<Record<string, string>>) {
    const entries = Object.entries(values);
    // A key of several lines is printed line by line; tools like to print credentials in base64.
    const forms = entries.flatMap(([, value]) => [value, ...value.split('\n').map((line) => line.trim()), Buffer.from(value).toString('base64'), encodeURIComponent(value)]);
    this.#hidden = [...new Set(forms)].filter((form) => form.length >= LEAST_HIDDEN).sort((one, other) => other.length - one.length);
    this.#sought = entries.flatMap(([name, value]) => [...new Set([value, value.trim()])].filter((form) => form.length >= LEAST_SOUGHT).map((form) => ({ name, bytes: Buffer.from(form) })));
  }

  /** The same text with stars where a value was. */
  hide(text: string): string {
    return this.#hidden.reduce((rest, value) => rest.replaceAll(value, HIDDEN), text);
  }

  /** Takes text as it comes and gives it on line by line without values, also where a value comes in two pieces. */
  hidingLines(say: (text: string) => void): { write(text: string): void; end(): void } {
    let rest = '';
    const longest = this.#hidden[0]?.length ?? 0;
    return {
      write: (text) => {
        rest += text;
        const end = rest.lastIndexOf('\n') + 1;
        if (end > 0) say(this.hide(rest.slice(0, end)));
        rest = rest.slice(end);
        if (rest.length <= LONGEST_LINE + longest) return;
        // What could be the beginning of a value stays behind.
        const hidden = this.hide(rest);
        const cut = hidden.length - longest;
        say(hidden.slice(0, cut));
        rest = hidden.slice(cut);
      },
      end: () => {
        if (rest !== '') say(this.hide(rest));
        rest = '';
      },
    };
  }

  /** Looks through bytes that come in pieces; gives the name of the first secret that is in them. */
  scanner(): (piece: Uint8Array) => string | undefined {
    const overlap = Math.max(0, ...this.#sought.map(({ bytes }) => bytes.length - 1));
    let tail = Buffer.alloc(0);
    return (piece) => {
      if (this.#sought.length === 0) return undefined;
      const window = Buffer.concat([tail, piece]);
      tail = Buffer.from(overlap === 0 ? [] : window.subarray(-overlap));
      return this.#sought.find(({ bytes }) => window.includes(bytes))?.name;
    };
  }
}
