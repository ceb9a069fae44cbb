// Small pieces of how rows are shown: instants as text, values that not everybody may read.

export const instant = (at: number): string => new Date(at).toISOString();
export const instantOrNull = (at: number | null): string | null => (at === null ? null : instant(at));

/** The names of environment variables stay visible, their values do not: secrets get into containers that way. */
export function hideEnv(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(env).map((name) => [name, '(hidden)']));
}
