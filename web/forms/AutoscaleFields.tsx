// The fields of how a workload follows demand, in sections: mode, bounds, risk, markets, schedules, signals, what to do without metrics, and the
// advanced ones, folded. Numbers are text; the page converts.
import { useQuery } from '@tanstack/solid-query';
import { For, Show, type JSX } from 'solid-js';
import type { AutoscaleView } from '#server/http/contract/index.ts';
import { dataOf } from '../api/data.ts';
import { queries } from '../api/queries.ts';
import { t } from '../shell/preferences.ts';
import { show } from '../shell/show.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Choice } from '../ui/Choice.tsx';
import { Input, Segmented, Select } from '../ui/Field.tsx';
import { Panel } from '../ui/Panel.tsx';
import { AutoscaleAdvanced } from './AutoscaleAdvanced.tsx';
import type { AutoscaleForm, SignalForm } from './autoscale-form.ts';
import { ScheduleFields, Toggles } from './ScheduleFields.tsx';

export interface AutoscaleFieldsProps {
  readonly form: AutoscaleForm;
  readonly set: (change: Partial<AutoscaleForm>) => void;
  readonly errors: Readonly<Record<string, string>>;
}

const MOST_SIGNALS = 16;
const MARKETS = ['a-share', 'hong-kong', 'us'] as const;

export function AutoscaleFields(props: AutoscaleFieldsProps & { readonly bounds: AutoscaleView['bounds'] }): JSX.Element {
  const words = () => t().autoscaleSettings;
  return (
    <div class="flex flex-col gap-5">
      <Panel title={words().sections.mode}>
        <Choice label={words().sections.mode} value={props.form.mode} options={(['off', 'preview', 'on'] as const).map((value) => ({ value, text: t().autoscale.modes[value], note: words().modeNotes[value] }))} onInput={(mode) => props.set({ mode: mode as AutoscaleForm['mode'] })} />
      </Panel>
      <Panel title={words().sections.bounds}>
        <div class="grid grid-cols-1 gap-4 min-[28rem]:grid-cols-2">
          <Input label={words().min} unit={words().replicas} value={props.form.min} onInput={(min) => props.set({ min })} error={props.errors.min} hint={words().minHint(show.number(props.bounds.requestMin))} />
          <Input label={words().max} unit={words().replicas} value={props.form.max} onInput={(max) => props.set({ max })} error={props.errors.max} hint={words().maxHint(show.number(props.bounds.granted))} />
        </div>
      </Panel>
      <Panel title={words().sections.risk}>
        <div class="flex flex-col gap-4">
          <Choice columns="pairs" label={words().sections.risk} value={props.form.risk} options={(['economy', 'balanced', 'performance', 'own'] as const).map((value) => ({ value, text: words().riskNames[value], note: words().riskNotes[value] }))} onInput={(risk) => props.set({ risk: risk as AutoscaleForm['risk'] })} />
          <Show when={props.form.risk === 'own'}>
            <Input class="max-w-72" label={words().riskShare} unit="%" value={props.form.riskShare} onInput={(riskShare) => props.set({ riskShare })} error={props.errors.risk} />
          </Show>
        </div>
      </Panel>
      <Panel title={words().sections.markets}>
        <Toggles label={words().sections.markets} values={MARKETS.map((value) => ({ value, text: t().market.names[value] ?? value }))} chosen={props.form.markets} onInput={(markets) => props.set({ markets: markets as AutoscaleForm['markets'] })} error={props.errors.markets} hint={words().marketsHint} />
      </Panel>
      <Panel title={words().sections.schedules}>
        <ScheduleFields form={props.form} set={props.set} errors={props.errors} />
      </Panel>
      <Panel title={words().sections.signals}>
        <SignalFields form={props.form} set={props.set} errors={props.errors} />
      </Panel>
      <Panel title={words().sections.loss}>
        <div class="flex flex-col gap-3">
          <Segmented hideLabel label={words().sections.loss} value={props.form.onMetricLoss} options={(['hold', 'forecast', 'floor'] as const).map((value) => ({ value, text: words().lossNames[value] }))} hint={words().lossHint[props.form.onMetricLoss]} onInput={(onMetricLoss) => props.set({ onMetricLoss: onMetricLoss as AutoscaleForm['onMetricLoss'] })} />
          <Show when={props.form.onMetricLoss === 'floor'}>
            <Input class="max-w-60" label={words().lossFloor} unit={words().replicas} value={props.form.lossFloor} onInput={(lossFloor) => props.set({ lossFloor })} error={props.errors['onMetricLoss.floor']} />
          </Show>
          <p class="text-faint text-xs">{words().lossNever}</p>
        </div>
      </Panel>
      <AutoscaleAdvanced form={props.form} set={props.set} errors={props.errors} />
    </div>
  );
}

