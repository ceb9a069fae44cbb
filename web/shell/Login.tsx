// Signing in. The same sentence for a wrong name and a wrong password; a full stop after too many tries is told as such.
import { createSignal, Show, type JSX } from 'solid-js';
import type { Me } from '#server/http/contract/index.ts';
import { ApiError } from '../api/client.ts';
import { mutations } from '../api/mutations.ts';
import { Button } from '../ui/Button.tsx';
import { Input } from '../ui/Field.tsx';
import { Icon, Mark } from '../ui/Icon.tsx';
import { t } from './preferences.ts';
import { LanguageMenu, ThemeMenu } from './TopBar.tsx';

export function Login(props: { readonly onSignedIn: (me: Me) => void }): JSX.Element {
  const [name, setName] = createSignal('');
  const [password, setPassword] = createSignal('');
  const [busy, setBusy] = createSignal(false);
  const [wrong, setWrong] = createSignal<string | null>(null);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    if (name() === '' || password() === '') {
      setWrong(t().shell.login.needed);
      return;
    }
    setBusy(true);
    setWrong(null);
    try {
      props.onSignedIn(await mutations.login(name(), password()));
    } catch (error) {
      setWrong(error instanceof ApiError ? sentence(error) : t().common.unknownError);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="relative flex min-h-screen flex-col">
      <Drift />
      <header class="relative flex justify-end gap-1 p-3">
        <LanguageMenu />
        <ThemeMenu />
      </header>
      <main class="relative flex flex-1 flex-col items-center justify-center px-4 pb-24">
        <div class="w-full max-w-90">
          <div class="mb-7 flex flex-col items-center gap-3 text-center">
            <Mark class="text-accent size-12" />
            <div>
              <h1 class="text-2xl font-semibold tracking-tight">Firn</h1>
              <p class="text-muted">{t().shell.login.tagline}</p>
            </div>
          </div>
          <form class="border-line bg-panel shadow-float flex flex-col gap-4 rounded-lg border p-6" onSubmit={(event) => void submit(event)}>
            <Input label={t().shell.login.name} name="username" autocomplete="username" value={name()} onInput={setName} />
            <Input label={t().shell.login.password} name="password" type="password" autocomplete="current-password" value={password()} onInput={setPassword} />
            <Show when={wrong()}>
              <p role="alert" class="bg-bad-soft text-bad flex items-start gap-2 rounded-md px-3 py-2 text-sm">
                <Icon name="warning" class="mt-0.5 size-4" />
                {wrong()}
              </p>
            </Show>
            <Button type="submit" tone="primary" busy={busy()}>
              {t().shell.login.submit}
            </Button>
          </form>
          <p class="text-faint mt-4 text-center text-sm">{t().shell.login.first}</p>
        </div>
      </main>
    </div>
  );
}

function sentence(error: ApiError): string {
  if (error.status === 401) return t().shell.login.wrong;
  if (error.status === 429) return t().shell.login.tooMany;
  return error.message;
}

/** Layers of snow at the foot of the page. */
function Drift(): JSX.Element {
  return (
    <svg viewBox="0 0 1440 320" preserveAspectRatio="none" aria-hidden="true" class="text-accent absolute inset-x-0 bottom-0 h-64 w-full">
      <path d="M0 190c200-60 420-70 720-10s520 40 720-30v170H0z" fill="currentColor" opacity="0.07" />
      <path d="M0 235c240-40 470-30 760 10s480 10 680-40v115H0z" fill="currentColor" opacity="0.09" />
      <path d="M0 275c300-20 560-10 800 8s440 0 640-26v63H0z" fill="currentColor" opacity="0.12" />
    </svg>
  );
}
