// What a person sees whose password somebody else set: the form for another one, and the way out. Nothing else answers before that.
import { useQueryClient } from '@tanstack/solid-query';
import type { JSX } from 'solid-js';
import { mutations } from '../api/mutations.ts';
import { PasswordForm } from '../forms/PasswordForm.tsx';
import { Button } from '../ui/Button.tsx';
import { Mark } from '../ui/Icon.tsx';
import { useAct } from './act.ts';
import { t } from './preferences.ts';
import { LanguageMenu, ThemeMenu } from './TopBar.tsx';

export function OwnPassword(props: { readonly name: string }): JSX.Element {
  const act = useAct();
  const client = useQueryClient();
  const leave = (): void => void act(mutations.logout(), { topics: [], onDone: () => client.setQueryData(['me'], null) });
  return (
    <div class="flex min-h-screen flex-col">
      <header class="flex justify-end gap-1 p-3">
        <LanguageMenu />
        <ThemeMenu />
      </header>
      <main class="flex flex-1 flex-col items-center justify-center px-4 pb-24">
        <div class="w-full max-w-90">
          <div class="mb-7 flex flex-col items-center gap-3 text-center">
            <Mark class="text-accent size-12" />
            <h1 class="text-2xl font-semibold tracking-tight">{t().shell.ownPassword(props.name)}</h1>
            <p class="text-muted">{t().shell.mustChange}</p>
          </div>
          <div class="border-line bg-panel shadow-float flex flex-col gap-4 rounded-lg border p-6">
            <PasswordForm />
          </div>
          <p class="mt-4 text-center">
            <Button size="sm" onClick={leave}>
              {t().shell.signOut}
            </Button>
          </p>
        </div>
      </main>
    </div>
  );
}
