// Keeps addresses of a network back from replicas; the server names what it does not take.
import { useQuery } from '@tanstack/solid-query';
import { createSignal, type JSX } from 'solid-js';
import { dataOf } from '../api/data.ts';
import { fleetMutations } from '../api/fleet.ts';
import { queries } from '../api/queries.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { Input, Segmented, Select } from '../ui/Field.tsx';
import { FormButtons } from './FormParts.tsx';

const KINDS = ['reserved', 'excluded'] as const;

export function ReserveDialog(props: { readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  const networks = useQuery(() => queries.networks());
  const names = () => (dataOf(networks) ?? []).map(({ name }) => name);
  const [network, setNetwork] = createSignal('');
  const [kind, setKind] = createSignal<(typeof KINDS)[number]>('reserved');
  const [first, setFirst] = createSignal('');
  const [last, setLast] = createSignal('');
  const [note, setNote] = createSignal('');
  const [faults, setFaults] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const chosen = () => (network() === '' ? (names()[0] ?? '') : network());
  const reserve = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const done = await act(fleetMutations.reserve({ network: chosen(), kind: kind(), first: first().trim(), note: note().trim(), ...(last().trim() === '' ? {} : { last: last().trim() }) }), { topics: ['networks'], done: t().addresses.reserved, onFields: setFaults });
    setBusy(false);
    if (done) props.onClose();
  };
  return (
    <Dialog open onClose={() => props.onClose()} title={t().addresses.reserveTitle} lead={t().addresses.reserveLead}>
      <form class="flex flex-col gap-4" onSubmit={(event) => void reserve(event)}>
        <Select label={t().addresses.network} value={chosen()} options={names().map((name) => ({ value: name, text: name }))} onInput={setNetwork} error={faults()['network']} />
        <Segmented label={t().addresses.kind} value={kind()} options={KINDS.map((each) => ({ value: each, text: t().addresses.kinds[each] }))} onInput={(value) => setKind(KINDS.find((each) => each === value) ?? 'reserved')} />
        <div class="grid grid-cols-1 gap-3 sm:grid-cols-2">
          <Input mono label={t().addresses.first} value={first()} onInput={setFirst} error={faults()['first']} />
          <Input mono label={t().addresses.last} hint={t().addresses.lastHint} value={last()} onInput={setLast} error={faults()['last']} />
        </div>
        <Input label={t().addresses.note} value={note()} onInput={setNote} error={faults()['note']} />
        <FormButtons submit={t().addresses.reserve} busy={busy()} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  );
}
