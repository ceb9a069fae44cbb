// A count with its noun in English: which form the noun takes, and how the number is written.
/** `1 host`, `1,200 hosts`. */
export const plural = (count: number, one: string, many: string): string => `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;
