// Reads a query's answer without suspending: Solid Query's `data` would hand the whole page to a fallback while it waits, and every part
// of a page here shows its own skeleton. Also where an answer is there already: while it is asked for again, `data` would take the page away
// for a moment, and the field in which somebody types would lose them.
import { $PROXY } from 'solid-js';

interface Answered<T> {
  readonly isSuccess: boolean;
  readonly isRefetchError: boolean;
  readonly data: T | undefined;
}

/** The answer, also when a later refetch failed; undefined before the first. */
export function dataOf<T>(query: Answered<T>): T | undefined {
  const state = stateOf(query);
  return state.isSuccess || state.isRefetchError ? state.data : undefined;
}

/** The store behind a query, of which `data` is a property as any other; a plain object is its own. */
function stateOf<T>(query: Answered<T>): Answered<T> {
  return (query as { readonly [$PROXY]?: Answered<T> })[$PROXY] ?? query;
}
