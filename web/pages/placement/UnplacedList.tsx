// What found no room and why: for each group of hosts how many there are, what stands in the way of the closest, and which that is.
import { A } from '@solidjs/router';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { Unplaced } from '#server/http/contract/index.ts';
import { reasonText } from '../../format/reason.ts';
import { paths } from '../../paths.ts';
import { language, t } from '../../shell/preferences.ts';
import { Icon } from '../../ui/Icon.tsx';

/** A brief list shows so many workloads, and of each the group of hosts that is the largest. */
const MOST_BRIEF = 4;

/** `named`: each with its workload. `brief`: the most important first, the rest on demand. */
export function UnplacedList(props: { readonly unplaced: readonly Unplaced[]; readonly title: string; readonly named?: boolean; readonly brief?: boolean }): JSX.Element {
  const [all, setAll] = createSignal(false);
  const isBrief = () => props.brief === true && !all();
  const shown = () => (isBrief() ? props.unplaced.toSorted((one, other) => other.count - one.count).slice(0, MOST_BRIEF) : props.unplaced);
  const isCut = () => isBrief() && (props.unplaced.length > MOST_BRIEF || props.unplaced.some(({ eliminations }) => eliminations.length > 1));
  return (
    <div class="border-warn/30 bg-warn-soft/60 rounded-md border px-3 py-2.5">
      <p class="text-warn flex items-start gap-2 font-semibold">
        <Icon name="warning" class="mt-0.5 size-4" />
        {props.title}
      </p>
      <p class="text-muted mt-1 text-sm">{t().ask.quote.unplacedLead}</p>
      <For each={shown()}>
        {(each) => (
          <>
            <Show when={props.named}>
              <p class="mt-2 text-sm font-medium">
                {each.workload} · {t().common.countReplicas(each.count)}
              </p>
            </Show>
            <ul class="mt-1.5 flex flex-col gap-1 text-sm">
              <For each={isBrief() ? each.eliminations.slice(0, 1) : each.eliminations}>
                {(elimination) => (
                  <li class="grid grid-cols-[auto_1fr] gap-x-2">
                    <span class="text-muted whitespace-nowrap">{elimination.hosts > 0 ? t().ask.quote.onHosts(elimination.hosts, elimination.group) : '·'}</span>
                    <span>
                      {reasonText(elimination.closest, t(), language())}
                      <Show when={elimination.hosts > 0 && elimination.closestHost}>
                        {' '}
                        (
                        <A class="textlink" href={paths.host(elimination.closestHost)}>
                          {elimination.closestHost}
                        </A>
                        )
                      </Show>
                    </span>
                  </li>
                )}
              </For>
            </ul>
          </>
        )}
      </For>
      <Show when={isCut()}>
        <button type="button" class="text-accent mt-2 text-sm hover:underline" onClick={() => setAll(true)}>
          {t().common.showAll}
        </button>
      </Show>
    </div>
  );
}
