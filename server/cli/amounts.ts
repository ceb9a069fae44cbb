// How people write amounts, and how they read them: `4`, `500m`, `8Gi`, `256Mi`, `25%`, `5m`. Pure; refusals say what is
// allowed. Parsed amounts are integers in the unit that the function's name states.
import { InvalidArgumentError } from '@commander-js/extra-typings';

/** `4` or `1.5` cores, `500m` millicores -> millicores. */
export function parseCpuMilli(text: string): number {
  const match = /^(\d+(?:\.\d{1,3})?)(m?)$/.exec(text.trim());
  const milli = match === null ? Number.NaN : match[2] === 'm' ? Number(match[1]) : Math.round(Number(match[1]) * 1000);
  if (!Number.isSafeInteger(milli)) throw new InvalidArgumentError(`"${text}" is no amount of CPU: write cores (4, 1.5) or millicores (500m).`);
  return milli;
}

const MEMORY_KIB: Readonly<Record<string, number>> = { Ki: 1, Mi: 1024, Gi: 1_048_576, Ti: 1_073_741_824 };

function parseMemoryKib(text: string, plain: 'Ki' | 'Mi'): number {
  const match = /^(\d+(?:\.\d{1,6})?)(Ki|Mi|Gi|Ti)?B?$/.exec(text.trim());
  const kib = match === null ? Number.NaN : Number(match[1]) * (MEMORY_KIB[match[2] ?? plain] ?? Number.NaN);
  if (!Number.isFinite(kib)) throw new InvalidArgumentError(`"${text}" is no amount of memory: write it as 256Mi or 8Gi.`);
  return kib;
}

/** `8Gi`, `256Mi`, `512` (MiB) -> MiB. */
export function parseMemoryMib(text: string): number {
  const mib = parseMemoryKib(text, 'Mi') / 1024;
  if (!Number.isSafeInteger(mib)) throw new InvalidArgumentError(`"${text}" is not a whole number of MiB.`);
  return mib;
}

/** `512Ki`, `1Mi`, `512` (KiB) -> KiB; decimals are allowed. */
export const parseMemoryPerQpsKib = (text: string): number => parseMemoryKib(text, 'Ki');

/** `25%` -> 250. */
export function parsePermille(text: string): number {
  const match = /^(\d+(?:\.\d)?)%$/.exec(text.trim());
  if (match === null) throw new InvalidArgumentError(`"${text}" is no share: write it as 25%.`);
  return Math.round(Number(match[1]) * 10);
}

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `5m`, `1h30m`, `30d` -> milliseconds. */
export function parseDurationMs(text: string): number {
  const trimmed = text.trim();
  if (!/^(\d+(ms|s|m|h|d))+$/.test(trimmed)) throw new InvalidArgumentError(`"${text}" is no duration: write it as 90s, 5m, 1h30m or 30d.`);
  let sum = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+)(ms|s|m|h|d)/g)) sum += Number(amount) * (MS[unit ?? ''] ?? 0);
  if (!Number.isSafeInteger(sum)) throw new InvalidArgumentError(`"${text}" is longer than time.`);
  return sum;
}

/** A number as JSON has them, with what it must be in the refusal. */
export function parseNumber(text: string): number {
  const value = /^-?\d+(\.\d+)?(e\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw new InvalidArgumentError(`"${text}" is not a number.`);
  return value;
}
export function parseInteger(text: string): number {
  const value = parseNumber(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError(`"${text}" is not a whole number.`);
  return value;
}

/** Collects `--label key=value`, as often as it is given; an empty value is a value. */
export function collectPairs(text: string, before: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError(`"${text}" is no pair: write it as key=value.`);
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
/** Collects an option that may be given several times. */
export const collect = (text: string, before: readonly string[] | undefined): string[] => [...(before ?? []), text];

/** `1 replica`, `6 replicas`. */
export const counted = (count: number, word: string, plural: string = `${word}s`): string => `${count} ${count === 1 ? word : plural}`;
/** 12000 -> `12`, 500 -> `0.5`. */
export const cores = (cpuMilli: number): string => String(Math.round(cpuMilli) / 1000);
/** With the word: `1 core`, `1.5 cores`. */
export const coreCount = (cpuMilli: number): string => `${cores(cpuMilli)} ${cpuMilli === 1_000 ? 'core' : 'cores'}`;
/** 8192 -> `8 GiB`, 300 -> `300 MiB`, 1536 -> `1.5 GiB`. */
export function memory(mib: number): string {
  if (Math.abs(mib) < 1024) return `${mib} MiB`;
  return mib < 1_048_576 ? `${Math.round((mib / 1024) * 10) / 10} GiB` : `${Math.round((mib / 1_048_576) * 100) / 100} TiB`;
}
/** 1536 -> `1.5 KiB`, 52428800 -> `50 MiB`. */
export function byteCount(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  return bytes < 1_048_576 ? `${Math.round(bytes / 102.4) / 10} KiB` : memory(Math.round((bytes / 1_048_576) * 10) / 10);
}
/** Cents -> `CNY 1,234.50`. */
export const money = (cents: number, currency: string): string => `${currency} ${(cents / 100).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;

/** How long ago or ahead, in the largest unit that says enough: `12s`, `5m`, `3h`, `2d`. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(Math.abs(ms) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)}h` : `${Math.round(seconds / 86_400)}d`;
}
