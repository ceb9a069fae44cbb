// What a shift would need, beside its sliders. Takes the ask as it is composed; gives the newest plan and whether it belongs to an older
// ask. Waits for a pause, aborts what is overtaken and keeps the last plan meanwhile.
import { keepPreviousData, useQuery } from '@tanstack/solid-query';
import { createEffect, createMemo, createSignal, on, onCleanup, type Accessor } from 'solid-js';
import type { ShiftAskInput, ShiftPlan } from '#server/http/contract/index.ts';
import { ApiError } from '../api/client.ts';
import { dataOf } from '../api/data.ts';
import { siteMutations } from '../api/sites.ts';

/** Longer than between two steps of a slider. */
const PAUSE_MS = 300;

export interface ShiftFeed {
  /** null before the first, and where there is nothing to ask. */
  readonly plan: Accessor<ShiftPlan | null>;
  readonly isOld: Accessor<boolean>;
  readonly error: Accessor<ApiError | null>;
}

/** @param ask null: nothing is composed yet */
export function createShiftFeed(ask: Accessor<ShiftAskInput | null>): ShiftFeed {
  const key = createMemo(() => JSON.stringify(ask()));
  const [settled, setSettled] = createSignal<ShiftAskInput | null>(null);
  createEffect(
    on(key, () => {
      const next = ask();
      const timer = setTimeout(() => setSettled(next), PAUSE_MS);
      onCleanup(() => clearTimeout(timer));
    }),
  );
  const query = useQuery(() => {
    // A query is of one composition: its function must not read a later one.
    const staticAsk = settled();
    return { queryKey: ['shift-plan', staticAsk], enabled: staticAsk !== null, placeholderData: keepPreviousData<ShiftPlan>, reconcile: false as const, retry: false, queryFn: ({ signal }: { readonly signal: AbortSignal }) => siteMutations.planShift(staticAsk!, signal) };
  });
  return {
    plan: () => (ask() === null ? null : (dataOf(query) ?? null)),
    isOld: () => key() !== JSON.stringify(settled()) || query.isPlaceholderData || query.isFetching,
    error: () => (settled() !== null && query.isError && query.error instanceof ApiError ? query.error : null),
  };
}
