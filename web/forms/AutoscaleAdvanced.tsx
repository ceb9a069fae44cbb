// What few people change of how a workload follows demand: ceiling, source of demand, latency, start delay, and the behaviour of both directions
// in the words of Kubernetes' HorizontalPodAutoscaler.
import { For, Show, type JSX } from 'solid-js';
import { t } from '../shell/preferences.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Checkbox, Input, Select } from '../ui/Field.tsx';
import type { AutoscaleFieldsProps } from './AutoscaleFields.tsx';
import type { AutoscaleForm, DirectionForm, PolicyRow } from './autoscale-form.ts';

const MOST_POLICIES = 5;

export function AutoscaleAdvanced(props: AutoscaleFieldsProps): JSX.Element {
  const words = () => t().autoscaleSettings;
  return (
    <details class="border-line bg-panel shadow-panel rounded-lg border" open={Object.keys(props.errors).some((field) => /^(behavior|ceiling|start|latency|flap)/.test(field))}>
      <summary class="px-4 py-3 font-semibold">{words().sections.advanced}</summary>
      <div class="border-line flex flex-col gap-6 border-t p-4">
        <div class="grid grid-cols-1 gap-4 min-[28rem]:grid-cols-2">
          <Input label={words().ceiling} unit="%" value={props.form.ceiling} onInput={(ceiling) => props.set({ ceiling })} error={props.errors.ceilingPermille} hint={words().ceilingHint} />
          <Select label={words().demand} value={props.form.demand} options={(['qps', 'cpu'] as const).map((value) => ({ value, text: words().demandNames[value] }))} onInput={(demand) => props.set({ demand: demand as AutoscaleForm['demand'] })} hint={words().demandHint} />
          <Input label={words().slo} unit={words().ms} value={props.form.latencySloMs} onInput={(latencySloMs) => props.set({ latencySloMs })} error={props.errors.latencySloMs} hint={words().sloHint} />
          <Input label={words().startDelay} unit={words().sec} value={props.form.startDelaySeconds} onInput={(startDelaySeconds) => props.set({ startDelaySeconds })} error={props.errors.startDelaySeconds} hint={words().startDelayHint} />
          <Input label={words().flapBudget} unit={words().anHour} value={props.form.flapBudget} onInput={(flapBudget) => props.set({ flapBudget })} error={props.errors.flapBudgetPerHour} hint={words().flapHint} />
          <div class="self-center">
            <Checkbox label={words().calm} hint={words().calmHint} checked={props.form.calm} onInput={(calm) => props.set({ calm })} />
          </div>
        </div>
        <For each={['scaleUp', 'scaleDown'] as const}>{(name) => <Direction name={name} rule={props.form[name]} set={(change) => props.set({ [name]: { ...props.form[name], ...change } })} errors={props.errors} />}</For>
      </div>
    </details>
  );
}

function Direction(props: { readonly name: 'scaleUp' | 'scaleDown'; readonly rule: DirectionForm; readonly set: (change: Partial<DirectionForm>) => void; readonly errors: Readonly<Record<string, string>> }): JSX.Element {
  const words = () => t().autoscaleSettings;
  const error = (field: string) => props.errors[`behavior.${props.name}.${field}`];
  const places = () => Array.from({ length: props.rule.policies.length }, (_, at) => at);
  const change = (at: number, part: Partial<PolicyRow>) => props.set({ policies: props.rule.policies.map((policy, index) => (index === at ? { ...policy, ...part } : policy)) });
  return (
    <fieldset class="flex min-w-0 flex-col gap-3">
      <legend class="mb-2 text-sm font-semibold">{words().behavior[props.name]}</legend>
      <div class="grid grid-cols-1 gap-4 min-[28rem]:grid-cols-3">
        <Input label={words().window} unit={words().sec} value={props.rule.windowSeconds} onInput={(windowSeconds) => props.set({ windowSeconds })} error={error('windowSeconds')} hint={words().windowHint} />
        <Input label={words().tolerance} unit="%" value={props.rule.tolerance} onInput={(tolerance) => props.set({ tolerance })} error={error('tolerancePermille')} />
        <Select label={words().select} value={props.rule.select} options={(['max', 'min', 'disabled'] as const).map((value) => ({ value, text: words().selects[value] }))} onInput={(select) => props.set({ select: select as DirectionForm['select'] })} />
      </div>
      <Show when={props.rule.policies.length > 0} fallback={<p class="text-faint text-xs">{words().policiesHint}</p>}>
        <For each={places()}>
          {(at) => (
            <Show when={props.rule.policies[at]}>
              {(policy) => (
                <div class="border-line relative grid grid-cols-2 gap-3 rounded-md border p-3 pr-10 sm:grid-cols-3">
                  <IconButton class="absolute top-1.5 right-1.5" icon="close" label={words().removePolicy(at + 1)} onClick={() => props.set({ policies: props.rule.policies.filter((_, index) => index !== at) })} />
                  <Input label={words().policyValue(at + 1)} value={policy().value} onInput={(value) => change(at, { value })} error={error(`policies.${at}.value`)} />
                  <Select label={words().policyKind(at + 1)} value={policy().kind} options={(['count', 'percent'] as const).map((value) => ({ value, text: words().policyKinds[value] }))} onInput={(kind) => change(at, { kind: kind as PolicyRow['kind'] })} />
                  <Input label={words().policyPeriod(at + 1)} unit={words().sec} value={policy().periodSeconds} onInput={(periodSeconds) => change(at, { periodSeconds })} error={error(`policies.${at}.periodSeconds`)} />
                </div>
              )}
            </Show>
          )}
        </For>
      </Show>
      <Show when={props.rule.policies.length < MOST_POLICIES}>
        <div>
          <Button size="sm" tone="quiet" icon="ask" onClick={() => props.set({ policies: [...props.rule.policies, { kind: 'percent', value: '100', periodSeconds: '15' }] })}>
            {words().addPolicy}
          </Button>
        </div>
      </Show>
    </fieldset>
  );
}
