// The live quote beside a form. Takes the draft as it is typed; gives the newest answer, whether it is still of an older draft, and what
// was wrong. Waits a moment for typing to pause, aborts what is overtaken, and keeps the last good answer meanwhile.
import { keepPreviousData, useQuery } from '@tanstack/solid-query';
import { createEffect, createMemo, createSignal, on, onCleanup, type Accessor } from 'solid-js';
import type { Draft, Quote } from '#server/http/contract/index.ts';
import { ApiError } from '../api/client.ts';
import { dataOf } from '../api/data.ts';
import { mutations } from '../api/mutations.ts';

/** Long enough to skip the digits between two keystrokes, short enough to feel immediate together with the server's answer. */
const PAUSE_MS = 60;
/** A quote is of one moment of the fleet; typing a number twice within this time need not ask twice. */
const QUOTE_GOOD_MS = 5000;

export interface Quoted {
  readonly quote: Quote;
  readonly draft: Draft;
}

export interface QuoteFeed {
  /** The last good answer with the draft that it answers; null before the first. */
  readonly quoted: Accessor<Quoted | null>;
  /** What is shown belongs to an older draft. */
  readonly isOld: Accessor<boolean>;
  readonly error: Accessor<ApiError | null>;
  /** How long the last answer took, from the pause in typing to its arrival. */
  readonly tookMs: Accessor<number | null>;
}

export function createQuoteFeed(draft: Accessor<Draft | null>): QuoteFeed {
  const [settled, setSettled] = createSignal<Draft | null>(null);
  const [quoted, setQuoted] = createSignal<Quoted | null>(null);
  const [tookMs, setTookMs] = createSignal<number | null>(null);
  const key = createMemo(() => JSON.stringify(draft()));
  // `why` is for people: typing it must not ask for quotes.
  const asked = createMemo(() => {
    const now = draft();
    return now === null ? null : { ...now, why: '' };
  });
  createEffect(
    on(key, () => {
      const next = asked();
      const timer = setTimeout(() => setSettled(next), quoted() === null ? 0 : PAUSE_MS);
      onCleanup(() => clearTimeout(timer));
    }),
  );
  const query = useQuery(() => {
    // A query is of one draft: its function must not read a later one.
    const staticDraft = settled();
    return {
      queryKey: ['quote', staticDraft],
      enabled: staticDraft !== null,
      placeholderData: keepPreviousData<Quote>,
      reconcile: false as const,
      retry: false,
      staleTime: QUOTE_GOOD_MS,
      gcTime: QUOTE_GOOD_MS,
      queryFn: async ({ signal }: { readonly signal: AbortSignal }) => {
        if (staticDraft === null) throw new Error('there is no draft to quote');
        const started = performance.now();
        const quote = await mutations.quote(staticDraft, signal);
        setTookMs(Math.round(performance.now() - started));
        return quote;
      },
    };
  });
  createEffect(() => {
    const now = settled();
    if (now !== null && query.isSuccess && !query.isPlaceholderData) setQuoted({ quote: dataOf(query)!, draft: now });
  });
  const isOld = () => key() !== keyOf(settled(), draft()) || query.isPlaceholderData || (query.isError && settled() !== null) || draft() === null;
  const error = () => (query.isError && query.error instanceof ApiError ? query.error : null);
  return { quoted, isOld, error, tookMs };
}

/** The settled draft as the key of the typed one, apart from `why`. */
function keyOf(settled: Draft | null, typed: Draft | null): string {
  return JSON.stringify(settled === null || typed === null ? null : { ...settled, why: typed.why });
}
