// One question to a Prometheus server: a query that must give one number. Five seconds, 64 KiB, no redirects, JSON only, and no address of this machine
// or of private networks unless the configuration allows it. A server that hangs, lies or talks without end costs nothing and is told as a sentence.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { z } from 'zod';
import { guardedLookup, whyRefused } from '../webhooks/send.ts';

const SETTING = 'FIRN_PROMETHEUS_ALLOW';
const DEADLINE_MS = 5_000;
const MOST_BYTES = 65_536;
/** A hundred times what the largest sites serve. */
const MOST_QPS = 100_000_000;

export interface Question {
  /** Of the server, without /api/v1/query. */
  readonly url: string;
  readonly query: string;
  readonly allow: readonly string[];
  /** Shorter in tests. */
  readonly deadlineMs?: number;
}
/** `qps` null: `problem` says why. */
export type Said = { readonly qps: number; readonly problem: null } | { readonly qps: null; readonly problem: string };

/** @throws never */
export async function askPrometheus({ url, query, allow, deadlineMs = DEADLINE_MS }: Question): Promise<Said> {
  try {
    return { qps: numberIn(await get(url, query, allow, deadlineMs)), problem: null };
  } catch (error) {
    return { qps: null, problem: reasonOf(error, deadlineMs) };
  }
}

/** A sentence without a stop for people. */
class PrometheusError extends Error {}

/** Why a URL will never be asked; null: it may be. Names are judged when they are looked up. */
export function whyNeverAsked(url: string, allow: readonly string[]): string | null {
  const { hostname, username, password } = new URL(url);
  if (username !== '' || password !== '') return 'must have no user and password';
  const host = hostname.replace(/^\[|\]$/g, '');
  const refused = isIP(host) === 0 || allow.includes(host) ? null : whyRefused(host, allow, SETTING);
  return refused === null ? null : `cannot be asked: ${refused}`;
}

async function get(base: string, query: string, allow: readonly string[], deadlineMs: number): Promise<string> {
  const url = new URL(`${base.replace(/\/+$/, '')}/api/v1/query`);
  url.searchParams.set('query', query);
  const never = whyNeverAsked(base, allow);
  if (never !== null) throw new PrometheusError(never);
  const isNamed = allow.includes(url.hostname.toLowerCase());
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const asked = send(url, { agent: false, headers: { accept: 'application/json', 'user-agent': 'firn' }, lookup: guardedLookup(isNamed ? null : allow, SETTING), signal: AbortSignal.timeout(deadlineMs) }, (response) => {
    response.on('error', reject);
    read(response).then(resolve, reject).finally(() => asked.destroy());
  });
  asked.on('error', reject).end();
  return await promise;
}

async function read(response: IncomingMessage): Promise<string> {
  const status = response.statusCode ?? 0;
  if (status >= 300 && status < 400) throw new PrometheusError(`it answered ${status}: redirects are not followed`);
  const type = (response.headers['content-type'] ?? 'nothing').split(';')[0]!.trim();
  // Of a query that cannot be, Prometheus says why, in JSON and with 400 or 422.
  if (type !== 'application/json') throw new PrometheusError(`it answered ${status} with ${type.slice(0, 60)}, and not with application/json`);
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MOST_BYTES) throw new PrometheusError(`it answered more than ${MOST_BYTES} bytes: the query must give one number`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

const Value = z.tuple([z.number(), z.string().max(64)]);
const Answer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('error'), error: z.string().optional(), errorType: z.string().optional() }),
  z.object({ status: z.literal('success'), data: z.discriminatedUnion('resultType', [z.object({ resultType: z.literal('scalar'), result: Value }), z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: Value })) })]) }),
]);

/** @throws PrometheusError for anything but one number that a rate can be */
function numberIn(text: string): number {
  const parsed = Answer.safeParse(fromJson(text));
  if (!parsed.success) throw new PrometheusError('what it answered is no result of an instant query');
  if (parsed.data.status === 'error') throw new PrometheusError(`it refused the query: ${(parsed.data.error ?? parsed.data.errorType ?? 'without saying why').replace(/\s+/g, ' ').slice(0, 300)}`);
  const { data } = parsed.data;
  if (data.resultType === 'vector' && data.result.length === 0) throw new PrometheusError('the query gives nothing: no series matches, or none has a newer sample');
  if (data.resultType === 'vector' && data.result.length > 1) throw new PrometheusError(`the query gives ${data.result.length} series and must give one: put sum(...) around it`);
  const [, written] = data.resultType === 'scalar' ? data.result : data.result[0]!.value;
  const value = written === '' ? Number.NaN : Number(written);
  if (!(value >= 0 && value <= MOST_QPS)) throw new PrometheusError(`the query gives ${written.slice(0, 40)}; a rate is a number from 0 to ${MOST_QPS}`);
  return value;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new PrometheusError('what it answered is no JSON');
  }
}

function reasonOf(error: unknown, deadlineMs: number): string {
  if (error instanceof PrometheusError) return error.message;
  const { name = '', code = '', message = String(error) } = error as Partial<NodeJS.ErrnoException>;
  if (name === 'TimeoutError' || name === 'AbortError') return `no answer within ${deadlineMs / 1000} seconds`;
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the name is not known';
  return message.slice(0, 200);
}
