// Empties a host: shows first what would follow, then asks for the reason. Takes the host; the preview is a what-if of the same drain.
import { createSignal, Match, Show, Switch, type JSX } from 'solid-js';
import type { Change, Consequence } from '#server/http/contract/index.ts';
import { can } from '../api/can.ts';
import { mutations } from '../api/mutations.ts';
import { UnplacedList } from '../pages/placement/UnplacedList.tsx';
import { paceText } from '../pages/placement/ConsequenceView.tsx';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { because, useSession } from '../shell/session.ts';
import { show } from '../shell/show.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { TextArea } from '../ui/Field.tsx';
import { FormButtons } from './FormParts.tsx';
import { createSimulationFeed } from './simulation-feed.ts';

export function DrainDialog(props: { readonly host: string; readonly onClose: () => void }): JSX.Element {
  const { me } = useSession();
  const act = useAct();
  const [reason, setReason] = createSignal('');
  const [missing, setMissing] = createSignal(false);
  const [busy, setBusy] = createSignal(false);
  const changes = (): readonly Change[] => [{ kind: 'drain', hosts: [props.host] }];
  const feed = createSimulationFeed(changes, () => can.simulate(me()));
  const drain = async (event: Event): Promise<void> => {
    event.preventDefault();
    setMissing(reason().trim() === '');
    if (reason().trim() === '' || busy()) return;
    setBusy(true);
    const done = await act(mutations.drain(props.host, reason().trim()), { topics: ['hosts', 'plans'], done: t().fleet.drained(props.host) });
    setBusy(false);
    if (done) props.onClose();
  };
  return (
    <Dialog open onClose={() => props.onClose()} title={t().fleet.drainTitle(props.host)} lead={t().fleet.drainLead}>
      <form class="flex flex-col gap-4" onSubmit={(event) => void drain(event)}>
        <div class="bg-sunken rounded-md px-3 py-2.5 text-sm" aria-live="polite" data-testid="drain-preview">
          <Switch fallback={<p class="text-muted">{t().consequence.updating}</p>}>
            <Match when={because(feed.refused())}>{(why) => <p class="text-muted">{why()}</p>}</Match>
            <Match when={feed.error()}>{(error) => <p class="text-bad">{error().message}</p>}</Match>
            <Match when={feed.answered()}>{(answered) => <Preview consequence={answered().simulation.consequence} />}</Match>
          </Switch>
        </div>
        <TextArea label={t().common.reason} placeholder={t().fleet.drainPlaceholder} value={reason()} onInput={setReason} error={missing() && reason().trim() === '' ? t().common.reasonNeeded : null} />
        <FormButtons submit={t().fleet.drain} busy={busy()} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  );
}

function Preview(props: { readonly consequence: Consequence }): JSX.Element {
  const stays = () => props.consequence.unplaced.reduce((sum, { count }) => sum + count, 0);
  const saved = () => props.consequence.before.costCentsPerHour - props.consequence.after.costCentsPerHour;
  return (
    <>
      <p>
        <strong>{show.number(props.consequence.moves)}</strong> {props.consequence.moves === 0 ? t().consequence.noMoves : t().consequence.movesUnit(props.consequence.moves)}
        <Show when={props.consequence.moves > 0}>
          <span class="text-muted">, {paceText(props.consequence)}</span>
        </Show>
      </p>
      <Show when={saved() > 0}>
        <p class="text-muted">{t().whyNot.saves(show.money(saved()))}</p>
      </Show>
      <Show when={stays() > 0}>
        <div class="mt-2">
          <UnplacedList named brief unplaced={props.consequence.unplaced} title={t().consequence.unplaced(stays())} />
        </div>
      </Show>
    </>
  );
}
