// Talks to the server's API: JSON in, JSON out, problem+json as a typed error. Takes a path below /api/v1 and a signal; gives the body.
// Every call has a deadline. Knows nothing of pages; who is signed out is told by onSignedOut.
import type { Problem } from '#server/http/contract/index.ts';

const ROOT = '/api/v1';
/** Longer than any answer of a healthy server; after it a person should see that something is wrong. */
const DEADLINE_MS = 15_000;
/** For what the server computes with a solver: longer than the limit that it sets itself. */
export const THINKING_MS = 90_000;
/** The most that one page of a list may hold (ListQuery of the contract). */
const PAGE = 1000;

export class ApiError extends Error {
  /** 0: the server could not be reached. */
  readonly status: number;
  readonly problem: Problem | null;
  constructor(status: number, problem: Problem | null, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.problem = problem;
  }

  get code(): string {
    return this.problem?.code ?? (this.status === 0 ? 'unreachable' : 'unknown');
  }

  /** field path -> what is wrong with it; the first message of a field wins. */
  get fields(): Readonly<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const { field, message } of this.problem?.errors ?? []) found[field] ??= message;
    return found;
  }
}

let signedOut: () => void = () => undefined;

/** Called whenever the server says that nobody is signed in. */
export function onSignedOut(listener: () => void): void {
  signedOut = listener;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** For questions that the server may think about; the usual deadline when absent. */
  readonly deadlineMs?: number;
}

/**
 * One call. An aborted one rejects with the signal's reason, everything else that fails with an ApiError.
 * @throws ApiError
 */
export async function call<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, options: CallOptions = {}): Promise<T> {
  const deadline = AbortSignal.timeout(options.deadlineMs ?? DEADLINE_MS);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline]);
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers };
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  const request: RequestInit = { method, headers, signal, credentials: 'same-origin' };
  if (options.body !== undefined) request.body = JSON.stringify(options.body);
  let response: Response;
  try {
    response = await fetch(`${ROOT}${path}`, request);
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    throw new ApiError(0, null, deadline.aborted ? 'the server did not answer in time' : 'the server cannot be reached');
  }
  return answer<T>(response, path);
}

async function answer<T>(response: Response, path: string): Promise<T> {
  const text = await response.text();
  const body = parse(text);
  if (response.ok) return body as T;
  if (response.status === 401 && path !== '/auth/login') signedOut();
  const problem = isProblem(body) ? body : null;
  throw new ApiError(response.status, problem, problem?.detail ?? problem?.title ?? `the server answered ${response.status}`);
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'title' in body;
}

export function get<T>(path: string, signal?: AbortSignal, deadlineMs?: number): Promise<T> {
  return call<T>('GET', path, { ...(signal === undefined ? {} : { signal }), ...(deadlineMs === undefined ? {} : { deadlineMs }) });
}

/** The bytes of a text from `offset` on: logs that grow while one reads. */
export async function getBytes(path: string, offset: number, signal: AbortSignal): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(`${ROOT}${path}?offset=${offset}`, { headers: { accept: 'text/plain' }, signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]), credentials: 'same-origin' });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiError(0, null, 'the server cannot be reached');
  }
  if (response.ok) return new Uint8Array(await response.arrayBuffer());
  return answer<Uint8Array>(response, path);
}

interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}

/** Every item of a list, page by page: a fleet of 10,000 hosts is ten calls. @param most that the list gives in one page */
export async function getAll<T>(path: string, signal?: AbortSignal, most = PAGE): Promise<T[]> {
  const items: T[] = [];
  let after: string | null = null;
  do {
    const query = new URLSearchParams({ limit: String(most), ...(after === null ? {} : { after }) });
    const page: Page<T> = await get<Page<T>>(`${path}${path.includes('?') ? '&' : '?'}${query.toString()}`, signal);
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}

/**
 * An answer of JSON lines, line by line as they come. It may take as long as it takes: whoever reads ends it by the signal.
 * @throws ApiError when there is no answer; a connection that breaks later ends it with the fetch's own error
 */
export async function* openLines<T>(path: string, signal: AbortSignal): AsyncGenerator<T> {
  let response: Response;
  try {
    response = await fetch(`${ROOT}${path}`, { headers: { accept: 'application/x-ndjson' }, signal, credentials: 'same-origin' });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiError(0, null, 'the server cannot be reached');
  }
  if (!response.ok || response.body === null) {
    await answer(response, path);
    return;
  }
  let rest = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as T;
  }
}
