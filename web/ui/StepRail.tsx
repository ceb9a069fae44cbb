// The numbered steps of a longer task: which are done, which are on this page, which come later.
import { A } from '@solidjs/router';
import { For, Show, type JSX } from 'solid-js';
import { Icon } from './Icon.tsx';

export interface RailStep {
  readonly text: string;
  readonly state: 'done' | 'here' | 'later';
  /** For screen readers: done, on this page, to come. */
  readonly word: string;
  readonly href?: string | undefined;
}

export function StepRail(props: { readonly label: string; readonly steps: readonly RailStep[] }): JSX.Element {
  return (
    <nav aria-label={props.label} class="mb-5">
      <ol class="flex flex-wrap items-center gap-x-2 gap-y-1.5 text-sm">
        <For each={props.steps}>
          {(step, at) => (
            <li class="flex items-center gap-2">
              <span class={`flex size-5.5 items-center justify-center rounded-full text-xs font-semibold ${step.state === 'later' ? 'bg-sunken text-muted' : step.state === 'done' ? 'bg-accent-soft text-accent' : 'bg-accent text-on-accent'}`} aria-hidden="true">
                <Show when={step.state === 'done'} fallback={at() + 1}>
                  <Icon name="check" class="size-3" />
                </Show>
              </span>
              <span class={step.state === 'here' ? 'font-semibold' : 'text-muted'}>
                <Show when={step.href} fallback={step.text}>
                  {(href) => (
                    <A href={href()} class="hover:text-accent hover:underline">
                      {step.text}
                    </A>
                  )}
                </Show>
                <span class="sr-only"> ({step.word})</span>
              </span>
              <Show when={at() < props.steps.length - 1}>
                <span class="bg-line hidden h-px w-8 sm:block" aria-hidden="true" />
              </Show>
            </li>
          )}
        </For>
      </ol>
    </nav>
  );
}
