// The chapters of a replica's life, oldest first: what happened, who did it and why, with links to the plan and the request behind it.
import { A } from '@solidjs/router';
import { For, Show, type JSX } from 'solid-js';
import type { Chapter, Story } from '#server/http/contract/index.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Empty } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Badge, type Tone } from '../../ui/State.tsx';

const TONES: Readonly<Record<Chapter['kind'], Tone>> = {
  asked: 'busy',
  decided: 'busy',
  placed: 'ok',
  succeeds: 'busy',
  moved: 'busy',
  waiting: 'wait',
  resized: 'busy',
  renewed: 'busy',
  started: 'busy',
  healthy: 'ok',
  restarted: 'wait',
  unhealthy: 'bad',
  exited: 'bad',
  failed: 'bad',
  succeeded: 'off',
  'given-up': 'bad',
  stopped: 'off',
  address: 'off',
  other: 'off',
};

export function ReplicaStory(props: { readonly story: Story }): JSX.Element {
  return (
    <Panel flush title={t().replica.story}>
      <p class="text-muted border-line border-b px-4 py-3 text-sm">{t().replica.storyLead}</p>
      <Show when={props.story.chapters.length > 0} fallback={<Empty icon="events" title={t().replica.missing} />}>
        <ol class="px-4 py-4">
          <For each={props.story.chapters}>{(chapter, at) => <Line chapter={chapter} story={props.story} isLast={at() === props.story.chapters.length - 1} />}</For>
        </ol>
      </Show>
      <Show when={props.story.missing.length > 0}>
        <div class="border-line text-muted border-t px-4 py-3 text-sm">
          <p class="text-faint text-xs">{t().replica.missing}</p>
          <ul class="mt-1 list-inside list-disc">
            <For each={props.story.missing}>{(each) => <li>{each}</li>}</For>
          </ul>
        </div>
      </Show>
    </Panel>
  );
}

function Line(props: { readonly chapter: Chapter; readonly story: Story; readonly isLast: boolean }): JSX.Element {
  return (
    <li class={`relative grid grid-cols-1 gap-x-4 gap-y-1 pl-5 sm:grid-cols-[10.5rem_minmax(0,1fr)] ${props.isLast ? '' : 'pb-5'}`}>
      <span class={`bg-line absolute top-2 bottom-0 left-[3px] w-px ${props.isLast ? 'hidden' : ''}`} aria-hidden="true" />
      <span class="bg-edge absolute top-2 left-0 size-[7px] rounded-full" aria-hidden="true" />
      <div class="flex flex-wrap items-center gap-x-2 sm:block">
        <Badge tone={TONES[props.chapter.kind]}>{t().replica.chapters[props.chapter.kind]}</Badge>
        <time class="text-faint block text-xs sm:mt-1" dateTime={props.chapter.at} title={show.moment(props.chapter.at)}>
          {show.when(props.chapter.at)}
        </time>
      </div>
      <div class="min-w-0">
        <p class="break-words">{props.chapter.sentence}</p>
        <Show when={props.chapter.why}>{(why) => <p class="text-muted text-sm break-words">“{why()}”</p>}</Show>
        <p class="text-faint mt-0.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs">
          <span>{t().replica.by(props.chapter.by)}</span>
          <Show when={props.chapter.planId}>
            {(id) => (
              <A href={paths.plan(id())} class="text-accent hover:underline">
                {t().replica.plan}
              </A>
            )}
          </Show>
          <Show when={props.chapter.requestId}>
            {(id) => (
              <A href={paths.request(id())} class="text-accent hover:underline">
                {t().replica.request}
              </A>
            )}
          </Show>
          <Show when={props.chapter.policyVersion}>{(version) => <span>{t().replica.policy(version())}</span>}</Show>
          <Show when={props.chapter.replicaId !== props.story.id}>
            <A href={paths.replica(props.chapter.replicaId)} class="text-accent hover:underline">
              {props.chapter.replica}
            </A>
          </Show>
          <Show when={props.chapter.kind === 'renewed' && props.chapter.release}>{(release) => <A href={paths.release(release())} class="text-accent hover:underline">{t().replica.fact.release}</A>}</Show>
        </p>
      </div>
    </li>
  );
}
