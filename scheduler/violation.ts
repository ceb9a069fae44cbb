// What the independent checker finds. Plain data, part of the vocabulary of model.ts.

/** One broken invariant, found by the independent checker. */
export interface Violation {
  readonly invariant: string;
  readonly subject: string;
  readonly message: string;
}
