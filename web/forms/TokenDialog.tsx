// Makes an API token and shows its secret, once.
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { Scope } from '#server/http/contract/index.ts';
import { mutations } from '../api/mutations.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { createStore } from '../solid.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { Checkbox, Input, Select } from '../ui/Field.tsx';
import { FormButtons, ShownOnce } from './FormParts.tsx';

const DAY_SECONDS = 86_400;
const DAYS = [1, 30, 90, 365] as const;
const SCOPES: readonly Scope[] = ['read', 'request', 'deploy', 'operate', 'push', 'admin'];

export function TokenDialog(props: { readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  const [form, setForm] = createStore({ name: '', days: '30' });
  const [scopes, setScopes] = createSignal<readonly Scope[]>(['read']);
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const [secret, setSecret] = createSignal<string | null>(null);
  const toggle = (scope: Scope, on: boolean) => setScopes((all) => SCOPES.filter((each) => (each === scope ? on : all.includes(each))));
  const create = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    setBusy(true);
    await act(mutations.addToken({ name: form.name, scopes: [...scopes()], expiresInSeconds: Number(form.days) * DAY_SECONDS }), { topics: ['accounts'], onDone: (made) => setSecret(made.secret), onFields: setErrors });
    setBusy(false);
  };
  return (
    <Dialog open onClose={() => props.onClose()} title={secret() === null ? t().accounts.account.newToken : t().accounts.account.created} lead={secret() === null ? t().accounts.account.newTokenLead : t().accounts.account.createdLead}>
      <Show
        when={secret()}
        fallback={
          <form class="flex flex-col gap-4" onSubmit={(event) => void create(event)}>
            <Input label={t().accounts.account.tokenName} hint={t().accounts.account.tokenNameHint} value={form.name} onInput={(name) => setForm({ name })} error={errors().name} required />
            <fieldset class="flex flex-col gap-2">
              <legend class="mb-1 text-sm font-medium">{t().accounts.account.scopes}</legend>
              <For each={SCOPES}>{(scope) => <Checkbox label={t().accounts.account.scope[scope]} checked={scopes().includes(scope)} onInput={(on) => toggle(scope, on)} />}</For>
              <Show when={errors().scopes}>
                <p role="alert" class="text-bad text-xs">
                  {errors().scopes}
                </p>
              </Show>
            </fieldset>
            <Select label={t().accounts.account.validFor} value={form.days} options={DAYS.map((days) => ({ value: String(days), text: t().accounts.account.days(days) }))} onInput={(days) => setForm({ days })} />
            <FormButtons submit={t().accounts.account.create} busy={busy()} onCancel={() => props.onClose()} />
          </form>
        }
      >
        {(text) => <ShownOnce text={text()} onDone={() => props.onClose()} />}
      </Show>
    </Dialog>
  );
}
