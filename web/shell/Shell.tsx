// The frame around every page: asks who is signed in, shows the sign-in page if nobody is, else the navigation, the top bar, the banner of
// a simulated fleet, and the page. Holds the tab's one live stream while somebody is signed in.
import { useLocation, type RouteSectionProps } from '@solidjs/router';
import { useQuery, useQueryClient } from '@tanstack/solid-query';
import { createEffect, createSignal, ErrorBoundary, lazy, Match, on, onCleanup, onMount, Show, Suspense, Switch, type Accessor, type JSX } from 'solid-js';
import type { Me } from '#server/http/contract/index.ts';
import { onSignedOut } from '../api/client.ts';
import { dataOf } from '../api/data.ts';
import { liveState, openLive } from '../api/live.ts';
import { queries } from '../api/queries.ts';
import { preloadPages } from '../routes.tsx';
import { Button } from '../ui/Button.tsx';
import { Icon, Mark } from '../ui/Icon.tsx';
import { Empty, Skeleton } from '../ui/Loaded.tsx';
import { Toasts } from '../ui/Toasts.tsx';
import { Login } from './Login.tsx';
import { OwnPassword } from './OwnPassword.tsx';
import { language, t } from './preferences.ts';
import { SessionContext } from './session.ts';
import { setCurrency } from './show.ts';
import { Sidebar } from './Sidebar.tsx';
import { TopBar } from './TopBar.tsx';

const Palette = lazy(() => import('./Palette.tsx'));

/** While the server is away, who is signed in is asked again at this pace. */
const AWAY_MS = 3000;
/** After what the first page needs. */
const AHEAD_MS = 1500;

export function Shell(props: RouteSectionProps): JSX.Element {
  const client = useQueryClient();
  const me = useQuery(() => ({ ...queries.me(), staleTime: 60_000, retry: 1, refetchInterval: (query: { state: { status: string } }) => (query.state.status === 'error' ? AWAY_MS : false) }));
  onSignedOut(() => client.setQueryData(['me'], null));
  const user = () => dataOf(me);
  return (
    <>
      <Switch fallback={<Starting />}>
        <Match when={user()?.mustChangePassword === true && user()}>{(signedIn) => <OwnPassword name={signedIn().name} />}</Match>
        <Match when={user()}>{(signedIn) => <Frame me={signedIn} onIdle={preloadPages}>{props.children}</Frame>}</Match>
        <Match when={user() === null}>
          <Login onSignedIn={(signedIn) => client.setQueryData(['me'], signedIn)} />
        </Match>
        <Match when={me.isError}>
          <main class="flex min-h-screen items-center justify-center">
            <Empty icon="retry" title={t().shell.unreachable} action={<Button onClick={() => void me.refetch()}>{t().common.retry}</Button>}>
              {t().shell.unreachableLead}
            </Empty>
          </main>
        </Match>
      </Switch>
      <Toasts />
    </>
  );
}

function Starting(): JSX.Element {
  return (
    <div class="flex min-h-screen items-center justify-center" role="status" aria-label={t().common.loading}>
      <Mark class="text-accent size-10 animate-pulse" />
    </div>
  );
}

