// The rules of bursting: whether people are asked, what may be spent, how much room is kept warm, when VMs go back.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, For, Show, type JSX } from 'solid-js';
import type { BurstSettingsView } from '#server/http/contract/index.ts';
import { burstMutations, burstQueries } from '../api/burst.ts';
import { saidText } from '../format/burst.ts';
import { useAct } from '../shell/act.ts';
import { language, t } from '../shell/preferences.ts';
import { useSession } from '../shell/session.ts';
import { show } from '../shell/show.ts';
import { createStore } from '../solid.ts';
import { Button } from '../ui/Button.tsx';
import { Choice } from '../ui/Choice.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Input, Select } from '../ui/Field.tsx';
import { Loaded } from '../ui/Loaded.tsx';
import { fromSettings, toSettings, type BurstForm } from './burst-form.ts';
import { faultText } from './fault-text.ts';

export function BurstSettingsDialog(props: { readonly onClose: () => void }): JSX.Element {
  const settings = useQuery(() => ({ ...burstQueries.settings(), reconcile: false as const }));
  return (
    <Dialog open wide onClose={() => props.onClose()} title={t().burst.settings.title} lead={t().burst.settings.lead}>
      <Loaded query={settings}>{(view) => <Rules view={view()} onClose={() => props.onClose()} />}</Loaded>
    </Dialog>
  );
}

function Rules(props: { readonly view: BurstSettingsView; readonly onClose: () => void }): JSX.Element {
  const { status } = useSession();
  const act = useAct();
  // The dialog opens anew each time: it starts from the rules as they were then.
  // eslint-disable-next-line solid/reactivity
  const [form, setForm] = createStore<BurstForm>(fromSettings(props.view.settings, status()?.environments ?? []));
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const words = () => t().burst.settings;
  const refused = () => (props.view.mayManage ? null : t().refusals.role(t().states.role.sre, null));
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy() || refused() !== null) return;
    const { settings, faults } = toSettings({ ...form, warm: { ...form.warm } });
    setErrors(Object.fromEntries(Object.entries(faults).map(([field, fault]) => [field, faultText(fault)])));
    if (settings === null) return;
    setBusy(true);
    const done = await act(burstMutations.setSettings(settings), { topics: ['burst'], done: words().saved, onFields: setErrors });
    setBusy(false);
    if (done) props.onClose();
  };
  const markets = () => [{ value: '', text: words().anyTime }, ...(['a-share', 'hong-kong', 'us'] as const).map((value) => ({ value, text: words().markets[value] }))];
  return (
    <form class="grid grid-cols-1 gap-4 sm:grid-cols-2" onSubmit={(event) => void save(event)} novalidate>
      <div class="sm:col-span-2">
        <Choice label={t().burst.mode} value={form.mode} options={(['off', 'propose', 'automatic'] as const).map((value) => ({ value, text: t().burst.modes[value], note: t().burst.modeNotes[value] }))} onInput={(mode) => setForm({ mode: mode as BurstForm['mode'] })} />
      </div>
      <Input label={words().capHour} unit={show.currencySign()} hint={words().capHint} value={form.capHour} onInput={(capHour) => setForm({ capHour })} error={errors().capCentsPerHour} />
      <Input label={words().capDay} unit={show.currencySign()} hint={words().capHint} value={form.capDay} onInput={(capDay) => setForm({ capDay })} error={errors().capCentsPerDay} />
      <fieldset class="sm:col-span-2">
        <legend class="mb-1 text-sm font-semibold">{words().warm}</legend>
        <p class="text-faint mb-2 text-xs">{words().warmHint}</p>
        <div class="grid grid-cols-2 gap-3 sm:grid-cols-4">
          <For each={Object.keys(form.warm)}>{(name) => <Input label={name} unit="%" value={form.warm[name] ?? ''} onInput={(value) => setForm({ warm: { ...form.warm, [name]: value } })} error={errors()[`warmRoom.${name}`]} />}</For>
        </div>
      </fieldset>
      <Select class="sm:col-span-2" label={words().market} value={form.market} options={markets()} onInput={(market) => setForm({ market })} error={errors()['retreat.market']} />
      <Show when={form.market !== ''}>
        <Input label={words().afterClose} unit={words().minutes} value={form.afterClose} onInput={(afterClose) => setForm({ afterClose })} error={errors()['retreat.afterCloseMinutes']} />
      </Show>
      <Input label={words().hold} unit={words().minutes} value={form.hold} onInput={(hold) => setForm({ hold })} error={errors()['retreat.holdMinutes']} />
      <Input label={words().drain} unit={words().minutes} value={form.drain} onInput={(drain) => setForm({ drain })} error={errors()['retreat.drainMinutes']} />
      <Input label={words().zone} value={form.timeZone} onInput={(timeZone) => setForm({ timeZone })} error={errors().timeZone} />
      <div class="flex flex-col gap-1 text-sm sm:col-span-2">
        <For each={props.view.warnings}>{(warning) => <p class="text-warn">{saidText(warning, t().burst.said, language())}</p>}</For>
        <Show when={props.view.changedBy !== null && props.view.changedAt !== null}>
          <p class="text-faint text-xs">{words().changed(props.view.changedBy ?? '', show.ago(props.view.changedAt ?? ''))}</p>
        </Show>
      </div>
      <div class="flex justify-end gap-2 sm:col-span-2">
        <Button tone="quiet" onClick={() => props.onClose()}>
          {t().common.cancel}
        </Button>
        <Button type="submit" tone="primary" busy={busy()} refused={refused()}>
          {t().common.save}
        </Button>
      </div>
    </form>
  );
}
