// Reads a query's answer without suspending: Solid Query's `data` would hand the whole page to a fallback while it waits, and every part
// of a page here shows its own skeleton.

interface Answered<T> {
  readonly isSuccess: boolean;
  readonly isRefetchError: boolean;
  readonly data: T | undefined;
}

/** The answer, also when a later refetch failed; undefined before the first. */
export function dataOf<T>(query: Answered<T>): T | undefined {
  return query.isSuccess || query.isRefetchError ? query.data : undefined;
}
