// Memories and inputs of decisions as bytes for a row, squeezed. What cannot be read again is as good as not there: the autoscaler then learns anew.
// Inputs of one workload hardly differ from one decision to the next: each is packed against the one before, in chains that are short enough to read.
import { constants, deflateRawSync, inflateRawSync, zstdCompressSync, zstdDecompressSync, type ZstdOptions } from 'node:zlib';
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

/** A window over two whole inputs, so that the one before is found; level 6 is as fast as deflate and no larger than higher ones. */
const PARAMS = { [constants.ZSTD_c_compressionLevel]: 6, [constants.ZSTD_c_windowLog]: 18 };
const textOf = (inputs: DecisionInputs): Buffer => Buffer.from(JSON.stringify(inputs));
const against = (before: Buffer | undefined): ZstdOptions => (before === undefined ? {} : { dictionary: before });

/** @param before inputs of the decision before it in its chain; null: the chain begins here */
export const packInputs = (inputs: DecisionInputs, before: DecisionInputs | null): Buffer => zstdCompressSync(textOf(inputs), { params: PARAMS, ...against(before === null ? undefined : textOf(before)) });

/** @param packed its chain up to the decision, oldest first; of earlier versions the one alone @returns undefined for what cannot be read */
export function unpackInputs(packed: readonly Buffer[], isAlone: boolean): DecisionInputs | undefined {
  if (packed.length === 0) return undefined;
  if (isAlone) return unpack<DecisionInputs>(packed[0]!);
  try {
    let text: Buffer | undefined;
    for (const each of packed) text = zstdDecompressSync(each, { maxOutputLength: MOST_BYTES, ...against(text) });
    return JSON.parse(text!.toString()) as DecisionInputs;
  } catch {
    return undefined;
  }
}

/** So many decisions are unpacked to read the last one. */
const LINKS = 30;
/** A chain goes when its last decision does: it must not hold the first ones much longer than their time. */
const LINKED_MS = 6 * 3_600_000;

/** The last stored decision of a workload in this life of the server, and the chain that it is in. */
export interface Link {
  readonly chain: string;
  readonly count: number;
  readonly begunAt: number;
  readonly id: string;
  readonly inputs: DecisionInputs;
}

/** @returns the link of a decision to be stored, with what it is to be packed against. Ids only rise within a chain, whatever clocks do. */
export function linkTo(last: Link | null, id: string, at: number, inputs: DecisionInputs): { readonly link: Link; readonly before: DecisionInputs | null } {
  const goesOn = last !== null && last.count < LINKS && Math.abs(at - last.begunAt) < LINKED_MS && id > last.id;
  return goesOn ? { link: { ...last, count: last.count + 1, id, inputs }, before: last.inputs } : { link: { chain: id, count: 1, begunAt: at, id, inputs }, before: null };
}

const pack = (value: object): Buffer => deflateRawSync(JSON.stringify(value), { level: 6 });

function unpack<T>(packed: Buffer): T | undefined {
  try {
    return JSON.parse(inflateRawSync(packed, { maxOutputLength: MOST_BYTES }).toString()) as T;
  } catch {
    return undefined;
  }
}
