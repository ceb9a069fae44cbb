// Starts an upgrade of agents: which host goes first, how many follow at once, how long a host must be well before they do.
import { createSignal, type JSX } from 'solid-js';
import { fleetMutations } from '../api/fleet.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { Input, TextArea } from '../ui/Field.tsx';
import { FormButtons } from './FormParts.tsx';

const AT_ONCE = '5';
const WATCH_SECONDS = '10';

export function UpgradeDialog(props: { readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  const [canary, setCanary] = createSignal('');
  const [atOnce, setAtOnce] = createSignal(AT_ONCE);
  const [watch, setWatch] = createSignal(WATCH_SECONDS);
  const [reason, setReason] = createSignal('');
  const [faults, setFaults] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const start = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const done = await act(fleetMutations.startUpgrade({ atOnce: Number(atOnce()), watchSeconds: Number(watch()), reason: reason().trim(), ...(canary().trim() === '' ? {} : { canary: canary().trim() }) }), { topics: ['upgrades'], done: t().agents.upgrades.started, onFields: setFaults });
    setBusy(false);
    if (done) props.onClose();
  };
  return (
    <Dialog open onClose={() => props.onClose()} title={t().agents.upgrades.startTitle} lead={t().agents.upgrades.startLead}>
      <form class="flex flex-col gap-4" onSubmit={(event) => void start(event)}>
        <Input label={t().agents.upgrades.canary} hint={t().agents.upgrades.canaryHint} value={canary()} onInput={setCanary} error={faults()['canary']} />
        <div class="grid grid-cols-2 gap-3">
          <Input label={t().agents.upgrades.atOnce} value={atOnce()} onInput={setAtOnce} error={faults()['atOnce']} />
          <Input label={t().agents.upgrades.watch} unit="s" value={watch()} onInput={setWatch} error={faults()['watchSeconds']} />
        </div>
        <TextArea rows={2} label={t().common.reason} optional={t().common.optional} value={reason()} onInput={setReason} />
        <FormButtons submit={t().agents.upgrades.start} busy={busy()} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  );
}
