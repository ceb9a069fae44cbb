// Says how far a service is at each site, in which layer it stands, and whether it only reads.
import { createSignal, For, type JSX } from 'solid-js';
import type { StagesInput, StagesView } from '#server/http/contract/index.ts';
import { siteMutations } from '../api/sites.ts';
import { workloadName } from '../format/rollout.ts';
import { useAct } from '../shell/act.ts';
import { t } from '../shell/preferences.ts';
import { Dialog } from '../ui/Dialog.tsx';
import { Checkbox, Segmented, Select } from '../ui/Field.tsx';
import { FormButtons } from './FormParts.tsx';

type Stage = StagesView['sites'][number]['stage'];
const STAGES: readonly Stage[] = ['none', 'proxy-back', 'local', 'read-only', 'active-active'];

export function StagesDialog(props: { readonly of: StagesView; readonly sites: readonly string[]; readonly onClose: () => void }): JSX.Element {
  const act = useAct();
  // The dialog opens anew for each service: it starts from what was declared then.
  /* eslint-disable solid/reactivity */
  const [layer, setLayer] = createSignal(props.of.layer);
  const [isReadOnly, setReadOnly] = createSignal(props.of.isReadOnly);
  const [stages, setStages] = createSignal<StagesInput['stages']>(Object.fromEntries(props.of.sites.filter(({ isDeclared }) => isDeclared).map(({ site, stage }) => [site, stage])));
  /* eslint-enable solid/reactivity */
  const [errors, setErrors] = createSignal<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = createSignal(false);
  const words = () => t().sites.stages;
  const setStage = (site: string, stage: string): void => {
    const { [site]: _gone, ...rest } = stages();
    setStages(stage === '' ? rest : { ...rest, [site]: stage as Stage });
  };
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    setBusy(true);
    const done = await act(siteMutations.setStages(props.of, { layer: layer(), isReadOnly: isReadOnly(), stages: stages() }), { topics: ['sites', 'names'], done: words().saved(workloadName(props.of)), onFields: setErrors });
    setBusy(false);
    if (done) props.onClose();
  };
  return (
    <Dialog open onClose={() => props.onClose()} title={words().editTitle(workloadName(props.of))} lead={words().editLead}>
      <form class="flex flex-col gap-4" onSubmit={(event) => void save(event)} novalidate>
        <Segmented full label={words().layer} value={layer()} options={(['access', 'service', 'data'] as const).map((value) => ({ value, text: words().layers[value] }))} onInput={(value) => setLayer(value as StagesView['layer'])} error={errors().layer} />
        <Checkbox label={words().readOnly} hint={words().readOnlyHint} checked={isReadOnly()} onInput={setReadOnly} />
        <For each={props.sites}>
          {(site) => <Select label={site} value={stages()[site] ?? ''} options={[{ value: '', text: words().automatic }, ...STAGES.map((value) => ({ value, text: words().words[value] }))]} hint={stages()[site] === undefined ? undefined : words().notes[stages()[site]!]} onInput={(stage) => setStage(site, stage)} error={errors()[`stages.${site}`]} />}
        </For>
        <FormButtons submit={t().common.save} busy={busy()} onCancel={() => props.onClose()} />
      </form>
    </Dialog>
  );
}
