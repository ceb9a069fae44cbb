// What a schema refused, as field errors: which field, what it said, what is wrong, what is allowed.
// Pure. Values under secret names (and every environment variable's) are left out, long ones cut, objects not repeated.
import type { ZodError, core } from 'zod';
import type { FieldError } from '../errors.ts';

type Issue = core.$ZodIssue;
/** Field names whose values are never repeated; `env` and `files` because containers get secrets through them, `value` is a secret's. */
const SECRET = /^(password|current|next|secret|token|credential|authorization|cookie|env|files|value)$/i;
const LONGEST_VALUE = 120;

/** One error for each wrong field, in the schema's order. `input` is what was validated. */
export function fieldErrors(error: ZodError, input: unknown): FieldError[] {
  return error.issues.flatMap((issue) => flatten(issue, input));
}

/** `peakQps is 0: must be at least 0.001.` */
export function sentence(error: FieldError): string {
  const said = error.value === undefined || error.value === null ? '' : ` is ${JSON.stringify(error.value)}`;
  return `${error.field}${said}: ${error.message}${error.allowed !== undefined ? ` (allowed: ${error.allowed})` : ''}.`;
}

function flatten(issue: Issue, input: unknown): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const value = shown([...issue.path, key], input);
      // Text is not repeated: it may be a secret under a name that was mistyped.
      return { field: fieldName([...issue.path, key]), value: typeof value === 'string' ? undefined : value, message: 'is not a field that is known here' };
    });
  }
  const allowed = allowedBy(issue);
  return [{ field: fieldName(issue.path), value: shown(issue.path, input), message: messageOf(issue, input), ...(allowed !== undefined ? { allowed } : {}) }];
}

/** `profile.cpuMsPerRequest`, `tolerations[2]`; `body` for the whole. */
function fieldName(path: readonly PropertyKey[]): string {
  let name = '';
  for (const part of path) name += typeof part === 'number' ? `[${part}]` : `${name === '' ? '' : '.'}${String(part)}`;
  return name === '' ? 'body' : name;
}

function valueAt(path: readonly PropertyKey[], input: unknown): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

function shown(path: readonly PropertyKey[], input: unknown): unknown {
  if (path.some((part) => typeof part === 'string' && SECRET.test(part))) return undefined;
  const value = valueAt(path, input);
  if (typeof value === 'string') return value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value;
  return typeof value === 'object' || typeof value === 'function' ? undefined : value;
}

function messageOf(issue: Issue, input: unknown): string {
  const missing = valueAt(issue.path, input) === undefined;
  if (issue.code === 'invalid_type') return missing ? 'is needed' : `must be ${article(issue.expected)}`;
  if (issue.code === 'too_small' && own(issue.message)) return sized(issue.origin, 'at least', issue.minimum, issue.inclusive === false ? 'more than' : 'at least');
  if (issue.code === 'too_big' && own(issue.message)) return sized(issue.origin, 'at most', issue.maximum, issue.inclusive === false ? 'less than' : 'at most');
  if (issue.code === 'invalid_value') return missing ? 'is needed' : 'is not one of the allowed values';
  if (issue.code === 'invalid_key') return own(issue.issues[0]?.message ?? 'Invalid') ? 'is not a name that can be used here' : (issue.issues[0]?.message ?? '');
  if (issue.code === 'invalid_union') return 'is not one of the allowed values';
  if (issue.code === 'invalid_format' && own(issue.message)) return issue.format === 'regex' ? 'has a form that is not allowed' : `must be ${FORMATS[issue.format] ?? `a valid ${issue.format}`}`;
  return issue.message.replace(/^Invalid input/, 'is invalid');
}

const FORMATS: Readonly<Record<string, string>> = {
  cidrv4: 'an IPv4 range such as 10.30.0.0/24',
  ipv4: 'an IPv4 address such as 10.30.0.7',
  datetime: 'an instant such as 2026-11-23T09:30:00Z',
  starts_with: 'a path that starts with /',
};

/** Zod's own wording, as against one that the contract gives. */
const own = (message: string): boolean => /^(Too (small|big)|Invalid)/.test(message);

function sized(origin: string, words: string, limit: number | bigint, numberWords: string): string {
  if (origin === 'string') return `must have ${words} ${limit} character${Number(limit) === 1 ? '' : 's'}`;
  if (origin === 'array' || origin === 'set') return `must have ${words} ${limit} item${Number(limit) === 1 ? '' : 's'}`;
  return `must be ${numberWords} ${limit}`;
}

function allowedBy(issue: Issue): string | undefined {
  if (issue.code === 'invalid_value') return issue.values.map(String).join(', ');
  if (issue.code === 'invalid_format' && issue.format === 'regex' && own(issue.message)) return issue.pattern;
  if (issue.code === 'invalid_key') return issue.issues.map((inner) => (own(inner.message) ? allowedBy(inner) : undefined)).find((pattern) => pattern !== undefined);
  if (issue.code === 'invalid_union' && 'discriminator' in issue && 'options' in issue && Array.isArray(issue.options)) return issue.options.map(String).join(', ');
  return undefined;
}

const article = (expected: string): string => {
  if (expected === 'int') return 'a whole number';
  if (expected === 'nan') return 'not a number';
  return /^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`;
};