/** `onIdle`: the first page stands; what the next ones need may be fetched. */
function Frame(props: { readonly me: Accessor<Me>; readonly children: JSX.Element; readonly onIdle: () => void }): JSX.Element {
  const client = useQueryClient();
  const location = useLocation();
  const query = useQuery(() => ({ ...queries.status(), refetchInterval: () => (liveState() === 'live' ? 30_000 : 5000) }));
  const status = () => dataOf(query);
  const note = () => (language() === 'zh' ? status()?.fleetNoteZh : null) ?? status()?.fleetNote;
  const [menuOpen, setMenuOpen] = createSignal(false);
  const [finding, setFinding] = createSignal(false);
  onMount(() => {
    onCleanup(openLive(client));
    // Loaded ahead, so that the first letters that are typed into it are not lost.
    const ahead = setTimeout(() => {
      void Palette.preload();
      props.onIdle();
    }, AHEAD_MS);
    onCleanup(() => clearTimeout(ahead));
    const onKey = (event: KeyboardEvent): void => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setFinding(true);
      } else if (event.key === 'Escape') setMenuOpen(false);
    };
    addEventListener('keydown', onKey);
    onCleanup(() => removeEventListener('keydown', onKey));
  });
  createEffect(on(status, (now) => now !== undefined && setCurrency(now.currency)));
  // A new page starts at its top, and a screen reader at its heading.
  createEffect(on(() => location.pathname, () => window.scrollTo(0, 0), { defer: true }));

  return (
    <SessionContext.Provider value={{ me: () => props.me(), status }}>
      <a href="#content" class="bg-panel text-accent focus:border-accent sr-only z-60 rounded-md border p-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2">
        {t().shell.skip}
      </a>
      <div class={`border-line bg-panel fixed inset-y-0 left-0 z-30 w-60 border-r ${menuOpen() ? 'shadow-float visible' : 'invisible -translate-x-full'} nav:visible transition-transform duration-200 nav:translate-x-0 nav:shadow-none`}>
        <Sidebar onGo={() => setMenuOpen(false)} />
      </div>
      <Show when={menuOpen()}>
        <button type="button" class="fixed inset-0 z-25 bg-[rgb(var(--shade)/0.4)] nav:hidden" aria-label={t().shell.closeMenu} onClick={() => setMenuOpen(false)} />
      </Show>
      <div class="nav:pl-60">
        <header class="sticky top-0 z-20">
          <TopBar menuOpen={menuOpen()} onMenu={() => setMenuOpen((open) => !open)} onFind={() => setFinding(true)} />
        </header>
        <aside aria-label={t().shell.notices}>
          <Show when={status()?.fleet === 'simulated'}>
            <Banner tone="warn" title={t().shell.simulated} text={note() ?? t().shell.simulatedNote} />
          </Show>
          <Show when={status()?.fleet !== 'simulated' && note()}>{(text) => <Banner tone="info" title="" text={text()} />}</Show>
        </aside>
        <main id="content" tabindex="-1" class="mx-auto max-w-[88rem] px-3 py-5 outline-none sm:px-5 nav:px-8 nav:py-7">
          <ErrorBoundary fallback={(error: unknown, reset) => <Broken error={error} onRetry={reset} path={location.pathname} />}>
            <Suspense fallback={<Skeleton lines={6} />}>{props.children}</Suspense>
          </ErrorBoundary>
        </main>
      </div>
      <Show when={finding()}>
        <Suspense>
          <Palette open={finding()} onClose={() => setFinding(false)} />
        </Suspense>
      </Show>
    </SessionContext.Provider>
  );
}

function Banner(props: { readonly tone: 'warn' | 'info'; readonly title: string; readonly text: string }): JSX.Element {
  return (
    <div role="note" class={`flex items-start gap-2 border-b px-3 py-2 text-sm sm:px-5 nav:px-8 ${props.tone === 'warn' ? 'border-warn/25 bg-warn-soft text-warn' : 'border-info/25 bg-info-soft text-info'}`}>
      <Icon name="info" class="mt-0.5 size-4" />
      <p>
        <Show when={props.title}>
          <strong class="mr-1.5 font-semibold">{props.title}.</strong>
        </Show>
        {props.text}
      </p>
    </div>
  );
}

/** A fault of the console itself: says so, and another page still works. */
function Broken(props: { readonly error: unknown; readonly onRetry: () => void; readonly path: string }): JSX.Element {
  createEffect(on(() => props.path, () => props.onRetry(), { defer: true }));
  return (
    <Empty icon="warning" title={t().shell.pageBroken} action={<Button icon="retry" onClick={() => props.onRetry()}>{t().common.retry}</Button>}>
      <span class="code">{props.error instanceof Error ? props.error.message : String(props.error)}</span>
    </Empty>
  );
}
