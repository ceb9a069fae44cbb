// The parts of every form: a label, a control, a hint, and the message when the value is wrong, tied together for screen readers.
import { createUniqueId, For, Show, type JSX } from 'solid-js';

interface FieldProps {
  readonly label: string;
  readonly hint?: JSX.Element;
  readonly error?: string | null | undefined;
  readonly optional?: string;
  readonly class?: string;
  /** On wide windows the label is for screen readers alone: a row of a list, below one that shows it. */
  readonly quiet?: boolean;
}

function Frame(props: FieldProps & { readonly id: string; readonly children: JSX.Element }): JSX.Element {
  return (
    <div class={`flex min-w-0 flex-col gap-1 ${props.class ?? ''}`}>
      <label for={props.id} class={`flex items-baseline justify-between gap-2 text-sm font-medium ${props.quiet === true ? 'sm:sr-only' : ''}`}>
        <span>{props.label}</span>
        <Show when={props.optional}>
          <span class="text-faint text-xs font-normal">{props.optional}</span>
        </Show>
      </label>
      {props.children}
      <Show when={props.error} fallback={<Show when={props.hint}><p id={`${props.id}-hint`} class="text-faint text-xs">{props.hint}</p></Show>}>
        <p id={`${props.id}-error`} role="alert" class="text-bad text-xs">
          {props.error}
        </p>
      </Show>
    </div>
  );
}

const describedBy = (id: string, props: FieldProps) => (props.error ? `${id}-error` : props.hint === undefined ? undefined : `${id}-hint`);

export interface InputProps extends FieldProps {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly type?: 'text' | 'password' | 'search' | 'datetime-local';
  /** A number: the digits' keyboard on phones, and the unit behind it. Kept as text, so that half a number can be typed. */
  readonly unit?: string;
  readonly placeholder?: string;
  readonly mono?: boolean;
  readonly autocomplete?: string;
  readonly required?: boolean;
  readonly disabled?: boolean;
  readonly list?: readonly string[];
  readonly name?: string;
}

export function Input(props: InputProps): JSX.Element {
  const id = createUniqueId();
  return (
    <Frame {...props} id={id}>
      <div class="relative">
        <input
          id={id}
          name={props.name}
          class={`control ${props.mono === true ? 'font-mono text-sm' : ''} ${props.unit === undefined ? '' : 'pr-20'} ${props.disabled === true ? 'opacity-60' : ''}`}
          type={props.type ?? 'text'}
          inputmode={props.unit === undefined ? undefined : 'decimal'}
          value={props.value}
          placeholder={props.placeholder}
          autocomplete={props.autocomplete ?? 'off'}
          spellcheck={false}
          required={props.required}
          disabled={props.disabled}
          list={props.list === undefined ? undefined : `${id}-list`}
          aria-invalid={props.error ? 'true' : undefined}
          aria-describedby={describedBy(id, props)}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
        <Show when={props.unit}>
          <span class="text-faint pointer-events-none absolute inset-y-0 right-2.5 flex items-center text-xs">{props.unit}</span>
        </Show>
        <Show when={props.list}>
          {(list) => (
            <datalist id={`${id}-list`}>
              <For each={list()}>{(option) => <option value={option} />}</For>
            </datalist>
          )}
        </Show>
      </div>
    </Frame>
  );
}

export function TextArea(props: FieldProps & { readonly value: string; readonly onInput: (value: string) => void; readonly rows?: number; readonly mono?: boolean; readonly placeholder?: string; readonly required?: boolean }): JSX.Element {
  const id = createUniqueId();
  return (
    <Frame {...props} id={id}>
      <textarea
        id={id}
        rows={props.rows ?? 3}
        class={`control h-auto py-2 ${props.mono === true ? 'font-mono text-sm' : ''}`}
        value={props.value}
        placeholder={props.placeholder}
        required={props.required}
        spellcheck={false}
        aria-invalid={props.error ? 'true' : undefined}
        aria-describedby={describedBy(id, props)}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
    </Frame>
  );
}

export interface Option {
  readonly value: string;
  readonly text: string;
}

