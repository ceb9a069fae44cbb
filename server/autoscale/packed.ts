// Memories and inputs of decisions as bytes for a row, squeezed. What cannot be read again is as good as not there: the autoscaler then learns anew.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Observation, Settings, State } from '#scheduler/autoscale/model.ts';
import type { Persisted, Remembered } from './memory.ts';

/** Raised when what is packed could be misread. */
const VERSION = 1;
/** Far more than a memory takes: nobody unpacks a bomb. */
const MOST_BYTES = 8 * 1024 * 1024;

/** Everything that a decision follows from. */
export interface DecisionInputs {
  readonly settings: Settings;
  readonly state: State;
  readonly observation: Observation;
}

export function packMemory({ state, trail, starts, releaseId, kept, previewed }: Remembered): Buffer {
  return pack({ version: VERSION, state, trail, starts, releaseId, kept, previewed } satisfies Persisted & { version: number });
}

/** @returns undefined for what another version of the software wrote */
export function unpackMemory(packed: Buffer): Persisted | undefined {
  const memory = unpack<Persisted & { readonly version: number }>(packed);
  return memory === undefined || memory.version !== VERSION || memory.state?.version !== 1 ? undefined : memory;
}

export const packInputs = (inputs: DecisionInputs): Buffer => pack(inputs);
export const unpackInputs = (packed: Buffer): DecisionInputs | undefined => unpack<DecisionInputs>(packed);

const pack = (value: object): Buffer => deflateRawSync(JSON.stringify(value), { level: 6 });

function unpack<T>(packed: Buffer): T | undefined {
  try {
    return JSON.parse(inflateRawSync(packed, { maxOutputLength: MOST_BYTES }).toString()) as T;
  } catch {
    return undefined;
  }
}
