// Decisions of the autoscaler as a line of time, newest first: when, from how many replicas to how many, why, and what was held back. Used on
// the market page and beside a workload's chart.
import { A } from '@solidjs/router';
import { For, Show, type JSX } from 'solid-js';
import type { DecisionView } from '#server/http/contract/index.ts';
import { changeText, reasonText } from '../../format/decision.ts';
import { paths } from '../../paths.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Chip } from '../../ui/State.tsx';

/** `service.environment` in its parts; the environment has no dot. */
export function partsOf(workload: string): { readonly service: string; readonly environment: string } {
  const dot = workload.lastIndexOf('.');
  return { service: workload.slice(0, dot), environment: workload.slice(dot + 1) };
}

/** The address of a decision: its workload's tab with it opened. */
export function decisionPath(workload: string, id: string): string {
  const { service, environment } = partsOf(workload);
  return paths.service(service, { environment, tab: 'autoscale', decision: id });
}

const INKS: Readonly<Record<DecisionView['action'], string>> = { out: 'bg-accent', in: 'bg-ok', hold: 'bg-faint' };

export function DecisionList(props: { readonly decisions: readonly DecisionView[]; readonly withWorkload?: boolean; readonly chosen?: string | undefined }): JSX.Element {
  return (
    <ol class="flex flex-col">
      <For each={props.decisions}>
        {(decision) => (
          <li class="relative pb-1 pl-8">
            <span class="border-line absolute top-0 bottom-0 left-4 border-l" aria-hidden="true" />
            <span class={`absolute top-4 left-3 size-2 rounded-full ${decision.isPanic ? 'bg-bad' : INKS[decision.action]}`} aria-hidden="true" />
            <A
              href={decisionPath(decision.workload, decision.id)}
              noScroll
              aria-current={decision.id === props.chosen ? 'true' : undefined}
              class={`hover:bg-sunken mr-2 flex flex-col gap-0.5 rounded-md px-2 py-2 ${decision.id === props.chosen ? 'bg-accent-soft' : ''}`}
            >
              <span class="flex flex-wrap items-baseline gap-x-2 gap-y-0.5">
                <time class="text-faint text-xs" dateTime={decision.at} title={show.moment(decision.at)}>
                  {show.when(decision.at)}
                </time>
                <Show when={props.withWorkload}>
                  <span class="text-sm font-medium">{decision.workload}</span>
                </Show>
                <span class="text-sm font-semibold">{changeText(decision, t().autoscale, show)}</span>
                <Show when={decision.isPanic}>
                  <span class="text-bad text-xs font-medium">{t().autoscale.panicMark}</span>
                </Show>
                <Show when={decision.mode === 'preview'}>
                  <Chip>{t().autoscale.previewMark}</Chip>
                </Show>
              </span>
              <span class="text-muted text-sm break-words">{reasonText(decision, t().autoscale, show)}</span>
            </A>
          </li>
        )}
      </For>
    </ol>
  );
}
