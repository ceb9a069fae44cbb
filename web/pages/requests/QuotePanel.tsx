// The live quote beside the form: the newest answer, dimmed while a newer one is on its way, and in its place what stands in the way of one.
import { Show, type JSX } from 'solid-js';
import type { AskChange } from '../../format/fixes.ts';
import type { QuoteFeed } from '../../forms/quote-feed.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { QuoteView } from './QuoteView.tsx';
import { QuoteWhy } from './QuoteWhy.tsx';

/** On windows that have no room for both, the answer in one line at the foot of the form; it leads to the whole quote. */
export function QuoteLine(props: { readonly feed: QuoteFeed }): JSX.Element {
  return (
    <Show when={props.feed.quoted()}>
      {(quoted) => (
        <a href="#quote" target="_self" class={`border-line bg-panel shadow-float fixed inset-x-0 bottom-0 z-10 flex items-center justify-between gap-3 border-t px-4 py-2.5 lg:hidden ${props.feed.isOld() ? 'text-faint' : ''}`}>
          <span>
            <strong class="text-accent text-lg">{show.number(quoted().quote.sizing.replicas)}</strong> {t().ask.quote.replicas(quoted().quote.sizing.replicas)}
          </span>
          <span class="text-sm">
            {show.money(quoted().quote.costCentsPerHour)} {t().ask.quote.hour}
          </span>
          <Icon name={quoted().quote.outcome === 'approved-at-once' ? 'check' : 'clock'} class={`size-5 ${quoted().quote.outcome === 'approved-at-once' ? 'text-ok' : 'text-warn'}`} />
        </a>
      )}
    </Show>
  );
}

export function QuotePanel(props: { readonly feed: QuoteFeed; readonly onAsk: (change: AskChange) => void }): JSX.Element {
  const problem = () => props.feed.error();
  return (
    <div id="quote" class="scroll-mt-16 pb-14 lg:sticky lg:pb-0 lg:top-18 lg:max-h-[calc(100vh-5.5rem)] lg:overflow-y-auto" tabindex="0" role="region" aria-label={t().ask.quote.title} data-took={props.feed.tookMs() ?? ''}>
      <Panel
        flush
        title={t().ask.quote.title}
        aside={
          <span aria-live="polite" class="text-faint flex items-center gap-1.5 text-xs">
            <Show when={!props.feed.isOld() || problem() !== null} fallback={t().ask.quote.updating}>
              {t().ask.quote.live}
            </Show>
          </span>
        }
      >
        <Show when={problem()}>
          {(error) => (
            <div role="alert" class="bg-bad-soft text-bad m-4 rounded-md px-3 py-2.5">
              <p class="flex items-center gap-2 font-semibold">
                <Icon name="stop" />
                {t().ask.quote.wrong}
              </p>
              <ul class="mt-1 list-disc pl-8 text-sm">
                <Show when={error().problem?.errors?.length} fallback={<li>{error().message}</li>}>
                  {error().problem?.errors?.map(({ field, message, allowed }) => (
                    <li>
                      <code class="code">{field}</code>: {message}
                      {allowed === undefined || message.includes(allowed) ? '' : ` (${allowed})`}
                    </li>
                  ))}
                </Show>
              </ul>
            </div>
          )}
        </Show>
        <Show when={props.feed.quoted()} fallback={<Show when={problem() === null}><p class="text-muted px-4 py-12 text-center">{t().ask.quote.incomplete}</p></Show>}>
          {(quoted) => (
            <div class={`transition-opacity duration-150 ${props.feed.isOld() ? 'opacity-45' : ''}`}>
              <QuoteView quote={quoted().quote} asked={quoted().draft} why={<QuoteWhy draft={quoted().draft} onAsk={(change) => props.onAsk(change)} />} />
            </div>
          )}
        </Show>
      </Panel>
    </div>
  );
}
