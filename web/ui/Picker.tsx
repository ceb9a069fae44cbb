// Chooses names out of many by typing a few letters: the chosen ones as chips, the best matches below. Takes options and what is chosen;
// says what is chosen then. Knows nothing of what the names are of. Arrow keys move, Enter takes, Backspace gives the last one back.
import { createMemo, createSignal, createUniqueId, For, Show, type JSX } from 'solid-js';
import { t } from '../shell/preferences.ts';
import { Icon } from './Icon.tsx';

export interface Choosable {
  readonly value: string;
  readonly note?: string;
}

const MOST_SHOWN = 8;

export interface PickerProps {
  readonly label: string;
  readonly options: readonly Choosable[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
  /** One at most: choosing another replaces it. */
  readonly single?: boolean;
  readonly placeholder?: string;
  readonly hint?: JSX.Element;
  readonly error?: string | null | undefined;
  readonly class?: string;
}

export function Picker(props: PickerProps): JSX.Element {
  let field!: HTMLInputElement;
  const id = createUniqueId();
  const [text, setText] = createSignal('');
  const [open, setOpen] = createSignal(false);
  const [at, setAt] = createSignal(0);
  const found = createMemo(() => {
    const taken = new Set(props.chosen);
    return matches(props.options, text()).filter(({ value }) => !taken.has(value)).slice(0, MOST_SHOWN);
  });
  const take = (value: string | undefined): void => {
    if (value === undefined) return;
    props.onChange(props.single === true ? [value] : [...props.chosen, value]);
    setText('');
    setAt(0);
    if (props.single === true) setOpen(false);
    field.focus();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && !event.isComposing) {
      if (open()) take(found()[at()]?.value);
    } else if (event.key === 'ArrowDown') {
      setOpen(true);
      setAt((now) => Math.min(now + 1, found().length - 1));
    } else if (event.key === 'ArrowUp') setAt((now) => Math.max(now - 1, 0));
    else if (event.key === 'Escape' && open()) setOpen(false);
    else if (event.key === 'Backspace' && text() === '' && props.chosen.length > 0) props.onChange(props.chosen.slice(0, -1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class={`flex min-w-0 flex-col gap-1 ${props.class ?? ''}`} onFocusOut={(event) => !event.currentTarget.contains(event.relatedTarget as Node | null) && setOpen(false)}>
      <label for={id} class="text-sm font-medium">
        {props.label}
      </label>
      <div class="relative">
        <div class={`control flex h-auto min-h-9 flex-wrap items-center gap-1 px-1.5 py-1 ${props.error ? 'border-bad bg-bad-soft' : ''}`}>
          <For each={props.chosen}>
            {(value) => (
              <span class="bg-accent-soft text-accent inline-flex max-w-full items-center gap-1 rounded py-px pr-0.5 pl-1.5 text-sm">
                <span class="truncate">{value}</span>
                <button type="button" class="hover:bg-accent hover:text-on-accent inline-flex size-6 items-center justify-center rounded" aria-label={t().simulate.removeChosen(value)} onClick={() => props.onChange(props.chosen.filter((each) => each !== value))}>
                  <Icon name="close" class="size-3" />
                </button>
              </span>
            )}
          </For>
          <input
            ref={field}
            id={id}
            class="h-6.5 min-w-20 flex-1 bg-transparent px-1 outline-none"
            role="combobox"
            aria-expanded={open() ? 'true' : 'false'}
            aria-controls={`${id}-list`}
            aria-autocomplete="list"
            aria-activedescendant={open() && found().length > 0 ? `${id}-${at()}` : undefined}
            aria-invalid={props.error ? 'true' : undefined}
            aria-describedby={props.error ? `${id}-error` : props.hint === undefined ? undefined : `${id}-hint`}
            autocomplete="off"
            spellcheck={false}
            placeholder={props.chosen.length === 0 ? props.placeholder : undefined}
            value={text()}
            onInput={(event) => {
              setText(event.currentTarget.value);
              setOpen(true);
              setAt(0);
            }}
            onFocus={() => setOpen(props.single !== true || props.chosen.length === 0)}
            onClick={() => setOpen(true)}
            onKeyDown={onKey}
          />
        </div>
        <ul id={`${id}-list`} role="listbox" aria-label={props.label} class={`border-line bg-panel shadow-float absolute inset-x-0 top-full z-20 mt-1 max-h-72 overflow-y-auto rounded-md border p-1 ${open() ? '' : 'hidden'}`}>
          <For each={found()} fallback={<li role="option" aria-selected="false" aria-disabled="true" class="text-muted px-2 py-1.5 text-sm">{t().simulate.noMatch}</li>}>
            {(each, index) => (
              <li id={`${id}-${index()}`} role="option" aria-selected={index() === at()} class={`flex min-h-8 cursor-pointer items-center justify-between gap-3 rounded px-2 text-sm ${index() === at() ? 'bg-accent-soft text-accent' : ''}`} onPointerMove={() => setAt(index())} onPointerDown={(event) => event.preventDefault()} onClick={() => take(each.value)}>
                <span class="truncate">{each.value}</span>
                <span class="text-faint truncate text-xs">{each.note}</span>
              </li>
            )}
          </For>
        </ul>
      </div>
      <Show when={props.error} fallback={<Show when={props.hint}><p id={`${id}-hint`} class="text-faint text-xs">{props.hint}</p></Show>}>
        <p id={`${id}-error`} role="alert" class="text-bad text-xs">
          {props.error}
        </p>
      </Show>
    </div>
  );
}

/** What has the letters in its name or beside it; names that begin with them first. */
function matches(options: readonly Choosable[], text: string): Choosable[] {
  const wanted = text.trim().toLowerCase();
  const later = ({ value }: Choosable) => Number(!value.toLowerCase().startsWith(wanted));
  return options.filter(({ value, note }) => value.toLowerCase().includes(wanted) || (note ?? '').toLowerCase().includes(wanted)).toSorted((one, other) => later(one) - later(other));
}
