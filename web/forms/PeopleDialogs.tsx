// Adds teams and users, and edits a user's roles or sets a new first password.
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { Grant, Role, User } from '#server/http/contract/index.ts';
import { mutations } from '../api/mutations.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { createStore } from '../solid.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Input, Select } from '../ui/Field.tsx';

const ROLES: readonly Role[] = ['viewer', 'developer', 'sre', 'admin'];
/** These roles are always for the whole cluster. */
const EVERYWHERE: readonly Role[] = ['sre', 'admin'];

export function TeamDialog(props: { readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  const [form, setForm] = createStore({ name: '', title: '' });
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (await act(mutations.addTeam(form.name, form.title), { topics: ['accounts'], done: t().accounts.people.teamAdded, onFields: setErrors })) props.onClose();
  };
  return (
    <Dialog open onClose={() => props.onClose()} title={t().accounts.people.addTeam}>
      <form class="flex flex-col gap-4" onSubmit={(event) => void save(event)}>
        <Input label={t().accounts.people.teamName} hint={t().ask.serviceHint} value={form.name} onInput={(name) => setForm({ name })} error={errors().name} required />
        <Input label={t().accounts.people.teamTitle} optional={t().common.optional} value={form.title} onInput={(title) => setForm({ title })} error={errors().title} />
        <Buttons text={t().common.add} onClose={() => props.onClose()} />
      </form>
    </Dialog>
  );
}

/** `user` null: a new one. */
export function UserDialog(props: { readonly user: User | null; readonly teams: readonly string[]; readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  const [form, setForm] = createStore({ name: '', password: '' });
  // The dialog is opened anew for each user.
  // eslint-disable-next-line solid/reactivity
  const [grants, setGrants] = createSignal<readonly Grant[]>(props.user?.grants ?? [{ team: props.teams[0] ?? null, role: 'developer' }]);
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const change = (at: number, grant: Grant) => setGrants((all) => all.map((each, index) => (index === at ? { ...grant, team: EVERYWHERE.includes(grant.role) ? null : grant.team } : each)));
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const user = props.user;
    const all = grants().map((grant) => ({ ...grant }));
    const call = user === null ? mutations.addUser({ name: form.name, password: form.password, grants: all }) : mutations.editUser(user.id, form.password === '' ? { grants: all } : { grants: all, password: form.password });
    if (await act(call, { topics: ['accounts'], done: user === null ? t().accounts.people.userAdded : t().accounts.people.userChanged, onFields: setErrors })) props.onClose();
  };
  return (
    <Dialog open onClose={() => props.onClose()} title={props.user === null ? t().accounts.people.addUser : t().accounts.people.editTitle(props.user.name)}>
      <form class="flex flex-col gap-4" onSubmit={(event) => void save(event)}>
        <Show when={props.user === null}>
          <Input label={t().accounts.people.userName} hint={t().ask.serviceHint} value={form.name} onInput={(name) => setForm({ name })} error={errors().name} required />
        </Show>
        <Input type="password" autocomplete="new-password" label={props.user === null ? t().accounts.people.password : t().accounts.people.reset} optional={props.user === null ? '' : t().common.optional} hint={t().accounts.people.passwordHint} value={form.password} onInput={(password) => setForm({ password })} error={errors().password} />
        <fieldset class="flex flex-col gap-2">
          <legend class="mb-1 text-sm font-medium">{t().accounts.people.grants}</legend>
          <For each={grants()}>
            {(grant, at) => (
              <div class="grid grid-cols-[1fr_1fr_auto] items-end gap-2">
                <Select label={t().accounts.people.role} value={grant.role} options={ROLES.map((value) => ({ value, text: t().states.role[value] }))} onInput={(role) => change(at(), { ...grant, role: role as Role })} />
                <Select label={t().accounts.people.inTeam} disabled={EVERYWHERE.includes(grant.role)} value={grant.team ?? ''} options={[{ value: '', text: t().accounts.people.allTeams }, ...props.teams.map((value) => ({ value, text: value }))]} onInput={(team) => change(at(), { ...grant, team: team === '' ? null : team })} />
                <IconButton icon="close" label={t().common.remove} onClick={() => setGrants((all) => all.filter((_, index) => index !== at()))} />
              </div>
            )}
          </For>
          <div>
            <Button size="sm" tone="quiet" icon="ask" onClick={() => setGrants((all) => [...all, { team: props.teams[0] ?? null, role: 'viewer' }])}>
              {t().accounts.people.addGrant}
            </Button>
          </div>
        </fieldset>
        <Buttons text={props.user === null ? t().common.add : t().common.save} onClose={() => props.onClose()} />
      </form>
    </Dialog>
  );
}

function Buttons(props: { readonly text: string; readonly onClose: () => void }): JSX.Element {
  return (
    <div class="flex justify-end gap-2">
      <Button tone="quiet" onClick={() => props.onClose()}>
        {t().common.cancel}
      </Button>
      <Button type="submit" tone="primary">
        {props.text}
      </Button>
    </div>
  );
}
