// Shifts of traffic, those under way first.
import { A } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { For, type JSX } from 'solid-js';
import type { ShiftView } from '#server/http/contract/index.ts';
import { siteQueries } from '../../api/sites.ts';
import { shiftTone } from '../../format/sites.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Loaded, Skeleton } from '../../ui/Loaded.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { Badge } from '../../ui/State.tsx';

const FIRST: ReadonlySet<ShiftView['state']> = new Set(['draft', 'approved', 'applying', 'paused', 'undoing']);
const MOST_SHOWN = 12;

/** What it moves, in the reader's language. */
export const shiftTitle = (shift: Pick<ShiftView, 'kind' | 'site' | 'plan'>): string => (shift.kind === 'drain' && shift.site !== null ? t().sites.shifts.drainOf(shift.site) : t().sites.shifts.shiftOf(show.listed(shift.plan.changes.map(({ name }) => name))));

export function ShiftsPanel(): JSX.Element {
  const shifts = useQuery(() => siteQueries.shifts());
  const words = () => t().sites.shifts;
  const sorted = (all: readonly ShiftView[]) => all.toSorted((one, other) => Number(FIRST.has(other.state)) - Number(FIRST.has(one.state)) || other.createdAt.localeCompare(one.createdAt)).slice(0, MOST_SHOWN);
  return (
    <Panel flush title={words().title}>
      <Loaded query={shifts} skeleton={<Skeleton lines={2} />} empty={<p class="text-muted px-4 py-6 text-center">{words().empty}</p>}>
        {(all) => (
          <ul class="divide-line divide-y">
            <For each={sorted(all())}>
              {(shift) => (
                <li class="flex flex-wrap items-center justify-between gap-x-3 gap-y-1 px-4 py-3">
                  <A href={paths.shift(shift.id)} class="hover:text-accent min-w-0 font-medium break-words hover:underline">
                    {shiftTitle(shift)}
                  </A>
                  <Badge tone={shiftTone(shift.state)}>{words().states[shift.state]}</Badge>
                  <span class="text-faint w-full text-sm">
                    {shift.createdBy}, {show.ago(shift.createdAt)} · {words().stepOf(show.number(shift.step), show.number(shift.steps))}
                  </span>
                </li>
              )}
            </For>
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}
