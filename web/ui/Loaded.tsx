// The four states of everything that comes from the server: not yet here, failed, empty, and here. Takes a query; the children get its
// answer as an accessor. A failed refetch keeps what was shown and says so above it.
import { Match, Show, Switch, type Accessor, type JSX } from 'solid-js';
import { ApiError } from '../api/client.ts';
import { dataOf } from '../api/data.ts';
import { t } from '../shell/preferences.ts';
import { Button } from './Button.tsx';
import { Icon, type IconName } from './Icon.tsx';

interface Asked<T> {
  readonly isSuccess: boolean;
  readonly isRefetchError: boolean;
  readonly isError: boolean;
  readonly error: Error | null;
  readonly data: T | undefined;
  refetch(): unknown;
}

export function Loaded<T>(props: { readonly query: Asked<T>; readonly skeleton?: JSX.Element; readonly empty?: JSX.Element; readonly isEmpty?: (data: T) => boolean; readonly children: (data: Accessor<T>) => JSX.Element }): JSX.Element {
  const data = () => dataOf(props.query);
  const isEmpty = (value: T) => (props.isEmpty === undefined ? Array.isArray(value) && value.length === 0 : props.isEmpty(value));
  return (
    <Switch fallback={props.skeleton ?? <Skeleton />}>
      <Match when={data() !== undefined}>
        <Show when={props.query.isRefetchError}>
          <div role="alert" class="bg-warn-soft text-warn mx-4 my-3 flex items-center justify-between gap-3 rounded-md px-3 py-2 text-sm">
            <span>{t().common.staleShown}</span>
            <Button size="sm" icon="retry" onClick={() => void props.query.refetch()}>
              {t().common.retry}
            </Button>
          </div>
        </Show>
        <Show when={props.empty === undefined || !isEmpty(data() as T)} fallback={props.empty}>
          {props.children(data as Accessor<T>)}
        </Show>
      </Match>
      <Match when={props.query.isError}>
        <Failure error={props.query.error} onRetry={() => void props.query.refetch()} />
      </Match>
    </Switch>
  );
}

export function Skeleton(props: { readonly lines?: number }): JSX.Element {
  const widths = ['w-2/3', 'w-full', 'w-5/6', 'w-3/4', 'w-full', 'w-1/2'];
  return (
    <div class="flex flex-col gap-3 p-4" aria-busy="true" aria-label={t().common.loading} role="status">
      {Array.from({ length: props.lines ?? 4 }, (_, at) => (
        <div class={`skeleton h-4 ${widths[at % widths.length]}`} />
      ))}
    </div>
  );
}

export function Failure(props: { readonly error: Error | null; readonly onRetry: () => void }): JSX.Element {
  const isMissing = () => props.error instanceof ApiError && props.error.status === 404;
  return (
    <div role="alert" class="flex flex-col items-center gap-3 px-6 py-10 text-center">
      <span class="bg-bad-soft text-bad rounded-full p-2.5">
        <Icon name={isMissing() ? 'search' : 'warning'} class="size-5" />
      </span>
      <div>
        <h2 class="font-semibold">{isMissing() ? t().common.notFound : t().common.failed}</h2>
        <p class="text-muted mt-1 max-w-md break-words">{props.error?.message}</p>
        <Show when={props.error instanceof ApiError && props.error.problem?.requestId}>{(id) => <p class="text-faint code mt-1">{t().common.requestId(id())}</p>}</Show>
      </div>
      <Button icon="retry" onClick={() => props.onRetry()}>
        {t().common.retry}
      </Button>
    </div>
  );
}

/** Nothing here yet: what it would be, and what to do next. */
export function Empty(props: { readonly icon: IconName; readonly title: string; readonly children?: JSX.Element; readonly action?: JSX.Element }): JSX.Element {
  return (
    <div class="flex flex-col items-center gap-3 px-6 py-12 text-center">
      <span class="bg-accent-soft text-accent rounded-full p-3">
        <Icon name={props.icon} class="size-6" />
      </span>
      <div class="max-w-md">
        <p class="font-semibold">{props.title}</p>
        <div class="text-muted mt-1">{props.children}</div>
      </div>
      {props.action}
    </div>
  );
}
