// Empties hosts, a rack or a site, now or at a time: shows what would follow as one types, before anything is changed.
import { createEffect, createSignal, For, Match, on, onCleanup, Show, Switch, untrack, type JSX } from 'solid-js';
import type { MaintenanceAskInput, MaintenancePreview } from '#server/http/contract/index.ts';
import { ApiError } from '../api/client.ts';
import { fleetMutations } from '../api/fleet.ts';
import { BlockerList } from '../pages/fleet/MaintenanceBlockers.tsx';
import { EtaText } from '../pages/fleet/MaintenanceEta.tsx';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { Input, Segmented, TextArea } from '../ui/Field.tsx';
import { FormButtons } from './FormParts.tsx';

type Scope = 'hosts' | 'rack' | 'site';
const SCOPES: readonly Scope[] = ['hosts', 'rack', 'site'];
const TYPED_MS = 400;

/** `hosts`: those that stand in the form when it opens. */
export function MaintenanceDialog(props: { readonly hosts?: readonly string[]; readonly onClose: () => void; readonly onStarted: (id: string) => void }): JSX.Element {
  const act = useAct();
  const [scope, setScope] = createSignal<Scope>('hosts');
  const [name, setName] = createSignal(untrack(() => props.hosts ?? []).join('\n'));
  const [why, setWhy] = createSignal('');
  const [startsAt, setStartsAt] = createSignal('');
  const [endsAt, setEndsAt] = createSignal('');
  const [perHour, setPerHour] = createSignal('');
  const [atOnce, setAtOnce] = createSignal('');
  const [bringBack, setBringBack] = createSignal(false);
  const [busy, setBusy] = createSignal(false);
  const [faults, setFaults] = createSignal<Readonly<Record<string, string>>>({});
  const of = () => {
    const given = name().split(/[\s,]+/).filter((each) => each !== '');
    if (given.length === 0) return null;
    return scope() === 'hosts' ? { hosts: given } : scope() === 'rack' ? { rack: given[0]! } : { site: given[0]! };
  };
  const pace = () => ({ ...(perHour().trim() === '' ? {} : { movesPerHour: Number(perHour()) }), ...(atOnce().trim() === '' ? {} : { atOnce: Number(atOnce()) }) });
  const { preview, failed } = createPreview(() => {
    const what = of();
    return what === null ? null : { ...what, pace: pace() };
  });
  const instant = (local: string) => (local === '' ? {} : new Date(local).toISOString());
  const start = async (event: Event): Promise<void> => {
    event.preventDefault();
    const what = of();
    if (busy() || what === null) return;
    setBusy(true);
    const begins = instant(startsAt());
    const ends = instant(endsAt());
    const ask: MaintenanceAskInput = { ...what, why: why().trim(), pace: pace(), bringBack: bringBack(), ...(typeof begins === 'string' ? { startsAt: begins } : {}), ...(typeof ends === 'string' ? { endsAt: ends } : {}) };
    const done = await act(fleetMutations.startMaintenance(ask), { topics: ['maintenance', 'hosts'], done: typeof begins === 'string' ? t().maintenance.planned : t().maintenance.started, onFields: setFaults, onDone: ({ id }) => props.onStarted(id) });
    setBusy(false);
    if (done) props.onClose();
  };
  const label = () => (scope() === 'hosts' ? t().maintenance.hostsField : scope() === 'rack' ? t().maintenance.rackField : t().maintenance.siteField);
  return (
    <Dialog open wide onClose={() => props.onClose()} title={t().maintenance.startTitle} lead={t().maintenance.startLead}>
      <form class="flex flex-col gap-4" onSubmit={(event) => void start(event)}>
        <Segmented label={t().maintenance.scopes.label} value={scope()} options={SCOPES.map((each) => ({ value: each, text: t().maintenance.scopes[each] }))} onInput={(value) => setScope(SCOPES.find((each) => each === value) ?? 'hosts')} />
        <Show when={scope() === 'hosts'} fallback={<Input mono label={label()} placeholder={scope() === 'rack' ? 'dc1/r01' : 'dc1'} value={name()} onInput={setName} error={faults()[scope()]} />}>
          <TextArea mono rows={3} label={label()} value={name()} onInput={setName} error={faults()['hosts']} />
        </Show>
        <TextArea rows={2} label={t().common.reason} placeholder={t().fleet.drainPlaceholder} value={why()} onInput={setWhy} error={faults()['why']} />
        <div class="grid grid-cols-1 gap-3 sm:grid-cols-2">
          <Input type="datetime-local" label={t().maintenance.startsAt} hint={t().maintenance.startsHint} value={startsAt()} onInput={setStartsAt} error={faults()['startsAt']} />
          <Input type="datetime-local" label={t().maintenance.endsAt} hint={t().maintenance.endsHint} value={endsAt()} onInput={setEndsAt} error={faults()['endsAt']} />
          <Input label={t().maintenance.movesPerHour} hint={t().maintenance.paceHint} value={perHour()} onInput={setPerHour} error={faults()['pace.movesPerHour']} />
          <Input label={t().maintenance.atOnce} hint={t().maintenance.paceHint} value={atOnce()} onInput={setAtOnce} error={faults()['pace.atOnce']} />
        </div>
        <label class="flex items-center gap-2">
          <input type="checkbox" checked={bringBack()} onInput={(event) => setBringBack(event.currentTarget.checked)} />
          {t().maintenance.bringBack}
        </label>
        <Show when={of() !== null}>
          <div class="bg-sunken rounded-md px-3 py-2.5 text-sm" aria-live="polite" data-testid="maintenance-preview">
            <Switch fallback={<p class="text-muted">{t().consequence.updating}</p>}>
              <Match when={failed()}>{(message) => <p class="text-bad">{message()}</p>}</Match>
              <Match when={preview()}>{(now) => <Preview preview={now()} />}</Match>
            </Switch>
          </div>
        </Show>
        <FormButtons submit={t().maintenance.start} busy={busy()} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  );
}

