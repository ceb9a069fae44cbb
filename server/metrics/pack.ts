// Values of a stretch of time in memory and as bytes for a row: for each figure one value a slot, 32-bit floats, squeezed. Pure.
// A slot of which nothing is known holds NaN and takes next to no room.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { METRIC_NAMES, METRIC_TABLE, type Fold, type Metric, type Sample } from './model.ts';

/** `values[metric * slots + slot]` */
export interface Grid {
  readonly slots: number;
  readonly values: Float32Array;
}

const INDEX: Readonly<Record<Metric, number>> = Object.fromEntries(METRIC_NAMES.map((name, index) => [name, index])) as Record<Metric, number>;

export function emptyGrid(slots: number): Grid {
  return { slots, values: new Float32Array(METRIC_NAMES.length * slots).fill(Number.NaN) };
}

export function put({ slots, values }: Grid, slot: number, sample: Sample): void {
  for (const [index, name] of METRIC_NAMES.entries()) values[index * slots + slot] = sample[name] ?? Number.NaN;
}

export function get({ slots, values }: Grid, metric: Metric, slot: number): number | null {
  const value = values[INDEX[metric] * slots + slot] ?? Number.NaN;
  return Number.isNaN(value) ? null : value;
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
  return Object.fromEntries(METRIC_NAMES.map((name) => [name, foldValues(METRIC_TABLE[name].fold, samples.map((sample) => sample[name] ?? null))]));
}

export function pack({ values }: Grid): Buffer {
  return deflateRawSync(Buffer.from(values.buffer, values.byteOffset, values.byteLength), { level: 1 });
}

/** @returns undefined for bytes that are no such stretch; figures that were not kept then are not known */
export function unpack(data: Buffer, slots: number): Grid | undefined {
  const grid = emptyGrid(slots);
  try {
    const bytes = inflateRawSync(data, { maxOutputLength: grid.values.byteLength });
    if (bytes.byteLength % (slots * 4) !== 0) return undefined;
    grid.values.set(new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)));
    return grid;
  } catch {
    return undefined;
  }
}
