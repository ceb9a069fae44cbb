// Find anything by a few letters: pages, services, rollouts under way, layers, hosts. Opens with Ctrl or ⌘ and K; arrow keys choose.
import { Dialog } from '@kobalte/core/dialog';
import { useNavigate } from '@solidjs/router';
import { useQuery } from '@tanstack/solid-query';
import { createEffect, createSignal, For, on, Show, type JSX } from 'solid-js';
import { dataOf } from '../api/data.ts';
import { queries } from '../api/queries.ts';
import { workloadName } from '../format/rollout.ts';
import { paths } from '../paths.ts';
import { Icon, type IconName } from '../ui/Icon.tsx';
import { navigation } from './Sidebar.tsx';
import { t } from './preferences.ts';
import { useSession } from './session.ts';

interface Found {
  readonly href: string;
  readonly icon: IconName;
  readonly text: string;
  readonly note: string;
}

const MOST_SHOWN = 12;

export default function Palette(props: { readonly open: boolean; readonly onClose: () => void }): JSX.Element {
  const { me } = useSession();
  const navigate = useNavigate();
  const [text, setText] = createSignal('');
  const [at, setAt] = createSignal(0);
  const services = useQuery(() => ({ ...queries.services(), enabled: props.open }));
  const hosts = useQuery(() => ({ ...queries.hosts(), enabled: props.open }));
  const layers = useQuery(() => ({ ...queries.layers(), enabled: props.open }));
  const rollouts = useQuery(() => ({ ...queries.activeRollouts(), enabled: props.open }));

  const everything = (): Found[] => [
    { href: paths.ask(), icon: 'ask', text: t().shell.nav.ask, note: '' },
    ...navigation({ waiting: 0, held: 0, me: me() }).flatMap(({ entries }) => entries.map((entry) => ({ ...entry, note: '' }))),
    ...(dataOf(services) ?? []).map((service): Found => ({ href: paths.service(service.name), icon: 'services', text: service.name, note: service.team })),
    ...(dataOf(rollouts) ?? []).map((rollout): Found => ({ href: paths.rollout(rollout.id), icon: 'rollouts', text: t().rollouts.name(workloadName(rollout), t().releases.version(rollout.from.version), t().releases.version(rollout.to.version)), note: t().rollouts.phases[rollout.phase] })),
    ...(dataOf(layers) ?? []).map((layer): Found => ({ href: paths.layer(layer.name), icon: 'layers', text: layer.name, note: t().layers.title })),
    ...(dataOf(hosts) ?? []).map((host): Found => ({ href: paths.host(host.name), icon: 'hosts', text: host.name, note: `${host.site} / ${host.rack}` })),
  ];
  const found = () => {
    const wanted = text().trim().toLowerCase();
    return everything().filter((each) => each.text.toLowerCase().includes(wanted) || each.note.toLowerCase().includes(wanted)).slice(0, MOST_SHOWN);
  };
  createEffect(on(text, () => setAt(0), { defer: true }));

  const go = (href: string | undefined): void => {
    if (href === undefined) return;
    props.onClose();
    setText('');
    navigate(href);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && !event.isComposing) go(found()[at()]?.href);
    else if (event.key === 'ArrowDown') setAt((now) => Math.min(now + 1, found().length - 1));
    else if (event.key === 'ArrowUp') setAt((now) => Math.max(now - 1, 0));
    else return;
    event.preventDefault();
  };

  return (
    <Dialog open={props.open} onOpenChange={(open) => (open ? undefined : props.onClose())}>
      <Dialog.Portal>
        <Dialog.Overlay class="fixed inset-0 z-40 bg-[rgb(var(--shade)/0.45)]" />
        <div class="fixed inset-x-3 top-[12vh] z-50 mx-auto max-w-xl">
          <Dialog.Content class="appear border-line bg-panel shadow-float overflow-hidden rounded-lg border">
            <Dialog.Title class="sr-only">{t().shell.findLead}</Dialog.Title>
            <div class="border-line flex items-center gap-2.5 border-b px-4">
              <Icon name="search" class="text-faint size-4.5" />
              <input
                class="h-12 min-w-0 flex-1 bg-transparent text-lg outline-none"
                role="combobox"
                aria-expanded="true"
                aria-controls="palette-list"
                aria-activedescendant={found().length > 0 ? `palette-${at()}` : undefined}
                aria-label={t().shell.findLead}
                placeholder={t().shell.findLead}
                value={text()}
                onInput={(event) => setText(event.currentTarget.value)}
                onKeyDown={onKey}
              />
            </div>
            <ul id="palette-list" role="listbox" aria-label={t().shell.find} class="max-h-[50vh] overflow-y-auto p-1.5">
              <For each={found()}>
                {(each, index) => (
                  <li id={`palette-${index()}`} role="option" aria-selected={index() === at()} class={`flex h-9 cursor-pointer items-center gap-3 rounded-md px-2.5 ${index() === at() ? 'bg-accent-soft text-accent' : ''}`} onPointerMove={() => setAt(index())} onClick={() => go(each.href)}>
                    <Icon name={each.icon} class="size-4 opacity-70" />
                    <span class="truncate">{each.text}</span>
                    <span class="text-faint ml-auto truncate text-xs">{each.note}</span>
                  </li>
                )}
              </For>
            </ul>
            <Show when={found().length === 0}>
              <p class="text-muted px-4 pb-4 text-center">{t().shell.findNothing(text())}</p>
            </Show>
            <p class="border-line text-faint border-t px-4 py-2 text-xs">{t().shell.findKeys}</p>
          </Dialog.Content>
        </div>
      </Dialog.Portal>
    </Dialog>
  );
}
