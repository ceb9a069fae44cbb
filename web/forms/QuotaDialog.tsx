// Sets what a team may take in an environment. In cores and GiB, as people say it; the API gets millicores and MiB.
import { createSignal, type JSX } from 'solid-js';
import type { QuotaView } from '#server/http/contract/index.ts';
import { mutations } from '../api/mutations.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { createStore } from '../solid.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Input, Select } from '../ui/Field.tsx';

export function QuotaDialog(props: { readonly team: string; readonly environment: string; readonly quota: QuotaView | undefined; readonly teams: readonly string[]; readonly environments: readonly string[]; readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  // The dialog opens anew for each quota: it starts from what the quota was then.
  // eslint-disable-next-line solid/reactivity
  const [form, setForm] = createStore({ team: props.team, environment: props.environment, cores: props.quota === undefined ? '16' : String(props.quota.limit.cpuMilli / 1000), gib: props.quota === undefined ? '32' : String(props.quota.limit.memoryMib / 1024), reason: '' });
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const cores = Number(form.cores);
    const gib = Number(form.gib);
    const wrong = { ...(Number.isFinite(cores) && form.cores.trim() !== '' ? {} : { cpuMilli: t().ask.notNumber }), ...(Number.isFinite(gib) && form.gib.trim() !== '' ? {} : { memoryMib: t().ask.notNumber }) };
    setErrors(wrong);
    if (Object.keys(wrong).length > 0 || busy()) return;
    setBusy(true);
    const body = { cpuMilli: Math.round(cores * 1000), memoryMib: Math.round(gib * 1024), reason: form.reason };
    const done = await act(mutations.setQuota(form.team, form.environment, body), { topics: ['quotas'], done: t().requests.quotas.saved(form.team, form.environment), onFields: setErrors });
    setBusy(false);
    if (done) props.onClose();
  };
  const options = (values: readonly string[]) => values.map((value) => ({ value, text: value }));
  return (
    <Dialog open onClose={() => props.onClose()} title={props.quota === undefined ? t().requests.quotas.set : t().requests.quotas.setTitle(form.team, form.environment)} lead={t().requests.quotas.setLead}>
      <form class="grid grid-cols-2 gap-4" onSubmit={(event) => void save(event)}>
        <Select label={t().common.team} value={form.team} options={options(props.teams)} onInput={(team) => setForm({ team })} error={errors().team} />
        <Select label={t().common.environment} value={form.environment} options={options(props.environments)} onInput={(environment) => setForm({ environment })} error={errors().environment} />
        <Input label={t().requests.quotas.cpu} unit={t().requests.quotas.coresUnit} value={form.cores} onInput={(cores) => setForm({ cores })} error={errors().cpuMilli} />
        <Input label={t().requests.quotas.memory} unit={t().requests.quotas.gibUnit} value={form.gib} onInput={(gib) => setForm({ gib })} error={errors().memoryMib} />
        <Input class="col-span-2" label={t().common.reason} optional={t().common.optional} placeholder={t().requests.quotas.placeholder} value={form.reason} onInput={(reason) => setForm({ reason })} error={errors().reason} />
        <div class="col-span-2 flex justify-end gap-2">
          <Button tone="quiet" onClick={() => props.onClose()}>
            {t().common.cancel}
          </Button>
          <Button type="submit" tone="primary" busy={busy()}>
            {t().common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
