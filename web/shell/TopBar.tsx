// The line above every page: menu on small windows, find, the state of the live stream, the account.
import { DropdownMenu } from '@kobalte/core/dropdown-menu';
import { useNavigate } from '@solidjs/router';
import { useQueryClient } from '@tanstack/solid-query';
import { For, Show, type JSX } from 'solid-js';
import { liveState } from '../api/live.ts';
import { mutations } from '../api/mutations.ts';
import type { Language } from '../format/units.ts';
import { paths } from '../paths.ts';
import { Icon, Mark } from '../ui/Icon.tsx';
import { ICON_BUTTON, IconButton } from '../ui/Button.tsx';
import { useAct } from './act.ts';
import { language, setLanguage, setTheme, t, theme, type Theme } from './preferences.ts';
import { useSession } from './session.ts';

export function TopBar(props: { readonly onMenu: () => void; readonly onFind: () => void; readonly menuOpen: boolean }): JSX.Element {
  const { status } = useSession();
  return (
    <div class="border-line bg-bg/85 flex h-13 items-center gap-2 border-b px-3 backdrop-blur nav:px-6">
      <div class="flex items-center gap-1.5 nav:hidden">
        <IconButton icon="menu" label={props.menuOpen ? t().shell.closeMenu : t().shell.openMenu} onClick={() => props.onMenu()} />
        <Mark class="text-accent size-5" />
      </div>
      <button type="button" onClick={() => props.onFind()} title={t().shell.findLead} class="border-line bg-panel text-faint hover:border-edge flex h-8.5 items-center gap-2 rounded-md border px-2.5 text-sm transition-colors sm:w-64">
        <Icon name="search" />
        <span class="sr-only flex-1 text-left sm:not-sr-only">{t().shell.find}</span>
        <kbd aria-hidden="true" class="border-line bg-sunken hidden rounded border px-1 font-sans text-2xs sm:block">⌘K</kbd>
      </button>
      <div class="ml-auto flex items-center gap-1 sm:gap-2">
        <Show when={status()?.fleet === 'lab'}>
          <span class="bg-info-soft text-info rounded-full px-2 py-0.5 text-xs font-medium" title={t().shell.labHint}>
            {t().shell.lab}
          </span>
        </Show>
        <LiveLight />
        <LanguageMenu />
        <ThemeMenu />
        <AccountMenu />
      </div>
    </div>
  );
}

function LiveLight(): JSX.Element {
  const look = () => (liveState() === 'live' ? 'text-ok' : 'text-warn');
  return (
    <span role="status" class="flex items-center gap-1.5 px-1 text-xs" title={t().shell.liveHint[liveState()]}>
      <span class={`relative flex size-2 ${look()}`}>
        <span class={`absolute inset-0 rounded-full bg-current opacity-50 ${liveState() === 'live' ? '' : 'animate-ping'}`} />
        <span class={`relative size-2 rounded-full ${liveState() === 'live' ? 'bg-current' : 'border border-current'}`} />
      </span>
      <span class={liveState() === 'live' ? 'text-faint hidden sm:inline' : 'text-warn font-medium'}>{t().shell.live[liveState()]}</span>
    </span>
  );
}

const MENU = 'appear border-line bg-panel shadow-float z-50 min-w-40 rounded-lg border p-1';
const ITEM = 'data-highlighted:bg-accent-soft data-highlighted:text-accent flex h-8.5 cursor-pointer items-center gap-2.5 rounded-md px-2 outline-none';

export function LanguageMenu(): JSX.Element {
  const names: Readonly<Record<Language, string>> = { en: 'English', zh: '中文' };
  return (
    <Choice label={t().shell.language} icon="language" value={language()} options={(['en', 'zh'] as const).map((value) => ({ value, text: names[value] }))} onChoose={(value) => void setLanguage(value as Language)} />
  );
}

export function ThemeMenu(): JSX.Element {
  const icons = { system: 'system', light: 'sun', dark: 'moon' } as const;
  return (
    <Choice label={t().shell.theme} icon={icons[theme()]} value={theme()} options={(['system', 'light', 'dark'] as const).map((value) => ({ value, text: t().shell.themes[value] }))} onChoose={(value) => setTheme(value as Theme)} />
  );
}

function Choice(props: { readonly label: string; readonly icon: 'language' | 'system' | 'sun' | 'moon'; readonly value: string; readonly options: readonly { readonly value: string; readonly text: string }[]; readonly onChoose: (value: string) => void }): JSX.Element {
  return (
    <DropdownMenu gutter={6} placement="bottom-end" modal={false}>
      <DropdownMenu.Trigger aria-label={props.label} title={props.label} class={ICON_BUTTON}>
        <Icon name={props.icon} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content class={MENU}>
          <DropdownMenu.RadioGroup value={props.value} onChange={(value: string) => props.onChoose(value)}>
            <For each={props.options}>
              {(option) => (
                <DropdownMenu.RadioItem value={option.value} class={ITEM} closeOnSelect>
                  <span class="flex size-4">
                    <DropdownMenu.ItemIndicator>
                      <Icon name="check" />
                    </DropdownMenu.ItemIndicator>
                  </span>
                  {option.text}
                </DropdownMenu.RadioItem>
              )}
            </For>
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu>
  );
}

function AccountMenu(): JSX.Element {
  const { me } = useSession();
  const navigate = useNavigate();
  const client = useQueryClient();
  const act = useAct();
  const signOut = () => act(mutations.logout(), { topics: [], onDone: () => client.setQueryData(['me'], null) });
  return (
    <DropdownMenu gutter={6} placement="bottom-end" modal={false}>
      <DropdownMenu.Trigger aria-label={t().shell.menuOf(me().name)} class="bg-accent-soft text-accent hover:bg-accent hover:text-on-accent flex size-8 items-center justify-center rounded-full text-sm font-semibold uppercase transition-colors">
        {me().name.slice(0, 1)}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content class={MENU}>
          <div class="border-line text-muted mb-1 border-b px-2 pt-1 pb-2 text-sm">
            <span class="text-ink font-medium">{me().name}</span>
          </div>
          <DropdownMenu.Item class={ITEM} onSelect={() => navigate(paths.account())}>
            <Icon name="account" />
            {t().shell.nav.account}
          </DropdownMenu.Item>
          <DropdownMenu.Item class={ITEM} onSelect={() => void signOut()}>
            <Icon name="signOut" />
            {t().shell.signOut}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu>
  );
}
