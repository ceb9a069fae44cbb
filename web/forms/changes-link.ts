// A composition of changes as a short text for a link, and back. Takes changes as the API has them; gives base64url of their JSON. What
// comes from a link is anybody's: it is read into the fields that the API knows, and the server judges it again.
import type { Change } from '#server/http/contract/index.ts';

const KINDS = new Set(['drain', 'lose', 'add', 'buy', 'grow', 'remove', 'policy', 'rearrange']);
/** As many as the API takes. */
const MOST_CHANGES = 20;
/** Longer addresses are cut by proxies and chat programs. */
const MOST_CHARACTERS = 7000;

/** @returns null where it would be too long for a link */
export function writeChanges(changes: readonly Change[]): string | null {
  const bytes = new TextEncoder().encode(JSON.stringify(changes));
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return text.length > MOST_CHARACTERS ? null : text;
}

/** @returns null where the text is not a list of changes */
export function readChanges(text: string): Change[] | null {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return Array.isArray(value) && value.length <= MOST_CHANGES && value.every(isChange) ? value : null;
  } catch {
    return null;
  }
}

function isChange(value: unknown): value is Change {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !KINDS.has(String(value.kind))) return false;
  const fields = value as Record<string, unknown>;
  const isText = (key: string) => typeof fields[key] === 'string';
  const isNumber = (key: string) => typeof fields[key] === 'number' && Number.isFinite(fields[key]);
  const isTexts = (key: string) => Array.isArray(fields[key]) && fields[key].every((each) => typeof each === 'string');
  switch (fields.kind as Change['kind']) {
    case 'drain':
      return isTexts('hosts');
    case 'lose':
      return isText('name') && ['host', 'rack', 'site'].includes(String(fields.domain));
    case 'add':
      return isNumber('count') && isHost(fields.host);
    case 'buy':
      return fields.pools === undefined || isTexts('pools');
    case 'grow':
      return isText('workload') && isNumber('permille');
    case 'remove':
      return isText('workload');
    case 'policy':
      return typeof fields.record === 'object' && fields.record !== null;
    case 'rearrange':
      return Array.isArray(fields.wishes);
  }
}

function isHost(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, site, rack, capacity, costCentsPerHour } = value as Record<string, unknown>;
  if (typeof capacity !== 'object' || capacity === null) return false;
  const { cpuMilli, memoryMib } = capacity as Record<string, unknown>;
  return [kind, site, rack].every((each) => typeof each === 'string') && [cpuMilli, memoryMib, costCentsPerHour].every((each) => typeof each === 'number');
}
