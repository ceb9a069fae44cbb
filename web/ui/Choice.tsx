// One of a few ways as cards with a sentence each: radio buttons that show what they mean. Knows nothing of what is chosen.
import { createUniqueId, For, Show, type JSX } from 'solid-js';
import type { Option } from './Field.tsx';

export interface Card extends Option {
  readonly note?: string;
}

export function Choice(props: { readonly label: string; readonly value: string | null; readonly options: readonly Card[]; readonly onInput: (value: string) => void; readonly columns?: 'auto' | 'pairs' }): JSX.Element {
  const id = createUniqueId();
  return (
    <fieldset class="min-w-0">
      <legend class="sr-only">{props.label}</legend>
      <div class={`grid gap-2 ${props.columns === 'pairs' ? 'grid-cols-1 min-[28rem]:grid-cols-2' : 'grid-cols-[repeat(auto-fit,minmax(6.25rem,1fr))]'}`}>
        <For each={props.options}>
          {(option) => (
            <label class="border-line hover:border-edge has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-accent flex cursor-pointer flex-col gap-0.5 rounded-md border px-3 py-2 transition-colors has-focus-visible:outline-2">
              <input type="radio" class="peer sr-only" name={id} value={option.value} checked={option.value === props.value} onInput={() => props.onInput(option.value)} />
              <span class="peer-checked:text-accent text-sm font-medium">{option.text}</span>
              <Show when={option.note}>
                <span class="text-muted text-xs">{option.note}</span>
              </Show>
            </label>
          )}
        </For>
      </div>
    </fieldset>
  );
}
