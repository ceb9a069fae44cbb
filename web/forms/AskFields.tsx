// The fields of an ask, in the order in which a team thinks: what, how much traffic, what a request costs, what must survive, what runs.
// Takes the form and what is wrong; says what changed. Knows nothing of quotes or of the API.
import { createSignal, Show, type JSX } from 'solid-js';
import { t } from '../shell/preferences.ts';
import { show } from '../shell/show.ts';
import { Checkbox, Input, Segmented, Select, TextArea, type Option } from '../ui/Field.tsx';
import { Icon } from '../ui/Icon.tsx';
import type { AskForm } from './ask-draft.ts';

export interface AskFieldsProps {
  readonly form: AskForm;
  readonly set: (change: Partial<AskForm>) => void;
  /** field path -> sentence */
  readonly errors: Readonly<Record<string, string>>;
  readonly teams: readonly string[];
  readonly environments: readonly string[];
  readonly shapes: Readonly<Record<string, { readonly cpuMilli: number; readonly memoryMib: number }>>;
  readonly defaultShape: string;
  /** Workload classes of the policy. */
  readonly classes: readonly string[];
  readonly serviceNames: readonly string[];
  /** A resize: team, service and environment stand, and what runs is kept unless it is asked for. */
  readonly isResize: boolean;
}

const options = (values: readonly string[]): Option[] => values.map((value) => ({ value, text: value }));

function Group(props: { readonly title: string; readonly children: JSX.Element }): JSX.Element {
  return (
    <fieldset class="border-line border-b px-4 pt-3 pb-4 last:border-0">
      <legend class="float-left mb-3 w-full font-semibold">{props.title}</legend>
      <div class="clear-both grid grid-cols-1 gap-x-4 gap-y-3.5 sm:grid-cols-2">{props.children}</div>
    </fieldset>
  );
}

export function AskFields(props: AskFieldsProps): JSX.Element {
  return (
    <>
      <Show when={!props.isResize}>
        <Group title={t().ask.sections.what}>
          <Select label={t().ask.team} value={props.form.team} options={options(props.teams)} onInput={(team) => props.set({ team })} error={props.errors.team} />
          <Select label={t().ask.environment} value={props.form.environment} options={options(props.environments)} onInput={(environment) => props.set({ environment })} error={props.errors.environment} />
          <Input class="sm:col-span-2" label={t().ask.service} hint={t().ask.serviceHint} value={props.form.service} list={props.serviceNames} onInput={(service) => props.set({ service })} error={props.errors.service} placeholder="quote" />
        </Group>
      </Show>
      <Group title={t().ask.sections.traffic}>
        <Input label={t().ask.peakQps} hint={t().ask.peakHint} unit={t().ask.units.qps} value={props.form.peakQps} onInput={(peakQps) => props.set({ peakQps })} error={props.errors.peakQps} />
        <Input label={t().ask.headroom} hint={t().ask.headroomHint} unit={t().ask.units.percent} value={props.form.headroomPercent} onInput={(headroomPercent) => props.set({ headroomPercent })} error={props.errors.headroomPermille} />
      </Group>
      <Group title={t().ask.sections.profile}>
        <Input label={t().ask.cpuMs} hint={t().ask.cpuMsHint} unit={t().ask.units.ms} value={props.form.cpuMsPerRequest} onInput={(cpuMsPerRequest) => props.set({ cpuMsPerRequest })} error={props.errors['profile.cpuMsPerRequest']} />
        <Input label={t().ask.memoryBase} unit={t().ask.units.mib} value={props.form.memoryBaseMib} onInput={(memoryBaseMib) => props.set({ memoryBaseMib })} error={props.errors['profile.memoryBaseMib']} />
        <Input label={t().ask.memoryPerQps} hint={t().ask.memoryPerQpsHint} unit={t().ask.units.kib} value={props.form.memoryKibPerQps} onInput={(memoryKibPerQps) => props.set({ memoryKibPerQps })} error={props.errors['profile.memoryKibPerQps']} />
        <Input label={t().ask.maxQps} optional={t().common.optional} hint={t().ask.maxQpsHint} unit={t().ask.units.qps} value={props.form.maxQps} onInput={(maxQps) => props.set({ maxQps })} error={props.errors['profile.maxQps']} />
      </Group>
      <div class="border-line border-b px-4 pt-3 pb-4">
        <Segmented
          full
          label={t().ask.survive}
          hint={t().ask.surviveHint[props.form.survive]}
          error={props.errors.survive}
          value={props.form.survive}
          options={(['none', 'host', 'rack', 'site'] as const).map((value) => ({ value, text: t().states.survive[value] }))}
          onInput={(survive) => props.set({ survive: survive as AskForm['survive'] })}
        />
      </div>
      <RunFields {...props} />
      <Advanced {...props} />
    </>
  );
}

