// One HTTP exchange, with Node's plain client: `fetch` would take longer to load than most commands take to run.
// Redirects are not followed, because a token must not travel to where somebody else points.
import { request as plainRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { CliError } from './exit.ts';

export interface Exchange {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** A body that is sent as it comes, instead of `body`. */
  readonly upload?: AsyncIterable<Uint8Array> | undefined;
  /** The person stops the command. */
  readonly signal?: AbortSignal | undefined;
  readonly deadlineMs: number;
}
export interface Exchanged {
  readonly status: number;
  readonly statusText: string;
  readonly text: string;
  /** As the server set them. */
  readonly cookies: readonly string[];
  readonly headers: IncomingHttpHeaders;
}

/** An answer that comes for as long as it likes: the deadline is for its beginning. @throws CliError saying why the server cannot be reached */
export async function openAnswer(url: URL, { headers, signal, deadlineMs }: Omit<Exchange, 'method' | 'body' | 'upload'>): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? (await import('node:https')).request : plainRequest;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), deadlineMs);
  const call = send(url, { method: 'GET', headers: { ...headers }, signal: signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal]) }, resolve);
  call.on('error', reject).end();
  try {
    return await promise;
  } catch (error) {
    if (signal?.aborted === true) throw new CliError('Stopped.');
    throw new CliError(`The server at ${url.origin} cannot be reached: ${whyNot(error, deadline.signal, deadlineMs)}.`, 1, ['Is it running (`firn server`)? Another address: --address or FIRN_ADDR.']);
  } finally {
    clearTimeout(timer);
  }
}

/** @throws CliError saying why the server cannot be reached */
export async function exchange(url: URL, { method, headers, body, upload, signal, deadlineMs }: Exchange): Promise<Exchanged> {
  const send = url.protocol === 'https:' ? (await import('node:https')).request : plainRequest;
  const deadline = AbortSignal.timeout(deadlineMs);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const call = send(url, { method, headers: { ...headers, ...length }, signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]) }, resolve);
  call.on('error', reject);
  if (upload === undefined) call.end(body);
  else void (await import('node:stream/promises')).pipeline(upload, call).catch(reject);
  try {
    const answer = await promise;
    let text = '';
    for await (const part of answer.setEncoding('utf8')) text += String(part);
    return { status: answer.statusCode ?? 0, statusText: answer.statusMessage ?? '', text, cookies: answer.headers['set-cookie'] ?? [], headers: answer.headers };
  } catch (error) {
    if (signal?.aborted === true) throw new CliError('Stopped.');
    throw new CliError(`The server at ${url.origin} cannot be reached: ${whyNot(error, deadline, deadlineMs)}.`, 1, ['Is it running (`firn server`)? Another address: --address or FIRN_ADDR.']);
  }
}

function whyNot(error: unknown, deadline: AbortSignal, deadlineMs: number): string {
  if (deadline.aborted) return `no answer within ${deadlineMs / 1000} s`;
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const code = typeof first === 'object' && first !== null && 'code' in first ? String(first.code) : '';
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code === 'ENOTFOUND') return 'its name is not known';
  if (code.startsWith('HPE_')) return 'what listens there does not speak HTTP';
  return first instanceof Error && first.message !== '' ? first.message : String(first);
}
