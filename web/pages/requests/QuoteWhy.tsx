// Under a quote that leaves replicas without room: why, and what would help. Takes the draft that was quoted; asks when it is shown.
import { keepPreviousData, useQuery } from '@tanstack/solid-query';
import { For, Match, Switch, type JSX } from 'solid-js';
import type { Draft, WhyNots } from '#server/http/contract/index.ts';
import { dataOf } from '../../api/data.ts';
import { mutations } from '../../api/mutations.ts';
import type { AskChange } from '../../format/fixes.ts';
import { Asking, WhyNotView } from '../placement/WhyNotPanel.tsx';

const GOOD_MS = 10_000;

export function QuoteWhy(props: { readonly draft: Draft; readonly onAsk: (change: AskChange) => void }): JSX.Element {
  const query = useQuery(() => {
    const staticDraft = { ...props.draft, why: '' };
    return {
      queryKey: ['quote', 'why', staticDraft],
      placeholderData: keepPreviousData<WhyNots>,
      reconcile: false as const,
      retry: false,
      staleTime: GOOD_MS,
      gcTime: GOOD_MS,
      queryFn: ({ signal }: { readonly signal: AbortSignal }) => mutations.whyNot(staticDraft, signal),
    };
  });
  return (
    // Where it cannot be said, the quote above says already what found no room.
    <Switch>
      <Match when={query.isPending}>
        <Asking />
      </Match>
      <Match when={dataOf(query)}>
        {(answer) => (
          <div class={`transition-opacity ${query.isPlaceholderData ? 'opacity-45' : ''}`}>
            <For each={answer().items}>{(item) => <WhyNotView whyNot={item} onAsk={(change) => props.onAsk(change)} />}</For>
          </div>
        )}
      </Match>
    </Switch>
  );
}
