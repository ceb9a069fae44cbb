// Values of a stretch of time in memory and as bytes for a row: for each figure one value a slot, 32-bit floats, squeezed. Pure.
// A slot of which nothing is known holds NaN and takes next to no room.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { METRIC_NAMES, METRIC_TABLE, type Fold, type Metric, type Sample } from './model.ts';

/** For each figure, in the order of METRIC_NAMES, its values by slot; absent until one is known: most subjects have a few figures only. */
export interface Grid {
  readonly slots: number;
  readonly columns: (Float32Array | undefined)[];
}

const INDEX: Readonly<Record<Metric, number>> = Object.fromEntries(METRIC_NAMES.map((name, index) => [name, index])) as Record<Metric, number>;

export const emptyGrid = (slots: number): Grid => ({ slots, columns: METRIC_NAMES.map(() => undefined) });

/** What the sample does not say is not known of this slot, whatever was there. */
export function put({ slots, columns }: Grid, slot: number, sample: Sample): void {
  for (let index = 0; index < METRIC_NAMES.length; index += 1) {
    const value = sample[METRIC_NAMES[index]!] ?? Number.NaN;
    if (columns[index] === undefined && Number.isNaN(value)) continue;
    (columns[index] ??= new Float32Array(slots).fill(Number.NaN))[slot] = value;
  }
}

export function get({ columns }: Grid, metric: Metric, slot: number): number | null {
  const value = columns[INDEX[metric]]?.[slot] ?? Number.NaN;
  return Number.isNaN(value) ? null : value;
}

/** Takes over from another grid of as many slots what this one does not know. */
export function complement({ slots, columns }: Grid, other: Grid): void {
  for (const [index, column] of other.columns.entries()) {
    if (column === undefined) continue;
    const own = (columns[index] ??= new Float32Array(slots).fill(Number.NaN));
    for (const [slot, value] of column.entries()) if (Number.isNaN(own[slot])) own[slot] = value;
  }
}

export function sampleAt(grid: Grid, slot: number): Sample {
  return Object.fromEntries(METRIC_NAMES.map((name) => [name, get(grid, name, slot)]));
}

/** Several values become one, as the figure's table says; null where none is known. */
export function foldValues(fold: Fold, values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  return fold === 'max' ? Math.max(...known) : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** Several moments become one. */
export function foldSamples(samples: readonly Sample[]): Sample {
  const sums = emptySums();
  for (const sample of samples) addTo(sums, sample);
  return folded(sums);
}

/** Several moments on their way to become one: by figure what was added up, or the highest, and how many values that are. */
export interface Sums {
  readonly values: Float64Array;
  readonly counts: Uint32Array;
}

export const emptySums = (): Sums => ({ values: new Float64Array(METRIC_NAMES.length), counts: new Uint32Array(METRIC_NAMES.length) });

export function addTo({ values, counts }: Sums, sample: Sample): void {
  for (let index = 0; index < METRIC_NAMES.length; index += 1) {
    const name = METRIC_NAMES[index]!;
    const value = sample[name] ?? null;
    if (value === null) continue;
    values[index] = counts[index] === 0 ? value : METRIC_TABLE[name].fold === 'max' ? Math.max(values[index]!, value) : values[index]! + value;
    counts[index]! += 1;
  }
}

export function folded({ values, counts }: Sums): Sample {
  const sample: Partial<Record<Metric, number>> = {};
  for (const [index, name] of METRIC_NAMES.entries()) if (counts[index]! > 0) sample[name] = METRIC_TABLE[name].fold === 'max' ? values[index]! : values[index]! / counts[index]!;
  return sample;
}

/** Figure after figure, each with a value for every slot. */
export function pack({ slots, columns }: Grid): Buffer {
  const values = new Float32Array(METRIC_NAMES.length * slots).fill(Number.NaN);
  for (const [index, column] of columns.entries()) if (column !== undefined) values.set(column, index * slots);
  return deflateRawSync(Buffer.from(values.buffer), { level: 1 });
}

/** @returns undefined for bytes that are no such stretch; figures that were not kept then are not known */
export function unpack(data: Buffer, slots: number): Grid | undefined {
  const grid = emptyGrid(slots);
  try {
    const bytes = inflateRawSync(data, { maxOutputLength: METRIC_NAMES.length * slots * 4 });
    if (bytes.byteLength % (slots * 4) !== 0) return undefined;
    const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    for (let index = 0; index < values.length / slots; index += 1) {
      const column = values.subarray(index * slots, (index + 1) * slots);
      if (column.some((value) => !Number.isNaN(value))) grid.columns[index] = column;
    }
    return grid;
  } catch {
    return undefined;
  }
}
