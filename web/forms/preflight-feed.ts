// What the scheduler says of a rollout before it starts. Takes the release and the strategy as it is edited; gives the newest answer, whether
// it still belongs to an older strategy, and what was wrong. Waits for a pause in typing and asks anew when the fleet has changed.
import { keepPreviousData, useQuery } from '@tanstack/solid-query';
import { createEffect, createMemo, createSignal, on, onCleanup, type Accessor } from 'solid-js';
import type { Preflight, StrategyInput } from '#server/http/contract/index.ts';
import { dataOf } from '../api/data.ts';
import { ApiError } from '../api/client.ts';
import { mutations } from '../api/mutations.ts';

const PAUSE_MS = 300;
const GOOD_MS = 10_000;

export interface PreflightFeed {
  readonly answer: Accessor<Preflight | undefined>;
  readonly isOld: Accessor<boolean>;
  readonly error: Accessor<ApiError | null>;
  readonly retry: () => void;
}

/** @param strategy null while a field cannot be read: the last answer stays, as old */
export function createPreflightFeed(releaseId: Accessor<string>, strategy: Accessor<StrategyInput | null>): PreflightFeed {
  const key = createMemo(() => JSON.stringify(strategy()));
  const [settled, setSettled] = createSignal<string>('null');
  createEffect(
    on(key, (next) => {
      const timer = setTimeout(() => next !== 'null' && setSettled(next), settled() === 'null' ? 0 : PAUSE_MS);
      onCleanup(() => clearTimeout(timer));
    }),
  );
  const query = useQuery(() => {
    // A query is of one strategy: its function must not read a later one.
    const [staticId, staticKey] = [releaseId(), settled()];
    return {
      queryKey: ['preflight', staticId, staticKey],
      enabled: staticKey !== 'null',
      placeholderData: keepPreviousData<Preflight>,
      reconcile: false as const,
      retry: false,
      staleTime: GOOD_MS,
      queryFn: ({ signal }: { readonly signal: AbortSignal }) => mutations.preflight(staticId, { strategy: JSON.parse(staticKey) as StrategyInput }, signal),
    };
  });
  return {
    answer: () => dataOf(query),
    isOld: () => key() !== settled() || query.isPlaceholderData || query.isError,
    error: () => (query.isError && query.error instanceof ApiError ? query.error : null),
    retry: () => void query.refetch(),
  };
}
