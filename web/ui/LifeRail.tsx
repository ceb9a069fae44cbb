// The life of a thing as pips side by side: what is done, where it is, what is ahead. On narrow windows only the present one is named.
import { For, type JSX } from 'solid-js';

export interface Pip {
  readonly text: string;
  readonly state: 'done' | 'here' | 'ahead' | 'broken';
  /** For screen readers: done, now, to come. */
  readonly word: string;
}

const BARS: Readonly<Record<Pip['state'], string>> = { done: 'bg-accent', here: 'bg-accent', ahead: 'bg-line', broken: 'bg-bad' };
const TEXTS: Readonly<Record<Pip['state'], string>> = { done: 'text-faint hidden sm:block', here: 'text-accent font-semibold', ahead: 'text-faint hidden sm:block', broken: 'text-bad font-semibold' };

export function LifeRail(props: { readonly label: string; readonly pips: readonly Pip[] }): JSX.Element {
  return (
    <ol aria-label={props.label} class="flex items-start gap-1">
      <For each={props.pips}>
        {(pip) => (
          <li aria-current={pip.state === 'here' || pip.state === 'broken' ? 'step' : undefined} class="min-w-0 flex-1">
            <span class={`block h-1.5 rounded-full ${BARS[pip.state]}`} aria-hidden="true" />
            <span class={`mt-1 block text-xs whitespace-nowrap sm:truncate ${TEXTS[pip.state]}`} aria-hidden="true">
              {pip.text}
            </span>
            <span class="sr-only">
              {pip.text} ({pip.word})
            </span>
          </li>
        )}
      </For>
    </ol>
  );
}
