// Declares a site (who is near it, how its data flows) and a name (whose replicas it leads to, how clients are divided).
import { useQuery } from '@tanstack/solid-query';
import { createSignal, type JSX } from 'solid-js';
import type { NameView, SiteView } from '#server/http/contract/index.ts';
import { dataOf } from '../api/data.ts';
import { queries } from '../api/queries.ts';
import { siteMutations } from '../api/sites.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { useSession } from '../shell/session.ts';
import { createStore } from '../solid.ts';
import { Choice } from '../ui/Choice.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Input, Select, TextArea } from '../ui/Field.tsx';
import { faultText } from './fault-text.ts';
import { FormButtons } from './FormParts.tsx';
import { fromName, fromSite, toName, toSite, type NameForm, type SiteForm } from './site-form.ts';

export function SiteDialog(props: { readonly site: SiteView; readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  // The dialog opens anew for each site: it starts from what was declared then.
  // eslint-disable-next-line solid/reactivity
  const [form, setForm] = createStore<SiteForm>(fromSite(props.site));
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const words = () => t().sites.siteField;
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    const read = toSite({ ...form });
    if ('wrongLink' in read) {
      setErrors({ links: t().sites.linkFault(read.wrongLink) });
      return;
    }
    setBusy(true);
    const done = await act(siteMutations.setSite(props.site.name, read.site), { topics: ['sites', 'names'], done: t().sites.saved, onFields: setErrors });
    setBusy(false);
    if (done) props.onClose();
  };
  const errorOf = (field: string) => Object.entries(errors()).find(([path]) => path === field || path.startsWith(`${field}.`))?.[1];
  return (
    <Dialog open wide onClose={() => props.onClose()} title={t().sites.siteTitle(props.site.name)}>
      <form class="grid grid-cols-1 gap-4 sm:grid-cols-2" onSubmit={(event) => void save(event)} novalidate>
        <TextArea label={words().clients} hint={words().clientsHint} mono rows={4} value={form.clients} onInput={(clients) => setForm({ clients })} error={errorOf('clients')} />
        <TextArea label={words().regions} hint={words().regionsHint} rows={4} value={form.regions} onInput={(regions) => setForm({ regions })} error={errorOf('regions')} />
        <TextArea class="sm:col-span-2" label={words().links} hint={words().linksHint} mono rows={3} value={form.links} onInput={(links) => setForm({ links })} error={errorOf('links')} />
        <Input class="sm:col-span-2" label={words().note} optional={t().common.optional} value={form.note} onInput={(note) => setForm({ note })} error={errorOf('note')} />
        <div class="sm:col-span-2">
          <FormButtons submit={t().common.save} busy={busy()} onCancel={() => props.onClose()} />
        </div>
      </form>
    </Dialog>
  );
}

/** @param props.name null: a new one */
export function NameDialog(props: { readonly name: NameView | null; readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  const { status } = useSession();
  const services = useQuery(() => queries.services());
  const environments = () => status()?.environments ?? [];
  // The dialog opens anew for each name: it starts from what was set then.
  // eslint-disable-next-line solid/reactivity
  const [form, setForm] = createStore<NameForm>(fromName(props.name, environments().includes('production') ? 'production' : (environments()[0] ?? '')));
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const words = () => t().sites.names;
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    const { name, faults } = toName({ ...form }, props.name);
    setErrors(Object.fromEntries(Object.entries(faults).map(([field, fault]) => [field, faultText(fault)])));
    if (name === null) return;
    setBusy(true);
    const done = await act(siteMutations.setName(form.name.trim(), name), { topics: ['names', 'sites'], done: words().saved(form.name.trim()), onFields: setErrors });
    setBusy(false);
    if (done) props.onClose();
  };
  return (
    <Dialog open wide onClose={() => props.onClose()} title={props.name === null ? words().add : words().dialogTitle(props.name.name)} lead={words().emptyLead}>
      <form class="grid grid-cols-2 gap-4" onSubmit={(event) => void save(event)} novalidate>
        <Input class="col-span-2" label={words().field.name} mono placeholder="quote.example" disabled={props.name !== null} value={form.name} onInput={(name) => setForm({ name })} error={errors().name} />
        <Input label={words().field.service} list={(dataOf(services) ?? []).map(({ name }) => name)} value={form.service} onInput={(service) => setForm({ service })} error={errors().service} />
        <Select label={words().field.environment} value={form.environment} options={environments().map((value) => ({ value, text: value }))} onInput={(environment) => setForm({ environment })} error={errors().environment} />
        <div class="col-span-2">
          <Choice label={words().field.preference} value={form.preference} options={(['nearest', 'weights', 'order'] as const).map((value) => ({ value, text: words().preferences[value], note: words().preferenceNotes[value] }))} onInput={(preference) => setForm({ preference: preference as NameForm['preference'] })} />
        </div>
        <TextArea class="col-span-2" label={words().field.order} hint={words().field.orderHint} rows={2} mono value={form.order} onInput={(order) => setForm({ order })} error={errors().order} />
        <Input label={words().field.port} hint={words().field.portHint} value={form.port} onInput={(port) => setForm({ port })} error={errors().port} />
        <Input label={words().field.ttl} unit={t().sites.failover.seconds} value={form.ttl} onInput={(ttl) => setForm({ ttl })} error={errors().ttlSeconds} />
        <Input label={words().field.most} value={form.most} onInput={(most) => setForm({ most })} error={errors().mostAddresses} />
        <div class="col-span-2">
          <FormButtons submit={t().common.save} busy={busy()} onCancel={() => props.onClose()} />
        </div>
      </form>
    </Dialog>
  );
}
