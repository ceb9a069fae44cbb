// Makes a join token and shows, once, the one line that turns a machine into a host.
import { createSignal, Show, type JSX } from 'solid-js';
import type { HostView, NetworkView } from '#server/http/contract/index.ts';
import { mutations } from '../api/mutations.ts';
import type { JoinTokenAsk } from '../api/shapes.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { useSession } from '../shell/session.ts';
import { createStore } from '../solid.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { Input, Segmented, Select, TextArea } from '../ui/Field.tsx';
import { lines, readPairs } from './ask-draft.ts';
import { FormButtons, ShownOnce } from './FormParts.tsx';

const EXPIRY = { hour: 3600, day: 86_400, week: 604_800 } as const;

interface Form {
  readonly kind: HostView['kind'];
  readonly mode: 'flat' | 'routed';
  readonly site: string;
  readonly rack: string;
  readonly network: string;
  readonly cost: string;
  readonly labels: string;
  readonly taints: string;
  readonly environments: string;
  readonly expiry: keyof typeof EXPIRY;
}

export function JoinTokenDialog(props: { readonly networks: readonly NetworkView[]; readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  const { status } = useSession();
  const flat = () => props.networks.filter(({ mode }) => mode === 'flat');
  const [form, setForm] = createStore<Form>({ kind: 'physical', mode: 'flat', site: '', rack: '', network: '', cost: '0', labels: '', taints: '', environments: '', expiry: 'hour' });
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const [command, setCommand] = createSignal<string | null>(null);
  const network = () => form.network || (flat()[0]?.name ?? '');
  const create = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { pairs, wrong } = readPairs(form.labels);
    if (wrong !== null) {
      setErrors({ labels: t().ask.notPair(wrong) });
      return;
    }
    if (busy()) return;
    setBusy(true);
    const ask: JoinTokenAsk = { kind: form.kind, mode: form.mode, site: form.site, rack: form.rack, costCentsPerHour: Number(form.cost), labels: pairs, taints: lines(form.taints), environments: lines(form.environments), expiresInSeconds: EXPIRY[form.expiry] };
    if (form.mode === 'flat' && network() !== '') ask.network = network();
    await act(mutations.addJoinToken(ask), { topics: ['networks'], onDone: (made) => setCommand(made.command), onFields: setErrors });
    setBusy(false);
  };
  return (
    <Dialog wide open onClose={() => props.onClose()} title={command() === null ? t().fleet.tokens.addTitle : t().fleet.tokens.created} lead={command() === null ? t().fleet.tokens.addLead : t().fleet.tokens.createdLead}>
      <Show
        when={command()}
        fallback={
          <form class="grid grid-cols-1 gap-4 sm:grid-cols-2" onSubmit={(event) => void create(event)}>
            <Select label={t().fleet.tokens.kind} value={form.kind} options={(['physical', 'private-vm', 'cloud-vm', 'lxc'] as const).map((value) => ({ value, text: t().states.kind[value] }))} onInput={(kind) => setForm({ kind: kind as Form['kind'] })} error={errors().kind} />
            <Segmented full label={t().fleet.networks.mode} value={form.mode} options={(['flat', 'routed'] as const).map((value) => ({ value, text: t().fleet.networks.modes[value] }))} onInput={(mode) => setForm({ mode: mode as Form['mode'] })} error={errors().mode} />
            <Input label={t().common.site} placeholder="bj" value={form.site} onInput={(site) => setForm({ site })} error={errors().site} required />
            <Input label={t().common.rack} placeholder="rack-a" value={form.rack} onInput={(rack) => setForm({ rack })} error={errors().rack} required />
            <Show when={form.mode === 'flat'} fallback={<Input label={t().fleet.tokens.network} value={t().fleet.tokens.ownRange} onInput={() => undefined} disabled />}>
              <Select label={t().fleet.tokens.network} value={network()} options={flat().map(({ name }) => ({ value: name, text: name }))} onInput={(name) => setForm({ network: name })} error={errors().network} />
            </Show>
            <Input label={t().fleet.tokens.costPerHour} unit={status()?.currency ?? ''} value={form.cost} onInput={(cost) => setForm({ cost })} error={errors().costCentsPerHour} />
            <TextArea label={t().fleet.fact.labels} optional={t().common.optional} hint={t().fleet.labelsHint} mono rows={2} value={form.labels} onInput={(labels) => setForm({ labels })} error={errors().labels} />
            <TextArea label={t().fleet.fact.taints} optional={t().common.optional} hint={t().fleet.labelsHint} mono rows={2} value={form.taints} onInput={(taints) => setForm({ taints })} error={errors().taints} />
            <Select label={t().fleet.tokens.expires} value={form.expiry} options={(['hour', 'day', 'week'] as const).map((value) => ({ value, text: t().fleet.tokens.expiry[value] }))} onInput={(expiry) => setForm({ expiry: expiry as Form['expiry'] })} />
            <FormButtons submit={t().fleet.tokens.create} busy={busy()} onCancel={() => props.onClose()} />
          </form>
        }
      >
        {(line) => <ShownOnce text={line()} onDone={() => props.onClose()} />}
      </Show>
    </Dialog>
  );
}
