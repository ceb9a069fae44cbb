// The live consequence beside a form: the newest answer, dimmed while a newer one is computed, and in its place what stands in its way.
import { Match, Show, Switch, type JSX } from 'solid-js';
import type { Simulation } from '#server/http/contract/index.ts';
import type { SimulationFeed } from '../../forms/simulation-feed.ts';
import { t } from '../../shell/preferences.ts';
import { because } from '../../shell/session.ts';
import { show } from '../../shell/show.ts';
import { Button } from '../../ui/Button.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { ConsequenceView, signedMoney } from './ConsequenceView.tsx';

/** On windows that have no room for both, the answer in one line at the foot of the form; it leads to the whole. */
export function ConsequenceLine(props: { readonly feed: SimulationFeed }): JSX.Element {
  return (
    <Show when={props.feed.answered()?.simulation.consequence}>
      {(now) => (
        <a href="#consequence" target="_self" class={`border-line bg-panel shadow-float fixed inset-x-0 bottom-0 z-10 flex items-center justify-between gap-3 border-t px-4 py-2.5 lg:hidden ${props.feed.isOld() ? 'text-faint' : ''}`}>
          <span>
            <strong class="text-accent text-lg">{show.number(now().moves)}</strong> {now().moves === 0 ? t().consequence.noMoves : t().consequence.movesUnit(now().moves)}
          </span>
          <span class="text-sm">
            {signedMoney(now().after.costCentsPerHour - now().before.costCentsPerHour)} {t().common.perHour}
          </span>
          <Icon name={now().unplaced.length === 0 ? 'check' : 'warning'} class={`size-5 ${now().unplaced.length === 0 ? 'text-ok' : 'text-warn'}`} />
        </a>
      )}
    </Show>
  );
}

/** Why it cannot be applied, in the reader's language; null when it can. */
function lookingOnly({ stages, onlyForLooking }: Simulation): string | null {
  if (onlyForLooking === null) return null;
  const kind = (['lose', 'add', 'buy'] as const).find((each) => stages.some(({ change }) => change.kind === each));
  return kind === undefined ? onlyForLooking : t().consequence.looking[kind];
}

export function ConsequencePanel(props: { readonly feed: SimulationFeed; readonly children?: JSX.Element; readonly waiting?: string }): JSX.Element {
  const simulation = () => props.feed.answered()?.simulation;
  return (
    <div id="consequence" class="scroll-mt-16 pb-14 lg:sticky lg:pb-0 lg:top-18 lg:max-h-[calc(100vh-5.5rem)] lg:overflow-y-auto" tabindex="0" role="region" aria-label={t().consequence.title}>
      <Panel
        flush
        title={t().consequence.title}
        aside={
          <span aria-live="polite" class="text-faint flex items-center gap-1.5 text-xs" data-testid="consequence-state">
            <Switch>
              <Match when={props.feed.isAsking()}>
                <span class="border-accent size-3 animate-spin rounded-full border-2 border-r-transparent" />
                {t().consequence.updating}
              </Match>
              <Match when={simulation()}>{(now) => t().consequence.answered(show.number(Math.round(now().seconds * 100) / 100))}</Match>
            </Switch>
          </span>
        }
      >
        <Show when={props.feed.error()}>
          {(error) => (
            <div role="alert" class="bg-bad-soft text-bad m-4 rounded-md px-3 py-2.5">
              <p class="flex items-center gap-2 font-semibold">
                <Icon name="stop" />
                {t().consequence.wrong}
              </p>
              <ul class="mt-1 list-disc pl-8 text-sm">
                <Show when={error().problem?.errors?.length} fallback={<li>{error().message}</li>}>
                  {error().problem?.errors?.map(({ field, message, allowed }) => (
                    <li>
                      <code class="code">{field.replace(/^changes\.\d+\.(record\.)?/, '')}</code>: {message}
                      {allowed === undefined || message.includes(allowed) ? '' : ` (${allowed})`}
                    </li>
                  ))}
                </Show>
              </ul>
              <Show when={error().status === 0 || error().status >= 500}>
                <div class="mt-2">
                  <Button size="sm" icon="retry" onClick={() => props.feed.retry()}>
                    {t().common.retry}
                  </Button>
                </div>
              </Show>
            </div>
          )}
        </Show>
        <Switch>
          <Match when={simulation()}>
            {(now) => (
              <div class={`transition-opacity duration-150 ${props.feed.isOld() ? 'opacity-45' : ''}`}>
                <Show when={lookingOnly(now())}>
                  {(why) => (
                    <p class="border-line text-muted flex items-start gap-2 border-b px-4 py-2 text-sm">
                      <Icon name="info" class="text-info mt-0.5 size-4" />
                      <span>
                        <strong class="text-ink font-medium">{t().consequence.onlyForLooking}</strong>: {why()}
                      </span>
                    </p>
                  )}
                </Show>
                <ConsequenceView consequence={now().consequence} />
              </div>
            )}
          </Match>
          <Match when={props.feed.isAsking()}>
            <div class="flex flex-col gap-3 p-4" role="status" aria-label={t().consequence.updating}>
              <div class="bg-sunken h-12 animate-pulse rounded" />
              <div class="bg-sunken h-24 animate-pulse rounded" />
            </div>
          </Match>
          <Match when={props.feed.error() === null}>
            <p class="text-muted px-4 py-12 text-center">{because(props.feed.refused()) ?? props.waiting ?? t().consequence.waiting}</p>
          </Match>
        </Switch>
        {props.children}
      </Panel>
    </div>
  );
}