function SignalFields(props: AutoscaleFieldsProps): JSX.Element {
  const words = () => t().autoscaleSettings.signal;
  const signals = useQuery(() => queries.signals());
  const names = () => (dataOf(signals) ?? []).map(({ name, title }) => ({ value: name, text: title || name }));
  /** One that was removed since stays to be seen. */
  const options = (chosen: string) => (chosen === '' || names().some(({ value }) => value === chosen) ? names() : [...names(), { value: chosen, text: chosen }]);
  const change = (at: number, part: Partial<SignalForm>) => props.set({ signals: props.form.signals.map((rule, index) => (index === at ? { ...rule, ...part } : rule)) });
  const places = () => Array.from({ length: props.form.signals.length }, (_, at) => at);
  const error = (at: number, field: string) => props.errors[`signals.${at}.${field}`];
  return (
    <div class="flex flex-col gap-3">
      <Show when={props.form.signals.length > 0} fallback={<p class="text-muted text-sm">{names().length === 0 && signals.isSuccess ? words().noneKnown : words().none}</p>}>
        <For each={places()}>
          {(at) => (
            <Show when={props.form.signals[at]}>
              {(rule) => (
                <div role="group" aria-label={words().of(at + 1)} class="border-line relative grid grid-cols-2 gap-3 rounded-md border p-3 pr-10 sm:grid-cols-3">
                  <IconButton class="absolute top-1.5 right-1.5" icon="close" label={words().remove(at + 1)} onClick={() => props.set({ signals: props.form.signals.filter((_, index) => index !== at) })} />
                  <Select label={words().name} value={rule().signal} options={[{ value: '', text: t().common.nothing }, ...options(rule().signal)]} onInput={(signal) => change(at, { signal })} error={error(at, 'signal')} />
                  <Select label={words().when} value={rule().when} options={(['timesUsual', 'above'] as const).map((value) => ({ value, text: words().whens[value] }))} onInput={(when) => change(at, { when: when as SignalForm['when'] })} />
                  <Input label={words().threshold[rule().when]} value={rule().threshold} onInput={(threshold) => change(at, { threshold })} error={error(at, `when.${rule().when}`)} />
                  <Input label={words().multiplier} unit="×" value={rule().multiplier} onInput={(multiplier) => change(at, { multiplier })} error={error(at, 'multiplier')} />
                  <Input label={words().decay} unit={t().autoscaleSettings.minuteUnit} value={rule().decayMinutes} onInput={(decayMinutes) => change(at, { decayMinutes })} error={error(at, 'decayMinutes')} />
                  <Input label={words().cap} optional={t().common.optional} value={rule().cap} onInput={(cap) => change(at, { cap })} error={error(at, 'cap')} />
                </div>
              )}
            </Show>
          )}
        </For>
      </Show>
      <Show when={props.form.signals.length < MOST_SIGNALS && names().length > 0}>
        <div>
          <Button size="sm" tone="quiet" icon="ask" onClick={() => props.set({ signals: [...props.form.signals, { signal: names()[0]?.value ?? '', when: 'timesUsual', threshold: '1.5', multiplier: '1.3', decayMinutes: '30', cap: '' }] })}>
            {words().add}
          </Button>
        </div>
      </Show>
    </div>
  );
}
