// What a rollout waits for: who has to act, why, until when, and what happens then; and what went wrong, where something did. The reasons
// are the server's sentences.
import { Show, type JSX } from 'solid-js';
import type { RolloutView } from '#server/http/contract/index.ts';
import { WAITS_FOR_PERSON } from '../../format/rollout.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Icon } from '../../ui/Icon.tsx';

type Owner = keyof ReturnType<typeof t>['rollouts']['wait']['owners'];

/** The one who has to act, in the reader's language. */
export function ownerText(owner: string): string {
  return t().rollouts.wait.owners[owner as Owner] ?? owner;
}

export function RolloutWait(props: { readonly rollout: RolloutView }): JSX.Element {
  const needsPerson = () => WAITS_FOR_PERSON.has(props.rollout.phase) || props.rollout.wait?.owner === 'person';
  return (
    <Show when={props.rollout.wait !== null || props.rollout.trouble !== null}>
      <div role="status" class="flex flex-col gap-2">
        <Show when={props.rollout.trouble}>
          {(trouble) => (
            <div class="bg-bad-soft text-bad flex items-start gap-2.5 rounded-md px-4 py-3">
              <Icon name="warning" class="mt-0.5 size-4" />
              <p class="min-w-0 break-words">
                <span class="font-medium">{t().rollouts.trouble}:</span> {trouble()}
              </p>
            </div>
          )}
        </Show>
        <Show when={props.rollout.wait}>
          {(wait) => (
            <div class={`flex items-start gap-2.5 rounded-md px-4 py-3 ${needsPerson() ? 'bg-warn-soft text-warn' : 'bg-info-soft text-info'}`} data-testid="rollout-wait">
              <Icon name={needsPerson() ? 'people' : 'clock'} class="mt-0.5 size-4" />
              <div class="min-w-0 flex-1 break-words">
                <p>
                  <span class="font-semibold">
                    {t().rollouts.wait.title} {ownerText(wait().owner).toLowerCase()}:
                  </span>{' '}
                  {wait().reason}
                </p>
                <p class="text-sm">
                  <Show when={wait().until} fallback={t().rollouts.wait.noEnd}>
                    {(until) => <span title={show.moment(until())}>{t().rollouts.wait.until(show.ago(until()))}</span>}
                  </Show>
                  <Show when={wait().then}> · {t().rollouts.wait.then(wait().then)}</Show>
                </p>
              </div>
            </div>
          )}
        </Show>
      </div>
    </Show>
  );
}
