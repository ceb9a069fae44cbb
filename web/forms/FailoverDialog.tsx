// The rules by which a site, or a name at a site, is failed over and comes back.
import { createSignal, type JSX } from 'solid-js';
import type { FailoverRules } from '#server/http/contract/index.ts';
import { siteMutations } from '../api/sites.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { createStore } from '../solid.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { Checkbox, Input } from '../ui/Field.tsx';
import { faultText } from './fault-text.ts';
import { FormButtons } from './FormParts.tsx';
import { fromFailover, toFailover, type FailoverForm } from './site-form.ts';

export function FailoverDialog(props: { readonly rules: FailoverRules; readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  // The dialog opens anew each time: it starts from the rules as they were then.
  // eslint-disable-next-line solid/reactivity
  const [form, setForm] = createStore<FailoverForm>(fromFailover(props.rules));
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const words = () => t().sites.failover;
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    const { rules, faults } = toFailover({ ...form });
    setErrors(Object.fromEntries(Object.entries(faults).map(([field, fault]) => [field, faultText(fault)])));
    if (rules === null) return;
    setBusy(true);
    const done = await act(siteMutations.setFailover(rules), { topics: ['sites'], done: words().saved, onFields: setErrors });
    setBusy(false);
    if (done) props.onClose();
  };
  return (
    <Dialog open onClose={() => props.onClose()} title={words().dialogTitle}>
      <form class="grid grid-cols-2 gap-4" onSubmit={(event) => void save(event)} novalidate>
        <div class="col-span-2">
          <Checkbox label={words().field.automatic} checked={form.isAutomatic} onInput={(isAutomatic) => setForm({ isAutomatic })} />
        </div>
        <Input label={words().field.down} unit={words().seconds} value={form.down} onInput={(down) => setForm({ down })} error={errors().downAfterSeconds} />
        <Input label={words().field.up} unit={words().seconds} value={form.up} onInput={(up) => setForm({ up })} error={errors().upAfterSeconds} />
        <Input label={words().field.hosts} unit="%" value={form.hosts} onInput={(hosts) => setForm({ hosts })} error={errors().leastHostsUpPermille} />
        <Input label={words().field.healthy} unit="%" value={form.healthy} onInput={(healthy) => setForm({ healthy })} error={errors().leastHealthyPermille} />
        <Input class="col-span-2" label={words().field.names} unit="%" value={form.names} onInput={(names) => setForm({ names })} error={errors().mostNamesPermille} />
        <div class="col-span-2">
          <FormButtons submit={t().common.save} busy={busy()} onCancel={() => props.onClose()} />
        </div>
      </form>
    </Dialog>
  );
}
