// Names a flat network: the range that containers of its site may have.
import { createSignal, type JSX } from 'solid-js';
import { mutations } from '../api/mutations.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { createStore } from '../solid.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Input, TextArea } from '../ui/Field.tsx';
import { lines } from './ask-draft.ts';

export function NetworkDialog(props: { readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  const [form, setForm] = createStore({ name: '', site: '', cidr: '', gateway: '', first: '', last: '', excluded: '', dns: '' });
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    setBusy(true);
    const done = await act(mutations.addNetwork({ ...form, excluded: lines(form.excluded), dns: lines(form.dns) }), { topics: ['networks'], done: t().fleet.networks.added, onFields: setErrors });
    setBusy(false);
    if (done) props.onClose();
  };
  return (
    <Dialog open onClose={() => props.onClose()} title={t().fleet.networks.addTitle} lead={t().fleet.networks.addLead}>
      <form class="grid grid-cols-2 gap-4" onSubmit={(event) => void save(event)}>
        <Input label={t().common.name} placeholder="bj-flat" value={form.name} onInput={(name) => setForm({ name })} error={errors().name} required />
        <Input label={t().common.site} placeholder="bj" value={form.site} onInput={(site) => setForm({ site })} error={errors().site} required />
        <Input label={t().fleet.networks.cidr} mono placeholder="10.20.0.0/20" value={form.cidr} onInput={(cidr) => setForm({ cidr })} error={errors().cidr} required />
        <Input label={t().fleet.networks.gateway} mono placeholder="10.20.0.1" value={form.gateway} onInput={(gateway) => setForm({ gateway })} error={errors().gateway} required />
        <Input label={t().fleet.networks.first} mono placeholder="10.20.0.10" value={form.first} onInput={(first) => setForm({ first })} error={errors().first} required />
        <Input label={t().fleet.networks.last} mono placeholder="10.20.15.250" value={form.last} onInput={(last) => setForm({ last })} error={errors().last} required />
        <TextArea label={t().fleet.networks.excluded} hint={t().fleet.networks.listHint} mono rows={2} value={form.excluded} onInput={(excluded) => setForm({ excluded })} error={errors().excluded} />
        <TextArea label={t().fleet.networks.dns} hint={t().fleet.networks.listHint} mono rows={2} value={form.dns} onInput={(dns) => setForm({ dns })} error={errors().dns} />
        <div class="col-span-2 flex justify-end gap-2">
          <Button tone="quiet" onClick={() => props.onClose()}>
            {t().common.cancel}
          </Button>
          <Button type="submit" tone="primary" busy={busy()}>
            {t().common.add}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
