// Declares a signal, and announces a surge.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, type JSX } from 'solid-js';
import type { SignalView } from '#server/http/contract/index.ts';
import { dataOf } from '../api/data.ts';
import { marketMutations } from '../api/market.ts';
import { queries } from '../api/queries.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { Input, Segmented, Select, TextArea } from '../ui/Field.tsx';
import { Picker } from '../ui/Picker.tsx';
import { FormButtons } from './FormParts.tsx';

/** @param props.signal null: a new one */
export function SignalDialog(props: { readonly signal: SignalView | null; readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  const teams = useQuery(() => queries.teams());
  // The dialog opens anew for each signal: it starts from what was set then.
  /* eslint-disable solid/reactivity */
  const [name, setName] = createSignal(props.signal?.name ?? '');
  const [title, setTitle] = createSignal(props.signal?.title ?? '');
  const [unit, setUnit] = createSignal(props.signal?.unit ?? '');
  const [combine, setCombine] = createSignal<SignalView['combine']>(props.signal?.combine ?? 'mean');
  const [team, setTeam] = createSignal(props.signal?.team ?? '');
  /* eslint-enable solid/reactivity */
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const words = () => t().signals;
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    if (name().trim() === '') {
      setErrors({ name: t().ask.needed });
      return;
    }
    setBusy(true);
    const done = await act(marketMutations.setSignal(name().trim(), { title: title().trim(), unit: unit().trim(), combine: combine(), team: team() === '' ? null : team() }), { topics: ['signals'], done: words().saved(name().trim()), onFields: setErrors });
    setBusy(false);
    if (done) props.onClose();
  };
  return (
    <Dialog open onClose={() => props.onClose()} title={props.signal === null ? words().add : words().dialogTitle(props.signal.name)} lead={words().lead}>
      <form class="flex flex-col gap-4" onSubmit={(event) => void save(event)} novalidate>
        <Input label={words().field.name} mono placeholder="turnover" disabled={props.signal !== null} value={name()} onInput={setName} error={errors().name} />
        <Input label={words().field.title} value={title()} onInput={setTitle} error={errors().title} />
        <Input label={words().field.unit} optional={t().common.optional} value={unit()} onInput={setUnit} error={errors().unit} />
        <Segmented full label={words().field.combine} value={combine()} options={(['mean', 'max', 'sum'] as const).map((value) => ({ value, text: words().combine[value] }))} onInput={(value) => setCombine(value as SignalView['combine'])} />
        <Select label={words().field.team} value={team()} options={[{ value: '', text: words().field.everywhere }, ...(dataOf(teams) ?? []).map((each) => ({ value: each.name, text: each.name }))]} onInput={setTeam} error={errors().team} />
        <FormButtons submit={t().common.save} busy={busy()} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  );
}

export function SurgeDialog(props: { readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  const services = useQuery(() => queries.services());
  const [factor, setFactor] = createSignal('1.5');
  const [from, setFrom] = createSignal('');
  const [to, setTo] = createSignal('');
  const [chosen, setChosen] = createSignal<readonly string[]>([]);
  const [reason, setReason] = createSignal('');
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const words = () => t().signals.surges;
  const faultsOf = (): Record<string, string> => {
    const [start, end] = [new Date(from()).getTime(), new Date(to()).getTime()];
    return {
      ...(Number(factor()) >= 1 && Number(factor()) <= 20 ? {} : { factor: words().faults.factor }),
      ...(Number.isNaN(start) ? { from: words().faults.time } : {}),
      ...(Number.isNaN(end) ? { to: words().faults.time } : end <= start ? { to: words().faults.order } : {}),
      ...(reason().trim() === '' ? { reason: t().common.reasonNeeded } : {}),
    };
  };
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    const faults = faultsOf();
    setErrors(faults);
    if (Object.keys(faults).length > 0) return;
    setBusy(true);
    const ask = { factor: Number(factor()), from: new Date(from()).toISOString(), to: new Date(to()).toISOString(), services: [...chosen()], reason: reason().trim() };
    const done = await act(marketMutations.announceSurge(ask), { topics: ['surges', 'autoscale'], done: words().done, onFields: setErrors });
    setBusy(false);
    if (done) props.onClose();
  };
  return (
    <Dialog open onClose={() => props.onClose()} title={words().add} lead={words().lead}>
      <form class="grid grid-cols-2 gap-4" onSubmit={(event) => void save(event)} novalidate>
        <Input class="col-span-2" label={words().field.factor} unit="×" value={factor()} onInput={setFactor} error={errors().factor} />
        <Input class="col-span-2 sm:col-span-1" type="datetime-local" label={words().field.from} hint={t().freezes.field.instantHint} value={from()} onInput={setFrom} error={errors().from} />
        <Input class="col-span-2 sm:col-span-1" type="datetime-local" label={words().field.to} value={to()} onInput={setTo} error={errors().to} />
        <Picker class="col-span-2" label={words().field.services} hint={words().field.servicesHint} options={(dataOf(services) ?? []).map((service) => ({ value: service.name, note: service.team }))} chosen={chosen()} onChange={setChosen} error={errors().services} />
        <TextArea class="col-span-2" label={t().common.reason} rows={2} value={reason()} onInput={setReason} error={errors().reason} />
        <div class="col-span-2">
          <FormButtons submit={words().add} busy={busy()} onCancel={() => props.onClose()} />
        </div>
      </form>
    </Dialog>
  );
}
