// Everything that goes wrong becomes one RFC 9457 answer here: domain errors by their class, input that a schema refuses
// field by field, and anything unexpected as a 500 that says nothing but a request id (the log has the rest).
// Values of secret fields are never repeated, neither in answers nor in the log.
import { OpenAPIHono } from '@hono/zod-openapi';
import type { ErrorHandler, NotFoundHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ZodError } from 'zod';
import { ConflictError, DomainError, ForbiddenError, InvalidError, NotFoundError, TooManyError, UnauthenticatedError, UnavailableError, type FieldError } from '../errors.ts';
import { Problem, z } from './contract/common.ts';
import { fieldErrors, sentence } from './field-errors.ts';
import type { ApiEnv } from './secured.ts';

/** A resource's router: input that its schemas refuse is thrown as an InvalidError, which the app's error handler answers. */
export function newApi(): OpenAPIHono<ApiEnv> {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: (result: { success: boolean; data?: unknown; error?: ZodError }) => {
      if (result.success || result.error === undefined) return;
      const errors = fieldErrors(result.error, result.data);
      throw new InvalidError('invalid-input', errors.map(sentence).join(' '), errors);
    },
  });
}

/** A route's JSON body: required, so that an absent one is refused field by field and not taken for an empty one. */
export const jsonBody = <T extends z.ZodType>(schema: T) => ({ required: true as const, content: { 'application/json': { schema } } });

const problem = (description: string) => ({ description, content: { 'application/problem+json': { schema: Problem } } });
/** The answers that every secured route may give besides its own: spread into `responses`. */
export const problems = {
  400: problem('The body is not JSON'),
  401: problem('Not signed in'),
  403: problem('A permission is missing'),
  422: problem('A field cannot be as it is'),
  429: problem('Too many calls: wait as long as Retry-After says'),
};
/** For routes that name one thing. */
export const notFound = { 404: problem('There is no such thing') };
/** For routes that change something which others change too. */
export const conflict = { 409: problem('It clashes with what is there') };

/** For questions that need time and memory. */
export const unavailable = { 503: problem('No answer could be found now: the detail says why') };

/** A successful JSON answer: `responses: {...answer(200, 'The hosts', Hosts), ...problems}`. */
export const answer = <S extends number, T extends z.ZodType>(status: S, description: string, schema: T) =>
  ({ [status]: { description, content: { 'application/json': { schema } } } }) as Record<S, { description: string; content: { 'application/json': { schema: T } } }>;

const STATUS_OF: readonly (readonly [abstract new (...args: never[]) => DomainError, ContentfulStatusCode])[] = [
  [InvalidError, 422],
  [NotFoundError, 404],
  [ConflictError, 409],
  [UnauthenticatedError, 401],
  [ForbiddenError, 403],
  [TooManyError, 429],
  [UnavailableError, 503],
];
const TITLES: Readonly<Record<number, string>> = {
  400: 'The request cannot be read',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'This method is not known here',
  409: 'Conflict',
  413: 'The body is too large',
  415: 'The body is not JSON',
  422: 'Invalid input',
  429: 'Too many calls',
  500: 'The server failed',
  503: 'Not ready',
};

/** The answer for a status, a stable code and a sentence. */
export function toProblem(status: ContentfulStatusCode, code: string, detail: string, requestId?: string, errors?: readonly FieldError[]): Problem {
  return {
    type: `urn:firn:problem:${code}`,
    title: TITLES[status] ?? 'The request failed',
    status,
    detail,
    code,
    ...(errors !== undefined && errors.length > 0 ? { errors: errors.map((error) => ({ ...error, value: error.value ?? null })) } : {}),
    ...(requestId !== undefined ? { requestId } : {}),
  };
}

/** A problem as a response, for middleware that answers by itself. */
export const problemResponse = (body: Problem, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(body), { status: body.status, headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...(body.requestId === undefined ? {} : { 'x-request-id': body.requestId }), ...headers } });

/** The app's error handler. `report` gets what nobody expected: with the request id it is the only trace of the cause. */
export function onProblem(report: (error: Error, requestId: string) => void): ErrorHandler<ApiEnv> {
  return (error, c) => {
    const requestId = c.get('requestId');
    if (error instanceof DomainError) {
      const status = STATUS_OF.find(([kind]) => error instanceof kind)?.[1] ?? 422;
      const headers: Record<string, string> = {};
      if (error instanceof TooManyError) headers['retry-after'] = String(Math.max(1, Math.ceil(error.retryAfterSeconds)));
      if (error instanceof UnauthenticatedError) headers['www-authenticate'] = 'Bearer realm="firn"';
      return problemResponse(toProblem(status, error.code, error.message, requestId, error.fields), headers);
    }
    if (error instanceof HTTPException) {
      if (error.res !== undefined && error.res.headers.get('content-type') === 'application/problem+json') return error.res;
      return problemResponse(toProblem(error.status, ...fromFramework(error.status), requestId));
    }
    report(error, requestId);
    return problemResponse(toProblem(500, 'internal', `Something went wrong inside. The log has it under the request id ${requestId}.`, requestId));
  };
}

function fromFramework(status: number): [code: string, detail: string] {
  if (status === 400) return ['malformed-body', 'The body is not complete, well-formed JSON.'];
  if (status === 413) return ['body-too-large', 'The body is larger than this server takes.'];
  if (status === 415) return ['media-type', 'Send the body as application/json.'];
  return [`http-${status}`, TITLES[status] ?? 'The request failed.'];
}

/** For paths of the API that nothing answers. */
export const onNotFound: NotFoundHandler<ApiEnv> = (c) => problemResponse(toProblem(404, 'route-unknown', `There is nothing at ${c.req.method} ${c.req.path}.`, c.get('requestId')));