export function Select(props: FieldProps & { readonly value: string; readonly options: readonly Option[]; readonly onInput: (value: string) => void; readonly disabled?: boolean }): JSX.Element {
  const id = createUniqueId();
  return (
    <Frame {...props} id={id}>
      <select id={id} class={`control choice pr-8 ${props.disabled === true ? 'opacity-60' : ''}`} disabled={props.disabled} aria-invalid={props.error ? 'true' : undefined} aria-describedby={describedBy(id, props)} onInput={(event) => props.onInput(event.currentTarget.value)}>
        <For each={props.options}>
          {(option) => (
            <option value={option.value} selected={option.value === props.value}>
              {option.text}
            </option>
          )}
        </For>
      </select>
    </Frame>
  );
}

/** A few choices side by side, of which one holds: radio buttons in a row. */
export function Segmented(props: { readonly label: string; readonly hideLabel?: boolean; readonly value: string; readonly options: readonly Option[]; readonly onInput: (value: string) => void; readonly hint?: JSX.Element; readonly error?: string | null | undefined; readonly full?: boolean }): JSX.Element {
  const id = createUniqueId();
  return (
    <fieldset class={`flex min-w-0 flex-col gap-1 ${props.full === true ? 'w-full' : ''}`}>
      <legend class={props.hideLabel === true ? 'sr-only' : 'mb-1 text-sm font-medium'}>{props.label}</legend>
      <div class={`border-line bg-sunken inline-flex min-h-9 rounded-md border p-0.5 ${props.full === true ? '' : 'self-start'}`}>
        <For each={props.options}>
          {(option) => (
            <label class={`has-checked:bg-accent-soft has-checked:text-accent has-focus-visible:outline-accent text-muted hover:text-ink flex cursor-pointer items-center justify-center rounded px-2.5 text-center text-sm has-checked:font-medium has-focus-visible:outline-2 ${props.full === true ? 'flex-1' : ''}`}>
              <input type="radio" class="sr-only" name={id} value={option.value} checked={option.value === props.value} onInput={() => props.onInput(option.value)} />
              {option.text}
            </label>
          )}
        </For>
      </div>
      <Show when={props.error} fallback={<Show when={props.hint}><p class="text-faint text-xs">{props.hint}</p></Show>}>
        <p role="alert" class="text-bad text-xs">
          {props.error}
        </p>
      </Show>
    </fieldset>
  );
}

export function Checkbox(props: { readonly label: JSX.Element; readonly hint?: JSX.Element; readonly checked: boolean; readonly onInput: (checked: boolean) => void }): JSX.Element {
  return (
    <label class="flex cursor-pointer items-start gap-2.5">
      <input type="checkbox" class="accent-accent mt-1 size-4" checked={props.checked} onInput={(event) => props.onInput(event.currentTarget.checked)} />
      <span>
        <span class="text-sm font-medium">{props.label}</span>
        <Show when={props.hint}>
          <span class="text-faint block text-xs">{props.hint}</span>
        </Show>
      </span>
    </label>
  );
}

/** A share of 0 to 100 by a slider or by its number; both hold the same text. */
export function Slider(props: FieldProps & { readonly value: string; readonly onInput: (value: string) => void; readonly most?: number; readonly note?: JSX.Element }): JSX.Element {
  const id = createUniqueId();
  const most = () => props.most ?? 100;
  const place = () => {
    const value = Number(props.value);
    return Number.isFinite(value) ? Math.min(most(), Math.max(0, value)) : 0;
  };
  return (
    <div class="grid grid-cols-[minmax(0,1fr)_4.25rem] content-start items-center gap-x-3 gap-y-0.5">
      <label for={id} class="flex flex-wrap items-baseline justify-between gap-x-2 text-sm">
        <span class="font-medium">{props.label}</span>
        <span class="text-faint text-xs">{props.note}</span>
      </label>
      <input id={id} type="text" inputmode="decimal" class="control row-span-2 h-8 px-2 text-right" value={props.value} autocomplete="off" aria-invalid={props.error ? 'true' : undefined} aria-describedby={describedBy(id, props)} onInput={(event) => props.onInput(event.currentTarget.value)} />
      <input type="range" min="0" max={most()} step="1" value={place()} aria-label={props.label} class="accent-accent h-4 w-full cursor-pointer" onInput={(event) => props.onInput(event.currentTarget.value)} />
      <Show when={props.error} fallback={<Show when={props.hint}><p id={`${id}-hint`} class="text-faint col-span-full text-xs">{props.hint}</p></Show>}>
        <p id={`${id}-error`} role="alert" class="text-bad col-span-full text-xs">
          {props.error}
        </p>
      </Show>
    </div>
  );
}
