// Events as lines, newest first: when, who, what happened to what, and why. Used on the events page and beside a host or on the overview.
import { A } from '@solidjs/router';
import { keepPreviousData, useQuery } from '@tanstack/solid-query';
import { For, Show, type JSX } from 'solid-js';
import type { EventView } from '#server/http/contract/index.ts';
import { queries } from '../api/queries.ts';
import { paths } from '../paths.ts';
import { show } from '../shell/show.ts';
import { Loaded } from '../ui/Loaded.tsx';
import { Chip } from '../ui/State.tsx';

export function EventList(props: { readonly limit: number; readonly none: JSX.Element; readonly subject?: string; readonly kind?: string; readonly compact?: boolean }): JSX.Element {
  const events = useQuery(() => ({
    ...queries.events({ limit: props.limit, ...(props.subject ? { subject: props.subject } : {}), ...(props.kind ? { kind: props.kind } : {}) }),
    placeholderData: keepPreviousData<EventView[]>,
    reconcile: 'seq',
  }));
  return (
    <Loaded query={events} empty={<div class="text-muted px-4 py-8 text-center text-sm">{props.none}</div>}>
      {(all) => (
        <ol class="divide-line divide-y">
          <For each={all()}>{(event) => <Line event={event} compact={props.compact === true} />}</For>
        </ol>
      )}
    </Loaded>
  );
}

function Line(props: { readonly event: EventView; readonly compact: boolean }): JSX.Element {
  return (
    <li class={props.compact ? 'px-4 py-2.5' : 'hover:bg-sunken/60 grid grid-cols-1 gap-x-4 gap-y-0.5 px-4 py-2.5 md:grid-cols-[9rem_11rem_1fr_auto]'}>
      <Show
        when={!props.compact}
        fallback={
          <>
            <p class="text-sm break-words">{props.event.message}</p>
            <p class="text-faint mt-0.5 text-xs">
              <time dateTime={props.event.at} title={show.moment(props.event.at)}>
                {show.ago(props.event.at)}
              </time>{' '}
              · {props.event.actor}
            </p>
          </>
        }
      >
        <time class="text-faint text-sm" dateTime={props.event.at} title={show.moment(props.event.at)}>
          {show.ago(props.event.at)}
        </time>
        <span>
          <Chip mono>{props.event.kind}</Chip>
        </span>
        <span class="min-w-0 break-words">
          <Show when={linkOf(props.event)} fallback={props.event.message}>
            {(href) => (
              <A href={href()} class="hover:text-accent hover:underline">
                {props.event.message}
              </A>
            )}
          </Show>
          <Show when={props.event.why}>
            <span class="text-muted block text-sm">“{props.event.why}”</span>
          </Show>
        </span>
        <span class="text-muted text-sm md:text-right">{props.event.actor}</span>
      </Show>
    </li>
  );
}

/** The page of what an event is about, where it has one. */
function linkOf(event: EventView): string | undefined {
  switch (event.subjectType) {
    case 'host':
      return paths.host(event.subject);
    case 'request':
      return paths.request(event.subjectId);
    case 'plan':
      return paths.plan(event.subjectId);
    case 'rollout':
      return paths.rollout(event.subjectId);
    case 'release':
      return paths.release(event.subjectId);
    case 'build':
      return paths.build(event.subjectId);
    case 'layer':
      return paths.layer(event.subject);
    case 'workload': {
      const at = event.subject.lastIndexOf('.');
      return at < 1 ? undefined : paths.service(event.subject.slice(0, at), { environment: event.subject.slice(at + 1) });
    }
    case 'service':
      return paths.service(event.subject);
    default:
      return undefined;
  }
}
