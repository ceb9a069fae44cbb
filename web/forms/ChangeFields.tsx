// The fields of one step of a what-if, by its kind, with pickers that search the names of the cluster. Takes the draft and what there is;
// says what changed.
import { Match, Show, Switch, type JSX } from 'solid-js';
import type { HostView } from '#server/http/contract/index.ts';
import { t } from '../shell/preferences.ts';
import { Input, Segmented, Select } from '../ui/Field.tsx';
import { Picker } from '../ui/Picker.tsx';
import type { ChangeDraft } from './change-draft.ts';
import { KINDS, type HostKind } from './policy-form.ts';

/** Names that a change can be about. */
export interface Known {
  readonly hosts: readonly HostView[];
  readonly workloads: readonly string[];
  readonly pools: readonly string[];
}

export interface ChangeFieldsProps {
  readonly draft: ChangeDraft;
  readonly known: Known;
  readonly errors: Readonly<Record<string, string>>;
  readonly set: (change: Partial<ChangeDraft>) => void;
}

export function ChangeFields(props: ChangeFieldsProps): JSX.Element {
  return (
    <Switch>
      <Match when={props.draft.kind === 'drain'}>
        <Picker label={t().simulate.hosts} placeholder={t().simulate.searchHosts} options={hostOptions(props.known.hosts)} chosen={props.draft.hosts} onChange={(hosts) => props.set({ hosts })} error={props.errors.hosts} />
      </Match>
      <Match when={props.draft.kind === 'lose'}>
        <LoseFields {...props} />
      </Match>
      <Match when={props.draft.kind === 'add'}>
        <AddFields {...props} />
      </Match>
      <Match when={props.draft.kind === 'buy'}>
        <Picker label={t().simulate.pools} hint={props.known.pools.length === 0 ? t().simulate.noPools : t().simulate.poolsHint} options={props.known.pools.map((value) => ({ value }))} chosen={props.draft.pools} onChange={(pools) => props.set({ pools })} error={props.errors.pools} />
      </Match>
      <Match when={props.draft.kind === 'grow' || props.draft.kind === 'remove'}>
        <div class={`grid gap-3 ${props.draft.kind === 'grow' ? 'sm:grid-cols-[minmax(0,1fr)_9rem]' : ''}`}>
          <Picker single label={t().simulate.workload} placeholder={t().simulate.searchWorkloads} options={props.known.workloads.map((value) => ({ value }))} chosen={props.draft.workload === '' ? [] : [props.draft.workload]} onChange={(chosen) => props.set({ workload: chosen[0] ?? '' })} error={props.errors.workload} />
          <Show when={props.draft.kind === 'grow'}>
            <Input label={t().simulate.factor} unit="×" value={props.draft.factor} onInput={(factor) => props.set({ factor })} error={props.errors.factor} />
          </Show>
        </div>
      </Match>
    </Switch>
  );
}

function hostOptions(hosts: readonly HostView[]) {
  return hosts.map(({ name, site, rack }) => ({ value: name, note: `${site} / ${rack}` }));
}

function LoseFields(props: ChangeFieldsProps): JSX.Element {
  const options = () => {
    if (props.draft.domain === 'host') return hostOptions(props.known.hosts);
    const label = props.draft.domain === 'rack' ? ({ site, rack }: HostView) => `${site}/${rack}` : ({ site }: HostView) => site;
    return [...Map.groupBy(props.known.hosts, label)].map(([value, hosts]) => ({ value, note: t().common.countHosts(hosts.length) })).toSorted((one, other) => one.value.localeCompare(other.value));
  };
  return (
    <div class="grid gap-3 sm:grid-cols-[auto_minmax(0,1fr)]">
      <Segmented label={t().simulate.domain} value={props.draft.domain} options={(['host', 'rack', 'site'] as const).map((value) => ({ value, text: t().states.survive[value] }))} onInput={(domain) => props.set({ domain: domain as 'host', name: '' })} />
      <Picker single label={t().simulate.name} options={options()} chosen={props.draft.name === '' ? [] : [props.draft.name]} onChange={(chosen) => props.set({ name: chosen[0] ?? '' })} error={props.errors.name} />
    </div>
  );
}

function AddFields(props: ChangeFieldsProps): JSX.Element {
  const like = (name: string | undefined): void => {
    const host = props.known.hosts.find((each) => each.name === name);
    if (host === undefined) return;
    props.set({ hostKind: host.kind, site: host.site, rack: host.rack, cores: String(host.capacity.cpuMilli / 1000), gib: String(host.capacity.memoryMib / 1024), cents: String(host.costCentsPerHour) });
  };
  return (
    <div class="grid grid-cols-2 gap-3 sm:grid-cols-4">
      <Picker single class="col-span-2" label={t().simulate.likeHost} hint={t().simulate.likeHostHint} placeholder={t().simulate.searchHosts} options={hostOptions(props.known.hosts)} chosen={[]} onChange={(chosen) => like(chosen[0])} />
      <Input label={t().simulate.count} value={props.draft.count} onInput={(count) => props.set({ count })} error={props.errors.count} />
      <Select label={t().simulate.kind} value={props.draft.hostKind} options={KINDS.map((value) => ({ value, text: t().states.kind[value] }))} onInput={(hostKind) => props.set({ hostKind: hostKind as HostKind })} />
      <Input label={t().common.site} value={props.draft.site} list={[...new Set(props.known.hosts.map(({ site }) => site))]} onInput={(site) => props.set({ site })} error={props.errors.site} />
      <Input label={t().common.rack} value={props.draft.rack} onInput={(rack) => props.set({ rack })} error={props.errors.rack} />
      <Input label={t().simulate.cores} value={props.draft.cores} onInput={(cores) => props.set({ cores })} error={props.errors.cores} />
      <Input label={t().simulate.gib} unit="GiB" value={props.draft.gib} onInput={(gib) => props.set({ gib })} error={props.errors.gib} />
      <Input class="col-span-2" label={t().simulate.cost} value={props.draft.cents} onInput={(cents) => props.set({ cents })} error={props.errors.cents} />
    </div>
  );
}
