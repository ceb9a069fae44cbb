// The rules that differ between two policies, with what each was and what it would be.
import { For, Show, type JSX } from 'solid-js';
import type { PolicyDifference } from '../../format/policy-diff.ts';
import { t } from '../../shell/preferences.ts';

export function PolicyDiff(props: { readonly rows: readonly PolicyDifference[] }): JSX.Element {
  return (
    <dl class="divide-line divide-y px-4 pb-3 text-sm" data-testid="policy-diff">
      <For each={props.rows}>
        {(row) => (
          <div class="grid grid-cols-[minmax(0,1fr)_minmax(0,1.3fr)] items-baseline gap-x-3 py-1.5">
            <dt class="text-muted break-words">{row.field}</dt>
            <dd class="text-right break-words">
              <Show when={row.before}>
                {(before) => (
                  <del class="text-faint decoration-faint/60 mr-1.5">
                    <span class="sr-only">{t().policy.diffColumns.before} </span>
                    {before()}
                  </del>
                )}
              </Show>
              <Show when={row.after} fallback={<span class="text-faint">{t().common.nothing}</span>}>
                {(after) => (
                  <ins class="text-accent font-medium no-underline">
                    <span class="sr-only">{t().policy.diffColumns.after} </span>
                    {after()}
                  </ins>
                )}
              </Show>
            </dd>
          </div>
        )}
      </For>
    </dl>
  );
}
