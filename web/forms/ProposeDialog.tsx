// Makes a proposal of changes: a title and why. Takes the changes as they stand when the dialog opens; leads to the proposal's page.
import { useNavigate } from '@solidjs/router';
import { createEffect, createSignal, on, type JSX } from 'solid-js';
import type { Change } from '#server/http/contract/index.ts';
import { mutations } from '../api/mutations.ts';
import { paths } from '../paths.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { createStore } from '../solid.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { Input, TextArea } from '../ui/Field.tsx';
import { FormButtons } from './FormParts.tsx';

const LONGEST_TITLE = 120;

export function ProposeDialog(props: { readonly open: boolean; readonly onClose: () => void; readonly changes: readonly Change[]; readonly suggested: string }): JSX.Element {
  const act = useAct();
  const navigate = useNavigate();
  const [form, setForm] = createStore({ title: '', note: '' });
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  createEffect(
    on(
      () => props.open,
      (open) => {
        if (!open) return;
        setErrors({});
        setForm({ title: props.suggested.slice(0, LONGEST_TITLE) });
      },
    ),
  );
  const propose = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    if (form.title.trim() === '') {
      setErrors({ title: t().ask.needed });
      return;
    }
    setBusy(true);
    const draft = { title: form.title.trim(), note: form.note.trim(), changes: [...props.changes] };
    await act(mutations.makeProposal(draft), { topics: ['proposals'], done: t().proposals.proposed, onFields: setErrors, onDone: (proposal) => navigate(paths.proposal(proposal.id)) });
    setBusy(false);
  };
  return (
    <Dialog open={props.open} onClose={() => props.onClose()} title={t().proposals.dialogTitle} lead={t().proposals.dialogLead}>
      <form class="flex flex-col gap-4" onSubmit={(event) => void propose(event)}>
        <Input label={t().proposals.field.title} placeholder={t().proposals.titlePlaceholder} value={form.title} onInput={(title) => setForm({ title })} error={errors().title} required />
        <TextArea label={t().proposals.field.note} optional={t().common.optional} placeholder={t().proposals.notePlaceholder} value={form.note} onInput={(note) => setForm({ note })} error={errors().note} />
        <FormButtons submit={t().proposals.propose} busy={busy()} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  );
}