function RunFields(props: AskFieldsProps): JSX.Element {
  return (
    <Show
      when={props.form.withRun}
      fallback={
        <div class="border-line flex flex-wrap items-center justify-between gap-2 border-b px-4 py-3 text-sm">
          <span class="text-muted">{t().ask.keepRun}</span>
          <button type="button" class="text-accent font-medium hover:underline" onClick={() => props.set({ withRun: true })}>
            {t().ask.changeRun}
          </button>
        </div>
      }
    >
      <Group title={t().ask.sections.run}>
        <Input label={t().ask.image} mono value={props.form.image} onInput={(image) => props.set({ image })} error={props.errors['run.image'] ?? props.errors.run} placeholder="firn/demo:1" />
        <div class="grid grid-cols-2 gap-4">
          <Input label={t().ask.port} value={props.form.port} onInput={(port) => props.set({ port })} error={props.errors['run.port']} />
          <Input label={t().ask.healthPath} mono value={props.form.healthPath} onInput={(healthPath) => props.set({ healthPath })} error={props.errors['run.healthPath']} placeholder="/health" />
        </div>
      </Group>
    </Show>
  );
}

function Advanced(props: AskFieldsProps): JSX.Element {
  const [open, setOpen] = createSignal(false);
  const hasError = () => Object.keys(props.errors).some((field) => /^(shape|class|minReplicas|cloud|caps|labels|tolerations|run\.(command|env|stopSeconds))/.test(field));
  const shapes = () => Object.entries(props.shapes).map(([name, shape]): Option => ({ value: name === props.defaultShape ? '' : name, text: `${name}: ${show.shape(shape)}` }));
  return (
    <div>
      <button type="button" aria-expanded={open() || hasError()} class="hover:bg-sunken flex w-full items-center justify-between px-4 py-3 font-semibold" onClick={() => setOpen((now) => !now)}>
        {t().ask.sections.advanced}
        <Icon name={open() || hasError() ? 'up' : 'down'} />
      </button>
      <Show when={open() || hasError()}>
        <div class="grid grid-cols-1 gap-x-4 gap-y-3.5 px-4 pb-4 sm:grid-cols-2">
          <Select label={t().ask.shape} value={props.form.shape === props.defaultShape ? '' : props.form.shape} options={shapes()} onInput={(shape) => props.set({ shape })} error={props.errors.shape} />
          <Input label={t().ask.minReplicas} value={props.form.minReplicas} onInput={(minReplicas) => props.set({ minReplicas })} error={props.errors.minReplicas} />
          <Show when={props.classes.length > 0 || props.form.class !== ''}>
            <Select class="sm:col-span-2" label={t().ask.class} hint={t().ask.classHint} value={props.form.class} options={[{ value: '', text: t().common.none }, ...options([...new Set([...props.classes, ...(props.form.class === '' ? [] : [props.form.class])])])]} onInput={(name) => props.set({ class: name })} error={props.errors.class} />
          </Show>
          <div class="sm:col-span-2">
            <Checkbox label={t().ask.cloud} hint={t().ask.cloudHint} checked={props.form.cloud} onInput={(cloud) => props.set({ cloud })} />
          </div>
          <div class="grid grid-cols-3 gap-4 sm:col-span-2">
            <Input label={t().ask.perHost} value={props.form.perHost} onInput={(perHost) => props.set({ perHost })} error={props.errors['caps.perHost']} />
            <Input label={t().ask.perRack} value={props.form.perRack} onInput={(perRack) => props.set({ perRack })} error={props.errors['caps.perRack']} />
            <Input label={t().ask.perSite} value={props.form.perSite} onInput={(perSite) => props.set({ perSite })} error={props.errors['caps.perSite']} />
          </div>
          <TextArea label={t().ask.labels} hint={t().ask.labelsHint} mono rows={2} value={props.form.labels} onInput={(labels) => props.set({ labels })} error={props.errors.labels} />
          <TextArea label={t().ask.tolerations} hint={t().ask.tolerationsHint} mono rows={2} value={props.form.tolerations} onInput={(tolerations) => props.set({ tolerations })} error={props.errors.tolerations} />
          <Show when={props.form.withRun}>
            <TextArea label={t().ask.command} hint={t().ask.commandHint} mono rows={2} value={props.form.command} onInput={(command) => props.set({ command })} error={props.errors['run.command']} />
            <TextArea label={t().ask.env} hint={t().ask.envHint} mono rows={2} value={props.form.env} onInput={(env) => props.set({ env })} error={props.errors['run.env']} />
            <Input label={t().ask.stopSeconds} unit={t().ask.units.seconds} value={props.form.stopSeconds} onInput={(stopSeconds) => props.set({ stopSeconds })} error={props.errors['run.stopSeconds']} />
          </Show>
        </div>
      </Show>
    </div>
  );
}
