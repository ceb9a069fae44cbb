// What keeps replicas where they are: which, by which rule, since when, and what has been tried and would help.
import { For, Show, type JSX } from 'solid-js';
import type { Blocker } from '#server/http/contract/index.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Icon } from '../../ui/Icon.tsx';

export function BlockerList(props: { readonly blockers: readonly Blocker[] }): JSX.Element {
  return (
    <ul class="flex flex-col gap-3" data-testid="blockers">
      <For each={props.blockers}>
        {(blocker) => (
          <li class="flex items-start gap-2">
            <Icon name="stop" class="text-bad mt-0.5 size-4" />
            <div class="min-w-0">
              <p class="break-words">
                <span class="font-medium">{blocker.workload}</span> · {t().common.countReplicas(blocker.count)}: {blocker.sentence}
              </p>
              <p class="text-faint text-xs">
                {t().maintenance.blockers.since(show.ago(blocker.since))}
                <Show when={blocker.closestHost}>{(host) => ` · ${t().maintenance.blockers.closest(host())}`}</Show>
                {` · ${blocker.replicas.map(({ name }) => name).join(', ')}`}
              </p>
              <Show
                when={blocker.help.length > 0}
                fallback={<p class="text-muted text-xs">{blocker.helpState === 'looked' ? t().maintenance.blockers.noHelp : t().maintenance.blockers.looking}</p>}
              >
                <p class="text-muted mt-1 text-xs font-medium">{t().maintenance.blockers.help}</p>
                <ul class="text-muted list-inside list-disc text-xs">
                  <For each={blocker.help}>
                    {(help) => (
                      <li>
                        {help.sentence}
                        <Show when={help.addedCentsPerHour > 0}> ({t().services.perHour(show.money(help.addedCentsPerHour))})</Show>
                      </li>
                    )}
                  </For>
                </ul>
              </Show>
            </div>
          </li>
        )}
      </For>
    </ul>
  );
}
