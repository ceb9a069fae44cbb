// The parts of the policy that are lists: environments, sizes, classes. Each row is edited in place, added and removed; a row that is
// wrong says so at its field.
import { For, Show, type JSX } from 'solid-js';
import { t } from '../shell/preferences.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Input } from '../ui/Field.tsx';
import type { PolicyFieldsProps } from './PolicyFields.tsx';
import { KINDS, type ClassRow, type EnvironmentRow, type ShapeRow } from './policy-form.ts';

/** A card on a phone, a line under one row of labels on a wide window. */
const ROW = 'border-line max-sm:bg-sunken/50 max-sm:rounded-md max-sm:border max-sm:p-3';

function replaceAt<R>(rows: readonly R[], at: number, change: Partial<R>): R[] {
  return rows.map((row, index) => (index === at ? { ...row, ...change } : row));
}

/** Rows by their place: typing a name must not rebuild the row under the cursor. */
function places(rows: readonly unknown[]): number[] {
  return rows.map((_, at) => at);
}

export function EnvironmentRows(props: PolicyFieldsProps): JSX.Element {
  const set = (at: number, change: Partial<EnvironmentRow>) => props.set({ environments: replaceAt(props.form.environments, at, change) });
  return (
    <div class="flex flex-col gap-2">
      <For each={places(props.form.environments)}>
        {(at) => (
          <Show when={props.form.environments[at]}>
            {(row) => (
              <div class={`${ROW} grid grid-cols-[minmax(0,1fr)_auto] items-start gap-x-3 gap-y-3 sm:grid-cols-[minmax(0,7.5rem)_minmax(0,1fr)_6.5rem_auto]`}>
                <Input quiet={at > 0} label={t().policy.name} value={row().name} onInput={(name) => set(at, { name })} error={props.errors[`environments.${at}.name`]} />
                <fieldset class="col-span-full sm:order-none sm:col-span-1">
                  <legend class={`mb-1 text-sm font-medium ${at > 0 ? 'sm:sr-only' : ''}`}>{t().policy.kinds}</legend>
                  <div class="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1">
                    <For each={KINDS}>
                      {(kind) => (
                        <label class="flex cursor-pointer items-center gap-1.5 text-sm whitespace-nowrap">
                          <input type="checkbox" class="accent-accent size-4" checked={row().kinds.includes(kind)} onInput={(event) => set(at, { kinds: KINDS.filter((each) => (each === kind ? event.currentTarget.checked : row().kinds.includes(each))) })} />
                          {t().states.kind[kind]}
                        </label>
                      )}
                    </For>
                  </div>
                  <Show when={props.errors[`environments.${at}.kinds`]}>
                    {(error) => (
                      <p role="alert" class="text-bad text-xs">
                        {error()}
                      </p>
                    )}
                  </Show>
                </fieldset>
                <Input quiet={at > 0} label={t().policy.overcommit} value={row().overcommit} onInput={(overcommit) => set(at, { overcommit })} error={props.errors[`environments.${at}.cpuOvercommitPermille`]} />
                <RowEnd first={at === 0} name={row().name} onRemove={() => props.set({ environments: props.form.environments.toSpliced(at, 1) })} />
              </div>
            )}
          </Show>
        )}
      </For>
      <AddRow text={t().policy.addEnvironment} onAdd={() => props.set({ environments: [...props.form.environments, { name: '', kinds: ['physical', 'private-vm'], overcommit: '1' }] })} />
    </div>
  );
}

