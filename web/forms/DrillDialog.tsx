// Starts a drill: which day, how many times it, for which workloads; delays and money folded away.
import { useQuery } from '@tanstack/solid-query';
import { createEffect, createSignal, Match, Switch, type JSX } from 'solid-js';
import { dataOf } from '../api/data.ts';
import { drillMutations, drillQueries } from '../api/drills.ts';
import { queries } from '../api/queries.ts';
import { workloadName } from '../format/rollout.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { show } from '../shell/show.ts';
import { createStore } from '../solid.ts';
import { Choice } from '../ui/Choice.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Checkbox, Input, Segmented, TextArea } from '../ui/Field.tsx';
import { Picker } from '../ui/Picker.tsx';
import { EMPTY_DRILL, fromDrill, SHIPPED_DAYS, toDrill, type DrillForm } from './drill-form.ts';
import { faultText } from './fault-text.ts';
import { FormButtons } from './FormParts.tsx';

/** @param props.from the id of a drill that is run again */
export function DrillDialog(props: { readonly from: string | undefined; readonly onClose: () => void; readonly onStarted: (id: string) => void }): JSX.Element {
  const act = useAct();
  const services = useQuery(() => queries.services());
  const earlier = useQuery(() => ({ ...drillQueries.drill(props.from ?? ''), enabled: props.from !== undefined, reconcile: false as const }));
  const [form, setForm] = createStore<DrillForm>(EMPTY_DRILL);
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const words = () => t().drills;
  createEffect(() => {
    const ask = dataOf(earlier)?.ask;
    if (ask !== undefined && ask !== null) setForm(fromDrill(ask));
  });
  const workloads = () => (dataOf(services) ?? []).flatMap((service) => service.workloads.map((workload) => ({ id: workload.id, name: workloadName(workload), team: service.team })));
  const nameOf = (id: string) => workloads().find((each) => each.id === id)?.name ?? id;
  const idOf = (name: string) => workloads().find((each) => each.name === name)?.id ?? name;
  const options = () => workloads().map(({ name, team }) => ({ value: name, note: team }));
  const start = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    const { ask, faults } = toDrill({ ...form, workloads: [...form.workloads] });
    setErrors(Object.fromEntries(Object.entries(faults).map(([field, fault]) => [field, faultText(fault)])));
    if (ask === null) return;
    setBusy(true);
    await act(drillMutations.start(ask), { topics: ['drills'], done: words().started, onFields: setErrors, onDone: ({ id }) => props.onStarted(id) });
    setBusy(false);
  };
  return (
    <Dialog open wide onClose={() => props.onClose()} title={words().start} lead={words().lead}>
      <form class="grid grid-cols-2 gap-4" onSubmit={(event) => void start(event)} novalidate>
        <div class="col-span-2">
          <Segmented full label={words().field.kind} value={form.kind} options={(['shipped', 'recorded', 'trace'] as const).map((value) => ({ value, text: words().kinds[value] }))} onInput={(kind) => setForm({ kind: kind as DrillForm['kind'] })} />
        </div>
        <DayFields form={form} options={options()} nameOf={nameOf} idOf={idOf} errors={errors()} onChange={setForm} />
        <Picker class="col-span-2" label={words().field.workloads} hint={words().field.workloadsHint} options={options()} chosen={form.workloads.map(nameOf)} onChange={(chosen) => setForm({ workloads: chosen.map(idOf) })} error={errors().workloads} />
        <Input label={words().field.times} unit="×" value={form.times} onInput={(times) => setForm({ times })} error={errors().times} />
        <Input label={words().field.title} optional={t().common.optional} value={form.title} onInput={(title) => setForm({ title })} error={errors().title} />
        <details class="col-span-2">
          <summary class="text-accent text-sm">{words().field.advanced}</summary>
          <div class="mt-3 grid grid-cols-2 gap-4">
            <Input label={words().field.startDelay} unit={words().seconds} hint={words().field.startDelayHint} value={form.startDelay} onInput={(startDelay) => setForm({ startDelay })} error={errors().startDelaySeconds} />
            <Input label={words().field.vmDelay} unit={words().seconds} value={form.vmDelay} onInput={(vmDelay) => setForm({ vmDelay })} error={errors().vmDelaySeconds} />
            <Input label={words().field.cap} unit={show.currencySign()} hint={words().field.capHint} value={form.cap} onInput={(cap) => setForm({ cap })} error={errors().spendCapCents} />
            <div class="flex items-center">
              <Checkbox label={words().field.mayBuy} checked={form.mayBuy} onInput={(mayBuy) => setForm({ mayBuy })} />
            </div>
          </div>
        </details>
        <div class="col-span-2">
          <FormButtons submit={words().start} busy={busy()} onCancel={() => props.onClose()} />
        </div>
      </form>
    </Dialog>
  );
}

interface DayFieldsProps {
  readonly form: DrillForm;
  readonly options: readonly { readonly value: string; readonly note: string }[];
  readonly nameOf: (id: string) => string;
  readonly idOf: (name: string) => string;
  readonly errors: Readonly<Record<string, string>>;
  readonly onChange: (change: Partial<DrillForm>) => void;
}

function DayFields(props: DayFieldsProps): JSX.Element {
  const words = () => t().drills;
  const readFile = async (file: File | undefined): Promise<void> => {
    if (file !== undefined) props.onChange({ csv: await file.text(), csvName: file.name });
  };
  return (
    <Switch>
      <Match when={props.form.kind === 'shipped'}>
        <div class="col-span-2">
          <Choice label={words().kinds.shipped} value={props.form.shipped} options={SHIPPED_DAYS.map((value) => ({ value, text: words().shippedDays[value], note: words().shippedNotes[value] }))} onInput={(shipped) => props.onChange({ shipped: shipped as DrillForm['shipped'] })} />
        </div>
      </Match>
      <Match when={props.form.kind === 'recorded'}>
        <Picker single class="col-span-2 sm:col-span-1" label={words().field.recordedOf} options={props.options} chosen={props.form.recordedOf === '' ? [] : [props.nameOf(props.form.recordedOf)]} onChange={(chosen) => props.onChange({ recordedOf: chosen[0] === undefined ? '' : props.idOf(chosen[0]) })} error={props.errors['day.workloadId']} />
        <Input class="col-span-2 sm:col-span-1" label={words().field.date} mono placeholder="2026-11-20" value={props.form.date} onInput={(date) => props.onChange({ date })} error={props.errors['day.date']} />
      </Match>
      <Match when={props.form.kind === 'trace'}>
        <TextArea class="col-span-2" label={words().field.csv} hint={words().field.csvHint} mono rows={5} placeholder={'time,qps\n2026-11-20T09:30:00+08:00,5200'} value={props.form.csv} onInput={(csv) => props.onChange({ csv })} error={props.errors['day.csv']} />
        <label class="text-muted col-span-2 flex flex-wrap items-center gap-2 text-sm">
          {words().field.file}
          <input type="file" accept=".csv,text/csv,text/plain" class="text-sm" onChange={(event) => void readFile(event.currentTarget.files?.[0])} />
        </label>
      </Match>
    </Switch>
  );
}
