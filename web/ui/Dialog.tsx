// Dialogs: one that holds a form, and one that asks for a reason before something is done. Kobalte keeps the focus inside and gives it back.
import { Dialog as Kobalte } from '@kobalte/core/dialog';
import { createSignal, Show, type JSX } from 'solid-js';
import { t } from '../shell/preferences.ts';
import { Button } from './Button.tsx';
import { TextArea } from './Field.tsx';
import { Icon } from './Icon.tsx';

export function Dialog(props: { readonly open: boolean; readonly onClose: () => void; readonly title: string; readonly lead?: JSX.Element; readonly children: JSX.Element; readonly wide?: boolean }): JSX.Element {
  return (
    <Kobalte open={props.open} onOpenChange={(open) => (open ? undefined : props.onClose())}>
      <Kobalte.Portal>
        <Kobalte.Overlay class="fixed inset-0 z-40 bg-[rgb(var(--shade)/0.45)]" />
        <div class="fixed inset-0 z-50 flex items-end justify-center overflow-y-auto p-3 sm:items-center">
          <Kobalte.Content class={`appear border-line bg-panel shadow-float my-auto w-full rounded-lg border ${props.wide === true ? 'max-w-2xl' : 'max-w-md'}`}>
            <div class="flex items-start justify-between gap-4 px-5 pt-4">
              <div>
                <Kobalte.Title class="text-lg font-semibold">{props.title}</Kobalte.Title>
                <Show when={props.lead}>
                  <Kobalte.Description class="text-muted mt-1">{props.lead}</Kobalte.Description>
                </Show>
              </div>
              <Kobalte.CloseButton class="text-faint hover:text-ink -m-1 p-1" aria-label={t().common.close}>
                <Icon name="close" />
              </Kobalte.CloseButton>
            </div>
            <div class="px-5 pt-4 pb-5">{props.children}</div>
          </Kobalte.Content>
        </div>
      </Kobalte.Portal>
    </Kobalte>
  );
}

export interface ReasonDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly lead?: JSX.Element;
  readonly confirm: string;
  readonly tone?: 'primary' | 'danger';
  /** Whether the API wants a reason, takes one, or has no place for one. */
  readonly reason: 'required' | 'optional' | 'none';
  readonly placeholder?: string;
  /** Resolves to true when it was done: the dialog closes. */
  readonly onConfirm: (reason: string) => Promise<boolean>;
}

export function ReasonDialog(props: ReasonDialogProps): JSX.Element {
  const [reason, setReason] = createSignal('');
  const [busy, setBusy] = createSignal(false);
  const [missing, setMissing] = createSignal(false);
  const confirm = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy()) return;
    if (props.reason === 'required' && reason().trim() === '') {
      setMissing(true);
      return;
    }
    setBusy(true);
    const done = await props.onConfirm(reason().trim());
    setBusy(false);
    if (!done) return;
    setReason('');
    setMissing(false);
    props.onClose();
  };
  return (
    <Dialog open={props.open} onClose={() => props.onClose()} title={props.title} lead={props.lead}>
      <form class="flex flex-col gap-4" onSubmit={(event) => void confirm(event)}>
        <Show when={props.reason !== 'none'}>
          <TextArea
            label={t().common.reason}
            optional={props.reason === 'optional' ? t().common.optional : ''}
            value={reason()}
            onInput={setReason}
            placeholder={props.placeholder ?? ''}
            error={missing() && reason().trim() === '' ? t().common.reasonNeeded : null}
          />
        </Show>
        <div class="flex justify-end gap-2">
          <Button tone="quiet" onClick={() => props.onClose()}>
            {t().common.cancel}
          </Button>
          <Button type="submit" tone={props.tone ?? 'primary'} busy={busy()}>
            {props.confirm}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
