// Talks to the server: one typed call per route that the commands use, JSON in and out, with a deadline. What goes wrong
// becomes a CliError that a person can act on: the server's own sentence, or why it cannot be reached.
import type { Problem } from '../http/contract/index.ts';
import type { Target } from './config.ts';
import { CliError, EXIT } from './exit.ts';
import { exchange as exchangeText, openAnswer } from './transport.ts';

/** Longer than any answer of the API takes: what-if on a large cluster thinks up to a minute. */
const DEADLINE_MS = 70_000;
/** Of a large body on a slow line. */
const UPLOAD_DEADLINE_MS = 900_000;

/** The server refused: its problem, as sent. */
export class RefusedError extends CliError {
  readonly problem: Problem;
  constructor(problem: Problem, address: string) {
    const details = fieldLines(problem);
    const hint = problem.status === 401 ? [`Run \`firn login ${address}\`, or set FIRN_TOKEN.`] : [];
    super(details.length > 0 ? problem.title : (problem.detail ?? problem.title), EXIT.error, [...details, ...hint]);
    this.problem = problem;
  }
}

/** `peakQps (--qps) is -5: must be at least 0.001`, one line for each wrong field; `flagOf` says which flag a field came from. */
export const fieldLines = (problem: Problem, flagOf: (field: string) => string | undefined = () => undefined): string[] =>
  (problem.errors ?? []).map(({ field, value, message, allowed }) => {
    const flag = flagOf(field);
    const said = value === null || value === undefined ? '' : ` is ${JSON.stringify(value)}`;
    return `${field}${flag === undefined ? '' : ` (${flag})`}${said}: ${message}${allowed === undefined ? '' : ` (allowed: ${allowed})`}`;
  });

export interface Client {
  readonly address: string;
  get<T>(path: string, query?: Readonly<Record<string, string | number | undefined>>): Promise<T>;
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<T>;
  /** Plain text, with the headers of the answer. */
  text(path: string, query?: Readonly<Record<string, string | number | undefined>>): Promise<{ readonly text: string; readonly headers: Readonly<Record<string, string | readonly string[] | undefined>> }>;
  /** JSON lines as they come. Ends without an error when the connection breaks: what the last line is says whether that was the end. */
  lines<T>(path: string, query?: Readonly<Record<string, string | number | undefined>>): AsyncGenerator<T>;
  /** Sends a body of this media type as it comes. */
  upload<T>(path: string, type: string, body: AsyncIterable<Uint8Array>): Promise<T>;
  /** Like `send`, with the cookies that the answer sets; for signing in. */
  exchange<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<{ body: T; cookies: readonly string[] }>;
}

/** `path` is below /api/v1; its parts must be encoded by the caller. */
export function makeClient(target: Target, signal?: AbortSignal): Client {
  const ask = async (method: string, path: string, headers: Readonly<Record<string, string>>, sent: { readonly body?: string; readonly upload?: AsyncIterable<Uint8Array> }, deadlineMs = DEADLINE_MS) => {
    const all: Record<string, string> = { accept: 'application/json', ...headers };
    if (target.token !== null) all['authorization'] = `Bearer ${target.token}`;
    const answer = await exchangeText(new URL(`${target.address}/api/v1${path}`), { method, headers: all, signal, deadlineMs, ...sent });
    const { status, statusText, text } = answer;
    if (status >= 200 && status <= 299) return answer;
    const problem = parse(text);
    throw new RefusedError(isProblem(problem) ? problem : { type: 'about:blank', title: `${target.address} answered ${status} ${statusText}`.trim(), status, code: 'no-problem' }, target.address);
  };
  const jsonOf = (text: string): unknown => {
    const parsed = parse(text);
    if (text !== '' && parsed === undefined) throw new CliError(`${target.address} does not answer like a Firn server: it sent no JSON.`);
    return parsed;
  };
  const exchange: Client['exchange'] = async <T>(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) => {
    const { text, cookies } = await ask(method, path, { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, body === undefined ? {} : { body: JSON.stringify(body) });
    return { body: jsonOf(text) as T, cookies };
  };
  const withQuery = (path: string, query: Readonly<Record<string, string | number | undefined>> = {}): string => {
    const search = new URLSearchParams(Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)] as [string, string]])));
    return search.size === 0 ? path : `${path}?${search.toString()}`;
  };
  const lines = async function* <T>(path: string, query?: Readonly<Record<string, string | number | undefined>>): AsyncGenerator<T> {
    const headers = { accept: 'application/x-ndjson', ...(target.token === null ? {} : { authorization: `Bearer ${target.token}` }) };
    const answer = await openAnswer(new URL(`${target.address}/api/v1${withQuery(path, query)}`), { headers, signal, deadlineMs: DEADLINE_MS });
    const status = answer.statusCode ?? 0;
    let rest = '';
    try {
      for await (const part of answer.setEncoding('utf8')) {
        rest += String(part);
        if (status !== 200) continue;
        const whole = rest.split('\n');
        rest = whole.pop() ?? '';
        for (const line of whole) if (line !== '') yield JSON.parse(line) as T;
      }
    } catch (error) {
      if (status !== 200) throw error;
    }
    if (status === 200) return;
    const problem = parse(rest);
    throw new RefusedError(isProblem(problem) ? problem : { type: 'about:blank', title: `${target.address} answered ${status}`, status, code: 'no-problem' }, target.address);
  };
  return {
    address: target.address,
    lines,
    exchange,
    get: async <T>(path: string, query?: Readonly<Record<string, string | number | undefined>>) => (await exchange<T>('GET', withQuery(path, query))).body,
    text: async (path, query) => await ask('GET', withQuery(path, query), { accept: 'text/plain' }, {}),
    upload: async <T>(path: string, type: string, body: AsyncIterable<Uint8Array>) => jsonOf((await ask('POST', path, { 'content-type': type }, { upload: body }, UPLOAD_DEADLINE_MS)).text) as T,
    send: async <T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown, headers?: Readonly<Record<string, string>>) => (await exchange<T>(method, path, body, headers)).body,
  };
}

/** A path from parts, each encoded: `path('hosts', name, 'cordon')`. */
export const path = (...parts: readonly (string | number)[]): string => parts.map((part) => `/${encodeURIComponent(part)}`).join('');

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isProblem = (value: unknown): value is Problem => typeof value === 'object' && value !== null && 'code' in value && 'title' in value && 'status' in value;
