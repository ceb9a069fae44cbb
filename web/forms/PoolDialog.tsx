// Adds or edits a pool of cloud VMs that could be bought.
import { createSignal, type JSX } from 'solid-js';
import type { PoolView } from '#server/http/contract/index.ts';
import { mutations } from '../api/mutations.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { createStore } from '../solid.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { Input, TextArea } from '../ui/Field.tsx';
import { FormButtons } from './FormParts.tsx';
import { EMPTY_POOL, fromPool, toPool, type PoolForm } from './pool-form.ts';

export function PoolDialog(props: { readonly pool: PoolView | null; readonly sites: readonly string[]; readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  // The dialog opens anew for each pool: it starts from what the pool was then.
  // eslint-disable-next-line solid/reactivity
  const [form, setForm] = createStore<PoolForm>(props.pool === null ? EMPTY_POOL : fromPool(props.pool));
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const words = () => t().policy.pools;
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    const { pool, faults } = toPool({ ...form });
    setErrors(Object.fromEntries(Object.entries(faults).map(([field, fault]) => [field, fault.code === 'notPair' ? t().ask.notPair(fault.line) : t().ask[fault.code]])));
    if (pool === null) return;
    setBusy(true);
    const done = await act(mutations.setPool(form.name.trim(), pool), { topics: ['pools'], done: words().saved(form.name.trim()), onFields: setErrors });
    setBusy(false);
    if (done) props.onClose();
  };
  return (
    <Dialog open onClose={() => props.onClose()} title={props.pool === null ? words().addTitle : words().editTitle(props.pool.name)} lead={words().lead}>
      <form class="grid grid-cols-2 gap-4" onSubmit={(event) => void save(event)} novalidate>
        <Input label={t().common.name} value={form.name} disabled={props.pool !== null} placeholder="c-large" onInput={(name) => setForm({ name })} error={errors().name} />
        <Input label={t().common.site} value={form.site} list={props.sites} onInput={(site) => setForm({ site })} error={errors().site} />
        <Input label={t().simulate.cores} value={form.cores} onInput={(cores) => setForm({ cores })} error={errors()['capacity.cpuMilli']} />
        <Input label={t().simulate.gib} unit="GiB" value={form.gib} onInput={(gib) => setForm({ gib })} error={errors()['capacity.memoryMib']} />
        <Input label={words().priceCents} value={form.cents} onInput={(cents) => setForm({ cents })} error={errors().costCentsPerHour} />
        <Input label={words().limit} value={form.limit} onInput={(limit) => setForm({ limit })} error={errors().limit} />
        <Input label={t().fleet.tokens.performance} value={form.performance} onInput={(performance) => setForm({ performance })} error={errors().performance} />
        <Input label={t().fleet.tokens.stability} value={form.stability} onInput={(stability) => setForm({ stability })} error={errors().stability} />
        <TextArea label={t().fleet.fact.labels} hint={t().fleet.labelsHint} mono rows={2} value={form.labels} onInput={(labels) => setForm({ labels })} error={errors().labels} />
        <TextArea label={t().fleet.fact.taints} hint={t().fleet.labelsHint} mono rows={2} value={form.taints} onInput={(taints) => setForm({ taints })} error={errors().taints} />
        <TextArea class="col-span-2" label={t().fleet.fact.environments} hint={t().fleet.environmentsHint} mono rows={2} value={form.environments} onInput={(environments) => setForm({ environments })} error={errors().environments} />
        <div class="col-span-2">
          <FormButtons submit={t().common.save} busy={busy()} onCancel={() => props.onClose()} />
        </div>
      </form>
    </Dialog>
  );
}
