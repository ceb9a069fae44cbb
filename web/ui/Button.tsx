// Buttons, and links that look like them. A button that may not be pressed stays reachable and says why when it is pressed or pointed at:
// a greyed control without a reason helps nobody.
import { A } from '@solidjs/router';
import { Show, type JSX } from 'solid-js';
import { Icon, type IconName } from './Icon.tsx';
import { toast } from './toast.ts';

export type ButtonTone = 'primary' | 'plain' | 'quiet' | 'danger';

const BASE = 'inline-flex items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors select-none';
const SIZES = { md: 'h-9 px-3.5 text-base', sm: 'h-7.5 px-2.5 text-sm' };
const TONES: Readonly<Record<ButtonTone, string>> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong shadow-panel',
  plain: 'border border-line bg-panel text-ink hover:border-edge hover:bg-sunken shadow-panel',
  quiet: 'text-muted hover:bg-sunken hover:text-ink',
  danger: 'border border-bad/50 bg-panel text-bad hover:bg-bad-soft',
};

export interface ButtonProps {
  readonly children: JSX.Element;
  readonly tone?: ButtonTone;
  readonly size?: 'md' | 'sm';
  readonly icon?: IconName;
  readonly type?: 'button' | 'submit';
  /** Why it may not be pressed now; null or absent: it may. */
  readonly refused?: string | null | undefined;
  readonly busy?: boolean;
  readonly onClick?: (event: MouseEvent) => void;
  readonly class?: string;
}

export function Button(props: ButtonProps): JSX.Element {
  const refused = () => props.refused ?? null;
  const press = (event: MouseEvent): void => {
    const reason = refused();
    if (reason !== null || props.busy === true) {
      event.preventDefault();
      if (reason !== null) toast.say(reason);
      return;
    }
    props.onClick?.(event);
  };
  return (
    <button
      type={props.type ?? 'button'}
      class={`${BASE} ${SIZES[props.size ?? 'md']} ${TONES[props.tone ?? 'plain']} ${refused() === null ? '' : 'opacity-55'} ${props.class ?? ''}`}
      aria-disabled={refused() !== null || props.busy === true ? 'true' : undefined}
      aria-busy={props.busy === true ? 'true' : undefined}
      title={refused() ?? undefined}
      onClick={press}
    >
      <Show when={props.busy} fallback={<Show when={props.icon}>{(icon) => <Icon name={icon()} />}</Show>}>
        <span class="size-3.5 animate-spin rounded-full border-2 border-current border-r-transparent" />
      </Show>
      {props.children}
    </button>
  );
}

export function ButtonLink(props: { readonly href: string; readonly children: JSX.Element; readonly tone?: ButtonTone; readonly size?: 'md' | 'sm'; readonly icon?: IconName; readonly class?: string }): JSX.Element {
  return (
    <A href={props.href} class={`${BASE} ${SIZES[props.size ?? 'md']} ${TONES[props.tone ?? 'plain']} ${props.class ?? ''}`}>
      <Show when={props.icon}>{(icon) => <Icon name={icon()} />}</Show>
      {props.children}
    </A>
  );
}

/** The face of a square button with an icon alone, also for menus that open from one. */
export const ICON_BUTTON = 'text-muted hover:bg-sunken hover:text-ink inline-flex size-8 items-center justify-center rounded-md transition-colors';

/** `label` is its name. */
export function IconButton(props: { readonly icon: IconName; readonly label: string; readonly onClick: (event: MouseEvent) => void; readonly class?: string }): JSX.Element {
  return (
    <button type="button" aria-label={props.label} title={props.label} class={`${ICON_BUTTON} ${props.class ?? ''}`} onClick={(event) => props.onClick(event)}>
      <Icon name={props.icon} />
    </button>
  );
}
