// Sets up how VMs of a pool are made: the hook, where their address ranges come from, the paid period, and how long each step may take.
import { createSignal, type JSX } from 'solid-js';
import type { ProvisionerView } from '#server/http/contract/index.ts';
import { burstMutations } from '../api/burst.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { createStore } from '../solid.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { Checkbox, Input, Select } from '../ui/Field.tsx';
import { fromProvisioner, toProvisioner, type ProvisionerForm } from './burst-form.ts';
import { faultText } from './fault-text.ts';
import { FormButtons } from './FormParts.tsx';

export function ProvisionerDialog(props: { readonly pool: string; readonly present: ProvisionerView | null; readonly hooks: readonly string[]; readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  // The dialog opens anew for each pool: it starts from what was set then.
  // eslint-disable-next-line solid/reactivity
  const [form, setForm] = createStore<ProvisionerForm>(fromProvisioner(props.present, props.hooks));
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const words = () => t().burst.provisioners;
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    const { edit, faults } = toProvisioner({ ...form }, props.present);
    setErrors(Object.fromEntries(Object.entries(faults).map(([field, fault]) => [field, faultText(fault)])));
    if (edit === null) return;
    setBusy(true);
    const done = await act(burstMutations.setProvisioner(props.pool, edit), { topics: ['burst'], done: words().saved(props.pool), onFields: setErrors });
    setBusy(false);
    if (done) props.onClose();
  };
  const hooks = () => [...new Set([...props.hooks, form.hook])].filter((name) => name !== '').map((value) => ({ value, text: value }));
  return (
    <Dialog open wide onClose={() => props.onClose()} title={words().dialogTitle(props.pool)} lead={words().lead}>
      <form class="grid grid-cols-2 gap-4" onSubmit={(event) => void save(event)} novalidate>
        <Select class="col-span-2" label={words().field.hook} value={form.hook} options={hooks()} onInput={(hook) => setForm({ hook })} error={errors().hook} />
        <Input label={words().field.supernet} mono hint={words().supernetHint} placeholder="10.60.0.0/16" value={form.supernet} onInput={(supernet) => setForm({ supernet })} error={errors().rangeSupernet} />
        <Input label={words().field.prefix} mono placeholder="/24" value={form.prefix} onInput={(prefix) => setForm({ prefix })} error={errors().rangePrefix} />
        <Input label={words().field.billing} unit={words().minutes} value={form.billing} onInput={(billing) => setForm({ billing })} error={errors().billingMinutes} />
        <Input label={words().field.margin} unit={words().seconds} value={form.margin} onInput={(margin) => setForm({ margin })} error={errors().releaseMarginSeconds} />
        <Input label={words().field.provision} unit={words().seconds} value={form.provision} onInput={(provision) => setForm({ provision })} error={errors().provisionSeconds} />
        <Input label={words().field.join} unit={words().seconds} value={form.join} onInput={(join) => setForm({ join })} error={errors().joinSeconds} />
        <Input label={words().field.release} unit={words().seconds} value={form.release} onInput={(release) => setForm({ release })} error={errors().releaseSeconds} />
        <div class="flex items-center">
          <Checkbox label={words().field.enabled} checked={form.isEnabled} onInput={(isEnabled) => setForm({ isEnabled })} />
        </div>
        <div class="col-span-2">
          <FormButtons submit={t().common.save} busy={busy()} onCancel={() => props.onClose()} />
        </div>
      </form>
    </Dialog>
  );
}
