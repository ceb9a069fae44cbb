// The way of a rollout as stops on a rail: what is done, where it is, what is ahead. Beside each other on wide windows, below each other on
// narrow ones.
import { For, Show, type JSX } from 'solid-js';
import type { RolloutDetail } from '#server/http/contract/index.ts';
import { railOf, type RailStop } from '../../format/rollout.ts';
import { language, t } from '../../shell/preferences.ts';
import { Icon } from '../../ui/Icon.tsx';

const DISCS: Readonly<Record<RailStop['state'], string>> = {
  done: 'bg-accent text-on-accent border-accent',
  here: 'bg-panel text-accent border-accent ring-accent/25 ring-4',
  ahead: 'bg-panel text-faint border-line',
};

export function RolloutRail(props: { readonly rollout: RolloutDetail }): JSX.Element {
  const stops = () => railOf(props.rollout, t(), language());
  return (
    <ol aria-label={t().rollouts.rail} class="flex flex-col gap-0 px-4 pt-4 pb-3 sm:flex-row">
      <For each={stops()}>
        {(stop, at) => (
          <li aria-current={stop.state === 'here' ? 'step' : undefined} class="relative flex min-w-0 flex-1 gap-3 pb-4 last:flex-none last:pb-0 sm:flex-col sm:gap-2 sm:pb-0">
            <Show when={at() < stops().length - 1}>
              <span aria-hidden="true" class={`absolute top-8 bottom-0 left-3.5 w-0.5 -translate-x-1/2 sm:top-3.5 sm:right-0 sm:bottom-auto sm:left-8 sm:h-0.5 sm:w-auto sm:translate-x-0 sm:-translate-y-1/2 ${stop.state === 'done' ? 'bg-accent' : 'bg-line'}`} />
            </Show>
            <span class={`relative flex size-7 shrink-0 items-center justify-center rounded-full border-2 text-xs font-semibold ${DISCS[stop.state]}`} aria-hidden="true">
              <Show when={stop.state === 'done'} fallback={at() + 1}>
                <Icon name="check" class="size-3.5" />
              </Show>
            </span>
            <span class="min-w-0 pr-3">
              <span class={`block ${stop.state === 'here' ? 'text-accent font-semibold' : stop.state === 'ahead' ? 'text-muted' : 'font-medium'}`}>
                {stop.title} <span class="sr-only">({t().rollouts.stepState[stop.state]})</span>
              </span>
              <span class="text-faint block text-xs">{stop.note}</span>
            </span>
          </li>
        )}
      </For>
    </ol>
  );
}
