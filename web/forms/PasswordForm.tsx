// One's own password, changed: the present one, another one, and the other once more. Says what the change ended and what goes on.
import { useQueryClient } from '@tanstack/solid-query';
import { createSignal, type JSX } from 'solid-js';
import { mutations } from '../api/mutations.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { createStore } from '../solid.ts';
import { Button } from '../ui/Button.tsx';
import { Input } from '../ui/Field.tsx';
import { toast } from '../ui/toast.ts';

export function PasswordForm(): JSX.Element {
  const act = useAct();
  const client = useQueryClient();
  const [form, setForm] = createStore({ current: '', next: '', again: '' });
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (form.next !== form.again) {
      setErrors({ again: t().accounts.account.mismatch });
      return;
    }
    setErrors({});
    setBusy(true);
    await act(mutations.changePassword(form.current, form.next), {
      topics: [],
      onFields: setErrors,
      onDone: ({ sessionsEnded, tokens }) => {
        toast.done(t().accounts.account.changed(sessionsEnded, tokens));
        setForm({ current: '', next: '', again: '' });
        void client.invalidateQueries({ queryKey: ['me'] });
      },
    });
    setBusy(false);
  };
  return (
    <form class="flex max-w-sm flex-col gap-4" onSubmit={(event) => void save(event)}>
      <Input type="password" autocomplete="current-password" label={t().accounts.account.current} value={form.current} onInput={(current) => setForm({ current })} error={errors().current} required />
      <Input type="password" autocomplete="new-password" label={t().accounts.account.next} hint={t().accounts.account.nextHint} value={form.next} onInput={(next) => setForm({ next })} error={errors().next} required />
      <Input type="password" autocomplete="new-password" label={t().accounts.account.again} value={form.again} onInput={(again) => setForm({ again })} error={errors().again} required />
      <div>
        <Button type="submit" busy={busy()}>
          {t().accounts.account.change}
        </Button>
      </div>
    </form>
  );
}
