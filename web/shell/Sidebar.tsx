// The left side: where one can go, with how much waits there.
import { A, useLocation } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { For, Show, type JSX } from 'solid-js';
import type { Me } from '#server/http/contract/index.ts';
import { holds } from '../api/can.ts';
import { dataOf } from '../api/data.ts';
import { queries } from '../api/queries.ts';
import { WAITS_FOR_PERSON } from '../format/rollout.ts';
import { paths } from '../paths.ts';
import { Icon, Mark, type IconName } from '../ui/Icon.tsx';
import { show } from './show.ts';
import { t } from './preferences.ts';
import { useSession } from './session.ts';

interface Entry {
  readonly href: string;
  readonly icon: IconName;
  readonly text: string;
  readonly count?: number | undefined;
}

/** The pages in their groups, in the reader's language; the palette offers the same. */
/** `held`: rollouts that wait for a person. */
export function navigation(options: { readonly waiting: number; readonly held: number; readonly me: Me }): readonly { readonly title: string | null; readonly entries: readonly Entry[] }[] {
  const nav = t().shell.nav;
  const yours: Entry[] = [{ href: paths.account(), icon: 'account', text: nav.account }];
  if (holds(options.me, 'webhooks.manage')) yours.push({ href: paths.webhooks(), icon: 'webhooks', text: nav.webhooks });
  if (holds(options.me, 'accounts.manage')) yours.push({ href: paths.people(), icon: 'people', text: nav.people });
  return [
    { title: null, entries: [{ href: paths.overview(), icon: 'overview', text: nav.overview }] },
    {
      title: nav.groups.teams,
      entries: [
        { href: paths.services(), icon: 'services', text: nav.services },
        { href: paths.requests(), icon: 'requests', text: nav.requests, count: options.waiting },
        { href: paths.quotas(), icon: 'quotas', text: nav.quotas },
      ],
    },
    { title: nav.groups.market, entries: [{ href: paths.market(), icon: 'market', text: nav.market }, { href: paths.burst(), icon: 'cloud', text: nav.burst }, { href: paths.sites(), icon: 'sites', text: nav.sites }, { href: paths.drills(), icon: 'drill', text: nav.drills }, { href: paths.calendars(), icon: 'calendar', text: nav.calendars }, { href: paths.signals(), icon: 'signal', text: nav.signals }] },
    {
      title: nav.groups.release,
      entries: [
        { href: paths.rollouts(), icon: 'rollouts', text: nav.rollouts, count: options.held },
        { href: paths.builds(), icon: 'builds', text: nav.builds },
        { href: paths.layers(), icon: 'layers', text: nav.layers },
        { href: paths.registry(), icon: 'registry', text: nav.registry },
        { href: paths.freezes(), icon: 'freezes', text: nav.freezes },
      ],
    },
    {
      title: nav.groups.fleet,
      entries: [
        { href: paths.hosts(), icon: 'hosts', text: nav.hosts },
        { href: paths.maintenances(), icon: 'edit', text: nav.maintenance },
        { href: paths.governor(), icon: 'shield', text: nav.governor },
        { href: paths.agents(), icon: 'key', text: nav.agents },
        { href: paths.orphans(), icon: 'search', text: nav.orphans },
        { href: paths.networks(), icon: 'networks', text: nav.networks },
        { href: paths.addresses(), icon: 'commit', text: nav.addresses },
        { href: paths.defragment(), icon: 'defragment', text: nav.defragment },
      ],
    },
    {
      title: nav.groups.control,
      entries: [
        { href: paths.policy(), icon: 'policy', text: nav.policy },
        { href: paths.simulate(), icon: 'simulate', text: nav.simulate },
        { href: paths.proposals(), icon: 'proposals', text: nav.proposals },
        { href: paths.plans(), icon: 'plans', text: nav.plans },
        { href: paths.events(), icon: 'events', text: nav.events },
      ],
    },
    { title: nav.groups.yours, entries: yours },
  ];
}

export function Sidebar(props: { readonly onGo: () => void }): JSX.Element {
  const { me, status } = useSession();
  const location = useLocation();
  const rollouts = useQuery(() => queries.activeRollouts());
  const held = () => (dataOf(rollouts) ?? []).filter(({ phase }) => WAITS_FOR_PERSON.has(phase)).length;
  const groups = () => navigation({ waiting: status()?.totals.requestsWaiting ?? 0, held: held(), me: me() });
  const isHere = (href: string) => (href === '/' ? location.pathname === '/' : location.pathname === href || location.pathname.startsWith(`${href}/`));
  return (
    <nav aria-label={t().shell.nav.label} class="flex h-full flex-col gap-4 overflow-y-auto px-3 py-4">
      <A href={paths.overview()} class="text-accent flex shrink-0 items-center gap-2 px-2" onClick={() => props.onGo()}>
        <Mark />
        <span class="text-ink text-lg font-semibold tracking-tight">Firn</span>
      </A>
      <A href={paths.ask()} onClick={() => props.onGo()} class="bg-accent text-on-accent hover:bg-accent-strong shadow-panel flex h-9 shrink-0 items-center justify-center gap-1.5 rounded-md font-medium transition-colors">
        <Icon name="ask" />
        {t().shell.nav.ask}
      </A>
      <div class="flex flex-col gap-4">
        <For each={groups()}>
          {(group) => (
            <div>
              <Show when={group.title}>
                <p class="eyebrow px-2 pb-1">{group.title}</p>
              </Show>
              <ul class="flex flex-col gap-px">
                <For each={group.entries}>
                  {(entry) => (
                    <li>
                      <A
                        href={entry.href}
                        aria-current={isHere(entry.href) ? 'page' : undefined}
                        onClick={() => props.onGo()}
                        class={`flex h-8.5 items-center gap-2.5 rounded-md px-2 transition-colors ${isHere(entry.href) ? 'bg-accent-soft text-accent font-medium' : 'text-muted hover:bg-sunken hover:text-ink'}`}
                      >
                        <Icon name={entry.icon} />
                        <span class="flex-1 truncate">{entry.text}</span>
                        <Show when={(entry.count ?? 0) > 0}>
                          <span class="bg-warn-soft text-warn rounded-full px-1.5 text-xs font-semibold">{show.number(entry.count ?? 0)}</span>
                        </Show>
                      </A>
                    </li>
                  )}
                </For>
              </ul>
            </div>
          )}
        </For>
      </div>
      <div class="mt-auto px-2">
        <a href="/docs" target="_blank" rel="noreferrer" class="text-faint hover:text-accent flex items-center gap-2 text-sm">
          <Icon name="api" />
          {t().shell.apiDocs}
        </a>
        <Show when={status()}>{(now) => <p class="text-faint mt-1 text-xs">Firn {now().version}</p>}</Show>
      </div>
    </nav>
  );
}
