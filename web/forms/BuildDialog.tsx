// Starts a build: of a service that is chosen here, or again of what was built before.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, Show, type JSX } from 'solid-js';
import type { BuildView } from '#server/http/contract/index.ts';
import { holds } from '../api/can.ts';
import { dataOf } from '../api/data.ts';
import { mutations } from '../api/mutations.ts';
import { queries } from '../api/queries.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { useSession } from '../shell/session.ts';
import { createStore } from '../solid.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { Input, Select } from '../ui/Field.tsx';
import { FormButtons } from './FormParts.tsx';
import { buildForm, BuildFields, toBuildAsk, type BuildForm } from './BuildFields.tsx';

export function BuildDialog(props: { readonly start?: BuildView; readonly service?: string; readonly team?: string; readonly onClose: () => void; readonly onStarted: (build: BuildView) => void }): JSX.Element {
  const { me } = useSession();
  const act = useAct();
  const teams = useQuery(() => queries.teams());
  const services = useQuery(() => queries.services());
  const mine = () => (dataOf(teams) ?? []).map(({ name }) => name).filter((team) => holds(me(), 'builds.start', team));
  // The dialog is opened anew for each build: it starts from what it was opened with.
  // eslint-disable-next-line solid/reactivity
  const [form, setForm] = createStore<BuildForm>(buildForm(props.start?.team ?? props.team ?? '', props.start?.subject ?? props.service ?? '', props.start));
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const team = () => (form.team === '' ? (mine()[0] ?? '') : form.team);
  const isFixed = () => (props.start ?? props.service) !== undefined;
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    const missing = Object.fromEntries((['service', 'url'] as const).filter((field) => form[field].trim() === '').map((field) => [field, t().ask.needed]));
    setErrors(missing);
    if (Object.keys(missing).length > 0) return;
    setBusy(true);
    const done = await act(mutations.startBuild(toBuildAsk({ ...form, team: team() })), { topics: ['builds'], done: t().builds.started, onFields: setErrors, onDone: (build) => props.onStarted(build) });
    setBusy(false);
    if (done) props.onClose();
  };
  return (
    <Dialog open wide onClose={() => props.onClose()} title={t().builds.startTitle} lead={t().builds.startLead}>
      <form class="flex flex-col gap-4" onSubmit={(event) => void save(event)} novalidate>
        <Show when={!isFixed()}>
          <div class="grid grid-cols-1 gap-4 sm:grid-cols-2">
            <Select label={t().common.team} value={team()} options={mine().map((value) => ({ value, text: value }))} onInput={(value) => setForm({ team: value })} error={errors().team} />
            <Input label={t().common.service} list={(dataOf(services) ?? []).filter((each) => each.team === team()).map(({ name }) => name)} value={form.service} onInput={(service) => setForm({ service })} error={errors().service} />
          </div>
        </Show>
        <BuildFields form={{ ...form, team: team() }} set={setForm} errors={errors()} />
        <FormButtons submit={t().builds.start} busy={busy()} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  );
}
