// Semantic tables in one look. A wide one scrolls inside its panel, by keyboard too, so that the page itself never scrolls sideways.
import { Show, type JSX } from 'solid-js';
import { Icon } from './Icon.tsx';

export function Table(props: { readonly label: string; readonly head: JSX.Element; readonly children: JSX.Element; readonly class?: string }): JSX.Element {
  return (
    <div class="relative overflow-x-auto" tabindex="0" role="region" aria-label={props.label}>
      <table class={`w-full border-collapse text-left ${props.class ?? ''}`}>
        <thead>
          <tr class="border-line border-b">{props.head}</tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </div>
  );
}

export function Th(props: { readonly children?: JSX.Element; readonly right?: boolean; readonly class?: string; readonly sort?: 'ascending' | 'descending' | 'none'; readonly onSort?: () => void }): JSX.Element {
  return (
    <th scope="col" aria-sort={props.sort} class={`text-faint px-3 py-2 text-xs font-medium whitespace-nowrap first:pl-4 last:pr-4 ${props.right === true ? 'text-right' : ''} ${props.class ?? ''}`}>
      <Show when={props.onSort} fallback={props.children}>
        <button type="button" class="hover:text-ink inline-flex items-center gap-1" onClick={() => props.onSort?.()}>
          {props.children}
          <Icon name={props.sort === 'ascending' ? 'up' : 'down'} class={`size-3 ${props.sort === 'none' ? 'opacity-30' : ''}`} />
        </button>
      </Show>
    </th>
  );
}

export function Tr(props: { readonly children: JSX.Element }): JSX.Element {
  return <tr class="border-line hover:bg-sunken/60 border-b last:border-0">{props.children}</tr>;
}

export function Td(props: { readonly children?: JSX.Element; readonly right?: boolean; readonly class?: string; readonly mono?: boolean }): JSX.Element {
  return <td class={`px-3 py-2.5 align-middle first:pl-4 last:pr-4 ${props.right === true ? 'text-right' : ''} ${props.mono === true ? 'font-mono text-xs' : ''} ${props.class ?? ''}`}>{props.children}</td>;
}
