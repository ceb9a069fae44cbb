// How a rollout goes: a preset, or its steps, order, gates and limits one by one.
import { For, Show, type JSX } from 'solid-js';
import { t } from '../shell/preferences.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Choice } from '../ui/Choice.tsx';
import { Input, Segmented, Select } from '../ui/Field.tsx';
import { presetOf, STRATEGIES, type Preset, type ShareUnit, type StepForm, type StrategyForm } from './strategy-form.ts';

export interface StrategyFieldsProps {
  readonly form: StrategyForm;
  readonly set: (change: Partial<StrategyForm>) => void;
  readonly errors: Readonly<Record<string, string>>;
}

const PRESETS: readonly Preset[] = ['canary', 'batches', 'all', 'stop-first'];
const MOST_STEPS = 20;

export function StrategyFields(props: StrategyFieldsProps): JSX.Element {
  const words = () => t().rollouts.strategy;
  return (
    <div class="flex flex-col gap-4">
      <Choice columns="pairs" label={words().title} value={presetOf(props.form)} options={PRESETS.map((value) => ({ value, text: words().presets[value], note: words().presetLeads[value] }))} onInput={(value) => props.set(STRATEGIES[value as Preset])} />
      <Show when={presetOf(props.form) === null}>
        <p class="text-info text-sm">{words().custom}</p>
      </Show>
      <Steps {...props} />
      <details class="group">
        <summary class="text-accent cursor-pointer text-sm font-medium">
          {words().order}, {words().gates.toLowerCase()}, {words().advanced.toLowerCase()}
        </summary>
        <div class="mt-3 flex flex-col gap-4">
          <Segmented label={words().order} value={props.form.order} options={(['start-first', 'stop-first'] as const).map((value) => ({ value, text: words().orders[value] }))} hint={words().orderHints[props.form.order]} onInput={(order) => props.set({ order: order as StrategyForm['order'] })} />
          <Show
            when={props.form.order === 'start-first'}
            fallback={<ShareInput label={words().unavailable} amount={props.form.unavailable} unit={props.form.unavailableUnit} error={props.errors.unavailable} onInput={(unavailable, unavailableUnit) => props.set({ unavailable, unavailableUnit })} />}
          >
            <ShareInput label={words().surge} amount={props.form.surge} unit={props.form.surgeUnit} error={props.errors.surge} onInput={(surge, surgeUnit) => props.set({ surge, surgeUnit })} />
          </Show>
          <fieldset class="grid grid-cols-2 gap-3 sm:grid-cols-3">
            <legend class="mb-1 text-sm font-semibold">{words().gates}</legend>
            <Input label={words().window} unit={words().sec} value={props.form.windowSeconds} onInput={(windowSeconds) => props.set({ windowSeconds })} error={props.errors['gates.windowSeconds']} />
            <Input label={words().leastRequests} value={props.form.leastRequests} onInput={(leastRequests) => props.set({ leastRequests })} error={props.errors['gates.leastRequests']} />
            <Input label={words().mostErrors} unit="%" hint={words().noLimit} value={props.form.mostErrors} onInput={(mostErrors) => props.set({ mostErrors })} error={props.errors['gates.mostErrorsPermille']} />
            <Input label={words().mostP99} unit={words().ofOld} hint={words().noLimit} value={props.form.mostP99} onInput={(mostP99) => props.set({ mostP99 })} error={props.errors['gates.mostP99Permille']} />
            <Input label={words().mostCpu} unit={words().ofOld} hint={words().noLimit} value={props.form.mostCpu} onInput={(mostCpu) => props.set({ mostCpu })} error={props.errors['gates.mostCpuPermille']} />
          </fieldset>
          <fieldset class="grid grid-cols-2 gap-3 sm:grid-cols-3">
            <legend class="mb-1 text-sm font-semibold">{words().advanced}</legend>
            <Input label={words().prepare} unit={words().sec} value={props.form.prepareSeconds} onInput={(prepareSeconds) => props.set({ prepareSeconds })} error={props.errors.prepareSeconds} />
            <Input label={words().start} unit={words().sec} value={props.form.startSeconds} onInput={(startSeconds) => props.set({ startSeconds })} error={props.errors.startSeconds} />
            <Input label={words().failures} value={props.form.mostFailures} onInput={(mostFailures) => props.set({ mostFailures })} error={props.errors.mostFailures} />
            <Select class="col-span-2" label={words().onFailure} value={props.form.onFailure} options={(['roll-back', 'pause'] as const).map((value) => ({ value, text: words().failureWays[value] }))} onInput={(onFailure) => props.set({ onFailure: onFailure as StrategyForm['onFailure'] })} />
          </fieldset>
        </div>
      </details>
    </div>
  );
}

