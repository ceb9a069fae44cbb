// When names leave a site by themselves: the rules with their hysteresis, what is kept away now, and what waits for a person.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import { siteQueries } from '../../api/sites.ts';
import { FailoverDialog } from '../../forms/FailoverDialog.tsx';
import { toldText } from '../../format/said.ts';
import { language, t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';

export function FailoverPanel(props: { readonly refused: string | null }): JSX.Element {
  const failover = useQuery(() => ({ ...siteQueries.failover(), reconcile: false as const }));
  const [editing, setEditing] = createSignal(false);
  const words = () => t().sites.failover;
  const edit = () => (
    <Button size="sm" refused={props.refused} onClick={() => setEditing(true)}>
      {words().edit}
    </Button>
  );
  return (
    <Panel title={words().title} aside={edit()}>
      <Loaded query={failover} skeleton={<Skeleton lines={2} />}>
        {(now) => (
          <div class="flex flex-col gap-3">
            <div class="flex flex-col items-start gap-1.5 text-sm">
              <Badge tone={now().rules.isAutomatic ? 'ok' : 'wait'}>{now().rules.isAutomatic ? words().automatic : words().byHand}</Badge>
              <p>{words().rule(show.duration(now().rules.downAfterSeconds), show.duration(now().rules.upAfterSeconds))}</p>
              <p class="text-muted">{words().bounds(show.permille(now().rules.leastHostsUpPermille), show.permille(now().rules.leastHealthyPermille), show.permille(now().rules.mostNamesPermille))}</p>
            </div>
            <Show when={now().failed.length + now().held.length > 0} fallback={<p class="text-muted text-sm">{words().none}</p>}>
              <ul class="flex flex-col gap-2 text-sm">
                <For each={now().held}>
                  {(held) => (
                    <li class="text-warn flex items-start gap-2">
                      <Icon name="warning" class="mt-0.5 size-4" />
                      <span>
                        <span class="font-medium">{words().at(held.name ?? words().wholeSite, held.site)}</span>: {words().held}, {words().codes[held.code]}
                        <span class="text-muted block">{toldText(held.said, language() === 'en' ? held.reason : '', t().sites.said, language())}</span> <span class="text-faint">({show.ago(held.since)})</span>
                      </span>
                    </li>
                  )}
                </For>
                <For each={now().failed}>
                  {(failed) => (
                    <li class="flex items-start gap-2">
                      <Icon name="stop" class="text-bad mt-0.5 size-4" />
                      <span>
                        <span class="font-medium">{words().at(failed.name, failed.site)}</span>: {toldText(failed.said, failed.reason, t().sites.said, language())} <span class="text-faint">({show.ago(failed.since)})</span>
                      </span>
                    </li>
                  )}
                </For>
              </ul>
            </Show>
            <Show when={editing()}>
              <FailoverDialog rules={now().rules} onClose={() => setEditing(false)} />
            </Show>
          </div>
        )}
      </Loaded>
    </Panel>
  );
}
