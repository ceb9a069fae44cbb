// Sentences with their figures: made in one place each, so that code and sentence never come apart. English is here; other languages are made elsewhere
// of code and figures.

/** What a sentence says, as data. */
export interface Saying {
  readonly code: string;
  readonly values: Readonly<Record<string, string | number>>;
}

/** A sentence with what it was made of, so that it can be said in another language. */
export interface Said extends Saying {
  readonly sentence: string;
}

/** @param sentence with `{name}` where a figure of `values` goes */
export function said(code: string, values: Readonly<Record<string, string | number>>, sentence: string): Said {
  return { code, values, sentence: sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)) };
}

/** Without the sentence, for where that stands beside it already. */
export const saying = ({ code, values }: Saying): Saying => ({ code, values });

/** A sentence of several parts; absent data: some part of it is not known as data. */
export interface Why {
  readonly sentence: string;
  readonly said?: readonly Saying[] | undefined;
}

export const whyOf = (one: Said): Why => ({ sentence: one.sentence, said: [saying(one)] });

/** `first: second`, as a sentence that ends. */
export const followed = (first: Said, second: Why): Why => ({ sentence: `${first.sentence}: ${second.sentence}.`, said: second.said === undefined ? undefined : [saying(first), ...second.said] });

const SECOND_MS = 1_000;
/** `90 s`, `12 min`, `3 h`: for sentences, not for programs. */
export function spanText(spanMs: number): string {
  const seconds = Math.round(spanMs / SECOND_MS);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
