// Calls to Docker: a deadline on each, errors turned into sentences, and which answers mean that nothing was to be done.
import { withDeadline, type Clock } from '../clock.ts';

/** Questions: an engine that needs longer is not well. */
export const ASK_LIMIT_MS = 10_000;
/** Changes: a busy disk may make them slow. */
export const CHANGE_LIMIT_MS = 60_000;

/** Runs one call. Rejects with DeadlineError, or with what Docker said, after the words for what was tried. */
export async function call<T>(clock: Clock, what: string, limitMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  try {
    return await withDeadline(clock, limitMs, what, work);
  } catch (error) {
    throw wordsFor(what, error);
  }
}

/** What Docker answered instead of what was wanted. */
export class EngineError extends Error {
  override name = 'EngineError';
  /** Of HTTP; undefined for what it said in the middle of an answer. */
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

/** dockerode's errors say `(HTTP code 404) no such container - ` and Docker's sentence: keep the sentence. */
export function wordsFor(what: string, error: unknown): Error {
  if (!(error instanceof Error)) return new Error(`${what}: ${String(error)}`);
  const { statusCode, json } = error as Error & { readonly statusCode?: number; readonly json?: { readonly message?: string } };
  if (statusCode === undefined) return error;
  return new EngineError(`${what}: ${json?.message ?? error.message.replace(/^\(HTTP code \d+\) [a-z ]+ - /, '')}`, statusCode, error);
}

const isStatus = (error: unknown, status: number): boolean => error instanceof EngineError && error.status === status;

/** 404: it is not there. */
export function absent(error: unknown): undefined {
  if (!isStatus(error, 404)) throw error;
  return undefined;
}

/** 304: it is so already. */
export function unchanged(error: unknown): undefined {
  if (!isStatus(error, 304)) throw error;
  return undefined;
}

/** 409 on a removal: somebody else's removal of it is under way, or something uses it. */
export function underWay(error: unknown): undefined {
  if (!isStatus(error, 409)) throw error;
  return undefined;
}
