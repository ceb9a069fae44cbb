// What settings of the autoscaler would do and when schedules fire, while one edits. Takes settings or schedules; gives the newest answer and
// whether it belongs to older ones. Waits for a pause in typing; what is overtaken is aborted.
import { keepPreviousData, useQuery } from '@tanstack/solid-query';
import { createEffect, createMemo, createSignal, on, onCleanup, type Accessor } from 'solid-js';
import type { AutoscalePreview, AutoscaleSettings, Schedule, SchedulesView } from '#server/http/contract/index.ts';
import { ApiError } from '../api/client.ts';
import { dataOf } from '../api/data.ts';
import { mutations } from '../api/mutations.ts';

const PAUSE_MS = 350;
const GOOD_MS = 20_000;

export interface Feed<T> {
  readonly answer: Accessor<T | undefined>;
  readonly isOld: Accessor<boolean>;
  readonly error: Accessor<ApiError | null>;
  readonly retry: () => void;
}

/** The text of a question once nobody has typed for a while; `null` is no question and changes nothing. */
function settledText(key: Accessor<string | null>): Accessor<string | null> {
  const [settled, setSettled] = createSignal<string | null>(null);
  createEffect(
    on(key, (next) => {
      const timer = setTimeout(() => next !== null && setSettled(next), settled() === null ? 0 : PAUSE_MS);
      onCleanup(() => clearTimeout(timer));
    }),
  );
  return settled;
}

/** The query's own types cannot hold a type parameter: the answer is given its type where it is read. */
interface Answered {
  readonly answer: unknown;
}

function createFeed<T>(name: string, key: Accessor<string | null>, ask: (key: string, signal: AbortSignal) => Promise<T>): Feed<T> {
  const settled = settledText(key);
  const query = useQuery(() => {
    // A query is of one question: its function must not read a later one.
    const staticKey = settled();
    return {
      queryKey: [name, staticKey],
      enabled: staticKey !== null,
      placeholderData: keepPreviousData<Answered>,
      reconcile: false as const,
      retry: false,
      staleTime: GOOD_MS,
      queryFn: async ({ signal }: { readonly signal: AbortSignal }): Promise<Answered> => ({ answer: await ask(staticKey ?? '', signal) }),
    };
  });
  return {
    answer: () => dataOf(query)?.answer as T | undefined,
    isOld: () => key() !== settled() || query.isPlaceholderData || query.isError,
    error: () => (query.isError && query.error instanceof ApiError ? query.error : null),
    retry: () => void query.refetch(),
  };
}

/** @param settings null while a field cannot be read: the last answer stays, as old */
export function createAutoscaleFeed(workloadId: Accessor<string>, settings: Accessor<AutoscaleSettings | null>, hours: Accessor<number>): Feed<AutoscalePreview> {
  const key = createMemo(() => {
    const now = settings();
    return now === null ? null : JSON.stringify([workloadId(), hours(), now]);
  });
  return createFeed('autoscale-preview', key, (text, signal) => {
    const [id, span, asked] = JSON.parse(text) as [string, number, AutoscaleSettings];
    return mutations.previewAutoscale(id, { settings: asked, hours: span }, signal);
  });
}

/** When schedules fire next. @param ask null while one of them cannot be read */
export function createScheduleFeed(ask: Accessor<{ readonly schedules: readonly Schedule[]; readonly min: number; readonly max: number | null } | null>): Feed<SchedulesView> {
  const key = createMemo(() => {
    const now = ask();
    return now === null ? null : JSON.stringify(now);
  });
  return createFeed('schedules-check', key, (text, signal) => mutations.checkSchedules(JSON.parse(text) as { schedules: Schedule[]; min: number; max: number | null }, signal));
}
