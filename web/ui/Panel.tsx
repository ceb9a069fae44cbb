// The frame of everything: the head of a page and the panels on it.
import { A } from '@solidjs/router';
import { For, Show, type JSX } from 'solid-js';
import { t } from '../shell/preferences.ts';
import { Button } from './Button.tsx';
import { Cli } from './Cli.tsx';
import { Icon } from './Icon.tsx';

export interface Crumb {
  readonly href: string;
  readonly text: string;
}

export function PageHead(props: { readonly title: string; readonly lead?: JSX.Element; readonly crumbs?: readonly Crumb[]; readonly actions?: JSX.Element; readonly cli?: string | readonly string[] }): JSX.Element {
  return (
    <header class="mb-5">
      <Show when={props.crumbs}>
        {(crumbs) => (
          <nav aria-label={t().common.path} class="text-faint mb-1 flex items-center gap-1 text-sm">
            <For each={crumbs()}>
              {(crumb) => (
                <>
                  <A href={crumb.href} class="hover:text-accent hover:underline">
                    {crumb.text}
                  </A>
                  <Icon name="right" class="size-3.5" />
                </>
              )}
            </For>
          </nav>
        )}
      </Show>
      <div class="flex min-h-9 flex-wrap items-center justify-between gap-x-6 gap-y-2">
        <h1 class="min-w-0 text-xl font-semibold tracking-tight break-words">{props.title}</h1>
        <div class="flex flex-wrap items-center gap-2">
          <Show when={props.cli}>{(cli) => <Cli command={cli()} />}</Show>
          {props.actions}
        </div>
      </div>
      <Show when={props.lead}>
        <div class="text-muted mt-1">{props.lead}</div>
      </Show>
    </header>
  );
}

export function Panel(props: { readonly title?: string; readonly aside?: JSX.Element; readonly children: JSX.Element; readonly class?: string; readonly flush?: boolean }): JSX.Element {
  return (
    <section class={`border-line bg-panel shadow-panel min-w-0 rounded-lg border ${props.class ?? ''}`}>
      <Show when={props.title}>
        <div class="border-line flex min-h-11 flex-wrap items-center justify-between gap-x-4 gap-y-1 border-b px-4 py-2">
          <h2 class="font-semibold">{props.title}</h2>
          <div class="text-muted flex items-center gap-2 text-sm">{props.aside}</div>
        </div>
      </Show>
      <div class={props.flush === true ? '' : 'p-4'}>{props.children}</div>
    </section>
  );
}

/** One of several parts of a flush panel, with a heading of its own. */
export function Part(props: { readonly title: string; readonly aside?: string; readonly children: JSX.Element }): JSX.Element {
  return (
    <section class="px-4 py-4">
      <div class="mb-2 flex flex-wrap items-baseline justify-between gap-x-3">
        <h3 class="text-sm font-semibold">{props.title}</h3>
        <span class="text-faint text-xs">{props.aside}</span>
      </div>
      {props.children}
    </section>
  );
}

/** The foot of a flush panel whose list goes on. */
export function ShowMore(props: { readonly onClick: () => void }): JSX.Element {
  return (
    <div class="border-line flex justify-center border-t p-3">
      <Button size="sm" onClick={() => props.onClick()}>
        {t().common.showMore}
      </Button>
    </div>
  );
}

/** A name and its value, for lists of facts. */
export function Fact(props: { readonly name: string; readonly children: JSX.Element; readonly wide?: boolean }): JSX.Element {
  return (
    <div class={`flex min-w-0 flex-col gap-0.5 ${props.wide === true ? 'col-span-full' : ''}`}>
      <dt class="text-faint text-xs">{props.name}</dt>
      <dd class="min-w-0 break-words">{props.children}</dd>
    </div>
  );
}

/** A number that matters, large, with what it means beneath. */
export function Figure(props: { readonly name: string; readonly value: JSX.Element; readonly unit?: JSX.Element; readonly note?: JSX.Element; readonly children?: JSX.Element }): JSX.Element {
  return (
    <div class="border-line bg-panel shadow-panel flex min-w-0 flex-col gap-1 rounded-lg border px-4 py-3">
      <div class="text-faint text-xs font-medium">{props.name}</div>
      <div class="flex flex-wrap items-baseline gap-x-1.5">
        <span class="text-2xl font-semibold tracking-tight">{props.value}</span>
        <span class="text-muted text-sm">{props.unit}</span>
      </div>
      {props.children}
      <Show when={props.note}>
        <div class="text-muted text-xs">{props.note}</div>
      </Show>
    </div>
  );
}
