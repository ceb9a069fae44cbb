/**
 * VM arrivals and lifetimes over days, as the defragmentation benchmark replays them. Public data: the development part of the traces of
 * huaweicloud/trace_generation_rnn, made from AzurePublicDataset V1 (Cortez et al., SOSP 2017), CC-BY 4.0. The folder is given by the
 * caller; without it a trace of the same kind is generated. Lifetimes are published as bins: one is drawn inside each, from a seed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mulberry32 } from '#scheduler/pack/random.ts';

export interface Vm {
  /** Seconds since the trace began. */
  readonly arrives: number;
  /** Infinity where it runs at the end of the trace. */
  readonly leaves: number;
  readonly cores: number;
  /** In quarters of a GiB, which are whole numbers for every flavour. */
  readonly memoryQuarters: number;
}

export interface Trace {
  readonly name: string;
  /** Whether it is the public one, so that published figures may stand beside ours. */
  readonly isPublic: boolean;
  readonly hours: number;
  /** By arrival. */
  readonly vms: readonly Vm[];
}

const HOUR = 3600;
const BIN_SECONDS = 300;
const FILES = { flavours: 'flav_map.txt', bins: 'v1.interval_map.txt', arrivals: 'v1.dev.txt', lifetimes: 'v1.dev.c2100000.txt' } as const;
/** When observation ended, in the trace's own seconds. */
const CENSORED_AT = 2_100_000;

/** @param folder with the files of the trace; undefined or without them: a generated one. @param seed of the lifetimes */
export function readTrace(folder: string | undefined, seed: number): Trace {
  const directory = [folder, folder === undefined ? undefined : join(folder, 'azure')].find((each) => each !== undefined && Object.values(FILES).every((file) => existsSync(join(each, file))));
  return directory === undefined ? generatedTrace(seed) : publicTrace(directory, mulberry32(seed));
}

function publicTrace(folder: string, random: () => number): Trace {
  const lines = (file: string) => readFileSync(join(folder, file), 'utf8').trim().split('\n').map((line) => line.split(' ') as [string, string?]);
  const flavours = new Map(lines(FILES.flavours).map(([size, letter = '']) => [letter, size.split(',').map(Number) as [number, number]]));
  const bins = Map.groupBy(lines(FILES.bins).map(([seconds, bin]) => ({ seconds: Number(seconds), bin: Number(bin) })), ({ bin }) => bin);
  const list = (text = '') => text.split(',').filter((each) => each !== '' && each !== '|');
  const durations = lines(FILES.lifetimes);
  const begin = Number(durations[0]?.[0]);
  const vms = lines(FILES.arrivals).flatMap(([time, names], line) => {
    const lives = list(durations[line]?.[1]);
    return list(names).map((letter, index): Vm => {
      const [cores, gib] = flavours.get(letter) ?? fail(`flavour ${letter} is not in ${FILES.flavours}`);
      const life = lives[index] ?? fail(`line ${line + 1}: ${lives.length} lifetimes for more VMs`);
      const steps = bins.get(Number(life.slice(1))) ?? fail(`lifetime ${life} is in no bin`);
      const drawn = (steps[Math.floor(random() * steps.length)]?.seconds ?? 0) + random() * BIN_SECONDS;
      const arrives = Number(time) - begin;
      return { arrives, leaves: life.startsWith('U') ? arrives + drawn : Number.POSITIVE_INFINITY, cores, memoryQuarters: gib * 4 };
    });
  });
  return { name: 'Azure V1, development part', isPublic: true, hours: Math.ceil((CENSORED_AT - begin) / HOUR), vms };
}

function fail(message: string): never {
  throw new Error(`the trace cannot be read: ${message}`);
}

/** Two days of the same kind: many small short-lived VMs, few large long-lived ones, twice as many arrivals by day as by night. */
function generatedTrace(seed: number): Trace {
  const random = mulberry32(seed);
  const hours = 48;
  const sizes = [[1, 7], [1, 7], [1, 7], [2, 14], [2, 14], [4, 28], [8, 56], [8, 224]] as const;
  const vms: Vm[] = [];
  for (let slot = 0; slot < (hours * HOUR) / BIN_SECONDS; slot += 1) {
    const arrives = slot * BIN_SECONDS;
    const arrivals = Math.round(120 * (1.5 - Math.cos((2 * Math.PI * arrives) / (24 * HOUR)) / 2) * random());
    for (let index = 0; index < arrivals; index += 1) {
      const [cores, memoryQuarters] = sizes[Math.floor(random() * sizes.length)] ?? [1, 7];
      // Pareto with a heavy tail: half live under half an hour, one in ten for more than half a day.
      const seconds = 600 * random() ** -1.6;
      vms.push({ arrives, leaves: arrives + seconds > hours * HOUR ? Number.POSITIVE_INFINITY : arrives + seconds, cores, memoryQuarters });
    }
  }
  return { name: 'generated (the public trace was not found: huaweicloud/trace_generation_rnn, made from AzurePublicDataset V1)', isPublic: false, hours, vms };
}