function Steps(props: StrategyFieldsProps): JSX.Element {
  const words = () => t().rollouts.strategy;
  const change = (at: number, change: Partial<StepForm>) => props.set({ steps: props.form.steps.map((step, index) => (index === at ? { ...step, ...change } : step)) });
  const add = () => props.set({ steps: [...props.form.steps.slice(0, -1), { amount: '', unit: 'percent', by: 'hand', seconds: '60' }, ...props.form.steps.slice(-1)] });
  /** Rows keep their inputs while one types: they go by place, not by content. */
  const places = () => Array.from({ length: props.form.steps.length }, (_, at) => at);
  return (
    <fieldset class="flex min-w-0 flex-col gap-2">
      <legend class="mb-1 text-sm font-semibold">{words().steps}</legend>
      <For each={places()}>
        {(at) => (
          <Show when={props.form.steps[at]}>
            {(step) => (
              <div class="border-line flex flex-wrap items-start gap-2 rounded-md border p-2.5" role="group" aria-label={words().step(at + 1)}>
                <span class="bg-accent-soft text-accent mt-8 hidden size-5 shrink-0 items-center justify-center rounded-full text-xs font-semibold sm:flex" aria-hidden="true">
                  {at + 1}
                </span>
                <ShareInput class="min-w-44 flex-1" label={words().target} amount={step().amount} unit={step().unit} error={props.errors[`steps.${at}.target`]} onInput={(amount, unit) => change(at, { amount, unit })} />
                <Select class="min-w-36 flex-1" label={words().by} value={step().by} options={(['gates', 'time', 'hand'] as const).map((value) => ({ value, text: words().promotions[value] }))} onInput={(by) => change(at, { by: by as StepForm['by'] })} />
                <Show when={step().by === 'time'}>
                  <Input class="w-28" label={words().seconds} unit={words().sec} value={step().seconds} onInput={(seconds) => change(at, { seconds })} error={props.errors[`steps.${at}.promotion.seconds`]} />
                </Show>
                <Show when={props.form.steps.length > 1}>
                  <IconButton class="mt-6" icon="close" label={words().removeStep(at + 1)} onClick={() => props.set({ steps: props.form.steps.filter((_, index) => index !== at) })} />
                </Show>
              </div>
            )}
          </Show>
        )}
      </For>
      <Show when={props.form.steps.length < MOST_STEPS}>
        <div>
          <Button size="sm" tone="quiet" icon="ask" onClick={add}>
            {words().addStep}
          </Button>
        </div>
      </Show>
    </fieldset>
  );
}

/** A number and what it counts: replicas, or percent of them. */
function ShareInput(props: { readonly label: string; readonly amount: string; readonly unit: ShareUnit; readonly error?: string | undefined; readonly class?: string; readonly onInput: (amount: string, unit: ShareUnit) => void }): JSX.Element {
  const words = () => t().rollouts.strategy;
  return (
    <div class={`flex items-start gap-1.5 ${props.class ?? ''}`}>
      <Input class="min-w-20 flex-1" label={props.label} value={props.amount} error={props.error} onInput={(amount) => props.onInput(amount, props.unit)} />
      <div class="mt-6 w-28 shrink-0">
        <select class="control choice pr-8" aria-label={`${props.label}: ${words().percent} / ${words().count}`} onInput={(event) => props.onInput(props.amount, event.currentTarget.value as ShareUnit)}>
          <For each={['percent', 'count'] as const}>
            {(unit) => (
              <option value={unit} selected={unit === props.unit}>
                {words()[unit]}
              </option>
            )}
          </For>
        </select>
      </div>
    </div>
  );
}
