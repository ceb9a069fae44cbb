// One step of a what-if: what it is, its fields, its place in the order, and under it what it did.
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { PolicyRecord, Simulation } from '#server/http/contract/index.ts';
import { countDifferences } from '../../format/policy-diff.ts';
import { ChangeFields, type Known } from '../../forms/ChangeFields.tsx';
import type { ChangeDraft } from '../../forms/change-draft.ts';
import { faultText } from '../../forms/fault-text.ts';
import type { NumberFault } from '../../forms/read-number.ts';
import { t } from '../../shell/preferences.ts';
import { show } from '../../shell/show.ts';
import { IconButton } from '../../ui/Button.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { StepTable } from './StepTable.tsx';

type Stage = Simulation['stages'][number];

const MOST_NAMED = 6;

export interface SimulateStepProps {
  readonly number: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly draft: ChangeDraft;
  readonly faults: Readonly<Record<string, NumberFault>>;
  /** undefined: not computed, or of another change. */
  readonly stage: Stage | undefined;
  readonly isOld: boolean;
  readonly policy: PolicyRecord | undefined;
  readonly known: Known;
  readonly set: (change: Partial<ChangeDraft>) => void;
  readonly onMove: (by: -1 | 1) => void;
  readonly onRemove: () => void;
}

export function SimulateStep(props: SimulateStepProps): JSX.Element {
  const isComplete = () => Object.keys(props.faults).length === 0;
  /** Empty fields are called missing by the line below, not in red: the step was only just added. */
  const errors = () => Object.fromEntries(Object.entries(props.faults).flatMap(([field, fault]) => (fault.code === 'needed' ? [] : [[field, faultText(fault)]])));
  const kept = () => props.draft.kept;
  return (
    <li class="border-line bg-panel shadow-panel rounded-lg border" aria-label={`${t().simulate.stepOf(props.number)}: ${t().changes.kinds[props.draft.kind]}`}>
      <div class="flex items-center gap-2 px-4 pt-2.5">
        <span class="bg-accent-soft text-accent flex size-5.5 items-center justify-center rounded-full text-xs font-semibold" aria-hidden="true">
          {props.number}
        </span>
        <h2 class="flex-1 font-semibold">{t().changes.kinds[props.draft.kind]}</h2>
        <Show when={!props.isFirst}>
          <IconButton icon="up" label={t().simulate.up} onClick={() => props.onMove(-1)} />
        </Show>
        <Show when={!props.isLast}>
          <IconButton icon="down" label={t().simulate.down} onClick={() => props.onMove(1)} />
        </Show>
        <IconButton icon="close" label={t().simulate.removeStep} onClick={() => props.onRemove()} />
      </div>
      <div class="px-4 pt-2 pb-4">
        <ChangeFields draft={props.draft} known={props.known} errors={errors()} set={props.set} />
        <Show when={kept()}>
          {(change) => {
            const text = () => {
              const now = change();
              if (now.kind === 'policy') return props.policy === undefined ? '' : t().simulate.keptChange(countDifferences(props.policy, now.record, t()));
              return now.kind === 'rearrange' ? t().simulate.keptMoves : '';
            };
            return <p class="text-muted text-sm">{text()}</p>;
          }}
        </Show>
      </div>
      <Show when={isComplete()} fallback={<p class="border-line text-faint border-t px-4 py-2 text-sm">{t().simulate.incomplete}</p>}>
        <Show when={props.stage}>{(stage) => <Result stage={stage()} isOld={props.isOld} />}</Show>
      </Show>
    </li>
  );
}

/** What the step did, and its single steps when one wants to see them. */
function Result(props: { readonly stage: Stage; readonly isOld: boolean }): JSX.Element {
  const [open, setOpen] = createSignal(false);
  const counts = () => props.stage.counts;
  const missing = () => props.stage.unplaced.reduce((sum, { count }) => sum + count, 0);
  return (
    <div class={`border-line border-t transition-opacity ${props.isOld ? 'opacity-45' : ''}`} data-testid="stage">
      <div class="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 py-2 text-sm">
        <span class="flex flex-wrap items-center gap-x-3 gap-y-1">
          <span class="font-medium">{t().simulate.result(counts().starts, counts().moves, counts().stops, counts().resizes)}</span>
          <Show when={props.stage.change.kind === 'buy'}>
            <span class="text-info">{props.stage.bought.length === 0 ? t().simulate.nothingBought : t().simulate.bought(boughtText(props.stage))}</span>
          </Show>
          <Show when={missing() > 0}>
            <span class="text-warn flex items-center gap-1.5 font-medium">
              <Icon name="warning" />
              {t().simulate.unplaced(missing())}
            </span>
          </Show>
        </span>
        <Show when={props.stage.steps.length > 0}>
          <button type="button" aria-expanded={open()} class="text-accent flex items-center gap-1 hover:underline" onClick={() => setOpen((now) => !now)}>
            {t().proposals.steps}
            <Icon name={open() ? 'up' : 'down'} class="size-3.5" />
          </button>
        </Show>
      </div>
      <Show when={missing() > 0}>
        <ul class="text-muted flex flex-wrap gap-x-3 px-4 pb-2 text-sm">
          <For each={props.stage.unplaced.slice(0, MOST_NAMED)}>
            {(each) => (
              <li>
                {each.workload} <strong class="text-warn">{show.number(each.count)}</strong>
              </li>
            )}
          </For>
          <Show when={props.stage.unplaced.length > MOST_NAMED}>
            <li>+ {show.number(props.stage.unplaced.length - MOST_NAMED)}</li>
          </Show>
        </ul>
      </Show>
      <Show when={open()}>
        <StepTable steps={props.stage.steps} total={counts().starts + counts().moves + counts().stops + counts().resizes + counts().renews} />
      </Show>
    </div>
  );
}

function boughtText({ bought }: Stage): string {
  return show.listed(bought.map(({ pool, count, costCentsPerHour }) => `${show.number(count)} × ${pool} (${show.money(costCentsPerHour)} ${t().common.perHour})`));
}
