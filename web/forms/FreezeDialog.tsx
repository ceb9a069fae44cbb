// Adds a freeze: around the sessions of a market, at times of the week, or once.
import { createSignal, For, Match, Switch, type JSX } from 'solid-js';
import { mutations } from '../api/mutations.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { useSession } from '../shell/session.ts';
import { createStore } from '../solid.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { Input, Segmented, Select, TextArea } from '../ui/Field.tsx';
import { FormButtons } from './FormParts.tsx';
import { emptyFreeze, toFreeze, type FreezeForm } from './freeze-form.ts';

const DAYS = [1, 2, 3, 4, 5, 6, 7];

export function FreezeDialog(props: { readonly onClose: () => void }): JSX.Element {
  const { status } = useSession();
  const act = useAct();
  const environments = () => status()?.environments ?? [];
  const [form, setForm] = createStore<FreezeForm>(emptyFreeze(environments().includes('production') ? 'production' : (environments()[0] ?? ''), Intl.DateTimeFormat().resolvedOptions().timeZone));
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const words = () => t().freezes;
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    const { freeze, faults } = toFreeze({ ...form, days: [...form.days] });
    setErrors(Object.fromEntries(Object.entries(faults).map(([field, fault]) => [field, fault === 'needed' ? t().ask.needed : words().faults[fault]])));
    if (freeze === null) return;
    setBusy(true);
    const done = await act(mutations.addFreeze(freeze), { topics: ['freezes'], done: words().added, onFields: setErrors });
    setBusy(false);
    if (done) props.onClose();
  };
  const toggle = (day: number) => setForm({ days: form.days.includes(day) ? form.days.filter((each) => each !== day) : [...form.days, day] });
  return (
    <Dialog open wide onClose={() => props.onClose()} title={words().dialogTitle} lead={words().dialogLead}>
      <form class="grid grid-cols-2 gap-4" onSubmit={(event) => void save(event)} novalidate>
        <Input label={t().common.name} placeholder={words().namePlaceholder} value={form.name} onInput={(name) => setForm({ name })} error={errors().name} />
        <Select label={t().common.environment} value={form.environment} options={environments().map((value) => ({ value, text: value }))} onInput={(environment) => setForm({ environment })} error={errors().environment} />
        <div class="col-span-2">
          <Segmented full label={words().field.kind} value={form.kind} options={(['session', 'weekly', 'once'] as const).map((value) => ({ value, text: words().kinds[value] }))} onInput={(kind) => setForm({ kind: kind as FreezeForm['kind'] })} />
        </div>
        <Switch>
          <Match when={form.kind === 'session'}>
            <Select class="col-span-2" label={words().field.market} value={form.market} options={(['a-share', 'hong-kong', 'us'] as const).map((value) => ({ value, text: words().markets[value] }))} onInput={(market) => setForm({ market: market as FreezeForm['market'] })} error={errors()['rule.market']} />
            <Input label={words().field.from} mono hint={words().field.anchorHint} value={form.open} onInput={(open) => setForm({ open })} error={errors()['rule.from']} />
            <Input label={words().field.to} mono value={form.close} onInput={(close) => setForm({ close })} error={errors()['rule.to']} />
          </Match>
          <Match when={form.kind === 'weekly'}>
            <fieldset class="col-span-2">
              <legend class="mb-1 text-sm font-medium">{words().field.days}</legend>
              <div class="flex flex-wrap gap-1.5">
                <For each={DAYS}>
                  {(day) => (
                    <label class="border-line has-checked:border-accent has-checked:bg-accent-soft has-checked:text-accent has-focus-visible:outline-accent text-muted cursor-pointer rounded-md border px-2.5 py-1 text-sm has-focus-visible:outline-2">
                      <input type="checkbox" class="sr-only" checked={form.days.includes(day)} onInput={() => toggle(day)} />
                      {words().days[day]}
                    </label>
                  )}
                </For>
              </div>
              <p class="text-bad text-xs">{errors()['rule.days']}</p>
            </fieldset>
            <Input label={words().field.from} hint={words().field.clockHint} value={form.fromClock} onInput={(fromClock) => setForm({ fromClock })} error={errors()['rule.from']} />
            <Input label={words().field.to} value={form.toClock} onInput={(toClock) => setForm({ toClock })} error={errors()['rule.to']} />
            <Input class="col-span-2" label={words().field.timeZone} value={form.timeZone} onInput={(timeZone) => setForm({ timeZone })} error={errors()['rule.timeZone']} />
          </Match>
          <Match when={form.kind === 'once'}>
            <Moment label={words().field.from} value={form.fromLocal} onInput={(fromLocal) => setForm({ fromLocal })} error={errors()['rule.from']} />
            <Moment label={words().field.to} value={form.toLocal} onInput={(toLocal) => setForm({ toLocal })} error={errors()['rule.to']} />
          </Match>
        </Switch>
        <TextArea class="col-span-2" label={t().common.reason} rows={2} optional={t().common.optional} placeholder={words().reasonPlaceholder} value={form.reason} onInput={(reason) => setForm({ reason })} error={errors().reason} />
        <div class="col-span-2">
          <FormButtons submit={t().common.add} busy={busy()} onCancel={() => props.onClose()} />
        </div>
      </form>
    </Dialog>
  );
}

/** A date and a time in the reader's own zone, by the browser's picker. */
function Moment(props: { readonly label: string; readonly value: string; readonly onInput: (value: string) => void; readonly error: string | undefined }): JSX.Element {
  return <Input type="datetime-local" label={props.label} hint={t().freezes.field.instantHint} value={props.value} onInput={(value) => props.onInput(value)} error={props.error} class="col-span-2 sm:col-span-1" />;
}
