// What a build is made from: repository, ref, folder, and behind a fold what the build command may use.
import { useQuery } from '@tanstack/solid-query';
import type { JSX } from 'solid-js';
import { Show } from 'solid-js';
import type { BuildAskInput, BuildView } from '#server/http/contract/index.ts';
import { dataOf } from '../api/data.ts';
import { queries } from '../api/queries.ts';
import { t } from '../shell/preferences.ts';
import { Checkbox, Input, Select } from '../ui/Field.tsx';
import { Picker } from '../ui/Picker.tsx';

export interface BuildForm {
  readonly team: string;
  readonly service: string;
  readonly url: string;
  readonly ref: string;
  readonly path: string;
  readonly secrets: readonly string[];
  readonly credentials: string;
  readonly network: boolean;
  readonly noCache: boolean;
}

/** Starts from an earlier build, whose source is most likely the same. */
export function buildForm(team: string, service: string, earlier?: BuildView): BuildForm {
  return { team, service, url: earlier?.source?.url ?? '', ref: earlier?.source?.ref ?? 'main', path: earlier?.source?.path ?? '', secrets: [], credentials: '', network: false, noCache: false };
}

export function toBuildAsk(form: BuildForm): BuildAskInput {
  return { team: form.team, service: form.service.trim(), url: form.url.trim(), ref: form.ref.trim() || 'HEAD', path: form.path.trim(), secrets: [...form.secrets], ...(form.credentials === '' ? {} : { credentials: form.credentials }), network: form.network, noCache: form.noCache };
}

export function BuildFields(props: { readonly form: BuildForm; readonly set: (change: Partial<BuildForm>) => void; readonly errors: Readonly<Record<string, string>> }): JSX.Element {
  const words = () => t().builds.field;
  const secrets = useQuery(() => ({ ...queries.secrets(props.form.team), enabled: props.form.team !== '' }));
  const names = () => [...new Set((dataOf(secrets) ?? []).filter(({ service }) => service === null).map(({ name }) => name))];
  return (
    <div class="grid grid-cols-1 gap-4 sm:grid-cols-2">
      <Input class="sm:col-span-2" label={words().url} mono placeholder="https://git.example.com/quotes/quote.git" value={props.form.url} onInput={(url) => props.set({ url })} error={props.errors.url} />
      <Input label={words().ref} mono value={props.form.ref} onInput={(ref) => props.set({ ref })} error={props.errors.ref} />
      <Input label={words().path} mono hint={words().pathHint} value={props.form.path} onInput={(path) => props.set({ path })} error={props.errors.path} />
      <details class="sm:col-span-2">
        <summary class="text-accent text-sm font-medium">{words().more}</summary>
        <div class="mt-3 grid grid-cols-1 gap-4 sm:grid-cols-2">
          <Show when={names().length > 0}>
            <Picker class="sm:col-span-2" label={words().secrets} hint={words().secretsHint} options={names().map((value) => ({ value }))} chosen={props.form.secrets} onChange={(chosen) => props.set({ secrets: chosen })} error={props.errors.secrets} />
            <Select class="sm:col-span-2" label={words().credentials} value={props.form.credentials} options={[{ value: '', text: t().common.none }, ...names().map((value) => ({ value, text: value }))]} onInput={(credentials) => props.set({ credentials })} error={props.errors.credentials} />
          </Show>
          <Checkbox label={words().network} hint={words().networkHint} checked={props.form.network} onInput={(network) => props.set({ network })} />
          <Checkbox label={words().noCache} hint={words().noCacheHint} checked={props.form.noCache} onInput={(noCache) => props.set({ noCache })} />
        </div>
      </details>
    </div>
  );
}
