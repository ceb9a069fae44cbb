// Adds a webhook: an address that hears of events, or that gets the state of a commit.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, type JSX } from 'solid-js';
import { dataOf } from '../api/data.ts';
import { mutations } from '../api/mutations.ts';
import { queries } from '../api/queries.ts';
import type { WebhookDraft } from '../api/shapes.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { createStore } from '../solid.ts';
import { Choice } from '../ui/Choice.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Checkbox, Input, Select } from '../ui/Field.tsx';
import { FormButtons } from './FormParts.tsx';

type Event = WebhookDraft['events'][number];
type Kind = NonNullable<WebhookDraft['kind']>;

const EVENTS: readonly Event[] = ['build.started', 'build.succeeded', 'build.failed', 'rollout.started', 'rollout.succeeded', 'rollout.failed', 'rollout.held'];

export function WebhookDialog(props: { readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  const teams = useQuery(() => queries.teams());
  const [form, setForm] = createStore<{ name: string; kind: Kind; team: string; url: string; events: readonly Event[]; secret: string }>({ name: '', kind: 'event', team: '', url: '', events: ['rollout.started', 'rollout.succeeded', 'rollout.failed', 'rollout.held'], secret: '' });
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const words = () => t().webhooks;
  const faults = (): Record<string, string> => ({
    ...(form.name.trim() === '' ? { name: t().ask.needed } : {}),
    ...(/^https?:\/\//.test(form.url.trim()) ? {} : { url: words().faults.url }),
    ...(form.kind === 'commit-status' && !form.url.includes('{commit}') ? { url: words().faults.commit } : {}),
    ...(form.events.length === 0 ? { events: words().faults.events } : {}),
  });
  const save = async (event: globalThis.Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    const found = faults();
    setErrors(found);
    if (Object.keys(found).length > 0) return;
    setBusy(true);
    const ask: WebhookDraft = { name: form.name.trim(), kind: form.kind, url: form.url.trim(), events: [...form.events], ...(form.team === '' ? {} : { team: form.team }), ...(form.secret === '' ? {} : { secret: form.secret }) };
    const done = await act(mutations.addWebhook(ask), { topics: ['webhooks'], done: words().added, onFields: setErrors });
    setBusy(false);
    if (done) props.onClose();
  };
  const toggle = (event: Event, isOn: boolean) => setForm({ events: isOn ? [...form.events, event] : form.events.filter((each) => each !== event) });
  return (
    <Dialog open wide onClose={() => props.onClose()} title={words().dialogTitle}>
      <form class="grid grid-cols-2 gap-4" onSubmit={(event) => void save(event)} novalidate>
        <div class="col-span-2">
          <Choice columns="pairs" label={words().field.kind} value={form.kind} options={(['event', 'commit-status'] as const).map((value) => ({ value, text: words().kinds[value], note: words().kindHints[value] }))} onInput={(kind) => setForm({ kind: kind as Kind, events: kind === 'event' ? form.events : EVENTS.filter((each) => each.startsWith('build.')) })} />
        </div>
        <Input label={t().common.name} placeholder="chat" value={form.name} onInput={(name) => setForm({ name })} error={errors().name} />
        <Select label={words().field.team} value={form.team} options={[{ value: '', text: words().allTeams }, ...(dataOf(teams) ?? []).map(({ name }) => ({ value: name, text: name }))]} onInput={(team) => setForm({ team })} error={errors().team} />
        <Input class="col-span-2" mono label={words().field.url} placeholder={form.kind === 'event' ? 'https://chat.example.com/hooks/firn' : 'https://git.example.com/api/statuses/{commit}'} value={form.url} onInput={(url) => setForm({ url })} error={errors().url} />
        <Input class="col-span-2" type="password" autocomplete="off" label={words().field.secret} optional={t().common.optional} hint={form.kind === 'event' ? words().field.secretHintEvent : words().field.secretHintStatus} value={form.secret} onInput={(secret) => setForm({ secret })} error={errors().secret} />
        <fieldset class="col-span-2">
          <legend class="mb-1.5 text-sm font-medium">{words().events}</legend>
          <div class="grid grid-cols-1 gap-1.5 sm:grid-cols-2">
            <For each={EVENTS}>{(event) => <Checkbox label={words().eventNames[event] ?? event} checked={form.events.includes(event)} onInput={(isOn) => toggle(event, isOn)} />}</For>
          </div>
          <p class="text-bad mt-1 text-xs">{errors().events}</p>
        </fieldset>
        <div class="col-span-2">
          <FormButtons submit={t().common.add} busy={busy()} onCancel={() => props.onClose()} />
        </div>
      </form>
    </Dialog>
  );
}
