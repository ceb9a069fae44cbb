// Shows the messages of toast.ts in a corner, read out by screen readers without taking the focus.
import { For, type JSX } from 'solid-js';
import { t } from '../shell/preferences.ts';
import { Icon, type IconName } from './Icon.tsx';
import { closeToast, toasts, type Toast } from './toast.ts';

const LOOK: Readonly<Record<Toast['tone'], { readonly icon: IconName; readonly tint: string }>> = {
  done: { icon: 'check', tint: 'text-ok' },
  failed: { icon: 'warning', tint: 'text-bad' },
  said: { icon: 'info', tint: 'text-info' },
};

export function Toasts(): JSX.Element {
  return (
    <div role="status" aria-live="polite" class="pointer-events-none fixed inset-x-3 bottom-3 z-60 flex flex-col items-end gap-2 sm:left-auto sm:w-96">
      <For each={toasts()}>
        {(toast) => (
          <div class="appear border-line bg-panel shadow-float pointer-events-auto flex w-full items-start gap-2.5 rounded-lg border p-3">
            <span class={`mt-0.5 ${LOOK[toast.tone].tint}`}>
              <Icon name={LOOK[toast.tone].icon} />
            </span>
            <p class="min-w-0 flex-1 break-words">{toast.text}</p>
            <button type="button" class="text-faint hover:text-ink -m-1 p-1" aria-label={t().common.close} onClick={() => closeToast(toast.id)}>
              <Icon name="close" />
            </button>
          </div>
        )}
      </For>
    </div>
  );
}
