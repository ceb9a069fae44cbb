// What can go wrong in the server, by meaning; http/problem.ts turns each into an HTTP answer, in one place.
// A message names the field, the value and what is allowed. None of these is a fault of the program.

export interface FieldError {
  readonly field: string;
  readonly value: unknown;
  readonly message: string;
  readonly allowed?: string;
}

export class DomainError extends Error {
  /** Stable, for programs: `team-unknown`, `plan-stale` ... */
  readonly code: string;
  readonly fields: readonly FieldError[];
  constructor(code: string, message: string, fields: readonly FieldError[] = []) {
    super(message);
    this.code = code;
    this.fields = fields;
  }
}

/** The input is well-formed and cannot be: 422. */
export class InvalidError extends DomainError {
  override readonly name = 'InvalidError';
}

/** 404. */
export class NotFoundError extends DomainError {
  override readonly name = 'NotFoundError';
}

/** It clashes with what is there: a name taken, a request decided already, a stale parent: 409. */
export class ConflictError extends DomainError {
  override readonly name = 'ConflictError';
}

/** 401. */
export class UnauthenticatedError extends DomainError {
  override readonly name = 'UnauthenticatedError';
}

/** 403. */
export class ForbiddenError extends DomainError {
  override readonly name = 'ForbiddenError';
}

/** 429; `retryAfterSeconds` goes into the header. */
export class TooManyError extends DomainError {
  override readonly name = 'TooManyError';
  readonly retryAfterSeconds: number;
  constructor(code: string, message: string, retryAfterSeconds: number, fields: readonly FieldError[] = []) {
    super(code, message, fields);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** It cannot be done now, for a reason that may pass: 503. */
export class UnavailableError extends DomainError {
  override readonly name = 'UnavailableError';
}
