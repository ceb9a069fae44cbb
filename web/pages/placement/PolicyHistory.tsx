// Every version of the policy: who, when, why, and what each changed; an older one can be brought back into the editor.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { PolicyView } from '#server/http/contract/index.ts';
import { queries } from '../../api/queries.ts';
import { policyDiff } from '../../format/policy-diff.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { Panel, ShowMore } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';
import { PolicyDiff } from './PolicyDiff.tsx';

const STEP = 8;

export function PolicyHistory(props: { readonly inForce: number; readonly onBringBack: (version: PolicyView) => void }): JSX.Element {
  const versions = useQuery(() => ({ ...queries.policyVersions(), reconcile: false as const }));
  const [limit, setLimit] = createSignal(STEP);
  return (
    <Panel flush title={t().policy.history}>
      <Loaded query={versions} skeleton={<Skeleton lines={3} />} empty={<p class="text-muted px-4 py-6 text-center text-sm">{t().policy.historyEmpty}</p>}>
        {(all) => (
          <>
            <ol class="divide-line divide-y">
              <For each={all().slice(0, limit())}>{(version, at) => <Version version={version} before={all()[at() + 1]} inForce={version.version === props.inForce} onBringBack={props.onBringBack} />}</For>
            </ol>
            <Show when={all().length > limit()}>
              <ShowMore onClick={() => setLimit((now) => now + STEP)} />
            </Show>
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function Version(props: { readonly version: PolicyView; readonly before: PolicyView | undefined; readonly inForce: boolean; readonly onBringBack: (version: PolicyView) => void }): JSX.Element {
  const [open, setOpen] = createSignal(false);
  const diff = () => (props.before === undefined ? [] : policyDiff(props.before.record, props.version.record, t(), language(), show));
  return (
    <li>
      <div class="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5">
        <button type="button" class="flex min-w-0 flex-1 items-start gap-2 text-left" aria-expanded={open()} onClick={() => setOpen((now) => !now)}>
          <Icon name={open() ? 'down' : 'right'} class="text-faint mt-1 size-4" />
          <span class="min-w-0">
            <span class="font-medium">{t().policy.version(show.number(props.version.version))}</span>
            <span class="text-muted"> · {props.before === undefined ? t().policy.first : t().policy.diffCount(diff().length)}</span>
            <span class="text-muted block text-sm break-words">
              {props.version.createdBy}, {show.ago(props.version.createdAt)}
              <Show when={props.version.why}>{(why) => <>: “{why()}”</>}</Show>
            </span>
          </span>
        </button>
        <Show
          when={!props.inForce}
          fallback={<Badge tone="ok">{t().policy.inForce}</Badge>}
        >
          <Button size="sm" icon="undo" onClick={() => props.onBringBack(props.version)}>
            {t().policy.bringBack}
          </Button>
        </Show>
      </div>
      <Show when={open()}>
        <div class="pl-6">
          <Show when={diff().length > 0} fallback={<p class="text-muted px-4 pb-3 text-sm">{props.before === undefined ? t().policy.first : t().policy.unchanged}</p>}>
            <PolicyDiff rows={diff()} />
          </Show>
        </div>
      </Show>
    </li>
  );
}
