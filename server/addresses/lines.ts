// Lines that people read in: networks, reservations and exclusions, as CSV or as words. Pure: gives what each line asks, or what is wrong with
// it by line, field and value. Whether it can be had is found out elsewhere.
import { Name, z } from '../http/contract/common.ts';
import { isWithin, rangeOf, toAddress, toNumber } from './ranges.ts';

export interface LineError {
  readonly line: number;
  readonly field: string;
  readonly value: string;
  readonly message: string;
  readonly allowed: string | null;
}

export type LineAsk = { readonly line: number; readonly network: string } & (
  | { readonly kind: 'reserved' | 'excluded'; readonly first: string; readonly last: string; readonly note: string }
  | { readonly kind: 'network'; readonly site: string; readonly cidr: string; readonly gateway: string; readonly first: string; readonly last: string; readonly dns: string[]; readonly vlan: number | undefined }
);

const KINDS = { reserve: 'reserved', exclude: 'excluded', network: 'network' } as const;
const COLUMNS = ['kind', 'network', 'range', 'note', 'site', 'gateway', 'first', 'last', 'dns', 'vlan'] as const;
type Column = (typeof COLUMNS)[number];
const MOST_LINES = 5_000;

/**
 * One ask a line: `reserve|exclude,NETWORK,RANGE,NOTE`, `network,NAME,CIDR,,SITE,GATEWAY,FIRST,LAST,DNS,VLAN`; a first line with names of columns
 * gives another order. Without a comma, words: the fourth and all after it are the note. Empty lines and lines that begin with # are left out.
 */
export function parseLines(text: string): { readonly asks: readonly LineAsk[]; readonly errors: readonly LineError[] } {
  const asks: LineAsk[] = [];
  const errors: LineError[] = [];
  let columns: readonly Column[] = COLUMNS;
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  let isFirst = true;
  for (const [index, content] of lines.entries()) {
    const line = index + 1;
    if (content.trim() === '' || content.trimStart().startsWith('#')) continue;
    if (asks.length + errors.length >= MOST_LINES) {
      errors.push({ line, field: 'line', value: String(line), message: 'is one too many', allowed: `${MOST_LINES} lines at once` });
      break;
    }
    const cells = cellsOf(content);
    if (isFirst && cells[0]?.toLowerCase() === 'kind') {
      const unknown = cells.find((cell) => !isColumn(cell.toLowerCase()));
      if (unknown === undefined) columns = cells.map((cell) => cell.toLowerCase() as Column);
      else errors.push({ line, field: 'header', value: unknown, message: `${unknown} is no column`, allowed: COLUMNS.join(', ') });
      isFirst = false;
      continue;
    }
    isFirst = false;
    const found = askOf(line, new Map(columns.map((column, at) => [column, cells[at] ?? ''])));
    if ('message' in found) errors.push(found);
    else asks.push(found);
  }
  return { asks, errors };
}

const isColumn = (text: string): text is Column => (COLUMNS as readonly string[]).includes(text);

/** Cells of a CSV line, with quotes as RFC 4180 has them; without a comma, words. */
function cellsOf(content: string): string[] {
  if (!content.includes(',')) {
    const words = content.trim().split(/\s+/);
    return [...words.slice(0, 3), words.slice(3).join(' ')];
  }
  return [...content.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => (quoted?.replaceAll('""', '"') ?? plain ?? '').trim());
}

function askOf(line: number, cells: ReadonlyMap<Column, string>): LineAsk | LineError {
  const cell = (column: Column) => cells.get(column) ?? '';
  const wrong = (field: Column, message: string, allowed: string | null): LineError => ({ line, field, value: cell(field), message: `${field}${cell(field) === '' ? '' : ` ${cell(field)}`} ${message}`, allowed });
  const kind = cell('kind').toLowerCase();
  if (!Object.hasOwn(KINDS, kind)) return wrong('kind', 'is nothing that can be read in', Object.keys(KINDS).join(', '));
  const network = cell('network');
  if (!Name.safeParse(network).success) return wrong('network', 'is no name of a network', '1 to 40 lower-case letters, digits or dashes, starting with a letter');
  if (kind === 'network') return networkOf(line, network, cell, wrong);
  const range = rangeText(cell('range'));
  if (range === undefined) return wrong('range', 'is no address and no range', '10.30.0.7, 10.30.0.7-10.30.0.9 or 10.30.0.8/30');
  const note = cell('note').slice(0, 200);
  if (note === '') return wrong('note', 'is missing', 'what it is for');
  return { line, network, kind: KINDS[kind as 'reserve' | 'exclude'], ...range, note };
}

function networkOf(line: number, network: string, cell: (column: Column) => string, wrong: (field: Column, message: string, allowed: string | null) => LineError): LineAsk | LineError {
  const cidr = cell('range');
  if (!z.cidrv4().safeParse(cidr).success) return wrong('range', 'is no range', '10.30.0.0/24');
  if (!Name.safeParse(cell('site')).success) return wrong('site', 'is no name of a site', 'lower-case letters, digits or dashes');
  for (const column of ['gateway', 'first', 'last'] as const) {
    if (!isAddress(cell(column))) return wrong(column, 'is no address', `an address of ${cidr}`);
    if (!isWithin(cell(column), rangeOf(cidr))) return wrong(column, `is not in ${cidr}`, `an address of ${cidr}`);
  }
  const dns = cell('dns').split(/[;\s]+/).filter((each) => each !== '');
  if (dns.length > 4 || !dns.every(isAddress)) return wrong('dns', 'is no list of name servers', 'up to 4 addresses with ; between them');
  const vlan = cell('vlan') === '' ? undefined : Number(cell('vlan'));
  if (vlan !== undefined && !(Number.isInteger(vlan) && vlan >= 1 && vlan <= 4_094)) return wrong('vlan', 'is no id of a VLAN', '1 to 4094');
  return { line, kind: 'network', network, site: cell('site'), cidr, gateway: cell('gateway'), first: cell('first'), last: cell('last'), dns, vlan };
}

const isAddress = (text: string): boolean => z.ipv4().safeParse(text).success;

function rangeText(text: string): { first: string; last: string } | undefined {
  if (isAddress(text)) return { first: text, last: text };
  if (z.cidrv4().safeParse(text).success) {
    const { first, last } = rangeOf(text);
    return { first: toAddress(first), last: toAddress(last) };
  }
  const [first = '', last = '', ...rest] = text.split('-').map((each) => each.trim());
  return rest.length === 0 && isAddress(first) && isAddress(last) && toNumber(first) <= toNumber(last) ? { first, last } : undefined;
}
