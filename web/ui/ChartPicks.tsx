// Moments beneath a chart that can be opened: one button each, those that would lie on each other as one. Takes the moments and where the
// chart has put them; tells which was picked. Knows nothing of what they are.
import { For, Show, type JSX } from 'solid-js';
import { gather } from './gather.ts';

export interface ChartPick {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly at: number;
  /** What it is, for the pointer and for screen readers. */
  readonly text: string;
  /** Drawn as a triangle up or down, or as a dot. */
  readonly look: 'up' | 'down' | 'dot';
  readonly isLoud?: boolean;
  readonly isChosen?: boolean;
}

/** A finger's width: nearer ones are one button. */
const LEAST_PX = 25;
const SHAPES: Readonly<Record<ChartPick['look'], string>> = { up: 'M6 2 11 10H1z', down: 'M6 10 1 2h10z', dot: 'M6 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8z' };

export function ChartPicks(props: { readonly picks: readonly ChartPick[]; readonly places: readonly number[]; readonly onPick: (id: string) => void }): JSX.Element {
  const groups = () => gather(props.places, LEAST_PX);
  return (
    <div class="relative h-6">
      <For each={groups()}>
        {(group) => {
          const members = () => group.members.flatMap((index) => props.picks[index] ?? []);
          const last = () => members().at(-1);
          const isChosen = () => members().some((pick) => pick.isChosen === true);
          return (
            <button
              type="button"
              class={`absolute top-0 inline-flex size-6 -translate-x-1/2 items-center justify-center rounded-full ${isChosen() ? 'bg-accent-soft' : 'hover:bg-sunken'} ${members().some((pick) => pick.isLoud === true) ? 'text-bad' : last()?.look === 'down' ? 'text-ok' : 'text-accent'}`}
              style={{ left: `${group.at}px` }}
              title={members().map(({ text }) => text).join('\n')}
              aria-label={members().map(({ text }) => text).join('; ')}
              aria-pressed={isChosen()}
              onClick={() => props.onPick(last()?.id ?? '')}
            >
              <svg viewBox="0 0 12 12" class="size-3" fill="currentColor" aria-hidden="true">
                <path d={SHAPES[last()?.look ?? 'dot']} />
              </svg>
              <Show when={members().length > 1}>
                <span class="text-2xs absolute -top-1 right-0 font-semibold" aria-hidden="true">
                  {members().length}
                </span>
              </Show>
            </button>
          );
        }}
      </For>
    </div>
  );
}
