// States as a badge: a shape, a colour and a word, so that none of them is needed alone to tell two states apart.
import { Match, Switch, type JSX } from 'solid-js';

export type Tone = 'ok' | 'busy' | 'wait' | 'bad' | 'off';

const TINTS: Readonly<Record<Tone, string>> = {
  ok: 'bg-ok-soft text-ok',
  busy: 'bg-info-soft text-info',
  wait: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  off: 'bg-sunken text-muted',
};
const INKS: Readonly<Record<Tone, string>> = { ok: 'text-ok', busy: 'text-info', wait: 'text-warn', bad: 'text-bad', off: 'text-faint' };

/** A filled disc, a half disc, a hollow ring, a diamond, a dash. */
function Glyph(props: { readonly tone: Tone }): JSX.Element {
  return (
    <svg viewBox="0 0 10 10" class="size-2.5 shrink-0" aria-hidden="true">
      <Switch>
        <Match when={props.tone === 'ok'}>
          <circle cx="5" cy="5" r="4" fill="currentColor" />
        </Match>
        <Match when={props.tone === 'busy'}>
          <circle cx="5" cy="5" r="3.4" fill="none" stroke="currentColor" stroke-width="1.3" />
          <path d="M5 1.6a3.4 3.4 0 0 1 0 6.8z" fill="currentColor" />
        </Match>
        <Match when={props.tone === 'wait'}>
          <circle cx="5" cy="5" r="3.4" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.4 1.6" />
        </Match>
        <Match when={props.tone === 'bad'}>
          <path d="M5 .6 9.4 5 5 9.4.6 5z" fill="currentColor" />
        </Match>
        <Match when={props.tone === 'off'}>
          <path d="M1.5 5h7" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
        </Match>
      </Switch>
    </svg>
  );
}

export function Badge(props: { readonly tone: Tone; readonly children: JSX.Element; readonly title?: string | undefined }): JSX.Element {
  return (
    <span class={`inline-flex items-center gap-1.5 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap ${TINTS[props.tone]}`} title={props.title}>
      <Glyph tone={props.tone} />
      {props.children}
    </span>
  );
}

/** The same without a background, for dense rows. */
export function Dot(props: { readonly tone: Tone; readonly children: JSX.Element }): JSX.Element {
  return (
    <span class={`inline-flex items-center gap-1.5 whitespace-nowrap ${INKS[props.tone]}`}>
      <Glyph tone={props.tone} />
      <span class="text-ink">{props.children}</span>
    </span>
  );
}

/** A short mark without a state: an environment, a kind, a label. */
export function Chip(props: { readonly children: JSX.Element; readonly mono?: boolean; readonly title?: string }): JSX.Element {
  return (
    <span class={`border-line bg-sunken text-muted inline-flex max-w-full items-center truncate rounded border px-1.5 py-px text-xs ${props.mono === true ? 'font-mono' : ''}`} title={props.title}>
      {props.children}
    </span>
  );
}
