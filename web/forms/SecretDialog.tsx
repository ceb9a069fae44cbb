// Sets a secret: a new one, or a new value of one that there is. The value leaves the browser once and is never shown.
import { createSignal, Show, type JSX } from 'solid-js';
import type { WorkloadView } from '#server/http/contract/index.ts';
import { mutations } from '../api/mutations.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { Input, Segmented, TextArea } from '../ui/Field.tsx';
import { FormButtons } from './FormParts.tsx';

/** `name` null: a new secret. */
export interface SecretStart {
  readonly name: string | null;
  readonly isTeam: boolean;
}

export function SecretDialog(props: { readonly start: SecretStart; readonly workload: WorkloadView; readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  // The dialog is opened anew for each secret.
  // eslint-disable-next-line solid/reactivity
  const [name, setName] = createSignal(props.start.name ?? '');
  // eslint-disable-next-line solid/reactivity
  const [isTeam, setIsTeam] = createSignal(props.start.isTeam);
  const [value, setValue] = createSignal('');
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const words = () => t().releases.secrets;
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    const missing = { ...(name().trim() === '' ? { name: t().ask.needed } : {}), ...(value() === '' ? { value: t().ask.needed } : {}) };
    setErrors(missing);
    if (Object.keys(missing).length > 0) return;
    setBusy(true);
    const of = isTeam() ? {} : { service: props.workload.service, environment: props.workload.environment };
    const done = await act(mutations.setSecret({ team: props.workload.team, ...of, name: name().trim(), value: value() }), { topics: ['secrets'], done: words().set(name().trim()), onFields: setErrors });
    setBusy(false);
    if (done) props.onClose();
  };
  return (
    <Dialog open onClose={() => props.onClose()} title={props.start.name === null ? words().addTitle : words().againTitle(props.start.name)} lead={props.start.name === null ? words().lead : words().againLead}>
      <form class="flex flex-col gap-4" onSubmit={(event) => void save(event)} novalidate>
        <Show when={props.start.name === null}>
          <Segmented full label={words().scope} value={isTeam() ? 'team' : 'workload'} options={(['workload', 'team'] as const).map((each) => ({ value: each, text: words().scopes[each] }))} onInput={(chosen) => setIsTeam(chosen === 'team')} />
          <Input label={t().common.name} hint={t().ask.serviceHint} placeholder="db-password" value={name()} onInput={setName} error={errors().name} />
        </Show>
        <TextArea label={words().value} hint={words().valueHint} mono rows={3} value={value()} onInput={setValue} error={errors().value} />
        <FormButtons submit={words().add} busy={busy()} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  );
}
