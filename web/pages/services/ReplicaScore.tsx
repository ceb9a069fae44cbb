// Why this host and no other: the parts of its score beside those of the next best, as bars on one scale.
import { For, Show, type JSX } from 'solid-js';
import type { ScorePart, StoryScore } from '#server/http/contract/index.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { Panel } from '../../ui/Panel.tsx';

const HUNDREDTHS = 100;

export function ReplicaScore(props: { readonly score: StoryScore }): JSX.Element {
  const other = (part: ScorePart['part']) => props.score.runnerUp?.parts.find((each) => each.part === part)?.points ?? null;
  const most = () => Math.max(0.01, ...[...props.score.chosen.parts, ...(props.score.runnerUp?.parts ?? [])].map(({ points }) => points));
  const bar = (points: number, tint: string) => (
    <span class="bg-sunken block h-2 flex-1 overflow-hidden rounded-full">
      <span class={`block h-full rounded-full ${tint}`} style={{ width: `${Math.max(0, (points / most()) * HUNDREDTHS)}%` }} />
    </span>
  );
  return (
    <Panel title={t().replica.score} aside={t().replica.policy(props.score.policyVersion)}>
      <p class="text-sm">{props.score.sentence}</p>
      <p class="text-muted mt-1 text-xs">{t().replica.scoreLead(t().replica.hosts(props.score.couldTake), t().replica.hosts(props.score.refused))}</p>
      <dl class="mt-3 flex flex-col gap-3">
        <For each={props.score.chosen.parts}>
          {(part) => (
            <div>
              <dt class="flex justify-between gap-2 text-xs">
                <span class={props.score.decidedBy === part.part ? 'text-accent font-semibold' : 'text-muted'}>
                  {t().replica.parts[part.part]}
                  <Show when={props.score.decidedBy === part.part}> · {t().replica.decidedBy}</Show>
                </span>
                <span class="text-faint">× {show.number(part.weight)}</span>
              </dt>
              <dd class="mt-1 flex flex-col gap-1">
                <span class="flex items-center gap-2 text-xs">
                  {bar(part.points, 'bg-accent')} <span class="w-12 text-right">{show.number(round(part.points))}</span>
                </span>
                <Show when={other(part.part) !== null}>
                  <span class="text-faint flex items-center gap-2 text-xs">
                    {bar(other(part.part) ?? 0, 'bg-edge')} <span class="w-12 text-right">{show.number(round(other(part.part) ?? 0))}</span>
                  </span>
                </Show>
              </dd>
            </div>
          )}
        </For>
      </dl>
      <p class="mt-3 flex flex-wrap gap-x-4 gap-y-1 text-xs">
        <span class="flex items-center gap-1.5">
          <span class="bg-accent size-2 rounded-full" aria-hidden="true" />
          {t().replica.chosen}: {props.score.chosen.host} ({show.number(round(props.score.chosen.score))})
        </span>
        <span class="text-muted flex items-center gap-1.5">
          <span class="bg-edge size-2 rounded-full" aria-hidden="true" />
          {t().replica.runnerUp}: {props.score.runnerUp === null ? t().replica.noRunnerUp : `${props.score.runnerUp.host} (${show.number(round(props.score.runnerUp.score))})`}
        </span>
      </p>
    </Panel>
  );
}

const THOUSANDTHS = 1000;
const round = (value: number) => Math.round(value * THOUSANDTHS) / THOUSANDTHS;
