// The configuration of a release as rows that start from what runs now: variables, variables from secrets, files, and how it starts. What is
// changed is marked with what it was, and can be taken back.
import { For, Show, type JSX } from 'solid-js';
import { t } from '../shell/preferences.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Input, Segmented, Select, TextArea } from '../ui/Field.tsx';
import { Part } from '../ui/Panel.tsx';
import { isEnvChanged, isFileChanged, NEW_ENV, NEW_FILE, type ConfigForm, type EnvRow, type FileRow } from './config-form.ts';

export interface ConfigFieldsProps {
  readonly form: ConfigForm;
  readonly set: (change: Partial<ConfigForm>) => void;
  readonly errors: Readonly<Record<string, string>>;
  /** Names of the workload's secrets. */
  readonly secrets: readonly string[];
}

export function ConfigFields(props: ConfigFieldsProps): JSX.Element {
  const words = () => t().releases.config;
  return (
    <div class="divide-line divide-y">
      <EnvRows {...props} field="env" title={words().env} none={words().noEnv} add={words().addEnv} />
      <EnvRows {...props} field="secretEnv" title={words().secretEnv} none={words().noSecretEnv} add={words().addSecretEnv} />
      <Files {...props} />
      <Start {...props} />
    </div>
  );
}

const placesOf = (rows: readonly unknown[]) => Array.from({ length: rows.length }, (_, at) => at);

function EnvRows(props: ConfigFieldsProps & { readonly field: 'env' | 'secretEnv'; readonly title: string; readonly none: string; readonly add: string }): JSX.Element {
  const words = () => t().releases.config;
  const rows = () => props.form[props.field];
  const isSecret = () => props.field === 'secretEnv';
  const put = (all: readonly EnvRow[]) => props.set({ [props.field]: all });
  const change = (at: number, edit: Partial<EnvRow>) => put(rows().map((row, index) => (index === at ? { ...row, ...edit } : row)));
  const drop = (at: number) => (rows()[at]!.before === null ? put(rows().filter((_, index) => index !== at)) : change(at, { isRemoved: true }));
  return (
    <Part title={props.title}>
      <Show when={isSecret()}>
        <p class="text-faint -mt-1 mb-2 text-xs">{words().secretLead}</p>
      </Show>
      <Show when={rows().length === 0}>
        <p class="text-muted mb-2 text-sm">{props.none}</p>
      </Show>
      <div class="flex flex-col gap-2">
        <For each={placesOf(rows())}>
          {(at) => (
            <Show when={rows()[at]}>
              {(row) => (
                <Row name={row().name} mark={markOf(row().before === null, row().isRemoved, isEnvChanged(row()))} isRemoved={row().isRemoved} onRemove={() => drop(at)} onUndo={() => change(at, { isRemoved: false, value: row().before ?? '' })}>
                  <Input class="min-w-36 flex-1" quiet={at > 0} mono label={words().name} value={row().name} disabled={row().before !== null} onInput={(name) => change(at, { name })} error={props.errors[`${props.field}.${at}.name`] ?? props.errors[`config.${props.field}.${row().name}`]} />
                  <Show
                    when={isSecret()}
                    fallback={<Input class="min-w-44 flex-[2]" quiet={at > 0} mono label={words().value} value={row().value} disabled={row().isRemoved} onInput={(value) => change(at, { value })} error={props.errors[`${props.field}.${at}.value`]} />}
                  >
                    <Select class="min-w-44 flex-[2]" quiet={at > 0} label={words().secret} value={row().value} disabled={row().isRemoved} options={secretOptions(props.secrets, row().value)} onInput={(value) => change(at, { value })} error={props.errors[`${props.field}.${at}.value`]} />
                  </Show>
                </Row>
              )}
            </Show>
          )}
        </For>
        <div>
          <Button size="sm" tone="quiet" icon="ask" refused={isSecret() && props.secrets.length === 0 ? words().noSecrets : null} onClick={() => put([...rows(), NEW_ENV])}>
            {props.add}
          </Button>
        </div>
      </div>
    </Part>
  );
}

function secretOptions(secrets: readonly string[], chosen: string) {
  const all = chosen === '' || secrets.includes(chosen) ? secrets : [chosen, ...secrets];
  return [...(chosen === '' ? [{ value: '', text: t().releases.config.chooseSecret }] : []), ...all.map((value) => ({ value, text: value }))];
}

type Mark = 'added' | 'changed' | 'removed' | null;

function markOf(isAdded: boolean, isRemoved: boolean, isChanged: boolean): Mark {
  if (isAdded) return 'added';
  if (isRemoved) return 'removed';
  return isChanged ? 'changed' : null;
}

