// Whether the way back would be quick: a light, and the four things that it stands for.
import { Show, type JSX } from 'solid-js';
import type { Readiness } from '#server/http/contract/index.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Badge } from '../../ui/State.tsx';

export function ReadinessLight(props: { readonly readiness: Readiness }): JSX.Element {
  return <Badge tone={props.readiness.isReady ? 'ok' : 'wait'}>{props.readiness.isReady ? t().rollouts.readiness.ready : t().rollouts.readiness.notReady}</Badge>;
}

/** `compact`: without the server's sentence, for the inside of a question. */
export function ReadinessFacts(props: { readonly readiness: Readiness; readonly compact?: boolean }): JSX.Element {
  const words = () => t().rollouts.readiness;
  const image = () => props.readiness.image;
  const line = (isGood: boolean, name: string, value: string) => (
    <span class="flex items-center gap-2 text-sm">
      <span class={isGood ? 'text-ok' : 'text-warn'}>
        <Icon name={isGood ? 'check' : 'warning'} class="size-4" />
      </span>
      <span class="text-muted flex-1">{name}</span>
      <span class="text-ink">{value}</span>
    </span>
  );
  const yes = (value: boolean) => (value ? words().yes : words().no);
  return (
    <span class="flex flex-col gap-1.5">
      {line(image().present >= image().hosts, words().image, words().imageText(show.number(image().present), t().common.countHosts(image().hosts)))}
      {line(props.readiness.config, words().config, yes(props.readiness.config))}
      {line(props.readiness.room, words().room, yes(props.readiness.room))}
      {line(true, words().expected, props.readiness.expectedSeconds === null ? words().notKnown : words().seconds(show.duration(props.readiness.expectedSeconds)))}
      <Show when={props.compact !== true && language() === 'en' && props.readiness.sentence !== ''}>
        <span class="text-muted mt-1 text-sm">{props.readiness.sentence}</span>
      </Show>
    </span>
  );
}
