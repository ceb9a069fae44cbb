// What would follow, beside a form. Takes the changes as they are composed; gives the newest answer, whether it still belongs to older
// changes, and what was wrong. Waits for a pause, aborts what is overtaken, keeps the last good answer meanwhile, and asks anew when the
// fleet has changed. The server thinks for one person about one thing at a time: while it is busy, the question is put again.
import { keepPreviousData, useQuery } from '@tanstack/solid-query';
import { createEffect, createMemo, createSignal, on, onCleanup, type Accessor } from 'solid-js';
import type { Change, Simulation } from '#server/http/contract/index.ts';
import type { Refusal } from '../api/can.ts';
import { ApiError } from '../api/client.ts';
import { dataOf } from '../api/data.ts';
import { mutations } from '../api/mutations.ts';

/** Longer than between two keystrokes or two steps of a slider: the answer costs the server some work. */
const PAUSE_MS = 350;
const BUSY_MS = 700;
const GOOD_MS = 20_000;

export interface SimulationFeed {
  /** The last good answer with the changes that it answers; null before the first, and where there is nothing to ask. */
  readonly answered: Accessor<{ readonly simulation: Simulation; readonly changes: readonly Change[] } | null>;
  /** What is shown belongs to other changes, or to a fleet that has moved on. */
  readonly isOld: Accessor<boolean>;
  readonly isAsking: Accessor<boolean>;
  readonly error: Accessor<ApiError | null>;
  /** Why this person may not ask; null: they may. */
  readonly refused: Accessor<Refusal | null>;
  readonly retry: () => void;
}

/** @param changes null or empty: nothing to ask */
export function createSimulationFeed(changes: Accessor<readonly Change[] | null>, refused: Accessor<Refusal | null>): SimulationFeed {
  const asked = () => (refused() === null ? (changes() ?? []) : []);
  const key = createMemo(() => JSON.stringify(asked()));
  const [settled, setSettled] = createSignal<readonly Change[]>([]);
  const [answered, setAnswered] = createSignal<{ readonly simulation: Simulation; readonly changes: readonly Change[] } | null>(null);
  createEffect(
    on(key, () => {
      const next = asked();
      const timer = setTimeout(() => setSettled(next), answered() === null ? 0 : PAUSE_MS);
      onCleanup(() => clearTimeout(timer));
    }),
  );
  const query = useQuery(() => {
    // A query is of one composition: its function must not read a later one.
    const staticChanges = settled();
    return {
      queryKey: ['simulation', staticChanges],
      enabled: staticChanges.length > 0,
      placeholderData: keepPreviousData<Simulation>,
      reconcile: false as const,
      retry: false,
      staleTime: GOOD_MS,
      gcTime: GOOD_MS,
      queryFn: ({ signal }: { readonly signal: AbortSignal }) => untilFree(() => mutations.simulate({ changes: [...staticChanges] }, signal), signal),
    };
  });
  createEffect(() => {
    const now = settled();
    if (now.length === 0) setAnswered(null);
    else if (query.isSuccess && !query.isPlaceholderData) setAnswered({ simulation: dataOf(query)!, changes: now });
  });
  const isSettled = () => key() === JSON.stringify(settled());
  return {
    answered,
    isOld: () => !isSettled() || query.isPlaceholderData || query.isFetching || query.isError,
    isAsking: () => (key() !== '[]' && !isSettled()) || query.isFetching,
    error: () => (settled().length > 0 && query.isError && query.error instanceof ApiError ? query.error : null),
    refused,
    retry: () => void query.refetch(),
  };
}

/** Puts a question until the server is free for it; what else it says is the answer. Ends with the signal at the latest. */
async function untilFree<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ApiError) || !(error.status === 429 || error.code === 'question-replaced') || signal.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, BUSY_MS));
      signal.throwIfAborted();
    }
  }
}