/** One row with its mark, and the button that takes it away or takes the change back. */
function Row(props: { readonly name: string; readonly mark: Mark; readonly isRemoved: boolean; readonly onRemove: () => void; readonly onUndo: () => void; readonly children: JSX.Element }): JSX.Element {
  const words = () => t().releases.config;
  return (
    <div class={`border-l-2 pl-2.5 ${props.mark === null ? 'border-transparent' : props.mark === 'removed' ? 'border-bad' : 'border-accent'}`}>
      <div class={`flex flex-wrap items-end gap-2 ${props.isRemoved ? 'opacity-60' : ''}`}>
        {props.children}
        <Show when={props.mark === 'changed' || props.mark === 'removed'} fallback={<IconButton icon="close" label={words().remove(props.name)} onClick={() => props.onRemove()} />}>
          <IconButton icon="undo" label={words().undo(props.name)} onClick={() => props.onUndo()} />
        </Show>
      </div>
      <Show when={props.mark}>{(mark) => <p class={`mt-0.5 text-xs ${mark() === 'removed' ? 'text-bad' : 'text-accent'}`}>{words()[mark()]}</p>}</Show>
    </div>
  );
}

function Files(props: ConfigFieldsProps): JSX.Element {
  const words = () => t().releases.config;
  const rows = () => props.form.files;
  const change = (at: number, edit: Partial<FileRow>) => props.set({ files: rows().map((row, index) => (index === at ? { ...row, ...edit } : row)) });
  const drop = (at: number) => (rows()[at]!.before === null ? props.set({ files: rows().filter((_, index) => index !== at) }) : change(at, { isRemoved: true }));
  const undo = (at: number) => {
    const before = rows()[at]!.before!;
    change(at, { isRemoved: false, mode: before.mode, from: before.secret === null ? 'text' : 'secret', content: before.content ?? '', secret: before.secret ?? '' });
  };
  return (
    <Part title={words().files}>
      <Show when={rows().length === 0}>
        <p class="text-muted mb-2 text-sm">{words().noFiles}</p>
      </Show>
      <div class="flex flex-col gap-3">
        <For each={placesOf(rows())}>
          {(at) => (
            <Show when={rows()[at]}>
              {(row) => (
                <div>
                  <Row name={row().path} mark={markOf(row().before === null, row().isRemoved, isFileChanged(row()))} isRemoved={row().isRemoved} onRemove={() => drop(at)} onUndo={() => undo(at)}>
                    <Input class="min-w-44 flex-[2]" mono label={words().path} value={row().path} disabled={row().before !== null} placeholder="/etc/service/limits.yaml" onInput={(path) => change(at, { path })} error={props.errors[`files.${at}.path`] ?? props.errors[`config.files.${row().path}`]} />
                    <Input class="w-20" mono label={words().mode} value={row().mode} disabled={row().isRemoved} onInput={(mode) => change(at, { mode })} error={props.errors[`files.${at}.mode`]} />
                  </Row>
                  <Show when={!row().isRemoved}>
                    <FileContent row={row()} secrets={props.secrets} error={props.errors[`files.${at}.secret`]} onInput={(edit) => change(at, edit)} />
                  </Show>
                </div>
              )}
            </Show>
          )}
        </For>
        <div>
          <Button size="sm" tone="quiet" icon="file" onClick={() => props.set({ files: [...rows(), NEW_FILE] })}>
            {words().addFile}
          </Button>
        </div>
      </div>
    </Part>
  );
}

function FileContent(props: { readonly row: FileRow; readonly secrets: readonly string[]; readonly error: string | undefined; readonly onInput: (edit: Partial<FileRow>) => void }): JSX.Element {
  const words = () => t().releases.config;
  return (
    <div class="mt-2 flex flex-col gap-2 pl-3">
      <Segmented label={words().contentFrom} value={props.row.from} options={[{ value: 'text', text: words().text }, { value: 'secret', text: words().secretText }]} onInput={(from) => props.onInput({ from: from as FileRow['from'] })} />
      <Show when={props.row.from === 'secret'} fallback={<TextArea label={words().content} mono rows={4} value={props.row.content} onInput={(content) => props.onInput({ content })} />}>
        <Select class="max-w-80" label={words().secret} value={props.row.secret} options={secretOptions(props.secrets, props.row.secret)} onInput={(secret) => props.onInput({ secret })} error={props.error} />
      </Show>
    </div>
  );
}

function Start(props: ConfigFieldsProps): JSX.Element {
  const words = () => t().releases.config;
  return (
    <Part title={words().start}>
      <div class="grid grid-cols-2 gap-3">
        <TextArea class="col-span-2" label={words().command} hint={words().commandHint} mono rows={2} value={props.form.command} onInput={(command) => props.set({ command })} error={props.errors.command} />
        <Input label={words().port} value={props.form.port} onInput={(port) => props.set({ port })} error={props.errors.port} />
        <Input label={words().stopSeconds} unit={t().rollouts.strategy.sec} value={props.form.stopSeconds} onInput={(stopSeconds) => props.set({ stopSeconds })} error={props.errors.stopSeconds} />
        <Input label={words().healthPath} mono hint={words().healthHint} value={props.form.healthPath} onInput={(healthPath) => props.set({ healthPath })} error={props.errors.healthPath} />
        <Input label={words().metricsPath} mono hint={words().metricsHint} value={props.form.metricsPath} onInput={(metricsPath) => props.set({ metricsPath })} error={props.errors.metricsPath} />
      </div>
    </Part>
  );
}
