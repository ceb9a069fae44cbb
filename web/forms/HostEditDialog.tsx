// Edits what an SRE declares about a host: labels, taints, environments, cost.
import { createEffect, createSignal, on, type JSX } from 'solid-js';
import type { HostView } from '#server/http/contract/index.ts';
import { mutations } from '../api/mutations.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { createStore } from '../solid.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { Input, TextArea } from '../ui/Field.tsx';
import { lines, readPairs } from './ask-draft.ts';
import { FormButtons } from './FormParts.tsx';

export function HostEditDialog(props: { readonly open: boolean; readonly onClose: () => void; readonly host: HostView }): JSX.Element {
  const act = useAct();
  const [form, setForm] = createStore({ labels: '', taints: '', environments: '', cost: '' });
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  createEffect(
    on(
      () => props.open,
      (open) => {
        if (!open) return;
        setErrors({});
        setForm({
          labels: Object.entries(props.host.labels).map(([key, value]) => `${key}=${value}`).join('\n'),
          taints: props.host.taints.join('\n'),
          environments: props.host.environments.join('\n'),
          cost: String(props.host.costCentsPerHour),
        });
      },
    ),
  );
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { pairs, wrong } = readPairs(form.labels);
    if (wrong !== null) {
      setErrors({ labels: t().ask.notPair(wrong) });
      return;
    }
    setBusy(true);
    const edit = { labels: pairs, taints: lines(form.taints), environments: lines(form.environments), costCentsPerHour: Number(form.cost) };
    const done = await act(mutations.editHost(props.host.name, edit), { topics: ['hosts'], done: t().common.saved, onFields: setErrors });
    setBusy(false);
    if (done) props.onClose();
  };
  return (
    <Dialog open={props.open} onClose={() => props.onClose()} title={t().fleet.editTitle(props.host.name)} lead={t().fleet.editLead}>
      <form class="flex flex-col gap-4" onSubmit={(event) => void save(event)}>
        <TextArea label={t().fleet.fact.labels} hint={t().fleet.labelsHint} mono rows={3} value={form.labels} onInput={(labels) => setForm({ labels })} error={errors().labels} />
        <TextArea label={t().fleet.fact.taints} hint={t().fleet.labelsHint} mono rows={2} value={form.taints} onInput={(taints) => setForm({ taints })} error={errors().taints} />
        <TextArea label={t().fleet.fact.environments} hint={t().fleet.environmentsHint} mono rows={2} value={form.environments} onInput={(environments) => setForm({ environments })} error={errors().environments} />
        <Input label={t().fleet.tokens.costPerHour} value={form.cost} onInput={(cost) => setForm({ cost })} error={errors().costCentsPerHour} />
        <FormButtons submit={t().common.save} busy={busy()} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  );
}
