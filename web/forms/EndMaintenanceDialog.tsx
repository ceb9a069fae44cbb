// Gives the hosts of a maintenance back, and what moved with them where that is wished; before they are empty it gives it up.
import { createSignal, Show, untrack, type JSX } from 'solid-js';
import type { Maintenance } from '#server/http/contract/index.ts';
import { fleetMutations } from '../api/fleet.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { TextArea } from '../ui/Field.tsx';
import { FormButtons } from './FormParts.tsx';

export function EndMaintenanceDialog(props: { readonly maintenance: Maintenance; readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  const [reason, setReason] = createSignal('');
  const [bringBack, setBringBack] = createSignal(untrack(() => props.maintenance.bringBack));
  const [busy, setBusy] = createSignal(false);
  const isDone = () => props.maintenance.state === 'drained';
  const end = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const done = await act(fleetMutations.endMaintenance(props.maintenance.id, reason().trim(), bringBack()), { topics: ['maintenance', 'hosts'], done: isDone() ? t().maintenance.ended : t().maintenance.cancelled });
    setBusy(false);
    if (done) props.onClose();
  };
  return (
    <Dialog open onClose={() => props.onClose()} title={isDone() ? t().maintenance.endTitle : t().maintenance.cancelTitle} lead={isDone() ? t().maintenance.endLead : t().maintenance.cancelLead}>
      <form class="flex flex-col gap-4" onSubmit={(event) => void end(event)}>
        <TextArea rows={2} label={t().common.reason} optional={t().common.optional} value={reason()} onInput={setReason} />
        <Show when={props.maintenance.may.bringBack === null} fallback={<p class="text-muted text-sm">{props.maintenance.may.bringBack}</p>}>
          <label class="flex items-start gap-2">
            <input type="checkbox" class="mt-1" checked={bringBack()} onInput={(event) => setBringBack(event.currentTarget.checked)} />
            <span>
              {t().maintenance.back}
              <span class="text-muted block text-sm">{t().maintenance.backLead}</span>
            </span>
          </label>
        </Show>
        <FormButtons submit={isDone() ? t().maintenance.end : t().maintenance.cancel} busy={busy()} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  );
}
