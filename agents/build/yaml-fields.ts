// Reads a YAML mapping field by field against a table and says what is wrong with line and column. Pure.
// Takes text and a table of fields; gives values or every problem. Knows no field of any file by itself: firn-yaml.ts and layer-yaml.ts do.
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import { nearWord } from './near-word.ts';

export interface YamlProblem {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Field, value, what is allowed. */
  readonly sentence: string;
}

/** Reads the value of one field, or says what is allowed. */
export type FieldReader<T> = (value: YamlValue) => Read<T>;
export type Read<T> = { readonly value: T } | { readonly allowed: string } | { readonly problems: readonly YamlProblem[] };

/** One value with its place. */
export interface YamlValue {
  /** The field as a person would name it: `profile.maxQps`. */
  readonly path: string;
  /** string, number, boolean, null, or undefined for a list or a mapping. */
  readonly scalar: unknown;
  /** As written, without quotes: `010` stays `010`. */
  readonly text: string;
  readonly list: readonly YamlValue[] | undefined;
  readonly map: readonly { readonly key: string; readonly at: YamlPlace; readonly value: YamlValue }[] | undefined;
  readonly at: YamlPlace;
}
export interface YamlPlace {
  readonly line: number;
  readonly column: number;
}

/** Longer ones are not read: nobody writes them by hand, and parsing must stay cheap. */
const MOST_BYTES = 64 * 1024;
const SHOWN = 60;

/** The document as values with places, or what is wrong with its syntax. */
export function readYaml(text: string): { readonly value: YamlValue } | { readonly problems: readonly YamlProblem[] } {
  if (Buffer.byteLength(text) > MOST_BYTES) return { problems: [{ line: 1, column: 1, sentence: `the file has ${Buffer.byteLength(text)} bytes; at most ${MOST_BYTES} are allowed` }] };
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    return { problems: document.errors.map((error) => ({ ...placeIn(lines, error.pos[0]), sentence: `is not valid YAML: ${error.message.split('\n')[0] ?? ''}` })) };
  }
  const reader = new Reader(lines);
  const value = reader.read(document.contents, '', 0);
  return reader.problems.length > 0 ? { problems: reader.problems } : { value };
}

const placeIn = (lines: LineCounter, offset: number): YamlPlace => {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
};

class Reader {
  readonly problems: YamlProblem[] = [];
  readonly #lines: LineCounter;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  read(node: unknown, path: string, depth: number): YamlValue {
    const at = this.#placeOf(node);
    const nothing: YamlValue = { path, scalar: null, text: '', list: undefined, map: undefined, at };
    if (isAlias(node) || depth > 8) {
      this.problems.push({ ...at, sentence: isAlias(node) ? `${path}: aliases (*${node.source}) are not allowed; write the value again` : `${path}: is nested too deeply` });
      return nothing;
    }
    if (isMap(node)) return { ...nothing, scalar: undefined, map: this.#readMap(node, path, depth) };
    if (isSeq(node)) return { ...nothing, scalar: undefined, list: node.items.map((item, index) => this.read(item, `${path}[${index}]`, depth + 1)) };
    if (!isScalar(node)) return nothing;
    return { ...nothing, scalar: node.value, text: typeof node.value === 'string' ? node.value : (node.source ?? String(node.value)) };
  }

  #readMap(node: YAMLMap, path: string, depth: number): NonNullable<YamlValue['map']> {
    return node.items.map(({ key, value }) => {
      const at = this.#placeOf(key);
      if (!isScalar(key)) this.problems.push({ ...at, sentence: 'a field must have a name of its own' });
      const name = isScalar(key) ? (typeof key.value === 'string' ? key.value : (key.source ?? String(key.value))) : '';
      const read = this.read(value, path === '' ? name : `${path}.${name}`, depth + 1);
      // `port:` with nothing behind has no place of its own.
      return { key: name, at, value: read.scalar === null && read.text === '' ? { ...read, at } : read };
    });
  }

  #placeOf(node: unknown): YamlPlace {
    const offset = typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range) ? Number(node.range[0]) : 0;
    return placeIn(this.#lines, offset);
  }
}

/**
 * Reads a mapping against a table of fields. Every problem is told, not only the first.
 * `required` fields that are missing are told at the mapping's beginning.
 */
export function readFields<T extends object>(
  value: YamlValue,
  fields: { readonly [K in keyof T]-?: FieldReader<NonNullable<T[K]>> },
  required: readonly (keyof T & string)[],
  synonyms: Readonly<Record<string, keyof T & string>> = {},
): { readonly value: T } | { readonly problems: readonly YamlProblem[] } {
  const names = Object.keys(fields) as (keyof T & string)[];
  const here = value.path === '' ? 'the file' : value.path;
  if (value.map === undefined) return { problems: [{ ...value.at, sentence: `${here}: ${shown(value)} is not allowed; give fields: ${names.join(', ')}` }] };
  const problems: YamlProblem[] = [];
  const found: Partial<T> = {};
  for (const { key, at, value: given } of value.map) {
    const name = names.find((one) => one === key);
    if (name === undefined) {
      const near = synonyms[key] ?? nearWord(key, names);
      const hint = near === undefined ? '' : `; did you mean ${near}?`;
      problems.push({ ...at, sentence: `${given.path}: there is no such field${hint} Allowed are ${names.join(', ')}`.replace('field Allowed', 'field; allowed') });
      continue;
    }
    const read = fields[name](given);
    if ('value' in read) found[name] = read.value;
    else if ('problems' in read) problems.push(...read.problems);
    else problems.push({ ...given.at, sentence: `${given.path}: ${shown(given)} is not allowed; ${read.allowed}` });
  }
  const keys = new Set(value.map.map(({ key }) => key));
  for (const name of required) if (!keys.has(name)) problems.push({ ...value.at, sentence: `${value.path === '' ? '' : `${value.path}.`}${name}: is missing` });
  return problems.length > 0 ? { problems: problems.toSorted((one, other) => one.line - other.line || one.column - other.column) } : { value: found as T };
}

/** A value as a message shows it. */
function shown(value: YamlValue): string {
  if (value.map !== undefined) return 'a mapping';
  if (value.list !== undefined) return 'a list';
  if (value.scalar === null) return 'nothing';
  const text = typeof value.scalar === 'string' ? JSON.stringify(value.scalar) : value.text;
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text;
}

/** All problems as one text for people: `firn.yaml:3:7: port: ...`, at most ten lines. */
export function problemText(file: string, problems: readonly YamlProblem[]): string {
  const lines = problems.slice(0, 10).map(({ line, column, sentence }) => `${file}:${line}:${column}: ${sentence}`);
  return [...lines, ...(problems.length > 10 ? [`and ${problems.length - 10} more`] : [])].join('\n');
}

// -- readers that more than one file needs

/** Text that fits a pattern. */
export const textOf = (pattern: RegExp, allowed: string, most = 8_192): FieldReader<string> => (value) =>
  typeof value.scalar === 'string' && value.scalar.length <= most && pattern.test(value.scalar) ? { value: value.scalar } : { allowed };

/** A number within bounds; whole unless told otherwise. */
export const numberOf = (least: number, most: number, whole = true): FieldReader<number> => (value) => {
  const { scalar } = value;
  if (typeof scalar === 'number' && Number.isFinite(scalar) && scalar >= least && scalar <= most && (!whole || Number.isInteger(scalar))) return { value: scalar };
  return { allowed: `give a ${whole ? 'whole ' : ''}number from ${least} to ${most}` };
};
