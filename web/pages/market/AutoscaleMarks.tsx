// Small marks that several pages show of the autoscaler: its state, its alerts, and how hot a workload is.
import { For, Show, type JSX } from 'solid-js';
import type { AutoscaleAlert, AutoscaleView } from '#server/http/contract/index.ts';
import { alertText } from '../../format/decision.ts';
import { toneOf } from '../../format/tone.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Icon } from '../../ui/Icon.tsx';
import { Badge, Chip } from '../../ui/State.tsx';

export function AutoscaleBadge(props: { readonly state: AutoscaleView['state'] }): JSX.Element {
  return (
    <Badge tone={toneOf.autoscale(props.state)} title={t().autoscale.stateHints[props.state]}>
      {t().autoscale.states[props.state]}
    </Badge>
  );
}

export function AlertList(props: { readonly alerts: readonly AutoscaleAlert[] }): JSX.Element {
  return (
    <ul class="flex flex-col gap-2">
      <For each={props.alerts}>
        {(alert) => {
          const told = () => alertText(alert, t().autoscale, show);
          return (
            <li class="bg-bad-soft text-bad flex items-start gap-2 rounded-md px-3 py-2 text-sm">
              <Icon name="warning" class="mt-0.5 size-4" />
              <span class="min-w-0 break-words">
                <span class="font-semibold">{told().title}.</span> {told().text} <Show when={alert.since}>{(since) => <span class="whitespace-nowrap">{t().autoscale.alertSince(show.ago(since()))}</span>}</Show>
              </span>
            </li>
          );
        }}
      </For>
    </ul>
  );
}

/** That nothing follows from what is decided, where the state does not say so itself. */
export function PreviewMark(props: { readonly mode: AutoscaleView['settings']['mode']; readonly state: AutoscaleView['state'] }): JSX.Element {
  return (
    <Show when={props.mode === 'preview' && props.state !== 'preview'}>
      <Chip title={t().autoscale.stateHints.preview}>{t().autoscale.modes.preview}</Chip>
    </Show>
  );
}

/** Where heat stops being usual, and where it is a hot day: openings of one in ten and one in a hundred days. */
const WARM = 1.3;
const HOT = 1.8;

/** Demand against what is usual, as a factor with a bar whose middle is the usual. */
export function Heat(props: { readonly heat: number | null }): JSX.Element {
  const ink = (heat: number) => (heat >= HOT ? 'bg-bad' : heat >= WARM ? 'bg-warn' : 'bg-accent');
  return (
    <Show when={props.heat} fallback={<span class="text-faint" title={t().market.heatUnknown}>{t().common.nothing}</span>}>
      {(heat) => (
        <span class="inline-flex items-center gap-2">
          <span class="bg-sunken relative hidden h-1.5 w-14 overflow-hidden rounded-full sm:block" aria-hidden="true">
            <span class={`absolute inset-y-0 left-0 rounded-full ${ink(heat())}`} style={{ width: `${Math.min(100, heat() * 50)}%` }} />
            <span class="bg-edge absolute inset-y-0 left-1/2 w-px" />
          </span>
          <span class={`font-semibold ${heat() >= HOT ? 'text-bad' : heat() >= WARM ? 'text-warn' : ''}`}>{t().market.heatTimes(show.number(Math.round(heat() * 100) / 100))}</span>
        </span>
      )}
    </Show>
  );
}
