// How far a drain is: what still runs here, what is on its way, and what cannot leave and why.
import { A } from '@solidjs/router';
import { For, Show, type JSX } from 'solid-js';
import type { HostDrain, HostMaintenance } from '#server/http/contract/index.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Panel } from '../../ui/Panel.tsx';

export function DrainPanel(props: { readonly drain: HostDrain; readonly maintenance: HostMaintenance | null }): JSX.Element {
  const blocked = () => props.drain.blockers.reduce((sum, { count }) => sum + count, 0);
  const waiting = () => Math.max(0, props.drain.left - props.drain.underWay - blocked());
  return (
    <Panel flush title={t().fleet.draining} aside={`“${props.drain.reason}”`}>
      <div class="p-4" data-testid="drain">
        <Show when={props.drain.left > 0} fallback={<p class="text-ok flex items-center gap-2 font-medium"><Icon name="check" />{t().fleet.drainEmpty}</p>}>
          <p class="flex flex-wrap gap-x-4 gap-y-1">
            <span class="font-medium">{t().fleet.drainLeft(props.drain.left)}</span>
            <Show when={props.drain.underWay > 0}>
              <span class="text-info">{t().proposals.underWay(props.drain.underWay)}</span>
            </Show>
            <Show when={waiting() > 0}>
              <span class="text-muted">{t().fleet.drainWaits(show.number(waiting()))}</span>
            </Show>
          </p>
        </Show>
        <Show when={props.drain.blockers.length > 0}>
          <ul class="mt-3 flex flex-col gap-2 text-sm">
            <For each={props.drain.blockers}>
              {(blocker) => {
                const at = () => blocker.workload.lastIndexOf('.');
                return (
                  <li class="flex items-start gap-2">
                    <Icon name="stop" class="text-bad mt-0.5 size-4" />
                    <span>
                      <A href={paths.service(blocker.workload.slice(0, at()), { environment: blocker.workload.slice(at() + 1) })} class="textlink font-medium">
                        {blocker.workload}
                      </A>{' '}
                      · {t().common.countReplicas(blocker.count)}: <span class="text-muted">{blocker.reason}</span>
                    </span>
                  </li>
                );
              }}
            </For>
          </ul>
        </Show>
        <Show when={props.maintenance}>
          {(maintenance) => (
            <p class="text-muted mt-3 flex flex-wrap gap-x-3 text-sm">
              <Show when={maintenance().emptyAt}>{(at) => <span>{t().maintenance.emptyAt(show.moment(at()))}</span>}</Show>
              <Show when={maintenance().endsAt}>{(at) => <span>{t().maintenance.endsByItself(show.moment(at()))}</span>}</Show>
              <A href={paths.maintenance(maintenance().id)} class="textlink">
                {t().maintenance.seeIt}
              </A>
            </p>
          )}
        </Show>
      </div>
    </Panel>
  );
}