export function ShapeRows(props: PolicyFieldsProps): JSX.Element {
  const set = (at: number, change: Partial<ShapeRow>): void => {
    const before = props.form.shapes[at];
    props.set({ shapes: replaceAt(props.form.shapes, at, change), ...(change.name !== undefined && before?.name === props.form.defaultShape ? { defaultShape: change.name } : {}) });
  };
  return (
    <div class="flex flex-col gap-2">
      <For each={places(props.form.shapes)}>
        {(at) => (
          <Show when={props.form.shapes[at]}>
            {(row) => (
              <div class={`${ROW} grid grid-cols-2 items-start gap-3 sm:grid-cols-[minmax(0,1fr)_7rem_7rem_auto_auto]`}>
                <Input quiet={at > 0} label={t().policy.name} value={row().name} onInput={(name) => set(at, { name })} error={props.errors[`shapes.${at}.name`]} />
                <Input quiet={at > 0} label={t().policy.cores} value={row().cores} onInput={(cores) => set(at, { cores })} error={props.errors[`shapes.${at}.cpuMilli`]} />
                <Input quiet={at > 0} label={t().policy.gib} value={row().gib} onInput={(gib) => set(at, { gib })} error={props.errors[`shapes.${at}.memoryMib`]} />
                <label class={`flex h-9 cursor-pointer items-center gap-1.5 text-sm ${at > 0 ? 'max-sm:mt-6' : 'mt-6'}`}>
                  <input type="radio" name="default-shape" class="accent-accent size-4" checked={row().name === props.form.defaultShape} onInput={() => props.set({ defaultShape: row().name })} />
                  {t().policy.isDefault}
                </label>
                <RowEnd first={at === 0} name={row().name} onRemove={() => props.set({ shapes: props.form.shapes.toSpliced(at, 1) })} />
              </div>
            )}
          </Show>
        )}
      </For>
      <AddRow text={t().policy.addShape} onAdd={() => props.set({ shapes: [...props.form.shapes, { name: '', cores: '2', gib: '4' }] })} />
    </div>
  );
}

export function ClassRows(props: PolicyFieldsProps): JSX.Element {
  const set = (at: number, change: Partial<ClassRow>) => props.set({ classes: replaceAt(props.form.classes, at, change) });
  return (
    <div class="flex flex-col gap-2">
      <Show when={props.form.classes.length === 0}>
        <p class="text-muted text-sm">{t().policy.noClasses}</p>
      </Show>
      <For each={places(props.form.classes)}>
        {(at) => (
          <Show when={props.form.classes[at]}>
            {(row) => (
              <div class={`${ROW} grid grid-cols-3 items-start gap-3 sm:grid-cols-[minmax(0,1fr)_4.5rem_4.5rem_4.5rem_7.5rem_auto]`}>
                <Input quiet={at > 0} class="col-span-3 sm:col-span-1" label={t().policy.name} value={row().name} onInput={(name) => set(at, { name })} error={props.errors[`classes.${at}.name`]} />
                <Input quiet={at > 0} label={t().policy.perHost} value={row().perHost} placeholder="∞" onInput={(perHost) => set(at, { perHost })} error={props.errors[`classes.${at}.caps.perHost`]} />
                <Input quiet={at > 0} label={t().policy.perRack} value={row().perRack} placeholder="∞" onInput={(perRack) => set(at, { perRack })} error={props.errors[`classes.${at}.caps.perRack`]} />
                <Input quiet={at > 0} label={t().policy.perSite} value={row().perSite} placeholder="∞" onInput={(perSite) => set(at, { perSite })} error={props.errors[`classes.${at}.caps.perSite`]} />
                <Input quiet={at > 0} class="col-span-2 sm:col-span-1" label={t().policy.spreadPercent} unit={t().ask.units.percent} value={row().spreadPercent} onInput={(spreadPercent) => set(at, { spreadPercent })} error={props.errors[`classes.${at}.spreadPermille`]} />
                <RowEnd first={at === 0} name={row().name} onRemove={() => props.set({ classes: props.form.classes.toSpliced(at, 1) })} />
              </div>
            )}
          </Show>
        )}
      </For>
      <AddRow text={t().policy.addClass} onAdd={() => props.set({ classes: [...props.form.classes, { name: '', perHost: '', perRack: '', perSite: '', spreadPercent: '100' }] })} />
    </div>
  );
}

function RowEnd(props: { readonly name: string; /** Beside a row of labels. */ readonly first: boolean; readonly onRemove: () => void }): JSX.Element {
  return <IconButton icon="close" class={`h-9 justify-self-end ${props.first ? 'mt-6' : 'max-sm:mt-6'}`} label={`${t().common.remove}: ${props.name}`} onClick={() => props.onRemove()} />;
}

function AddRow(props: { readonly text: string; readonly onAdd: () => void }): JSX.Element {
  return (
    <div>
      <Button size="sm" icon="ask" onClick={() => props.onAdd()}>
        {props.text}
      </Button>
    </div>
  );
}