type PreviewAsk = Pick<MaintenanceAskInput, 'hosts' | 'rack' | 'site' | 'pace'>;

/** Asks after a pause in typing; what is overtaken is given up. */
function createPreview(ask: () => PreviewAsk | null) {
  const [preview, setPreview] = createSignal<MaintenancePreview | null>(null);
  const [failed, setFailed] = createSignal<string | null>(null);
  createEffect(
    on(
      () => JSON.stringify(ask()),
      (text) => {
        const wanted = JSON.parse(text) as PreviewAsk | null;
        setPreview(null);
        setFailed(null);
        if (wanted === null) return;
        const stop = new AbortController();
        const timer = setTimeout(() => {
          fleetMutations.previewMaintenance(wanted, stop.signal).then(setPreview, (error: unknown) => {
            if (!stop.signal.aborted) setFailed(error instanceof ApiError ? error.message : t().common.failed);
          });
        }, TYPED_MS);
        onCleanup(() => {
          clearTimeout(timer);
          stop.abort();
        });
      },
    ),
  );
  return { preview, failed };
}

function Preview(props: { readonly preview: MaintenancePreview }): JSX.Element {
  const targets = () => props.preview.replicas.filter(({ toHost }) => toHost !== null);
  const MOST = 6;
  return (
    <div class="flex flex-col gap-2">
      <p class="font-semibold">{t().maintenance.preview}</p>
      <EtaText eta={props.preview.eta} />
      <ul class="text-muted text-xs">
        <For each={targets().slice(0, MOST)}>
          {(move) => (
            <li>
              {move.replica}: {move.fromHost} → {move.toHost}
            </li>
          )}
        </For>
        <Show when={targets().length > MOST}>
          <li>… {targets().length - MOST}</li>
        </Show>
      </ul>
      <Show when={props.preview.blockers.length > 0}>
        <BlockerList blockers={props.preview.blockers} />
      </Show>
    </div>
  );
}
