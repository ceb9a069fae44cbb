// The fields of a policy in the order in which an SRE thinks: what is good, what stays free, who may use what, clouds, classes, pace. Each
// says what it does. Takes the form and what is wrong; says what changed. Knows nothing of the API.
import { For, Show, type JSX } from 'solid-js';
import { t } from '../shell/preferences.ts';
import { show } from '../shell/show.ts';
import { share } from '../format/units.ts';
import { Checkbox, Input, Segmented, Slider } from '../ui/Field.tsx';
import { EnvironmentRows, ClassRows, ShapeRows } from './PolicyRows.tsx';
import { WEIGHTS, type PolicyForm } from './policy-form.ts';

export interface PolicyFieldsProps {
  readonly form: PolicyForm;
  readonly set: (change: Partial<PolicyForm>) => void;
  /** field path -> sentence */
  readonly errors: Readonly<Record<string, string>>;
  /** Of the whole fleet, so that a share can be told in cores; null while it is not known. */
  readonly capacity: { readonly cpuMilli: number; readonly memoryMib: number } | null;
}

export function Group(props: { readonly title: string; readonly lead: string; readonly children: JSX.Element }): JSX.Element {
  return (
    <fieldset class="border-line min-w-0 border-b px-4 pt-3 pb-5 last:border-0">
      <legend class="float-left w-full font-semibold">{props.title}</legend>
      <p class="text-muted clear-both mb-3 text-sm">{props.lead}</p>
      {props.children}
    </fieldset>
  );
}

export function PolicyFields(props: PolicyFieldsProps): JSX.Element {
  return (
    <>
      <Weights {...props} />
      <Group title={t().policy.sections.reserve} lead={t().policy.leads.reserve}>
        <div class="grid grid-cols-1 gap-x-6 gap-y-4 sm:grid-cols-2">
          <Slider label={t().policy.cpu} most={90} value={props.form.reserveCpuPercent} note={reserve(props.capacity?.cpuMilli, props.form.reserveCpuPercent, show.cores)} onInput={(reserveCpuPercent) => props.set({ reserveCpuPercent })} error={props.errors['reservePermille.cpu']} />
          <Slider label={t().policy.memory} most={90} value={props.form.reserveMemoryPercent} note={reserve(props.capacity?.memoryMib, props.form.reserveMemoryPercent, show.memory)} onInput={(reserveMemoryPercent) => props.set({ reserveMemoryPercent })} error={props.errors['reservePermille.memory']} />
        </div>
      </Group>
      <Group title={t().policy.sections.environments} lead={t().policy.leads.environments}>
        <EnvironmentRows {...props} />
      </Group>
      <Group title={t().policy.sections.cloud} lead={t().policy.leads.cloud}>
        <div class="grid grid-cols-1 gap-4 sm:grid-cols-2">
          <div class="sm:col-span-2">
            <Checkbox label={t().policy.privateFirst} hint={t().policy.privateFirstHint} checked={props.form.privateFirst} onInput={(privateFirst) => props.set({ privateFirst })} />
          </div>
          <Input label={t().policy.cloudCore} hint={t().policy.cloudCoreHint} unit={show.currencySign()} placeholder={t().policy.noLimit} value={props.form.cloudCore} onInput={(cloudCore) => props.set({ cloudCore })} error={props.errors['cloud.mostCentsPerCoreHour']} />
          <Input label={t().policy.cloudSpend} hint={t().policy.cloudSpendHint} unit={show.currencySign()} placeholder={t().policy.noLimit} value={props.form.cloudSpend} onInput={(cloudSpend) => props.set({ cloudSpend })} error={props.errors['cloud.mostCentsPerHour']} />
        </div>
      </Group>
      <Group title={t().policy.sections.classes} lead={t().policy.leads.classes}>
        <ClassRows {...props} />
      </Group>
      <Group title={t().policy.sections.pace} lead={t().policy.leads.pace}>
        <Input class="sm:max-w-56" label={t().policy.movesPerHour} hint={paceHint(props.form.movesPerHour)} value={props.form.movesPerHour} onInput={(movesPerHour) => props.set({ movesPerHour })} error={props.errors.movesPerHour} />
      </Group>
      <Group title={t().policy.sections.sizing} lead={t().policy.leads.sizing}>
        <div class="flex flex-wrap items-start gap-4">
          <Segmented hideLabel label={t().policy.sections.sizing} value={props.form.utilisation} hint={props.form.utilisation === 'staffing' ? t().policy.staffingHint : undefined} options={[{ value: 'staffing', text: t().policy.staffing }, { value: 'fixed', text: t().policy.fixed }]} onInput={(utilisation) => props.set({ utilisation: utilisation as 'fixed' })} />
          <Show when={props.form.utilisation === 'fixed'}>
            <Input class="w-44" label={t().policy.fixedPercent} unit={t().ask.units.percent} value={props.form.fixedPercent} onInput={(fixedPercent) => props.set({ fixedPercent })} error={props.errors['utilisation.permille']} />
          </Show>
        </div>
      </Group>
      <Group title={t().policy.sections.shapes} lead={t().policy.leads.shapes}>
        <ShapeRows {...props} />
      </Group>
    </>
  );
}

function Weights(props: PolicyFieldsProps): JSX.Element {
  const total = () => sumOf(props.form.weights);
  return (
    <Group title={t().policy.sections.weights} lead={t().policy.leads.weights}>
      <div class="grid grid-cols-1 gap-x-6 gap-y-4 sm:grid-cols-2">
        <For each={WEIGHTS}>
          {(name) => (
            <Slider
              label={t().policy.weights[name]}
              hint={t().policy.weightHints[name]}
              note={total() === 0 ? '' : t().policy.weightShare(show.percent(share(numberOr(props.form.weights[name], 0), total()), 1))}
              value={props.form.weights[name]}
              onInput={(value) => props.set({ weights: { ...props.form.weights, [name]: value } })}
              error={props.errors[`weights.${name}`]}
            />
          )}
        </For>
      </div>
      <Show when={total() === 0}>
        <p class="text-warn mt-3 text-sm">{t().policy.allZero}</p>
      </Show>
    </Group>
  );
}

function sumOf(weights: PolicyForm['weights']): number {
  return WEIGHTS.reduce((sum, name) => sum + numberOr(weights[name], 0), 0);
}

function numberOr(text: string, otherwise: number): number {
  const value = Number(text);
  return Number.isFinite(value) ? Math.max(0, value) : otherwise;
}

function reserve(whole: number | undefined, percent: string, format: (amount: number) => string): string {
  return whole === undefined ? '' : t().policy.reserveEffect(format(Math.round((whole * numberOr(percent, 0)) / 100)), format(whole));
}

function paceHint(movesPerHour: string): string {
  const moves = numberOr(movesPerHour, 0);
  if (moves === 0) return t().policy.movesNone;
  return t().policy.movesHint(show.duration((100 / moves) * 3600));
}
