// Numbers as people type them, and what is wrong with them as data. Pure: every form that converts text reads its numbers here, and
// notes a fault under the field's path; fault-text.ts has the words.

/** What may be wrong with any field that takes a number. */
export type NumberFault = { readonly code: 'needed' | 'notNumber' | 'notWhole' } | { readonly code: 'range'; readonly least: number; readonly most: number };

/** In the units of the form. */
interface Bounds {
  readonly least: number;
  readonly most: number;
}

export interface ScaledBounds extends Bounds {
  /** The API's units in one of the form's; absent where they are the same and only whole numbers are taken. */
  readonly scale?: number;
}

/** @returns the number as typed, thousands with or without commas; of no meaning where a fault was noted. @param faults gets the fault, if any */
export function readNumber<F>(faults: Record<string, F | NumberFault>, field: string, text: string, { least = -Infinity, most = Infinity, whole = false }: Partial<Bounds> & { readonly whole?: boolean } = {}): number {
  const value = Number(text.replaceAll(',', '').trim());
  if (text.trim() === '') faults[field] = { code: 'needed' };
  else if (!Number.isFinite(value)) faults[field] = { code: 'notNumber' };
  else if (value < least || value > most) faults[field] = { code: 'range', least, most };
  else if (whole && !Number.isInteger(value)) faults[field] = { code: 'notWhole' };
  return value;
}

/** @returns a whole number in the API's units; of no meaning where a fault was noted. @param faults gets the fault, if any */
export function readScaled<F>(faults: Record<string, F | NumberFault>, field: string, text: string, { scale = 1, ...bounds }: ScaledBounds): number {
  return Math.round(readNumber(faults, field, text, { ...bounds, whole: scale === 1 }) * scale);
}
