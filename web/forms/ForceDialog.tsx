// Forces a maintenance: shows workload by workload what would be lost now, and sends those very figures back, so that nobody forces
// something else than they read.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { Loss, MaintenanceDetail } from '#server/http/contract/index.ts';
import { dataOf } from '../api/data.ts';
import { fleetMutations, fleetQueries } from '../api/fleet.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { show } from '../shell/show.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { TextArea } from '../ui/Field.tsx';
import { Loaded, Skeleton } from '../ui/Loaded.tsx';

export function ForceDialog(props: { readonly maintenance: MaintenanceDetail; readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  const [why, setWhy] = createSignal('');
  const [read, setRead] = createSignal(false);
  const [busy, setBusy] = createSignal(false);
  const loss = useQuery(() => fleetQueries.loss(props.maintenance.id));
  const found = () => dataOf(loss);
  const force = async (event: Event): Promise<void> => {
    event.preventDefault();
    const now = found();
    if (now === undefined || !read() || why().trim() === '' || busy()) return;
    setBusy(true);
    const done = await act(fleetMutations.forceMaintenance(props.maintenance.id, { why: why().trim(), confirm: now.confirm }), { topics: ['maintenance', 'hosts'], done: t().maintenance.forced });
    setBusy(false);
    if (done) props.onClose();
  };
  return (
    <Dialog open wide onClose={() => props.onClose()} title={t().maintenance.forceTitle} lead={t().maintenance.loss.title}>
      <form class="flex flex-col gap-4" onSubmit={(event) => void force(event)}>
        <Loaded query={loss} skeleton={<Skeleton lines={3} />}>
          {(now) => <LossView loss={now()} />}
        </Loaded>
        <TextArea rows={2} label={t().common.reason} value={why()} onInput={setWhy} />
        <label class="flex items-center gap-2">
          <input type="checkbox" checked={read()} onInput={(event) => setRead(event.currentTarget.checked)} />
          {t().maintenance.forceConfirm}
        </label>
        <div class="flex justify-end gap-2">
          <Button tone="quiet" onClick={() => props.onClose()}>
            {t().common.cancel}
          </Button>
          <Button type="submit" tone="danger" busy={busy()} refused={found() === undefined || !read() ? t().maintenance.forceConfirm : why().trim() === '' ? t().common.reasonNeeded : null}>
            {t().maintenance.force}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function LossView(props: { readonly loss: Loss }): JSX.Element {
  return (
    <Show when={props.loss.replicas > 0} fallback={<p class="text-ok">{t().maintenance.loss.nothing}</p>}>
      <div class="bg-bad-soft rounded-md px-3 py-2.5 text-sm" data-testid="loss">
        <p class="font-semibold">
          {t().maintenance.loss.sentence(props.loss.replicas, props.loss.belowSurvival)}
          <Show when={props.loss.qpsMissing > 0}> {t().maintenance.loss.missing(show.number(Math.round(props.loss.qpsMissing)))}</Show>
        </p>
        <ul class="mt-2 flex flex-col gap-1">
          <For each={props.loss.workloads}>
            {(each) => (
              <li>
                <span class="font-medium">{each.workload}</span>: {t().maintenance.loss.workload(show.number(each.remain), show.number(each.mustRemain))}
                <Show when={each.belowSurvival}>, {each.seconds === null ? t().maintenance.loss.withoutEnd : t().maintenance.loss.for(show.duration(each.seconds.least), show.duration(each.seconds.most))}</Show>
                <Show when={each.withoutRoom > 0}>, {t().maintenance.loss.noRoom(each.withoutRoom)}</Show>
                <Show when={(each.requestsLost ?? 0) > 0}>, {t().maintenance.loss.requests(show.number(Math.round(each.requestsLost ?? 0)))}</Show>
              </li>
            )}
          </For>
        </ul>
      </div>
    </Show>
  );
}
