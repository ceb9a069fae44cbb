// The governor's limits as percentages and minutes; the server says which figure it does not take.
import { createSignal, For, untrack, type JSX } from 'solid-js';
import type { GovernorSettings } from '#server/http/contract/index.ts';
import { fleetMutations } from '../api/fleet.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { Input } from '../ui/Field.tsx';
import { FormButtons } from './FormParts.tsx';

const ACTIONS = ['replace', 'retreat', 'upgrade'] as const;
type Action = (typeof ACTIONS)[number];
const PERMILLE_PER_PERCENT = 10;
const MINUTE_MS = 60_000;

interface Row {
  readonly hosts: string;
  readonly replicas: string;
  readonly minutes: string;
}

export function GovernorDialog(props: { readonly settings: GovernorSettings; readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  const start = untrack(() => props.settings);
  const [rows, setRows] = createSignal(Object.fromEntries(ACTIONS.map((action) => [action, rowOf(start[action])])) as Record<Action, Row>);
  const [away, setAway] = createSignal(String(start.awayMs / MINUTE_MS));
  const [faults, setFaults] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const edit = (action: Action, change: Partial<Row>) => setRows((now) => ({ ...now, [action]: { ...now[action], ...change } }));
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const limits = Object.fromEntries(ACTIONS.map((action) => [action, { hostPermille: Math.round(Number(rows()[action].hosts) * PERMILLE_PER_PERCENT), replicaPermille: Math.round(Number(rows()[action].replicas) * PERMILLE_PER_PERCENT), windowMs: Math.round(Number(rows()[action].minutes) * MINUTE_MS) }]));
    const done = await act(fleetMutations.setGovernor({ ...limits, awayMs: Math.round(Number(away()) * MINUTE_MS) }), { topics: ['governor'], done: t().verdicts.governor.saved, onFields: setFaults });
    setBusy(false);
    if (done) props.onClose();
  };
  return (
    <Dialog open wide onClose={() => props.onClose()} title={t().verdicts.governor.edit} lead={t().verdicts.governor.editLead}>
      <form class="flex flex-col gap-4" onSubmit={(event) => void save(event)}>
        <For each={ACTIONS}>
          {(action) => (
            <fieldset class="grid grid-cols-1 gap-3 sm:grid-cols-3">
              <legend class="mb-1 text-sm font-semibold">{t().verdicts.governor.actions[action]}</legend>
              <Input label={t().verdicts.governor.hostShare} unit="%" value={rows()[action].hosts} onInput={(hosts) => edit(action, { hosts })} error={faults()[`${action}.hostPermille`]} />
              <Input label={t().verdicts.governor.replicaShare} unit="%" value={rows()[action].replicas} onInput={(replicas) => edit(action, { replicas })} error={faults()[`${action}.replicaPermille`]} />
              <Input label={t().verdicts.governor.windowMinutes} unit="min" value={rows()[action].minutes} onInput={(minutes) => edit(action, { minutes })} error={faults()[`${action}.windowMs`]} />
            </fieldset>
          )}
        </For>
        <Input label={t().verdicts.governor.awayMinutes} hint={t().verdicts.governor.away} unit="min" value={away()} onInput={setAway} error={faults()['awayMs']} />
        <FormButtons submit={t().common.save} busy={busy()} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  );
}

function rowOf({ hostPermille, replicaPermille, windowMs }: GovernorSettings[Action]): Row {
  return { hosts: String(hostPermille / PERMILLE_PER_PERCENT), replicas: String(replicaPermille / PERMILLE_PER_PERCENT), minutes: String(windowMs / MINUTE_MS) };
}
