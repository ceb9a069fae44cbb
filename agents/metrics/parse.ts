// Prometheus' text format, as far as counters need it: lines of name, labels and value. Pure, linear in the text, and patient with nonsense:
// a line that is none is counted and left out.

export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  /** May be NaN or infinite, as the format allows. */
  readonly value: number;
}

export interface Parsed {
  readonly samples: readonly Sample[];
  /** Lines that are neither a sample nor a comment. */
  readonly nonsense: number;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\\n]|\\.)*)"\s*(,|\})/y;
const VALUE = /^\s*([-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|Inf(?:inity)?)|NaN)(?:\s+[-+]?\d+(?:\.\d+)?)?\s*(?:#.*)?$/i;

/** Parses those samples whose names are wanted; other lines are passed over unread. */
export function parseExposition(text: string, isWanted: (name: string) => boolean): Parsed {
  const samples: Sample[] = [];
  let nonsense = 0;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const name = NAME.exec(line)?.[0];
    if (name === undefined) nonsense += 1;
    else if (isWanted(name)) {
      const sample = parseSample(name, line.slice(name.length));
      if (sample === undefined) nonsense += 1;
      else samples.push(sample);
    }
  }
  return { samples, nonsense };
}

function parseSample(name: string, rest: string): Sample | undefined {
  const labels = new Map<string, string>();
  let tail = rest.trimStart();
  if (tail.startsWith('{')) {
    const end = readLabels(tail, labels);
    if (end === undefined) return undefined;
    tail = tail.slice(end);
  }
  const value = VALUE.exec(tail)?.[1];
  return value === undefined ? undefined : { name, labels, value: numberIn(value) };
}

/** Fills in the labels of a text that begins with `{`, and gives where they end; undefined when they are none. */
function readLabels(text: string, labels: Map<string, string>): number | undefined {
  const empty = /^\{\s*\}/.exec(text);
  if (empty !== null) return empty[0].length;
  let at = 1;
  for (;;) {
    LABEL.lastIndex = at;
    const found = LABEL.exec(text);
    if (found === null) return undefined;
    const [whole, name = '', value = '', next] = found;
    labels.set(name, value.replaceAll(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter)));
    at += whole.length;
    if (next === '}') return at;
    // A comma may stand before the end.
    const end = /^\s*\}/.exec(text.slice(at));
    if (end !== null) return at + end[0].length;
  }
}

function numberIn(text: string): number {
  const infinite = /^([-+]?)inf/i.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return /^nan$/i.test(text) ? Number.NaN : Number(text);
}
